"""From the units of the census (IRIS, grid cells, communes) to polling stations.

A crosswalk is a sparse matrix, stations by units, whose columns sum to one: the share of each unit that goes to each
station. Counts are summed with it, and divided last. Each unit is shared by the best evidence there is for it:

    whole      its commune has a single station: all of it goes there
    addresses  the addresses of the electoral register in the unit, station by station
    sparse     the same with a handful of addresses only
    area       the overlap of the outlines of unit and stations, in an equal-area projection
    commune    nothing tells the stations of the commune apart: registered voters
    nowhere    its commune has no station at all: reported, never given to a neighbour

References: Goodchild and Lam 1980 (areal interpolation); Reibel and Bufalino 2005 (street-weighted interpolation).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy import sparse

from isoloir import codes
from isoloir.errors import StationError
from isoloir.settings import settings
from isoloir.sources.reading import CENSUS_KEYS
from isoloir.stations.census.locate import GEOGRAPHIC, Floats, locate, locate_cells, project

EQUAL_AREA = 3035  # ETRS89 Lambert azimuthal equal area: of equal area everywhere, overseas too
SPARSE = 10  # addresses of an IRIS under which they say little


class Method(IntEnum):
    """How a unit was shared between stations, from the best evidence to none."""

    WHOLE = 0
    ADDRESSES = 1
    SPARSE = 2
    AREA = 3
    COMMUNE = 4
    NOWHERE = 5


@dataclass(frozen=True)
class Evidence:
    """How much of each unit (column) each station (row) holds, in any measure; columns are named by `codes`.

    `support` is the number of addresses behind each column, where addresses are the evidence.
    """

    codes: pl.Series
    mass: sparse.csc_matrix
    support: Floats | None = None


@dataclass(frozen=True)
class Crosswalk:
    """`weights[s, u]` is the share of unit u that goes to station s; `method[u]` is the `Method` behind it."""

    stations: pl.DataFrame  # commune_code, station_code
    units: pl.DataFrame  # unit_code, commune_code
    weights: sparse.csr_matrix
    method: npt.NDArray[np.int8]

    def fallen_back(self) -> pl.DataFrame:
        """Units that were not shared by addresses: unit_code, commune_code, method."""
        named = pl.Series("method", [Method(m).name.lower() for m in self.method], dtype=pl.String)
        return self.units.with_columns(named).filter(~pl.col("method").is_in(["whole", "addresses"]))


def place_stations(stations: pl.DataFrame) -> pl.DataFrame:
    """Add to stations (commune_code, station_code, registered) the city they belong to and their district.

    A district is the arrondissement in Paris, Lyon and Marseille, whose stations' codes begin with its number, and
    the commune elsewhere. Raise StationError where a station is there twice.
    """
    twice = stations.filter(pl.struct("commune_code", "station_code").is_duplicated())
    if twice.height:
        raise StationError(f"station {'_'.join(twice.select('commune_code', 'station_code').row(0))} is there twice")
    commune, code = codes.city("commune_code"), pl.col("station_code")
    district = (
        pl.when(commune == "75056")
        .then("751" + code.str.slice(0, 2))
        .when(commune == "13055")
        .then("132" + code.str.slice(0, 2))
        .when(commune == "69123")
        .then("6938" + code.str.slice(1, 1))
        .otherwise(commune)
    )
    return stations.with_columns(city=commune, district=district)


def place_units(units: pl.DataFrame, stations: pl.DataFrame, changes: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add to units (unit_code, commune_code) the city and district of today; `changes` are those of communes."""
    first = pl.col("unit_code").str.slice(0, 5)
    own = pl.when(codes.city(first) != first).then(first).otherwise(pl.col("commune_code"))
    placed = units.with_columns(district=own)
    if changes is not None:
        placed = _follow(placed, stations["city"].unique(), changes)
    return placed.with_columns(city=codes.city("district"))


def crosswalk(
    units: pl.DataFrame,
    stations: pl.DataFrame,
    addresses: Evidence | None = None,
    areas: Evidence | None = None,
    sparse_under: float = SPARSE,
) -> Crosswalk:
    """Share each unit between stations by the best evidence.

    `units` and `stations` come from `place_units` and `place_stations`; `addresses` from `by_addresses` or `by_cells`;
    `areas` from `by_area`. Raise StationError where a unit is there twice.
    """
    if units["unit_code"].is_duplicated().any():
        raise StationError(f"unit {units.filter(pl.col('unit_code').is_duplicated())['unit_code'][0]} is there twice")
    method = np.full(units.height, Method.NOWHERE, np.int8)
    mass = sparse.csc_matrix((stations.height, units.height))
    by_commune, single = _by_commune(units, stations)
    mass, method = _take(mass, method, by_commune, Method.WHOLE, single)
    if addresses is not None:
        aligned, support = _align(addresses, units["unit_code"])
        mass, method = _take(mass, method, aligned, Method.ADDRESSES)
        method[(method == Method.ADDRESSES) & (support < sparse_under)] = Method.SPARSE
    if areas is not None:
        mass, method = _take(mass, method, _align(areas, units["unit_code"])[0], Method.AREA)
    mass, method = _take(mass, method, by_commune, Method.COMMUNE)
    named = stations.select("commune_code", "station_code")
    return Crosswalk(named, units.select("unit_code", "commune_code"), _shares(mass), method)


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


