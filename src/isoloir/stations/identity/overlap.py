"""How much of each old station lies in each new one: by address points where there are any, else by area."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from isoloir.sources.geography.place import transformer

COVERED = 0.9  # from which what no new outline holds is an inaccuracy too, and not a station without outline
METRES = 2154  # areas are compared within a commune, so that any conformal projection of France will do
Shape: TypeAlias = shapely.Geometry
SLIVER = 0.03  # a smaller part of a station is an inaccuracy of the outlines


@dataclass
class Outlines:
    """Outlines by commune and vintage, looked up by the codes that a year used, and points of the register."""

    outlines: pl.DataFrame
    addresses: pl.DataFrame | None = None
    _by_commune: dict[str, pl.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = self.outlines.partition_by("commune_code", as_dict=True) if self.outlines.height else {}
        self._by_commune = {str(key[0]): part for key, part in parts.items()}

    def covers(self, commune_code: str) -> bool:
        """Whether any outline of this commune is known."""
        return commune_code in self._by_commune

    def of(self, stations: pl.DataFrame) -> list[Shape | None]:
        """The outlines of the stations of one commune, from the vintage that knows most of them; None where unknown.

        `stations` has commune_code, station_code, year, first_year and last_year: the years in which the code meant
        this place. All None where no vintage knows four fifths of them.
        """
        nothing: list[Shape | None] = [None] * stations.height
        table = self._by_commune.get(stations["commune_code"][0])
        if table is None:
            return nothing
        table = table.unique(["station_code", "vintage"], keep="first", maintain_order=True)
        table = table.join(stations.select("station_code", "year", "first_year", "last_year"), on="station_code")
        table = table.filter(pl.col("vintage").is_between("first_year", "last_year"))
        best = table.group_by("vintage").agg(pl.len(), far=(pl.col("vintage") - pl.col("year")).abs().first())
        best = best.filter(pl.col("len") >= 0.8 * stations.height).sort(
            ["len", "far", "vintage"], descending=[True, False, True]
        )
        if best.is_empty():
            return nothing
        part = table.filter(pl.col("vintage") == best["vintage"][0])
        known = dict(zip(part["station_code"], shapely.from_wkb(part["geometry"].to_list()), strict=True))
        return [known.get(code) for code in stations["station_code"]]

    def points(self, communes: list[str]) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
        """The address points of some communes and their weights."""
        if self.addresses is None:
            return np.empty(0, object), np.empty(0)
        near = self.addresses.filter(pl.col("commune_code").is_in(communes)).drop_nulls(["longitude", "latitude"])
        points = shapely.points(near["longitude"].to_numpy(), near["latitude"].to_numpy())
        return points, near["weight"].fill_null(1).to_numpy().astype(float)


def overlap(
    before: list[Shape | None],
    after: list[Shape | None],
    points: NDArray[np.object_],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Old x new stations: the share of each old outline in each new one; a row of zeros where it is unknown.

    By the address points inside both where the old outline holds at least 15 of them, else by area.
    """
    old, new = _clean(before), _clean(after)
    area = _area_shares(old, new)
    if not len(points):
        return area
    where_old, where_new = _locate(points, old), _locate(points, new)
    inside = (where_old >= 0) & (where_new >= 0)
    counted = np.zeros((len(old), len(new)))
    np.add.at(counted, (where_old[inside], where_new[inside]), weights[inside])
    enough = np.bincount(where_old[inside], minlength=len(old)) >= 15
    counted = counted / np.maximum(counted.sum(1, keepdims=True), 1e-9)
    return np.where(enough[:, None], counted, area)


def _clean(shapes: list[Shape | None]) -> NDArray[np.object_]:
    valid: NDArray[np.object_] = shapely.make_valid(np.array(shapes, object))
    return valid


def _area_shares(old: NDArray[np.object_], new: NDArray[np.object_]) -> NDArray[np.float64]:
    flat_old, flat_new = _flat(old), _flat(new)
    shared = np.zeros((len(old), len(new)))
    j, i = shapely.STRtree(flat_old).query(flat_new, predicate="intersects")
    shared[i, j] = shapely.area(shapely.intersection(flat_old[i], flat_new[j]))
    shares = shared / np.maximum(np.nan_to_num(shapely.area(flat_old)), 1e-9)[:, None]
    shares[shares < SLIVER] = 0
    covered = shares.sum(1, keepdims=True)
    shares = np.where(covered > COVERED, shares / np.maximum(covered, 1e-9), shares)
    value: NDArray[np.float64] = np.where(covered > 0.5, shares, 0)
    return value


def _flat(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    to_metres = transformer(4326, METRES).transform
    flat: NDArray[np.object_] = shapely.transform(shapes, lambda xy: np.column_stack(to_metres(*xy.T)))
    return flat


def _locate(points: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.intp]:
    where = np.full(len(points), -1, np.intp)
    i, j = shapely.STRtree(shapes).query(points, predicate="within")
    where[i] = j
    return where
