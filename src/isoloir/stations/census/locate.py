"""Which outline contains each point: millions of address points among thousands of IRIS, in seconds.

The edges of a group's outlines (one commune, say) are filed by horizontal slab; a point counts the edges of its slab
that a ray to its right crosses, outline by outline (even-odd rule, so holes and multi-part outlines need no care).
The test is exact, and half-open: a point on a border shared by two outlines is in one of them only.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from numba import njit

from isoloir.settings import settings
from isoloir.sources.geography.place import transformer

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
GEOGRAPHIC = 4326  # longitude and latitude
EDGES_PER_SLAB = 8
CHUNK = 1 << 19


def locate(
    x: Floats,
    y: Floats,
    outlines: npt.NDArray[np.object_],
    point_groups: npt.ArrayLike | None = None,
    outline_groups: npt.ArrayLike | None = None,
) -> npt.NDArray[np.int32]:
    """The index of the outline that contains each point, -1 where none does.

    Groups (integers from 0) limit the search: a point is looked for in the outlines of its own group only, and a
    point of a negative group nowhere. Where outlines overlap, the first one wins. Empty and null outlines hold
    nothing; a point that is not finite is nowhere.
    """
    point_group = _groups(point_groups, len(x))
    outline_group = _groups(outline_groups, len(outlines))
    slabs = _file_edges(outlines, outline_group, int(max(point_group.max(initial=-1), outline_group.max(initial=-1))))
    found = np.full(len(x), -1, dtype=np.int32)
    x, y = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)

    def search(start: int) -> None:
        part = slice(start, start + CHUNK)
        arrays: tuple[Any, ...] = (x[part], y[part], point_group[part], *slabs.arrays, found[part])
        _search(*arrays)

    with ThreadPoolExecutor(settings().threads or os.cpu_count() or 1) as pool:
        list(pool.map(search, range(0, len(x), CHUNK)))
    return found


def locate_cells(longitude: Floats, latitude: Floats, cells: pl.Series) -> npt.NDArray[np.int32]:
    """The index of the cell of INSEE's grid that holds each point, -1 where none does.

    It is arithmetic on the code of a cell: `CRS3035RES200mN2029800E4254200` is the square of 200 m whose lower left
    corner is there in EPSG:3035. A code of another form holds nothing.
    """
    fields = cells.str.extract_groups(r"^CRS(\d+)RES(\d+)mN(-?\d+)E(-?\d+)$").struct.unnest()
    grid = fields.with_columns(pl.all().cast(pl.Int64)).with_row_index("cell")
    found = np.full(len(longitude), -1, np.int32)
    for (crs, size), here in grid.drop_nulls().group_by("1", "2", maintain_order=True):
        x, y = project(longitude, latitude, GEOGRAPHIC, int(str(crs)))
        keys = np.stack([here["3"].to_numpy(), here["4"].to_numpy()]) // int(str(size))
        cell = _match(np.stack([y, x]) / int(str(size)), keys, here["cell"].to_numpy().astype(np.int32))
        found = np.where(cell >= 0, cell, found)
    return found


def project(x: Floats, y: Floats, source: int, target: int) -> tuple[Floats, Floats]:
    """Coordinates (easting or longitude first) in another EPSG system; what cannot be projected is infinite."""
    change = transformer(source, target).transform
    starts = range(0, len(x), CHUNK)
    with ThreadPoolExecutor(settings().threads or os.cpu_count() or 1) as pool:
        parts = list(pool.map(lambda s: change(x[s : s + CHUNK], y[s : s + CHUNK]), starts))
    if not parts:
        return np.empty(0), np.empty(0)
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


@dataclass(frozen=True)
class _Slabs:
    """Edges filed by slab: `edges` (x1, y1, x2, y2) of slab k are rows start[k] to start[k + 1], by outline."""

    bottom: Floats
    scale: Floats
    first: Ints
    count: Ints
    start: Ints
    edges: Floats
    owner: npt.NDArray[np.int32]

    @property
    def arrays(self) -> tuple[Any, ...]:
        return self.bottom, self.scale, self.first, self.count, self.start, self.edges, self.owner


def _match(point: Floats, keys: npt.NDArray[np.int64], cells: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The cell whose row and column each point is in; both arrays hold rows, then columns."""
    inside = np.isfinite(point).all(axis=0)
    wanted = np.full(point.shape[1], np.iinfo(np.int64).min)
    north, east = np.floor(point[:, inside]).astype(np.int64)
    wanted[inside] = (north << 32) + east
    have = (keys[0] << 32) + keys[1]
    order = np.argsort(have)
    nearest = order[np.minimum(np.searchsorted(have, wanted, sorter=order), len(order) - 1)]
    return np.where(have[nearest] == wanted, cells[nearest], np.int32(-1))


