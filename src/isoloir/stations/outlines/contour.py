"""The border lines between labelled points: where, between two neighbours of different stations, the border passes.

Cutting halfway between neighbours (Voronoi) bulges into every gap of a row of houses, and one held-out address in 17
ends on the wrong side. Here the border crosses each triangle straight, as a contour line does, from edge to edge; and
on each edge the crossing is where a smooth surface through the labels of the points around it (indicator kriging,
Journel 1983, with a Matérn covariance) changes sign, so that borders follow the rows of houses on both sides of a
street. One address in 29 is then on the wrong side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from isoloir.stations.outlines.mesh import Bools, Floats, Ints, Mesh, locate

REACH = 100.0  # metres: the length scale of the covariance
DOUBT = 0.003  # the share of a point's variance that is noise (wrong labels, wrong positions)
CROWD = 24  # at most so many points decide where a border crosses an edge


@dataclass(frozen=True)
class Contour:
    """Border lines through a mesh, as segments between nodes, and what is needed to tell on which side a point is."""

    mesh: Mesh
    label: Ints  # per point of the mesh
    node: Floats  # (N, 2)
    crossing: Ints  # per edge: the node where the border crosses it, or -1
    centre: Ints  # per triangle: the node where three borders meet, or -1
    segments: Ints  # (S, 2)

    def lines(self) -> tuple[Ints, Ints]:
        """The borders as lines from junction to junction: nodes, one after the other, and the line of each."""
        nodes, line = _chains(self.segments, len(self.node))
        return nodes, line

    def label_at(self, x: Floats, y: Floats) -> Ints:
        """The label of the region that holds each point."""
        m = self.mesh
        triangle = locate(m, x, y)
        found: Ints = _side(
            m.x, m.y, m.triangles, m.triangle_edges, self.label, self.node, self.crossing, self.centre, triangle, x, y
        )
        return found


def trace(mesh: Mesh, label: Ints, real: Bools) -> Contour:
    """The borders between regions of one label; points that are not `real` carry a label but no evidence."""
    differs = label[mesh.edges[:, 0]] != label[mesh.edges[:, 1]]
    chosen = np.flatnonzero(differs)
    first, star = _stars(mesh.edges, len(mesh.x))
    at = _crossings(mesh.x, mesh.y, label, real, mesh.edges[chosen], first, star, REACH, DOUBT, CROWD)
    crossing = np.full(len(mesh.edges), -1, np.int64)
    crossing[chosen] = np.arange(len(chosen))
    xy = np.column_stack([mesh.x, mesh.y])
    a, b = xy[mesh.edges[chosen, 0]], xy[mesh.edges[chosen, 1]]
    on_edges = a + at[:, None] * (b - a)
    segments, centre, meetings = _segments(mesh.triangle_edges, crossing, len(chosen))
    node = np.concatenate([on_edges, on_edges[meetings].mean(axis=1).reshape(-1, 2)])
    return Contour(mesh, label, node, crossing, centre, segments)


@njit(nogil=True, cache=True)
def _stars(edges: Any, n: int) -> Any:
    """The neighbours of point i are star[first[i]:first[i + 1]]."""
    first = np.zeros(n + 2, np.int64)
    for e in range(len(edges)):
        first[edges[e, 0] + 2] += 1
        first[edges[e, 1] + 2] += 1
    first = np.cumsum(first)
    star = np.empty(2 * len(edges), np.int64)
    for e in range(len(edges)):
        for side in range(2):
            i = edges[e, side]
            star[first[i + 1]] = edges[e, 1 - side]
            first[i + 1] += 1
    return first[:-1], star


@njit(nogil=True, cache=True)
def _crossings(
    x: Any, y: Any, label: Any, real: Any, edges: Any, first: Any, star: Any, reach: float, doubt: float, crowd: int
) -> Any:
    """Where the border crosses each edge, from 0 (its first end) to 1."""
    at = np.full(len(edges), 0.5)
    near, matrix, weight = np.empty(crowd, np.int64), np.empty((crowd, crowd)), np.empty(crowd)
    for e in range(len(edges)):
        a, b = edges[e]
        if not (real[a] and real[b]):
            continue
        near[0], near[1] = a, b
        k = 2
        for end in (a, b):
            for i in star[first[end] : first[end + 1]]:
                known = not real[i] or k == crowd
                for j in range(k):
                    known = known or near[j] == i
                if not known:
                    near[k] = i
                    k += 1
        _krige(x, y, near[:k], (x[a] + x[b]) / 2, (y[a] + y[b]) / 2, reach, doubt, matrix, weight)
        balance = 0.0
        for j in range(k):
            if label[near[j]] == label[a]:
                balance += weight[j]
            elif label[near[j]] == label[b]:
                balance -= weight[j]
        at[e] = _zero(min(max(balance, -0.95), 0.95))
    return at


@njit(nogil=True, cache=True, inline="always")
def _zero(middle: float) -> Any:
    """Where the parabola through 1 at 0, `middle` at one half and -1 at 1 is zero."""
    bend, slope = -4 * middle, -2 + 4 * middle
    root = 0.5 if abs(bend) < 1e-6 else (-slope - np.sqrt(slope * slope - 4 * bend)) / (2 * bend)
    return min(max(root, 0.02), 0.98)


@njit(nogil=True, cache=True, inline="always")
def _covariance(dx: float, dy: float, reach: float) -> Any:
    """Matérn, smoothness 5/2."""
    r = np.sqrt(5 * (dx * dx + dy * dy)) / reach
    return (1 + r + r * r / 3) * np.exp(-r)


@njit(nogil=True, cache=True)
def _krige(
    x: Any, y: Any, near: Any, px: float, py: float, reach: float, doubt: float, matrix: Any, weight: Any
) -> None:
    """The simple-kriging weights at p of the points `near`, by Cholesky's factorisation."""
    k = len(near)
    for i in range(k):
        weight[i] = _covariance(x[near[i]] - px, y[near[i]] - py, reach)
        for j in range(i + 1):
            value = _covariance(x[near[i]] - x[near[j]], y[near[i]] - y[near[j]], reach)
            if i == j:
                value += doubt
            for m in range(j):
                value -= matrix[i, m] * matrix[j, m]
            matrix[i, j] = np.sqrt(value) if i == j else value / matrix[j, j]
    for i in range(k):
        for m in range(i):
            weight[i] -= matrix[i, m] * weight[m]
        weight[i] /= matrix[i, i]
    for i in range(k - 1, -1, -1):
        for m in range(i + 1, k):
            weight[i] -= matrix[m, i] * weight[m]
        weight[i] /= matrix[i, i]


