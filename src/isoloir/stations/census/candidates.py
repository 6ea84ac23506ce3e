"""The census tables at hand, by level and vintage, each with its crosswalk to the stations and a grade per station.

Grades of a station, from the share of its households that was shared by each method:

    A  a table by station that was measured there
    B  nine tenths by addresses, or whole communes of a single station
    C  half by addresses or areas; or most people in grid cells that INSEE imputed (fewer than 11 households)
    D  less: the figures of the commune
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from isoloir.codes import ARRONDISSEMENTS
from isoloir.sources.reading import CENSUS_KEYS
from isoloir.stations.census.crosswalk import Crosswalk, Method, crosswalk, place_units
from isoloir.stations.census.evidence import Evidence, by_addresses, by_area, by_cells, find_cells, weigh_by_cells
from isoloir.stations.census.locate import Floats
from isoloir.stations.census.variables import Variables, refused

GRADES = ("A", "B", "C", "D")
LEVELS = ("station", "grid", "iris", "commune", "city")  # city: Paris, Lyon and Marseille beside their arrondissements
COVERED, WELL_COVERED = 0.5, 0.9  # shares of a station's households: to say something, to trust it
IMPUTED = "i_est_200"  # of the grid: 1 where INSEE filled the cell in
_Key = tuple[str, int | None]  # level and vintage (null where a file does not tell its year)
_PEOPLE = ("P_PMEN", "P_POP", "ind", "P_POP15P", "C_POP15P", "DISP_NBPERS", "DEC_NBPERS")
_TOLD = {
    Method.SPARSE: "shared by a handful of addresses",
    Method.AREA: "without addresses, shared by area",
    Method.COMMUNE: "shared by registered voters of the commune",
    Method.NOWHERE: "in communes without stations, left out",
}


@dataclass(frozen=True)
class Table:
    """A census table (CENSUS_KEYS and one column per count); `grade` is that of its figures where it is by station.

    INSEE publishes no census by station: a table of that level was apportioned by its authors unless somebody knows
    better.
    """

    rows: pl.DataFrame
    source: str
    grade: str = "C"


@dataclass
class _Wide:
    """All tables of one level and vintage, side by side."""

    rows: pl.DataFrame
    source: dict[str, str]  # of each column
    grade: str


@dataclass
class Candidate:
    """One level and vintage, and how it is shared between stations."""

    level: str
    vintage: int | None
    source: dict[str, str]  # of each column
    units: pl.DataFrame
    crosswalk: Crosswalk
    size: Floats  # households (or people, or addresses) of each unit
    grade: npt.NDArray[np.int8]  # of each station
    exact: npt.NDArray[np.bool_]  # stations that are one whole unit


@dataclass(frozen=True)
class Ground:
    """What tables are shared with: placed stations, their outlines (EPSG:3035), address points, outlines of units."""

    stations: pl.DataFrame
    outlines: npt.NDArray[np.object_] | None
    points: pl.DataFrame | None
    units: pl.DataFrame | None
    changes: pl.DataFrame | None


def candidates(tables: list[Table], ground: Ground, definitions: Variables, notices: list[str]) -> list[Candidate]:
    """Each level and vintage of the tables with its crosswalk; addresses are located once per level."""
    wide = _join(tables, notices)
    sizes = _sizes(wide, definitions)
    located = _locate(sizes, wide, ground)
    areas = _overlay(located, ground)
    found = []
    for (level, vintage), table in wide.items():
        units = place_units(table.rows, ground.stations, ground.changes)
        shared = _share_units(units, level, located, areas, ground)
        size = _size_of(units, sizes.get(level), located.get(level))
        grade = _grade(shared, units, size, level, table.grade)
        found.append(Candidate(level, vintage, table.source, units, shared, size, grade, _exact(shared)))
        _tell(shared, level, vintage, notices)
    return found


def share_of(shared: Crosswalk, mass: Floats, which: npt.NDArray[np.bool_]) -> Floats:
    """The share of each station's mass that lies in some of the units; 0 for a station without any."""
    total = shared.weights @ mass
    part = shared.weights @ (mass * which)
    result: Floats = np.divide(part, total, out=np.zeros_like(total), where=total > 0)
    return result


