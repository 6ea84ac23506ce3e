"""Make a plan: rank, take the stations that have an outline, grow turfs from the start, draw the control."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from isoloir.commands.plan.start import Point, find_start
from isoloir.commands.priority import Prioritised, Question, prioritise_stations
from isoloir.commands.priority.run import Report
from isoloir.errors import StatsError
from isoloir.stats.history import Floats
from isoloir.stats.measure import measure
from isoloir.stats.plan import Field, Plan, make_plan, read_neighbours
from isoloir.stats.priority.choice import fill
from isoloir.stats.priority.ranked import INTERVAL
from isoloir.store import Connection, database, frame

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Planned:
    """A plan, and what may be expected of it. `rows` leads from the field's stations to those of the ranking."""

    plan: Plan
    ranking: Prioritised
    rows: NDArray[np.int64]
    start: Point
    outlines: NDArray[np.object_]  # of the field's stations, degrees
    names: pl.DataFrame  # station_id, name, commune, of the field's stations
    votes: Floats  # (D,): net votes of the whole plan
    ideal: float  # votes that the same hours would bring without a way, without turfs in one piece and without control
    visible: float | None  # the smallest effect on the share of valid votes that this control can show; None: none
    hours: float

    @property
    def expected(self) -> tuple[float, float, float]:
        """Net votes of the whole plan: mean, and 90 % interval."""
        low, high = np.quantile(self.votes, INTERVAL)
        return float(self.votes.mean()), float(low), float(high)

    @property
    def islands(self) -> int:
        """How many blocks lie apart from each other."""
        return len({t.block for t in self.plan.turfs})


def plan_hours(
    path: Path,
    question: Question,
    teams: int,
    start: str,
    control: bool = True,
    report: Report = lambda _stage, _share: None,
) -> Planned:
    """Spend `question.hours` of `teams` pairs from a place named `start`.

    Raises StatsError or SettingsError where no plan can be made of that.
    """
    if question.hours is None:
        raise StatsError("a plan needs hours to spend; give --hours")
    with database(path) as connection:
        point = find_start(connection, start)
    ranking = prioritise_stations(path, question, keep=False, report=report)
    with database(path) as connection:
        rows, outlines, names = _planable(connection, ranking)
    field = lay_out(ranking, rows, outlines, point)
    plan = make_plan(field, question.hours, teams, control, question.seed)
    gains = ranking.ranked.rate[:, rows] * ranking.ranked.hours[:, rows]
    best = fill(field.rate, field.hours, question.hours)
    return Planned(
        plan=plan,
        ranking=ranking,
        rows=rows,
        start=point,
        outlines=outlines,
        names=names,
        votes=gains @ plan.share,
        ideal=float((best * field.votes).sum()),
        visible=_visible(ranking, rows, plan) if plan.control else None,
        hours=question.hours,
    )


def _planable(
    connection: Connection, ranking: Prioritised
) -> tuple[NDArray[np.int64], NDArray[np.object_], pl.DataFrame]:
    """The ranked stations that have a place in the ranking and an outline, in the order of the ranking's history."""
    listed = pl.DataFrame({"station_id": ranking.history.station_id, "place": ranking.ranked.rank}).with_row_index(
        "row"
    )
    drawn = frame(
        connection,
        """SELECT station_id, s.name, c.name AS commune, s.geometry
        FROM stations s LEFT JOIN communes c USING (commune_code) WHERE valid_to IS NULL AND s.geometry IS NOT NULL""",
    )
    both = listed.filter(pl.col("place") > 0).join(drawn, on="station_id", how="inner", maintain_order="left")
    if both.is_empty():
        raise StatsError("no ranked station has an outline, so nobody can say who is next to whom; build with outlines")
    outlines = np.asarray(shapely.make_valid(shapely.from_wkb(both["geometry"].to_numpy())))
    return both["row"].to_numpy().astype(np.int64), outlines, both.select("station_id", "name", "commune")


def lay_out(ranking: Prioritised, rows: NDArray[np.int64], outlines: NDArray[np.object_], start: Point) -> Field:
    """The field of a plan: metres from the start, and who is next to whom."""
    scale = np.array([METRES_PER_DEGREE * np.cos(np.radians(start[1])), METRES_PER_DEGREE])
    metres = shapely.transform(outlines, lambda xy: (xy - np.array(start)) * scale)
    middle = shapely.centroid(metres)
    ranked = ranking.ranked
    return Field(
        doors=ranked.doors[rows],
        hours=ranked.hours[:, rows].mean(axis=0),
        votes=(ranked.rate[:, rows] * ranked.hours[:, rows]).mean(axis=0),
        place=np.column_stack([shapely.get_x(middle), shapely.get_y(middle)]),
        neighbours=read_neighbours(metres),
    )


def _visible(ranking: Prioritised, rows: NDArray[np.int64], plan: Plan) -> float | None:
    """Measure the last two rounds of the past as if the campaign had been then: the error that the control leaves."""
    target = ranking.question.target
    outcome = [_outcome(r.shares, 1 - r.abstention, ranking, target)[rows] for r in ranking.history.rounds]
    known = [o for o in outcome if np.isfinite(o).mean() > 0.9]
    inside = np.flatnonzero(plan.stratum >= 0)
    treated = np.array([s not in plan.control for s in inside])
    if len(known) < 2:
        return None
    try:
        found = measure(
            known[-1][inside], treated, treated.astype(float), plan.stratum[inside], known[-2][inside, None], redraws=1
        )
    except StatsError:
        return None
    return found.intention.visible


def _outcome(shares: Floats, turnout: Floats, ranking: Prioritised, target: str) -> Floats:
    return turnout if target not in ranking.history.blocs else shares[:, ranking.history.blocs.index(target)]
