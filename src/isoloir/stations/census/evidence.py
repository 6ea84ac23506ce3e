"""What ties census units to stations: address points counted in both, and the area that their outlines share."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy import sparse

from isoloir import codes
from isoloir.settings import settings
from isoloir.stations.census.locate import GEOGRAPHIC, Floats, locate, locate_cells, project

EQUAL_AREA = 3035  # ETRS89 Lambert azimuthal equal area: of equal area everywhere, overseas too


@dataclass(frozen=True)
class Evidence:
    """How much of each unit (column) each station (row) holds, in any measure; columns are named by `codes`.

    `support` is the number of addresses behind each column, where addresses are the evidence.
    """

    codes: pl.Series
    mass: sparse.csc_matrix
    support: Floats | None = None


def locatable(addresses: pl.DataFrame | pl.LazyFrame, stations: pl.DataFrame) -> pl.DataFrame:
    """The address points (table ADDRESSES) of known stations, ready for `by_addresses` and `find_cells`.

    Returns station (its row), city (a number), longitude, latitude, addresses, and weight: addresses until
    `weigh_by_cells` knows better.
    """
    rows = stations.select("station_code", _commune=pl.col("city"), city=_city_number(), station=_row())
    count = pl.col("weight").cast(pl.Float64).fill_null(1.0).clip(lower_bound=0.0)
    points = addresses.lazy().select(
        "station_code", "longitude", "latitude", addresses=count, _commune=codes.city("commune_code")
    )
    known = points.drop_nulls(["longitude", "latitude"]).join(
        rows.lazy(), on=["_commune", "station_code"], maintain_order="left"
    )
    return known.select("station", "city", "longitude", "latitude", "addresses", weight=pl.col("addresses")).collect()


def find_cells(points: pl.DataFrame, cells: pl.Series) -> pl.DataFrame:
    """Add to address points the index in `cells` (codes of INSEE's grid) of the cell that each is in, -1 for none."""
    found = locate_cells(points["longitude"].to_numpy(), points["latitude"].to_numpy(), cells)
    return points.with_columns(cell=pl.Series(found))


def weigh_by_cells(points: pl.DataFrame, households: Floats) -> pl.DataFrame:
    """Give the addresses of each grid cell (see `find_cells`) the weight of the households that live there.

    An address outside the grid weighs what addresses weigh on average: nobody lived there when the grid was made, but
    voters are registered there.
    """
    cell, addresses = points["cell"].to_numpy(), points["addresses"].to_numpy()
    inside = np.flatnonzero(cell >= 0)
    total = np.bincount(cell[inside], addresses[inside], len(households))
    lived = (households > 0) & (total > 0)
    if not lived.any():
        return points
    ratio = np.full(len(households), households[lived].sum() / total[lived].sum())
    factor = np.full(len(cell), ratio[0])
    ratio[lived] = households[lived] / total[lived]
    factor[inside] = ratio[cell[inside]]
    return points.with_columns(weight=pl.Series(addresses * factor))


def by_addresses(points: pl.DataFrame, units: pl.DataFrame, stations: pl.DataFrame) -> Evidence:
    """The weight of the addresses of each station in each unit that has an outline.

    `units` is placed and has a geometry (WKB, EPSG:4326). A point is looked for among the units of its own commune.
    """
    numbers = stations.select("city", number=_city_number()).unique()
    group = units.join(numbers, on="city", how="left", maintain_order="left")["number"]
    located = locate(
        points["longitude"].to_numpy(),
        points["latitude"].to_numpy(),
        shapely.from_wkb(units["geometry"].to_numpy()),
        points["city"].to_numpy(),
        group.fill_null(-1).to_numpy(),
    )
    return _gather(points, located, units["unit_code"], stations.height)


def by_cells(points: pl.DataFrame, cells: pl.Series, stations: pl.DataFrame) -> Evidence:
    """The same for the cells of INSEE's grid that `find_cells` was given."""
    return _gather(points, points["cell"].to_numpy(), cells, stations.height)


def by_area(units: pl.DataFrame, stations: pl.DataFrame, station_outlines: npt.NDArray[np.object_]) -> Evidence:
    """The area that each unit shares with each station of its own city, in square metres.

    `units` is placed and has a geometry (WKB, EPSG:4326); `station_outlines` are in EPSG:3035, null where unknown.
    """
    outlines = _clean(equal_area(shapely.from_wkb(units["geometry"].to_numpy())))
    station_outlines = _clean(station_outlines)
    tree = shapely.STRtree(station_outlines)
    unit, station = tree.query(outlines, predicate="intersects")
    same = units["city"].to_numpy()[unit] == stations["city"].to_numpy()[station]
    unit, station = unit[same], station[same]
    area = _overlaps(outlines[unit], station_outlines[station])
    shape = (stations.height, units.height)
    return Evidence(units["unit_code"], sparse.csc_matrix((area, (station, unit)), shape=shape))


def equal_area(outlines: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Outlines of EPSG:4326 in EPSG:3035."""
    projected: npt.NDArray[np.object_] = shapely.transform(
        outlines, lambda xy: np.column_stack(project(xy[:, 0], xy[:, 1], GEOGRAPHIC, EQUAL_AREA))
    )
    return projected


def _gather(points: pl.DataFrame, located: npt.NDArray[np.int32], unit_codes: pl.Series, stations: int) -> Evidence:
    # summed in the order of the points: a sum in parallel ends in other last digits each time
    inside = np.flatnonzero(located >= 0)
    unit, station = located[inside], points["station"].to_numpy()[inside]
    shape = (stations, len(unit_codes))
    mass = sparse.coo_matrix((points["weight"].to_numpy()[inside], (station, unit)), shape=shape).tocsc()
    mass.sort_indices()
    support = np.bincount(unit, points["addresses"].to_numpy()[inside], len(unit_codes)).astype(np.float64)
    return Evidence(unit_codes, mass, support)


def _overlaps(one: npt.NDArray[np.object_], other: npt.NDArray[np.object_]) -> Floats:
    """The area that the outlines of each pair share."""
    starts = range(0, len(one), 256)
    with ThreadPoolExecutor(settings().threads or os.cpu_count() or 1) as pool:
        parts = pool.map(lambda s: shapely.area(shapely.intersection(one[s : s + 256], other[s : s + 256])), starts)
        return np.concatenate([np.empty(0), *parts])


def _city_number() -> pl.Expr:
    return (pl.col("city").rank("dense") - 1).cast(pl.Int32)


def _row() -> pl.Expr:
    return pl.int_range(pl.len(), dtype=pl.Int32)


def _clean(outlines: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    mended = outlines.copy()
    bad = np.flatnonzero(~shapely.is_valid(outlines) & ~shapely.is_missing(outlines))
    mended[bad] = shapely.make_valid(outlines[bad])
    return mended
