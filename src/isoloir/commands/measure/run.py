"""Read a plan, the results of its election and what was visited, and estimate the effect."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isoloir.codes import Area, Election
from isoloir.commands.history import read_history
from isoloir.commands.plan.write import CONTROL, TREATED
from isoloir.commands.priority.question import TURNOUT
from isoloir.errors import SourceError, StatsError
from isoloir.sources.delimited import read_text
from isoloir.stats.blocs import blocs
from isoloir.stats.history import Floats, History, Round
from isoloir.stats.measure import Measured, measure
from isoloir.store import database

NATIONAL = ("pres", "legi", "euro", "regi")
SPARE = 12  # stations that a second earlier result must leave for the error
_PLAN = {"station_id": pl.String, "arm": pl.String, "stratum": pl.Int64, "share": pl.Float64, "doors": pl.Float64}


@dataclass(frozen=True)
class Measurement:
    """What a plan's draw tells of an election."""

    election: str
    target: str  # a bloc, or turnout
    support: Measured | None  # on the bloc's share of valid votes; None where turnout was the aim
    turnout: Measured  # on turnout, of registered voters
    earlier: tuple[str, ...]  # the rounds that stations are compared with themselves by
    visited: bool  # whether visits were told, or the plan is taken at its word
    valid_votes: float  # in the stations that were drawn to be visited


def measure_plan(
    path: Path, plan: Path, election: str, visits: Path | None = None, blocs_file: Path | None = None, seed: int = 0
) -> Measurement:
    """Measure by the draw of `plan`, a CSV that `isoloir plan` wrote.

    `visits` is a CSV of `station_id` and `doors` (knocked at; several lines of a station add up); without it each
    station counts for the share that was planned. Raises SourceError where a file is not what it should be, StatsError
    where nothing can be compared.
    """
    Election.parse(election)
    mapping = blocs(blocs_file)
    stations, target = read_plan(plan)
    if target != TURNOUT and target not in mapping.labels:
        raise SourceError(f"is for {target!r}, which is no bloc here; give the same --blocs as for the plan", file=plan)
    with database(path) as connection:
        history = read_history(connection, Area(), mapping)
    held = history.round(election)
    if held is None:
        raise StatsError(f"this database has no results of {election}; build it with them, then measure")
    rows = _rows(history, stations, plan)
    share = stations["share"].to_numpy() if visits is None else _visited(stations, visits)
    before = [r for r in history.before(held.date).rounds if r.type in NATIONAL and r.round == held.round]
    past = _closest(before, held, len(rows) - stations["stratum"].n_unique())

    treated = (stations["arm"] == TREATED).to_numpy()

    def effect(outcome: Floats, earlier: list[Floats]) -> Measured:
        columns = np.column_stack([e[rows] for e in earlier]) if earlier else np.zeros((len(rows), 0))
        return measure(outcome[rows], treated, share, stations["stratum"].to_numpy(), columns, seed=seed)

    turnout = effect(1 - held.abstention, [1 - r.abstention for r in past])
    support = None
    if target != TURNOUT:
        column = history.blocs.index(target)
        support = effect(held.shares[:, column], [r.shares[:, column] for r in past])
    drawn = rows[treated]
    voters = held.registered[drawn] * (1 - held.abstention[drawn])
    return Measurement(
        election,
        target,
        support,
        turnout,
        tuple(r.election for r in past),
        visits is not None,
        float(np.nansum(voters)),
    )


def read_plan(file: Path) -> tuple[pl.DataFrame, str]:
    """One row per station of a plan, and whom it was for; raise SourceError naming the row where it is no plan."""
    table = _read_csv(file)
    if missing := [c for c in (*_PLAN, "target") if c not in table.columns]:
        raise SourceError(f"is no plan of isoloir: it has no {', '.join(missing)}", file=file)
    figures = ("stratum", "share", "doors")
    read = table.with_columns(pl.col(c).str.replace(",", ".").cast(_PLAN[c], strict=False) for c in figures)
    for given, found in zip(table.iter_rows(named=True), read.iter_rows(named=True), strict=True):
        if what := _wrong(found, table["target"][0]):
            raise SourceError(what[0], file=file, row=given["row"], value=given[what[1]])
    if CONTROL not in read["arm"].to_list():
        raise StatsError(f"{file}: this plan left no station alone, so nobody can tell what the campaign changed")
    if read.group_by("station_id").agg(pl.col("arm").n_unique())["arm"].max() != 1:
        raise SourceError("a station is both treated and control; the draw has been edited", file=file)
    merged = read.group_by("station_id", maintain_order=True).agg(
        pl.first("arm", "stratum"), pl.sum("share").clip(0, 1), pl.sum("doors")
    )
    return merged, str(table["target"][0])


