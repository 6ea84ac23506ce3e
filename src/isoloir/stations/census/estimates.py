"""Every variable of every station, each from the best table at hand, with its grade; what is missing, and why.

Tables compete station by station. The better grade wins; of equal grades a table that is no more than `STALE` years
further from the wanted year than the nearest one, then the finer level (station, grid, IRIS, commune), then the nearer
vintage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from isoloir.stations.census.candidates import (
    COVERED,
    GRADES,
    LEVELS,
    WELL_COVERED,
    Candidate,
    Ground,
    Table,
    candidates,
    share_of,
)
from isoloir.stations.census.crosswalk import equal_area, locatable, place_stations
from isoloir.stations.census.locate import Floats
from isoloir.stations.census.variables import Computation, Variable, Variables, variables

STALE = 8  # years
BLOCK = 16  # columns
TOLERANCE = 0.02  # shares may leave 0 to 1 by this, where INSEE's two samples are mixed; they are clipped
REASONS = (
    "no table covers it",
    "too few people or households",
    "secret or unknown in the census",
    "inconsistent counts",
)
VALUES = {
    "commune_code": pl.String,
    "station_code": pl.String,
    "variable": pl.String,
    "value": pl.Float64,
    "vintage": pl.Int16,
    "quality": pl.String,
    "source": pl.String,
}


@dataclass(frozen=True)
class Estimates:
    """`values` has the columns VALUES; `missing` has variable, stations (how many lack it) and reason."""

    values: pl.DataFrame
    missing: pl.DataFrame
    notices: list[str]


@dataclass
class _Best:
    """What has been found so far: stations by variables."""

    value: Floats
    score: npt.NDArray[np.int32]
    grade: npt.NDArray[np.int8]
    origin: npt.NDArray[np.int16]
    why: npt.NDArray[np.int8]


def estimate(
    stations: pl.DataFrame,
    tables: list[Table],
    addresses: pl.DataFrame | pl.LazyFrame | None = None,
    units: pl.DataFrame | None = None,
    changes: pl.DataFrame | None = None,
    wanted: Variables | None = None,
    year: int | None = None,
) -> Estimates:
    """Give stations their variables.

    `stations` has commune_code, station_code, registered and geometry (WKB in EPSG:4326, or null); the other frames
    have the columns of the tables of `isoloir.sources.reading` (addresses, units, commune_changes). Tables by station
    must name today's stations. `year` is the year that vintages should be near to; the newest where it is not given.
    """
    definitions = wanted or variables()
    placed = place_stations(stations)
    outlines = _outlines(stations)
    points = None if addresses is None else locatable(addresses, placed)
    points = None if points is None or points.is_empty() else points
    if units is not None:
        units = units.filter(pl.col("geometry").is_not_null()).unique("unit_code", keep="first").sort("unit_code")
    notices: list[str] = []
    found = candidates(tables, Ground(placed, outlines, points, units, changes), definitions, notices)
    own = _own_columns(placed, outlines, points)
    best, origins = _compete(found, own, definitions, year, placed.height)
    missing = _missing(best, [{*c.source, *own.columns} for c in found] or [set(own.columns)], definitions)
    return Estimates(_long(best, origins, placed, definitions), missing, notices)


def _outlines(stations: pl.DataFrame) -> npt.NDArray[np.object_] | None:
    if "geometry" not in stations.columns or stations["geometry"].null_count() == stations.height:
        return None
    return equal_area(shapely.from_wkb(stations["geometry"].to_numpy()))


def _own_columns(
    stations: pl.DataFrame, outlines: npt.NDArray[np.object_] | None, points: pl.DataFrame | None
) -> pl.DataFrame:
    """Those of STATION_COLUMNS that are known: registered voters, addresses and area of each station."""
    own = stations.select(pl.col("^registered$").cast(pl.Float64))
    if outlines is not None:
        area = pl.Series("area_m2", shapely.area(outlines))
        own = own.with_columns(pl.when(area > 0).then(area).alias("area_m2"))
    if points is not None:
        rows = stations.select(station=pl.int_range(pl.len(), dtype=pl.Int32))
        counted = points.group_by("station", maintain_order=True).agg(addresses=pl.col("addresses").sum())
        own = own.with_columns(rows.join(counted, on="station", how="left", maintain_order="left")["addresses"])
    return own


def _compete(
    found: list[Candidate], own: pl.DataFrame, definitions: Variables, year: int | None, stations: int
) -> tuple[_Best, list[tuple[str, int | None]]]:
    """Let every candidate answer every variable; keep the best answer of each station."""
    shape = (stations, len(definitions))
    best = _Best(
        np.full(shape, np.nan), np.full(shape, 99_999, np.int32), np.zeros(shape, np.int8), np.zeros(shape, np.int16),
        np.zeros(shape, np.int8),
    )  # fmt: skip
    origins: list[tuple[str, int | None]] = []
    for column, variable in enumerate(definitions):
        computed = ((c, variable.compute([*c.source, *own.columns], definitions.terms)) for c in found)
        answers = [(c, k) for c, k in computed if k and not set(k.columns) <= set(own.columns)]
        for order, (candidate, computation) in enumerate(_ordered(answers, year)):
            value, grade, why = _answer(candidate, computation, variable, own)
            rank = order + (1000 if _stale(candidate, answers, year) else 0)
            _offer(best, column, value, grade, why, rank, len(origins))
            origins.append((_source(candidate, computation), candidate.vintage))
        if alone := variable.compute(own.columns, definitions.terms):
            value, why = _finish(own, alone, variable)
            _offer(best, column, value, np.ones(stations, np.int8), why, 0, len(origins))
            origins.append(("stations", None))
    return best, origins


def _offer(
    best: _Best,
    column: int,
    value: Floats,
    grade: npt.NDArray[np.int8],
    why: npt.NDArray[np.int8],
    rank: int,
    origin: int,
) -> None:
    """Keep the values that are better than what is there: by grade, then by rank."""
    score = 10_000 * grade.astype(np.int32) + np.int32(rank)
    better = np.isfinite(value) & (score < best.score[:, column])
    best.value[better, column] = value[better]
    best.score[better, column] = score[better]
    best.grade[better, column] = grade[better]
    best.origin[better, column] = origin
    best.why[:, column] = np.maximum(best.why[:, column], why)


def _ordered(answers: list[tuple[Candidate, Computation]], year: int | None) -> list[tuple[Candidate, Computation]]:
    newest = max((c.vintage or 0 for c, _ in answers), default=0) if year is None else year
    return sorted(answers, key=lambda a: (LEVELS.index(a[0].level), abs(newest - (a[0].vintage or 0))))


def _stale(candidate: Candidate, answers: list[tuple[Candidate, Computation]], year: int | None) -> bool:
    newest = max(c.vintage or 0 for c, _ in answers) if year is None else year
    ages = [abs(newest - (c.vintage or 0)) for c, _ in answers]
    return abs(newest - (candidate.vintage or 0)) > min(ages) + STALE


def _source(candidate: Candidate, computation: Computation) -> str:
    files = sorted({candidate.source[c] for c in computation.columns if c in candidate.source})
    how = f", mean of {candidate.level} values" if computation.averaged else ""
    return f"{' + '.join(files)} ({candidate.level}{how})"


def _answer(
    candidate: Candidate, computation: Computation, variable: Variable, own: pl.DataFrame
) -> tuple[Floats, npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """Value, grade and reason of absence (index of REASONS) of each station."""
    columns = [c for c in computation.columns if c not in own.columns]
    valid = (
        candidate.units.select(pl.all_horizontal(pl.col(columns).is_finite().fill_null(False))).to_series().to_numpy()
    )
    covered = share_of(candidate.crosswalk, candidate.size + 1e-9, valid)
    touched = np.diff(candidate.crosswalk.weights.indptr) > 0
    if computation.averaged:
        value, why = _mean(candidate, computation, valid), np.zeros(len(touched), np.int8)
        lowered = np.where(candidate.exact, candidate.grade, np.maximum(candidate.grade, 2))
        grade = np.where(candidate.level == "station", candidate.grade, lowered)
    else:
        table = pl.concat([_summed(candidate, valid, columns), own], how="horizontal")
        value, why = _finish(table, computation, variable)
        grade = candidate.grade
    enough = covered >= COVERED
    why = np.where(touched & ~enough, 2, np.where(touched, why, 0)).astype(np.int8)
    grade = np.where(covered < WELL_COVERED, np.maximum(grade, 2), grade).astype(np.int8)
    return np.where(touched & enough, value, np.nan), grade, why


def _mean(candidate: Candidate, computation: Computation, valid: npt.NDArray[np.bool_]) -> Floats:
    """The mean over units weighted by the households that the station has in each."""
    value = candidate.units.select(computation.value.cast(pl.Float64).fill_null(np.nan)).to_series().to_numpy()
    weight = (candidate.size + 1e-9) * valid
    total = candidate.crosswalk.weights @ weight
    summed = candidate.crosswalk.weights @ np.where(valid, value * weight, 0.0)
    result: Floats = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
    return result


def _summed(candidate: Candidate, valid: npt.NDArray[np.bool_], columns: list[str]) -> pl.DataFrame:
    """Sums by station over the units that have all the columns; computed for every column at once where all do."""
    if not valid.all():
        return _sum(candidate, valid, columns)
    if candidate.sums is None:
        candidate.sums = _sum(candidate, valid, list(candidate.source))
    return candidate.sums.select(columns)


def _sum(candidate: Candidate, valid: npt.NDArray[np.bool_], columns: list[str]) -> pl.DataFrame:
    """A few columns at a time: the grid of France has two million rows."""
    parts = []
    for start in range(0, len(columns), BLOCK):
        block = columns[start : start + BLOCK]
        values = candidate.units.select(pl.col(block).fill_null(np.nan)).to_numpy()
        sums = candidate.crosswalk.weights @ np.where(valid[:, None] & np.isfinite(values), values, 0.0)
        parts.append(pl.DataFrame(sums, schema=block, orient="row"))
    return pl.concat(parts, how="horizontal")


def _finish(table: pl.DataFrame, computation: Computation, variable: Variable) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Divide last; null under the floor of the denominator, and where a share is no share."""
    divisor = computation.divisor if computation.divisor is not None else pl.lit(np.inf)
    found = table.select(value=computation.value.cast(pl.Float64), divisor=divisor.cast(pl.Float64))
    value = found["value"].fill_null(np.nan).to_numpy().copy()
    small = ~(found["divisor"].fill_null(np.nan).to_numpy() >= max(variable.minimum, 1e-12))
    why = np.where(small, 1, 0).astype(np.int8)
    if variable.unit == "share":
        odd = (value < -TOLERANCE) | (value > 1 + TOLERANCE)
        why = np.where(odd & ~small, np.int8(3), why)
        value = np.where(odd, np.nan, np.clip(value, 0.0, 1.0))
    return np.where(small, np.nan, value), why