def apportion(census: pl.DataFrame, crosswalk: Crosswalk) -> pl.DataFrame:
    """Sum the counts of units (a wide census table) by station: commune_code, station_code and one column per count.

    The sum of a column over stations is its sum over the units that have a station in their commune. A count that is
    null adds nothing; a station that only has such units is null.
    """
    columns = [c for c in census.columns if c not in CENSUS_KEYS]
    values = _aligned_values(census, crosswalk, columns)
    known = np.isfinite(values)
    sums = crosswalk.weights @ np.where(known, values, 0.0)
    seen = np.ones_like(sums, bool) if known.all() else (crosswalk.weights @ known.astype(np.float64)) > 0
    touched = (np.diff(crosswalk.weights.indptr) > 0)[:, None]
    frame = pl.DataFrame(np.where(seen & touched, sums, np.nan), schema=columns, orient="row").fill_nan(None)
    return pl.concat([crosswalk.stations, frame], how="horizontal")


def _aligned_values(census: pl.DataFrame, crosswalk: Crosswalk, columns: list[str]) -> Floats:
    """The columns of a census table, units in the order of the crosswalk; NaN where unknown."""
    rows = crosswalk.units.select("unit_code").join(census, on="unit_code", how="left", maintain_order="left")
    return rows.select(pl.col(columns).cast(pl.Float64).fill_null(np.nan)).to_numpy()


def _follow(units: pl.DataFrame, known: pl.Series, changes: pl.DataFrame) -> pl.DataFrame:
    """Replace communes that have no station by those that they were merged into, as often as it takes."""
    steps = changes.filter(pl.col("kind").is_in(["merge", "recode"])).sort("date").unique("from_code", keep="last")
    for _ in range(8):
        lost = ~codes.city("district").is_in(known.implode())
        moved = units.join(
            steps.select(district="from_code", _to="to_code"), on="district", how="left", maintain_order="left"
        )
        units = moved.with_columns(
            pl.when(lost).then(pl.coalesce("_to", "district")).otherwise("district").alias("district")
        )
        units = units.drop("_to")
    return units


def _by_commune(units: pl.DataFrame, stations: pl.DataFrame) -> tuple[Any, npt.NDArray[np.bool_]]:
    """Registered voters of the stations of each unit's district (else of its city), and whether there is only one."""
    rows = stations.select("city", "district", registered=_size(stations), station=pl.int_range(pl.len()))
    columns = units.select("city", "district", unit=pl.int_range(pl.len()))
    pairs = columns.join(rows, on="district", suffix="_station").select("unit", "station", "registered")
    rest = columns.join(pairs, on="unit", how="anti").join(rows, on="city").select("unit", "station", "registered")
    pairs = pl.concat([pairs, rest])
    shape = (stations.height, units.height)
    mass = sparse.csc_matrix((pairs["registered"], (pairs["station"], pairs["unit"])), shape=shape)
    return mass, np.diff(mass.indptr) == 1


def _size(stations: pl.DataFrame) -> pl.Expr:
    """Registered voters; where nobody knows them, or all are zero, stations of a commune are taken as equal."""
    if "registered" not in stations.columns:
        return pl.lit(1.0)
    size = pl.col("registered").cast(pl.Float64).fill_null(0.0).clip(lower_bound=0.0)
    return pl.when(size.sum().over("city") > 0).then(size + 1e-9).otherwise(1.0)


def _take(mass: Any, method: npt.NDArray[np.int8], new: Any, by: Method, where: Any = True) -> tuple[Any, Any]:
    """Fill the columns that are still open, where the new evidence has something to say about them."""
    fresh = (method == Method.NOWHERE) & (_column_sums(new) > 0) & where
    method = np.where(fresh, np.int8(by), method)
    return mass + new @ sparse.diags(fresh.astype(np.float64)), method


def _shares(mass: Any) -> sparse.csr_matrix:
    total = _column_sums(mass)
    inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    shares = (mass @ sparse.diags(inverse)).tocsr()
    shares.eliminate_zeros()
    return shares


def _column_sums(mass: Any) -> Floats:
    return np.asarray(mass.sum(axis=0), np.float64).ravel()


def _align(evidence: Evidence, unit_codes: pl.Series) -> tuple[Any, Floats]:
    """The evidence and its support, columns in the order of the units; units that it does not know are empty."""
    have = pl.DataFrame({"unit_code": evidence.codes}).with_row_index("column").unique("unit_code", keep="first")
    column = unit_codes.to_frame("unit_code").join(have, on="unit_code", how="left", maintain_order="left")["column"]
    unit = np.flatnonzero(column.is_not_null().to_numpy())
    chosen = column.drop_nulls().to_numpy()
    pick = sparse.csc_matrix((np.ones(len(unit)), (chosen, unit)), shape=(len(evidence.codes), len(unit_codes)))
    mass = (evidence.mass @ pick).tocsc()
    return mass, _column_sums(mass) if evidence.support is None else pick.T @ evidence.support


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
