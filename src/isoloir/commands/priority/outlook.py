"""What the stations will do in an election to come, as draws of the forecast."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir.codes import Election
from isoloir.commands.forecast.candidates import read_candidates
from isoloir.commands.forecast.run import load_scenario
from isoloir.commands.priority.question import TURNOUT, Question
from isoloir.errors import StatsError
from isoloir.stats.blocs import blocs
from isoloir.stats.calendar import date_of
from isoloir.stats.forecast import Forecast, Scenario, Target, predict
from isoloir.stats.forecast.past import levels
from isoloir.stats.history import Floats, History, Round
from isoloir.stats.priority import Outlook

NATIONAL = ("pres", "legi", "euro", "regi")
WIDE = 0.06  # either side of the last level of the same type: nobody knows the next campaign
WIDER = 0.10  # where that type was never seen


class Ahead(NamedTuple):
    """What is expected of the stations, and against whom."""

    outlook: Outlook
    opponent: str | None  # None where turnout is the aim
    useless: pl.DataFrame  # row, code, nuance of the file of candidates that mean nothing in this database


def look_ahead(history: History, rows: NDArray[np.int64], election: Election, question: Question) -> Ahead:
    """Draws of turnout, support and opponent at the stations `rows`.

    The scenario is the one of the question's file, else the level of the last election of that type, wide. Raises
    StatsError where the history holds no round to look ahead from, and as `load_scenario` and `read_candidates`.
    """
    given = load_scenario(question.scenario, history.blocs) if question.scenario else _scenario(history, election)
    standing, useless = None, pl.DataFrame()
    if question.candidates:
        standing, useless = read_candidates(question.candidates, history, blocs(question.blocs))
    seen = predict(
        history,
        Target(election.type, election.round, date_of(election)),
        given,
        standing,
        seed=question.seed,
        draws=question.draws_for(len(rows)),
        drawn=rows,
    )
    turnout = 1 - _column(seen, -1)
    if question.target == TURNOUT:
        return Ahead(Outlook(turnout, np.ones_like(turnout), np.zeros_like(turnout)), None, useless)
    target = history.blocs.index(question.target)
    opponent = _opponent(seen, history, rows, target, question.against)
    outlook = Outlook(turnout, _column(seen, target), _column(seen, opponent))
    return Ahead(outlook, history.blocs[opponent], useless)


def _scenario(history: History, election: Election) -> Scenario:
    usable = [r for r in history.rounds if r.round == election.round and r.known.mean() > 0.5]
    same = [r for r in usable if r.type == election.type]
    other = [r for r in usable if r.type in NATIONAL]
    if not same and not other:
        raise StatsError(f"this database holds no past round with results that says anything about {election}")
    last: Round = (same or other)[-1]
    middle = np.nan_to_num(levels(last))
    width = WIDE if same else WIDER
    low, high = np.clip(middle - width, 0, 1), np.clip(middle + width, 0, 1)
    return Scenario(np.where(middle > 0, low, 0), np.where(middle > 0, high, 0))


def _column(seen: Forecast, column: int) -> Floats:
    return np.clip(seen.draws[:, :, column].astype(np.float64), 0, 1)


def _opponent(seen: Forecast, history: History, rows: NDArray[np.int64], target: int, against: str | None) -> int:
    """The bloc named, else the strongest other one of these stations."""
    if against is not None:
        return history.blocs.index(against)
    strength = seen.mean[rows, :-1].T @ np.nan_to_num(history.registered[rows])
    strength[target] = -1
    return int(np.argmax(strength))