def _groups(groups: npt.ArrayLike | None, size: int) -> npt.NDArray[np.int32]:
    return np.zeros(size, np.int32) if groups is None else np.ascontiguousarray(groups, np.int32)


def _file_edges(outlines: npt.NDArray[np.object_], groups: npt.NDArray[np.int32], last: int) -> _Slabs:
    edges, owner = _edges(outlines)
    used = (groups[owner] >= 0) & np.isfinite(edges).all(axis=1)
    edges, owner = edges[used], owner[used]
    group = groups[owner]
    count = -(-np.bincount(group, minlength=last + 1) // EDGES_PER_SLAB)
    bottom, top = np.full(last + 1, np.inf), np.full(last + 1, -np.inf)
    np.minimum.at(bottom, group, np.minimum(edges[:, 1], edges[:, 3]))
    np.maximum.at(top, group, np.maximum(edges[:, 1], edges[:, 3]))
    scale = np.divide(count, top - bottom, out=np.zeros(last + 1), where=count > 0)
    first = np.concatenate([[0], np.cumsum(count)])
    start, order = _file(edges, group, bottom, scale, first)
    return _Slabs(bottom, scale, first[:-1], count, start, edges[order], owner[order])


def _edges(outlines: npt.NDArray[np.object_]) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Every edge that is not horizontal, with the outline it belongs to."""
    parts, part_owner = shapely.get_parts(outlines, return_index=True)
    areal = shapely.get_type_id(parts) == 3
    rings, ring_part = shapely.get_rings(parts[areal], return_index=True)
    ring_owner = part_owner[areal][ring_part]
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    edges = np.hstack([points[:-1][same], points[1:][same]])
    owner = ring_owner[ring[:-1][same]].astype(np.int32)
    slanted = edges[:, 1] != edges[:, 3]
    return edges[slanted], owner[slanted]


@njit(nogil=True, cache=True)
def _slab(y, bottom, scale, count):  # type: ignore[no-untyped-def]
    """The slab of a height, by the same arithmetic for edges and points: a point finds every edge at its height."""
    return min(max(int((y - bottom) * scale), 0), count - 1)


@njit(nogil=True, cache=True)
def _file(edges, group, bottom, scale, first):  # type: ignore[no-untyped-def]
    """A counting sort: where each slab starts, and the edges slab by slab, in their order inside each."""
    start = np.zeros(first[-1] + 1, np.int64)
    span = np.empty((len(edges), 2), np.int64)
    for e in range(len(edges)):
        g = group[e]
        low, high = min(edges[e, 1], edges[e, 3]), max(edges[e, 1], edges[e, 3])
        count = first[g + 1] - first[g]
        span[e, 0] = first[g] + _slab(low, bottom[g], scale[g], count)
        span[e, 1] = first[g] + _slab(high, bottom[g], scale[g], count)
        for slab in range(span[e, 0], span[e, 1] + 1):
            start[slab + 1] += 1
    start = np.cumsum(start)
    order, free = np.empty(start[-1], np.int64), start[:-1].copy()
    for e in range(len(edges)):
        for slab in range(span[e, 0], span[e, 1] + 1):
            order[free[slab]] = e
            free[slab] += 1
    return start, order


@njit(nogil=True, cache=True)
def _search(x, y, group, bottom, scale, first, count, start, edges, owner, found):  # type: ignore[no-untyped-def]
    for i in range(len(x)):
        g = group[i]
        if g < 0 or count[g] == 0 or not np.isfinite(x[i]) or not np.isfinite(y[i]):
            continue
        slab = first[g] + _slab(y[i], bottom[g], scale[g], count[g])
        inside, current = False, -1
        for e in range(start[slab], start[slab + 1]):
            if owner[e] != current:
                if inside:
                    break
                current = owner[e]
            x1, y1, x2, y2 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
            if (y1 > y[i]) != (y2 > y[i]) and x[i] < x1 + (y[i] - y1) / (y2 - y1) * (x2 - x1):
                inside = not inside
        if inside:
            found[i] = current
