"""Small patches of a station that lie away from the rest of it go to the station around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from isoloir.stations.outlines.mesh import Bools, Ints, Mesh

FRAGMENT = 2  # a patch of so few sites, away from the rest of its station, goes to the station around it


def absorb(mesh: Mesh, label: Ints, counts: Bools, labels: int) -> Ints:
    """Labels after giving small patches to the label that surrounds them most; the largest patch of a label stays.

    The size of a patch is the number of its sites that count.
    """
    result = label.copy()
    for _ in range(4):
        if not _absorb_once(mesh.edges, result, counts, labels, FRAGMENT):
            break
    return result


@njit(nogil=True, cache=True)
def _root(parent: Any, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(nogil=True, cache=True)
def _absorb_once(edges: Any, label: Any, counts: Any, labels: int, smallest: int) -> int:
    n = len(label)
    parent = np.arange(n)
    for e in range(len(edges)):
        if label[edges[e, 0]] == label[edges[e, 1]]:
            parent[_root(parent, edges[e, 0])] = _root(parent, edges[e, 1])
    size, main = np.zeros(n, np.int64), np.full(labels, -1, np.int64)
    for i in range(n):
        parent[i] = _root(parent, i)
        size[parent[i]] += counts[i]
    for i in range(n):
        if parent[i] == i and (main[label[i]] < 0 or size[i] > size[main[label[i]]]):
            main[label[i]] = i
    patch, beside = np.empty(2 * len(edges), np.int64), np.empty(2 * len(edges), np.int64)
    count = 0
    for e in range(len(edges)):
        for side in range(2):
            i, j = parent[edges[e, side]], parent[edges[e, 1 - side]]
            small_i = size[i] <= smallest and main[label[i]] != i
            small_j = size[j] <= smallest and main[label[j]] != j
            if i != j and small_i and not small_j:
                patch[count], beside[count] = i, label[j]
                count += 1
    heir = np.full(n, -1, np.int64)
    order = np.argsort(patch[:count] * labels + beside[:count], kind="mergesort")
    start, best = 0, 0
    for k in range(count):
        here, after = order[k], order[min(k + 1, count - 1)]
        ends = k == count - 1 or patch[here] != patch[after]
        if ends or beside[here] != beside[after]:
            if k + 1 - start > best:
                best, heir[patch[here]] = k + 1 - start, beside[here]
            start = k + 1
        if ends:
            best = 0
    moved = 0
    for i in range(n):
        if heir[parent[i]] >= 0:
            label[i] = heir[parent[i]]
            moved += 1
    return moved
