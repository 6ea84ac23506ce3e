"""Delaunay triangulation of the address points of a commune.

Qhull (behind SciPy) gives the same triangles nine times more slowly and under the interpreter's lock, and the
triangulation is most of the work of drawing outlines; so it is done here. Points are inserted along a Hilbert curve,
each found by walking from the last one, and edges are flipped until every circumcircle is empty (Lawson 1977).
Coordinates are multiples of `GRID`, a power of two, so that the orientation test is exact, and the circle test too
where points are near each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

GRID = 1 / 16  # metres
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Mesh:
    """Triangles over points; `neighbours[t, j]` is the triangle across the edge opposite the j-th corner, or -1."""

    x: Floats
    y: Floats
    triangles: Ints  # (T, 3), counter-clockwise
    neighbours: Ints  # (T, 3)
    edges: Ints  # (E, 2)
    triangle_edges: Ints  # (T, 3): the edge opposite each corner


def snap(values: Floats) -> Floats:
    """Metres rounded to the grid."""
    snapped: Floats = np.round(values / GRID) * GRID
    return snapped


def triangulate(x: Floats, y: Floats) -> Mesh:
    """The Delaunay triangulation of distinct points on the grid.

    The last four points are the corners, counter-clockwise, of a rectangle that holds all the others strictly inside.
    """
    inner_x, inner_y = x[:-4], y[:-4]
    column = np.round((inner_x - inner_x.min(initial=np.inf)) / GRID).astype(np.int64)
    line = np.round((inner_y - inner_y.min(initial=np.inf)) / GRID).astype(np.int64)
    order = np.argsort(_hilbert(column, line))
    triangles, neighbours = _insert(x, y, order)
    edges, triangle_edges = _edges(triangles, neighbours)
    return Mesh(x, y, triangles, neighbours, edges, triangle_edges)


def locate(mesh: Mesh, x: Floats, y: Floats) -> Ints:
    """The triangle that holds each point."""
    found: Ints = _locate_all(mesh.x, mesh.y, mesh.triangles, mesh.neighbours, x, y)
    return found


@njit(nogil=True, cache=True)
def _hilbert(column: Any, line: Any) -> Any:
    """The position of each cell along a Hilbert curve."""
    side = np.int64(1)
    for i in range(len(column)):
        while side <= column[i] or side <= line[i]:
            side *= 2
    key = np.empty(len(column), np.int64)
    for i in range(len(column)):
        a, b, distance, s = column[i], line[i], np.int64(0), side // 2
        while s > 0:
            right, up = (1 if a & s else 0), (1 if b & s else 0)
            distance += s * s * ((3 * right) ^ up)
            a, b = a & (s - 1), b & (s - 1)
            if up == 0:
                if right == 1:
                    a, b = s - 1 - a, s - 1 - b
                a, b = b, a
            s //= 2
        key[i] = distance
    return key


@njit(nogil=True, cache=True, inline="always")
def _turn(x: Any, y: Any, a: int, b: int, px: float, py: float) -> Any:
    """Positive where p is left of the line from a to b, zero on it."""
    return (x[b] - x[a]) * (py - y[a]) - (y[b] - y[a]) * (px - x[a])


@njit(nogil=True, cache=True, inline="always")
def _in_circle(x: Any, y: Any, a: int, b: int, c: int, d: int) -> Any:
    """Whether d is inside the circle through a, b and c (counter-clockwise)."""
    ax, ay, bx, by, cx, cy = x[a] - x[d], y[a] - y[d], x[b] - x[d], y[b] - y[d], x[c] - x[d], y[c] - y[d]
    a2, b2, c2 = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    return a2 * (bx * cy - cx * by) - b2 * (ax * cy - cx * ay) + c2 * (ax * by - bx * ay) > 0


@njit(nogil=True, cache=True)
def _walk(x: Any, y: Any, triangles: Any, neighbours: Any, px: float, py: float, start: int) -> int:
    t = start
    for _ in range(len(triangles)):
        moved = False
        for j in range(3):
            across = neighbours[t, j]
            if across >= 0 and _turn(x, y, triangles[t, (j + 1) % 3], triangles[t, (j + 2) % 3], px, py) < 0:
                t, moved = across, True
                break
        if not moved:
            break
    return t


@njit(nogil=True, cache=True)
def _locate_all(x: Any, y: Any, triangles: Any, neighbours: Any, px: Any, py: Any) -> Any:
    found = np.zeros(len(px), np.int64)
    last = 0
    for i in range(len(px)):
        last = found[i] = _walk(x, y, triangles, neighbours, px[i], py[i], last)
    return found


@njit(nogil=True, cache=True, inline="always")
def _reconnect(neighbours: Any, of: int, old: int, new: int) -> None:
    if of >= 0:
        for j in range(3):
            if neighbours[of, j] == old:
                neighbours[of, j] = new


@njit(nogil=True, cache=True, inline="always")
def _put(table: Any, t: int, a: int, b: int, c: int) -> None:
    table[t, 0], table[t, 1], table[t, 2] = a, b, c


@njit(nogil=True, cache=True)
def _insert(x: Any, y: Any, order: Any) -> Any:
    """Triangles and neighbours after inserting every point; a point that repeats another is left out."""
    n = len(x)
    triangles, neighbours = np.empty((2 * n, 3), np.int64), np.full((2 * n, 3), -1, np.int64)
    _put(triangles, 0, n - 4, n - 3, n - 2)
    _put(triangles, 1, n - 4, n - 2, n - 1)
    neighbours[0, 1], neighbours[1, 2] = 1, 0
    count, last, stack = 2, 0, np.empty(2 * n + 8, np.int64)
    for p in order:
        t = _walk(x, y, triangles[:count], neighbours, x[p], y[p], last)
        last = t
        v0, v1, v2 = triangles[t]
        if (x[p] == x[v0] and y[p] == y[v0]) or (x[p] == x[v1] and y[p] == y[v1]) or (x[p] == x[v2] and y[p] == y[v2]):
            continue
        n0, n1, n2 = neighbours[t]
        u, w = count, count + 1
        count += 2
        _put(triangles, t, p, v1, v2)
        _put(triangles, u, p, v2, v0)
        _put(triangles, w, p, v0, v1)
        _put(neighbours, t, n0, u, w)
        _put(neighbours, u, n1, w, t)
        _put(neighbours, w, n2, t, u)
        _reconnect(neighbours, n1, t, u)
        _reconnect(neighbours, n2, t, w)
        stack[0], stack[1], stack[2] = t, u, w
        _flip(x, y, triangles, neighbours, stack, 3)
    return triangles[:count], neighbours[:count]


@njit(nogil=True, cache=True)
def _flip(x: Any, y: Any, triangles: Any, neighbours: Any, stack: Any, top: int) -> None:
    """Flip edges until the triangles on the stack, whose first corner is the new point, are Delaunay's."""
    while top > 0:
        top -= 1
        s = stack[top]
        o = neighbours[s, 0]
        if o < 0:
            continue
        k = 0
        while neighbours[o, k] != s:
            k += 1
        p, e, f, far = triangles[s, 0], triangles[s, 1], triangles[s, 2], triangles[o, k]
        flat = _turn(x, y, p, e, x[f], y[f]) == 0  # the point is on an edge: a triangle without area must go
        convex = _turn(x, y, p, e, x[far], y[far]) > 0 and _turn(x, y, p, far, x[f], y[f]) > 0
        if not (convex and (flat or _in_circle(x, y, p, e, f, far))):
            continue
        beyond_e, beyond_f = neighbours[o, (k + 1) % 3], neighbours[o, (k + 2) % 3]
        across_e, across_f = neighbours[s, 2], neighbours[s, 1]
        _put(triangles, s, p, e, far)
        _put(triangles, o, p, far, f)
        _put(neighbours, s, beyond_e, o, across_e)
        _put(neighbours, o, beyond_f, across_f, s)
        _reconnect(neighbours, beyond_e, o, s)
        _reconnect(neighbours, across_f, s, o)
        stack[top], stack[top + 1] = s, o
        top += 2


@njit(nogil=True, cache=True)
def _edges(triangles: Any, neighbours: Any) -> Any:
    """Each edge once, and the edge opposite each corner of each triangle."""
    edges, of = np.empty((3 * len(triangles), 2), np.int64), np.empty((len(triangles), 3), np.int64)
    count = 0
    for t in range(len(triangles)):
        for j in range(3):
            across = neighbours[t, j]
            if across > t or across < 0:
                edges[count, 0], edges[count, 1] = triangles[t, (j + 1) % 3], triangles[t, (j + 2) % 3]
                of[t, j] = count
                count += 1
            else:
                k = 0
                while neighbours[across, k] != t:
                    k += 1
                of[t, j] = of[across, k]
    return edges[:count], of