def _wrong(row: dict[str, Any], target: str | None) -> tuple[str, str] | None:
    """What is wrong with a row of a plan, and the column."""
    share, doors = row["share"], row["doors"]
    if not row["station_id"]:
        return "a row without a station", "station_id"
    if row["arm"] not in (TREATED, CONTROL):
        return f"an arm is {TREATED} or {CONTROL}", "arm"
    if row["stratum"] is None:
        return "a station needs a stratum, a whole number", "stratum"
    if share is None or not 0 <= share <= 1 + 1e-9:
        return "a station needs a share from 0 to 1", "share"
    if row["arm"] == CONTROL and share > 0:
        return "a control is left alone, so its share is 0; the draw has been edited", "share"
    if doors is None or not 0 <= doors < float("inf"):
        return "doors must be a number, 0 or more", "doors"
    if not row["target"] or row["target"] != target:
        return "a plan is for one target, the same in every row", "target"
    return None


def _visited(stations: pl.DataFrame, file: Path) -> Floats:
    """The share of each station's planned doors that were knocked at; controls that were visited all the same too."""
    table = _read_csv(file)
    if missing := [c for c in ("station_id", "doors") if c not in table.columns]:
        raise SourceError(f"visits need the columns station_id and doors; there is no {', '.join(missing)}", file=file)
    doors = table["doors"].str.replace(",", ".").cast(pl.Float64, strict=False)
    if not (doors.is_finite() & (doors >= 0)).fill_null(False).all():
        row = int((~(doors.is_finite() & (doors >= 0)).fill_null(False)).arg_max() or 0)
        line, value = table["row"][row], table["doors"][row]
        raise SourceError("doors must be a number, 0 or more", file=file, row=line, value=value)
    unknown = set(table["station_id"]) - set(stations["station_id"])
    if len(unknown) == table["station_id"].n_unique():
        raise SourceError(f"no station of the plan is in it (it has {sorted(map(str, unknown))[:3]}...)", file=file)
    knocked = table.with_columns(doors=doors).group_by("station_id").agg(pl.sum("doors").alias("knocked"))
    both = stations.join(knocked, on="station_id", how="left", maintain_order="left")
    typical = float(stations.filter(pl.col("doors") > 0)["doors"].median() or 1.0)  # type: ignore[arg-type]
    whole = (pl.col("doors") / pl.col("share")).fill_nan(typical)
    return both.select((pl.col("knocked").fill_null(0) / whole).clip(0, 1)).to_series().to_numpy()


def _closest(before: list[Round], held: Round, spare: int) -> list[Round]:
    """The last round of the same type, and the last of all where enough stations are left to judge by."""
    known = [r for r in reversed(before) if np.isfinite(r.shares).any()]
    same = [r for r in known if r.type == held.type]
    wanted = list({r.election: r for r in (*same[:1], *known[:2])}.values())
    return wanted[: 2 if spare >= SPARE else 1]


def _rows(history: History, stations: pl.DataFrame, file: Path) -> np.ndarray:
    places = {station: i for i, station in enumerate(history.station_id.tolist())}
    unknown = [s for s in stations["station_id"] if s not in places]
    if unknown:
        raise SourceError(
            f"{len(unknown)} stations of the plan are not in this database any more (stations were redrawn): measure on"
            " a database built with the year of the plan",
            file=file,
            value=unknown[0],
        )
    return np.array([places[s] for s in stations["station_id"]])


def _read_csv(file: Path) -> pl.DataFrame:
    """Every column as text, with the line in `row`; commas, semicolons or tabs."""
    if not file.is_file():
        raise SourceError("no such file", file=file)
    table, notices = read_text(file)
    if lost := [notice for notice in notices if notice.row is not None]:
        raise SourceError(lost[0].what, file=file, row=lost[0].row, value=lost[0].value)
    return table