def _long(
    best: _Best, origins: list[tuple[str, int | None]], stations: pl.DataFrame, definitions: Variables
) -> pl.DataFrame:
    """The values that are known, one row each, in the order of the definitions, then of the stations."""
    column, station = np.nonzero(np.isfinite(best.value).T)
    origin = best.origin[station, column]
    names = pl.Series([v.name for v in definitions], dtype=pl.String)
    sources = pl.Series([o[0] for o in origins], dtype=pl.String)
    vintages = pl.Series([o[1] for o in origins], dtype=pl.Int16)
    return pl.DataFrame(
        {
            "commune_code": stations["commune_code"].gather(station),
            "station_code": stations["station_code"].gather(station),
            "variable": names.gather(column),
            "value": best.value[station, column],
            "vintage": vintages.gather(origin),
            "quality": pl.Series(GRADES).gather(best.grade[station, column]),
            "source": sources.gather(origin),
        },
        schema=VALUES,
    )


def _missing(best: _Best, have: list[set[str]], definitions: Variables) -> pl.DataFrame:
    """Each variable that some station lacks, and why."""
    rows = []
    total = best.value.shape[0]
    for column, variable in enumerate(definitions):
        lacking = ~np.isfinite(best.value[:, column])
        if not lacking.any():
            continue
        lack = min((variable.missing(h, definitions.terms) for h in have), key=len)
        if lack:
            reason = f"no table at hand has {', '.join(lack)} ({variable.source})"
        else:
            counts = np.bincount(best.why[lacking, column], minlength=len(REASONS))
            parts = [f"{REASONS[i]} ({n})" for i, n in enumerate(counts) if n]
            reason = f"{int(lacking.sum())} of {total} stations: {', '.join(parts)}"
        rows.append((variable.name, int(lacking.sum()), reason))
    schema = {"variable": pl.String, "stations": pl.UInt32, "reason": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