def _join(tables: list[Table], notices: list[str]) -> dict[_Key, _Wide]:
    """One wide frame per level and vintage; where two tables have a column, the first one counts."""
    joined: dict[_Key, _Wide] = {}
    for table in tables:
        if forbidden := [c for c in table.rows.columns if refused(c)]:
            notices.append(f"{table.source}: not used: {', '.join(forbidden)} (nationality, origin, religion)")
        rows_by_key = (
            table.rows.drop(forbidden).with_columns(_level()).group_by("level", "vintage", maintain_order=True)
        )
        for key, rows in rows_by_key:
            level, vintage = str(key[0]), None if key[1] is None else int(str(key[1]))
            if level not in LEVELS:
                notices.append(f"{table.source}: a {level} is too large to say anything about its stations")
                continue
            have = joined.get((level, vintage))
            source = {} if have is None else have.source
            new = [c for c in rows.columns if c not in CENSUS_KEYS and c not in source]
            part = rows.select("unit_code", "commune_code", *new)
            joined[level, vintage] = _Wide(
                part if have is None else _beside(have.rows, part),
                source | dict.fromkeys(new, table.source),
                table.grade if have is None else max(have.grade, table.grade),
            )
    return joined


def _level() -> pl.Expr:
    """A city and its arrondissements are the same people twice: they are kept apart."""
    city = (pl.col("level") == "commune") & pl.col("unit_code").is_in(list(ARRONDISSEMENTS))
    return pl.when(city).then(pl.lit("city")).otherwise("level").alias("level")


