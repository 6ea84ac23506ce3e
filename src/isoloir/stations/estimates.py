"""Every variable of every station, each from the best table at hand, with its grade; what is missing, and why.

Tables compete station by station. The better grade wins; of equal grades the finer level (station, IRIS, grid,
commune), then the vintage that is nearest to the wanted year. A table more than `STALE` years further from that year
than the nearest one only fills what the others leave open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from isoloir.stations.candidates import (
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
from isoloir.stations.crosswalk import equal_area, locatable, place_stations
from isoloir.stations.locate import Floats
from isoloir.stations.variables import STATION_COLUMNS, Computation, Variable, Variables, variables

STALE = 8  # years
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
    score: npt.NDArray[np.int16]
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
    if units is not None:
        units = units.filter(pl.col("geometry").is_not_null()).unique("unit_code", keep="first").sort("unit_code")
    notices: list[str] = []
    found = candidates(tables, Ground(placed, outlines, points, units, changes), definitions, notices)
    best, origins = _compete(found, _own_columns(placed, outlines, points), definitions, year, notices)
    return Estimates(_long(best, origins, placed, definitions), _missing(best, found, definitions), notices)


def _outlines(stations: pl.DataFrame) -> npt.NDArray[np.object_] | None:
    if "geometry" not in stations.columns or stations["geometry"].null_count() == stations.height:
        return None
    return equal_area(shapely.from_wkb(stations["geometry"].to_numpy()))


def _own_columns(
    stations: pl.DataFrame, outlines: npt.NDArray[np.object_] | None, points: pl.DataFrame | None
) -> pl.DataFrame:
    """STATION_COLUMNS: registered voters, addresses and area of each station; null where unknown."""
    own = stations.select(
        pl.col("registered").cast(pl.Float64)
        if "registered" in stations.columns
        else pl.lit(None, pl.Float64).alias("registered"),
        station=pl.int_range(pl.len(), dtype=pl.Int32),
        area_m2=pl.Series(shapely.area(outlines)) if outlines is not None else pl.lit(None, pl.Float64),
    )
    own = own.with_columns(pl.when(pl.col("area_m2") > 0).then("area_m2"))
    if points is None:
        return own.with_columns(addresses=pl.lit(None, pl.Float64)).select(STATION_COLUMNS)
    counted = points.group_by("station").agg(addresses=pl.col("weight").sum())
    return own.join(counted, on="station", how="left", maintain_order="left").select(STATION_COLUMNS)


def _compete(
    found: list[Candidate], own: pl.DataFrame, definitions: Variables, year: int | None, notices: list[str]
) -> tuple[_Best, list[tuple[str, int | None]]]:
    """Let every candidate answer every variable; keep the best answer of each station."""
    shape = (own.height, len(definitions))
    best = _Best(
        np.full(shape, np.nan), np.full(shape, 9999, np.int16), np.zeros(shape, np.int8), np.zeros(shape, np.int16),
        np.zeros(shape, np.int8),
    )  # fmt: skip
    origins: list[tuple[str, int | None]] = []
    for column, variable in enumerate(definitions):
        answers = [(c, k) for c in found if (k := variable.compute([*c.source, *STATION_COLUMNS], definitions.terms))]
        answers = [(c, k) for c, k in answers if set(k.columns) - set(STATION_COLUMNS)]
        for order, (candidate, computation) in enumerate(_ordered(answers, year)):
            value, grade, why = _answer(candidate, computation, variable, own)
            stale = 1000 if _stale(candidate, answers, year) else 0
            score = (stale + 50 * grade + order).astype(np.int16)
            better = np.isfinite(value) & (score < best.score[:, column])
            origins.append((_source(candidate, computation, variable), candidate.vintage))
            _keep(best, column, better, value, score, grade, len(origins) - 1)
            best.why[:, column] = np.maximum(best.why[:, column], why)
        alone = variable.compute(STATION_COLUMNS, definitions.terms)
        if alone:
            value, why = _finish(own, alone, variable)
            origins.append(("stations", None))
            grade = np.ones(len(value), np.int8)
            _keep(best, column, np.isfinite(value), value, grade.astype(np.int16), grade, len(origins) - 1)
            best.why[:, column] = np.maximum(best.why[:, column], why)
        if (odd := int((best.why[:, column] == 3).sum())) > 0:
            notices.append(f"{variable.name}: {odd} stations with inconsistent counts")
    return best, origins


def _keep(
    best: _Best, column: int, where: npt.NDArray[np.bool_], value: Floats, score: Any, grade: Any, origin: int
) -> None:
    best.value[where, column] = value[where]
    best.score[where, column] = score[where]
    best.grade[where, column] = grade[where]
    best.origin[where, column] = origin


def _ordered(answers: list[tuple[Candidate, Computation]], year: int | None) -> list[tuple[Candidate, Computation]]:
    newest = max((c.vintage or 0 for c, _ in answers), default=0) if year is None else year
    return sorted(answers, key=lambda a: (LEVELS.index(a[0].level), abs(newest - (a[0].vintage or 0))))


def _stale(candidate: Candidate, answers: list[tuple[Candidate, Computation]], year: int | None) -> bool:
    newest = max(c.vintage or 0 for c, _ in answers) if year is None else year
    ages = [abs(newest - (c.vintage or 0)) for c, _ in answers]
    return abs(newest - (candidate.vintage or 0)) > min(ages) + STALE


def _source(candidate: Candidate, computation: Computation, variable: Variable) -> str:
    files = sorted({candidate.source[c] for c in computation.columns if c in candidate.source})
    how = f", mean of {candidate.level} values" if variable.kind == "mean" else ""
    return f"{' + '.join(files)} ({candidate.level}{how})"


def _answer(
    candidate: Candidate, computation: Computation, variable: Variable, own: pl.DataFrame
) -> tuple[Floats, npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """Value, grade and reason of absence (index of REASONS) of each station."""
    columns = [c for c in computation.columns if c not in STATION_COLUMNS]
    valid = (
        candidate.units.select(pl.all_horizontal(pl.col(columns).is_finite().fill_null(False))).to_series().to_numpy()
    )
    covered = share_of(candidate.crosswalk, candidate.size + 1e-9, valid)
    touched = np.diff(candidate.crosswalk.weights.indptr) > 0
    if variable.kind == "mean":
        value, why = _mean(candidate, computation, valid), np.zeros(len(touched), np.int8)
        lowered = np.where(candidate.exact, candidate.grade, np.minimum(candidate.grade + 1, 3))
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
    """Sums by station over the units that have all the columns; every column at once, for the first that asks."""
    key = valid.tobytes()
    if key not in candidate.sums:
        every = list(candidate.source)
        values = candidate.units.select(pl.col(every).fill_null(np.nan)).to_numpy()
        sums = candidate.crosswalk.weights @ np.where(valid[:, None] & np.isfinite(values), values, 0.0)
        candidate.sums = {key: pl.DataFrame(sums, schema=every, orient="row")}
    frame: pl.DataFrame = candidate.sums[key]
    return frame.select(columns)


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


def _missing(best: _Best, found: list[Candidate], definitions: Variables) -> pl.DataFrame:
    """Each variable that some station lacks, and why."""
    rows = []
    total = best.value.shape[0]
    for column, variable in enumerate(definitions):
        lacking = ~np.isfinite(best.value[:, column])
        if not lacking.any():
            continue
        have = [{*c.source, *STATION_COLUMNS} for c in found] or [set(STATION_COLUMNS)]
        lack = min((variable.missing(h, definitions.terms) for h in have), key=len)
        if lack:
            reason = f"no table at hand has {', '.join(lack)} ({variable.source})"
        else:
            counts = np.bincount(best.why[lacking, column], minlength=len(REASONS))
            parts = [f"{n} {REASONS[i]}" for i, n in enumerate(counts) if n]
            reason = f"{int(lacking.sum())} of {total} stations: {'; '.join(parts)}"
        rows.append((variable.name, int(lacking.sum()), reason))
    schema = {"variable": pl.String, "stations": pl.UInt32, "reason": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