@njit(nogil=True, cache=True)
def _segments(triangle_edges: Any, crossing: Any, nodes: int) -> Any:
    """Segments across triangles; where three labels meet, a new node and the three crossings it is the mean of."""
    segments, count = np.empty((3 * len(triangle_edges), 2), np.int64), 0
    centre, meetings, met = np.full(len(triangle_edges), -1, np.int64), np.empty((len(triangle_edges), 3), np.int64), 0
    for t in range(len(triangle_edges)):
        crossed = 0
        for j in range(3):
            if crossing[triangle_edges[t, j]] >= 0:
                meetings[met, crossed] = crossing[triangle_edges[t, j]]
                crossed += 1
        if crossed == 2:
            segments[count, 0], segments[count, 1] = meetings[met, 0], meetings[met, 1]
            count += 1
        elif crossed == 3:
            centre[t] = nodes + met
            for j in range(3):
                segments[count, 0], segments[count, 1] = centre[t], meetings[met, j]
                count += 1
            met += 1
    return segments[:count], centre, meetings[:met]


@njit(nogil=True, cache=True)
def _chains(segments: Any, nodes: int) -> Any:
    """Segments joined at the nodes where two of them meet."""
    degree, at = np.zeros(nodes, np.int64), np.empty((nodes, 3), np.int64)
    for s in range(len(segments)):
        for n in segments[s]:
            at[n, degree[n]] = s
            degree[n] += 1
    used = np.zeros(len(segments), np.bool_)
    chain, line, count, lines = np.empty(2 * len(segments), np.int64), np.empty(2 * len(segments), np.int64), 0, 0
    for closed in range(2):  # lines between junctions first, then rings
        for start in range(nodes):
            for j in range(degree[start]):
                s, here = at[start, j], start
                if used[s] or (degree[start] == 2 and not closed):
                    continue
                chain[count], line[count] = here, lines
                count += 1
                while s >= 0:
                    used[s] = True
                    here = segments[s, 1] if segments[s, 0] == here else segments[s, 0]
                    chain[count], line[count] = here, lines
                    count += 1
                    s = -1
                    for k in range(degree[here] if degree[here] == 2 else 0):
                        if not used[at[here, k]]:
                            s = at[here, k]
                lines += 1
    return chain[:count], line[:count]


@njit(nogil=True, cache=True, inline="always")
def _within(ax: float, ay: float, bx: float, by: float, cx: float, cy: float, px: float, py: float) -> bool:
    """Whether p is in the triangle a, b, c, of either orientation."""
    u = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    v = (cx - bx) * (py - by) - (cy - by) * (px - bx)
    w = (ax - cx) * (py - cy) - (ay - cy) * (px - cx)
    return (u >= 0 and v >= 0 and w >= 0) or (u <= 0 and v <= 0 and w <= 0)


@njit(nogil=True, cache=True)
def _side(
    x: Any,
    y: Any,
    triangles: Any,
    triangle_edges: Any,
    label: Any,
    node: Any,
    crossing: Any,
    centre: Any,
    triangle: Any,
    px: Any,
    py: Any,
) -> Any:
    """The label, at each point, of the part of its triangle that holds it: a corner's, cut off by the border."""
    found = np.empty(len(px), np.int64)
    for i in range(len(px)):
        t = triangle[i]
        found[i] = -1
        for j in range(3):
            v = triangles[t, j]
            one, two = crossing[triangle_edges[t, (j + 1) % 3]], crossing[triangle_edges[t, (j + 2) % 3]]
            if one < 0 or two < 0:
                continue  # this corner is not cut off
            ax, ay, bx, by = node[one, 0], node[one, 1], node[two, 0], node[two, 1]
            if centre[t] < 0:
                inside = _within(x[v], y[v], ax, ay, bx, by, px[i], py[i])
            else:
                cx, cy = node[centre[t], 0], node[centre[t], 1]
                inside = _within(x[v], y[v], ax, ay, cx, cy, px[i], py[i])
                inside = inside or _within(x[v], y[v], bx, by, cx, cy, px[i], py[i])
            if inside:
                found[i] = label[v]
        if found[i] < 0:  # the rest of the triangle: a corner that no border cuts off
            for j in range(3):
                one, two = crossing[triangle_edges[t, (j + 1) % 3]], crossing[triangle_edges[t, (j + 2) % 3]]
                if found[i] < 0 and (one < 0 or two < 0 or centre[t] >= 0):
                    found[i] = label[triangles[t, j]]
    return found