def _beside(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    both = left.join(right, on="unit_code", how="full", coalesce=True, maintain_order="left_right")
    return both.with_columns(pl.coalesce("commune_code", "commune_code_right")).drop("commune_code_right")


def _locate(sizes: dict[str, pl.DataFrame], wide: dict[_Key, _Wide], ground: Ground) -> dict[str, Evidence]:
    """The addresses of each station in each unit, weighted by the households of their grid cell where it is known."""
    located: dict[str, Evidence] = {}
    points = ground.points
    if points is None:
        return located
    grids = [table.rows["unit_code"] for (level, _), table in wide.items() if level == "grid"]
    if grids:
        cells = pl.concat(grids).unique().sort()
        points = find_cells(points, cells)
        if "grid" in sizes:
            known = cells.to_frame("unit_code").join(sizes["grid"], on="unit_code", how="left", maintain_order="left")
            points = weigh_by_cells(points, known["size"].fill_null(0.0).to_numpy())
        located["grid"] = by_cells(points, cells, ground.stations)
    if ground.units is not None and ground.units.height:
        units = place_units(ground.units, ground.stations, ground.changes)
        located["iris"] = by_addresses(points, units, ground.stations)
    return located


def _overlay(located: dict[str, Evidence], ground: Ground) -> Evidence | None:
    """The areas that the units without addresses share with stations."""
    if ground.units is None or ground.outlines is None:
        return None
    units = place_units(ground.units, ground.stations, ground.changes)
    if "iris" in located:
        empty = np.asarray(located["iris"].mass.sum(axis=0)).ravel() == 0
        units = units.filter(pl.Series(empty))
    units = units.filter(pl.col("city").is_in(ground.stations["city"].unique().implode()))
    return by_area(units, ground.stations, ground.outlines)


def _share_units(
    units: pl.DataFrame, level: str, located: dict[str, Evidence], areas: Evidence | None, ground: Ground
) -> Crosswalk:
    if level == "station":
        return _by_name(units, ground.stations)
    if level == "iris":
        return crosswalk(units, ground.stations, located.get(level), areas)
    # one building with one address can fill a grid cell: its addresses are never too few
    return crosswalk(units, ground.stations, located.get(level), sparse_under=0.0)


def _by_name(units: pl.DataFrame, stations: pl.DataFrame) -> Crosswalk:
    """Tables by station: the unit is the station."""
    named = stations.select(
        unit_code=pl.concat_str(["commune_code", "station_code"], separator="_"), station=pl.int_range(pl.len())
    )
    found = units.with_row_index("unit").join(named, on="unit_code")
    weights = sparse.csr_matrix(
        (np.ones(found.height), (found["station"], found["unit"])), shape=(stations.height, units.height)
    )
    method = np.full(units.height, Method.NOWHERE, np.int8)
    method[found["unit"].to_numpy()] = Method.WHOLE
    return Crosswalk(
        stations.select("commune_code", "station_code"), units.select("unit_code", "commune_code"), weights, method
    )


def _sizes(wide: dict[_Key, _Wide], definitions: Variables) -> dict[str, pl.DataFrame]:
    """Households (else people) of each unit by level, from the newest table that tells them."""
    found: dict[str, pl.DataFrame] = {}
    for (level, _), table in sorted(wide.items(), key=lambda item: -(item[0][1] or 0)):
        rows = table.rows
        computation = definitions.term("households", rows.columns)
        known = next((pl.col(c) for c in _PEOPLE if c in rows.columns), None)
        size = computation.value if computation else known
        if size is None:
            continue
        part = rows.select("unit_code", size=size).drop_nulls()
        have = found.get(level)
        found[level] = part if have is None else pl.concat([have, part.join(have, on="unit_code", how="anti")])
    return found


def _size_of(units: pl.DataFrame, sizes: pl.DataFrame | None, located: Evidence | None) -> Floats:
    """The size of each unit; where no table tells it, its addresses; else all the same."""
    if sizes is None and located is not None:
        total = np.asarray(located.mass.sum(axis=0)).ravel()
        sizes = pl.DataFrame({"unit_code": located.codes, "size": total})
    if sizes is None:
        return np.ones(units.height)
    size = units.join(sizes, on="unit_code", how="left", maintain_order="left")["size"].clip(lower_bound=0.0)
    typical = size.drop_nulls().mean()
    return size.fill_null(float(typical) if typical else 1.0).to_numpy()  # type: ignore[arg-type]


def _grade(shared: Crosswalk, units: pl.DataFrame, size: Floats, level: str, grade: str) -> npt.NDArray[np.int8]:
    """The grade of each station, from the share of its households by each method and of imputed cells."""
    if level == "station":
        return np.full(shared.weights.shape[0], GRADES.index(grade), np.int8)
    mass = size + 1e-9
    good = share_of(shared, mass, np.isin(shared.method, [Method.WHOLE, Method.ADDRESSES]))
    fair = share_of(shared, mass, shared.method != Method.COMMUNE)
    found = np.where(good >= WELL_COVERED, 1, np.where(fair >= COVERED, 2, 3))
    if IMPUTED in units.columns:
        imputed = share_of(shared, mass, units[IMPUTED].fill_null(1).to_numpy() > 0)
        found = np.maximum(found, np.where(imputed > COVERED, 2, 1))
    return found.astype(np.int8)


def _exact(shared: Crosswalk) -> npt.NDArray[np.bool_]:
    """Whether a station is one whole unit and nothing else."""
    total = np.asarray(shared.weights.sum(axis=1)).ravel()
    result: npt.NDArray[np.bool_] = (np.diff(shared.weights.indptr) == 1) & np.isclose(total, 1.0)
    return result


def _tell(shared: Crosswalk, level: str, vintage: int | None, notices: list[str]) -> None:
    for method, how in _TOLD.items():
        units = shared.units.filter(pl.Series(shared.method == method))["unit_code"]
        if len(units):
            notices.append(f"{level} {vintage}: {len(units)} units {how} ({', '.join(units.head(3))}...)")
