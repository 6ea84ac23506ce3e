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

from isoloir.stations.census.answers import REASONS, Answer, Question, answer, evaluate, finish
from isoloir.stations.census.candidates import GRADES, LEVELS, Candidate, Ground, Table, candidates
from isoloir.stations.census.crosswalk import place_stations
from isoloir.stations.census.evidence import equal_area, locatable
from isoloir.stations.census.locate import Floats
from isoloir.stations.census.variables import Computation, Variables, variables

STALE = 8  # years
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
    for candidate, questions in zip(found, _questions(found, own, definitions, year), strict=True):
        for question, answered in zip(questions, answer(candidate, questions, own), strict=True):
            _offer(best, question, answered, len(origins))
            origins.append((_source(candidate, question.computation), candidate.vintage))
    alone = [(n, v, k) for n, v in enumerate(definitions) if (k := v.compute(own.columns, definitions.terms))]
    figures = evaluate(own, [computation for _, _, computation in alone])
    for (column, variable, computation), figure in zip(alone, figures, strict=True):
        value, why = finish(*figure, variable)
        answered = Answer(value, np.ones(stations, np.int8), why)
        _offer(best, Question(column, variable, computation, 0), answered, len(origins))
        origins.append(("stations", None))
    return best, origins


def _questions(
    found: list[Candidate], own: pl.DataFrame, definitions: Variables, year: int | None
) -> list[list[Question]]:
    """What each candidate is asked: the variables whose columns it has."""
    asked: list[list[Question]] = [[] for _ in found]
    have = [{*c.source, *own.columns} for c in found]
    for column, variable in enumerate(definitions):
        computed = ((i, variable.compute(have[i], definitions.terms)) for i in range(len(found)))
        answers = [(i, k) for i, k in computed if k and not set(k.columns) <= set(own.columns)]
        able = [found[i] for i, _ in answers]
        for order, (i, computation) in enumerate(sorted(answers, key=lambda a: _order(found[a[0]], able, year))):
            rank = order + (1000 if _stale(found[i], able, year) else 0)
            asked[i].append(Question(column, variable, computation, rank))
    return asked


def _offer(best: _Best, question: Question, answered: Answer, origin: int) -> None:
    """Keep the values that are better than what is there: by grade, then by rank."""
    column = question.column
    score = 10_000 * answered.grade.astype(np.int32) + np.int32(question.rank)
    better = np.isfinite(answered.value) & (score < best.score[:, column])
    best.value[better, column] = answered.value[better]
    best.score[better, column] = score[better]
    best.grade[better, column] = answered.grade[better]
    best.origin[better, column] = origin
    best.why[:, column] = np.maximum(best.why[:, column], answered.why)


def _order(candidate: Candidate, able: list[Candidate], year: int | None) -> tuple[int, int]:
    newest = max((c.vintage or 0 for c in able), default=0) if year is None else year
    return LEVELS.index(candidate.level), abs(newest - (candidate.vintage or 0))


def _stale(candidate: Candidate, able: list[Candidate], year: int | None) -> bool:
    newest = max(c.vintage or 0 for c in able) if year is None else year
    ages = [abs(newest - (c.vintage or 0)) for c in able]
    return abs(newest - (candidate.vintage or 0)) > min(ages) + STALE


def _source(candidate: Candidate, computation: Computation) -> str:
    files = sorted({candidate.source[c] for c in computation.columns if c in candidate.source})
    how = f", mean of {candidate.level} values" if computation.averaged else ""
    return f"{' + '.join(files)} ({candidate.level}{how})"


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
