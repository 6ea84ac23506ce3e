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

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from isoloir import codes
from isoloir.errors import StationError
from isoloir.sources.reading import CENSUS_KEYS
from isoloir.stations.census.evidence import Evidence
from isoloir.stations.census.locate import Floats

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
