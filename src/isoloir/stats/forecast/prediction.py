"""The forecast itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from isoloir.errors import StatsError
from isoloir.stats.forecast.announce import Announced, announce, deviation, profile
from isoloir.stats.forecast.draws import draw
from isoloir.stats.forecast.intervals import ends, half_widths
from isoloir.stats.forecast.learn import Lesson, learn
from isoloir.stats.forecast.neighbours import filled
from isoloir.stats.forecast.past import Past, lessons_of, partial_of
from isoloir.stats.forecast.scenario import Scenario
from isoloir.stats.forecast.settle import settle
from isoloir.stats.forecast.standing import RESIDUAL, Standing, everywhere
from isoloir.stats.forecast.support import telling
from isoloir.stats.history import Bools, Floats, History, Strings

SAME = 4.0  # weight of a lesson of the same type against another
FEW = 3  # lessons: with fewer, those of other types do not count
PERSISTENCE = 0.5  # part of a station's own surprise of the last time that comes back, where it cannot be learned
LEAST = 0.1  # part of its announced share that a bloc keeps, whatever was learned


@dataclass(frozen=True)
class Target:
    """The election to forecast."""

    type: str  # legi
    round: int
    date: date

    @property
    def election(self) -> str:
        """Its name: 2024_legi_t1."""
        return f"{self.date.year}_{self.type}_t{self.round}"


@dataclass(frozen=True)
class Forecast:
    """Blocs (shares of valid votes) then abstention (of registered voters), 0 to 1; (S, B + 1) each."""

    target: Target
    blocs: tuple[str, ...]
    mean: Floats
    low: Floats  # 90 % intervals
    high: Floats
    draws: NDArray[np.float32]  # (D, S, B + 1), or of the stations asked for
    grade: Strings  # (S,) A: its own past, B: with gaps or much moved, C: its neighbours' past, D: neither
    basis: tuple[str, ...]  # the elections that taught something, newest first
    unsure: tuple[str, ...]  # blocs (or abstention) of which no earlier election of the type tells the error


def predict(
    history: History,
    target: Target,
    scenario: Scenario,
    candidates: Standing | None = None,
    seed: int = 0,
    draws: int = 200,
    drawn: NDArray[np.int64] | None = None,
) -> Forecast:
    """Forecast an election from the rounds before it, whatever else the history holds.

    `candidates` tells who stands where (every bloc everywhere without it); `draws` is how many joint draws to make, in
    which stations of a constituency err together, and `drawn` the rows of the stations to draw (all without). Raises
    StatsError where no earlier round has results by bloc, a bloc of the scenario never had a vote or stands nowhere, or
    a station has no candidate.
    """
    raw = _eve(history, target)
    national, standing = scenario.mean, candidates or everywhere(raw)
    stands = standing.stands(raw.blocs)
    _check(raw, target, national, stands)
    eve, census = filled(raw), profile(raw.census)
    registered = np.nan_to_num(eve.registered)
    now = announce(eve, target.type, standing, national, registered, census)
    past = lessons_of(raw, eve, target.type, target.round, census)
    mean, said = _corrected(eve, target.type, now, past, national, stands)
    partial = partial_of(raw, eve, target.type, target.round, census)
    half, shared, unsure = half_widths(
        raw.blocs, target.type, mean, registered, list(zip(past, said, strict=True)), partial
    )
    half = np.where(np.column_stack([stands, np.ones(len(stands), bool)]), half, 0)
    low, high = ends(mean, half, scenario)
    return Forecast(
        target=target,
        blocs=eve.blocs,
        mean=mean,
        low=low,
        high=high,
        draws=draw(mean, half, shared, scenario, _numbers(eve.constituency), draws, seed, drawn),
        grade=_grades(raw),
        basis=tuple(p.round.election for p in past) or tuple(r.election for r in telling(eve)),
        unsure=unsure,
    )


def _eve(history: History, target: Target) -> History:
    """What was known before: strictly earlier rounds, and never a round of the target itself, whatever its date."""
    later = {f"{target.election[:-1]}{number}" for number in range(target.round, 3)}
    before = history.before(target.date)
    return replace(before, rounds=tuple(r for r in before.rounds if r.election not in later))


def _check(eve: History, target: Target, national: Floats, stands: Bools) -> None:
    if not any(r.known.mean() > 0.5 for r in telling(eve)):
        told = ", ".join(r.election for r in eve.rounds) or "none"
        raise StatsError(
            f"no election before {target.date} has results by bloc for most stations; known: {told}. "
            "Build the database with at least one earlier election"
        )
    for column, bloc in enumerate(eve.blocs):
        if national[column] <= 0:
            continue
        votes = any(np.nansum(r.shares[:, column]) > 0 for r in eve.rounds)
        if not votes and bloc != RESIDUAL:
            raise StatsError(
                f"nobody ever voted for {bloc!r} before {target.date}: the past cannot tell where it is strong"
            )
        if not stands[:, column].any():
            raise StatsError(f"the scenario gives {national[column]:.1%} to {bloc!r}, which has no candidate anywhere")
    empty = np.flatnonzero(~(stands & (national[:-1] > 0)).any(axis=1))
    if len(empty):
        raise StatsError(
            f"{len(empty)} stations have no candidate of a bloc of the scenario (first: {eve.station_id[empty[0]]}): "
            "complete the file of candidates or the scenario"
        )


def _corrected(
    eve: History, kind: str, now: Announced, past: list[Past], national: Floats, stands: Bools
) -> tuple[Floats, list[Floats]]:
    """The forecast (S, B + 1), and for each past election what the others would have said of it."""
    groups = _numbers(eve.departement)
    groups = groups if groups.max() >= 5 else _numbers(eve.constituency)
    told = [p for p in past if p.told]
    same = [p for p in past if p.round.type == kind][:1]
    said = [p.announced.both() for p in past]
    shares, turnout = np.zeros_like(now.shares), np.zeros(eve.stations)
    if len(told) >= FEW:
        shares, tried = _learned(now, told, kind, slice(0, -1), groups)
        for p, t in zip(told, tried, strict=True):
            said[past.index(p)][:, :-1] += t
    if len(past) >= FEW:
        found, tried = _learned(now, past, kind, slice(-1, None), groups)
        turnout = found[:, 0]
        for number, t in enumerate(tried):
            said[number][:, -1] += t[:, 0]
    elif same:
        turnout, once = _turnout_once(now, same[0], national[-1], groups)
        said[past.index(same[0])][:, -1] = once
    registered = np.nan_to_num(eve.registered)
    abstention = _levelled(now.abstention + turnout, national[-1], registered)
    weight = np.where(stands, np.maximum(np.maximum(now.shares + shares, LEAST * now.shares), 1e-6), 0)
    return np.column_stack([settle(weight, national[:-1], registered * (1 - abstention)), abstention]), said


def _learned(
    now: Announced, past: list[Past], kind: str, columns: slice, groups: NDArray[np.int64]
) -> tuple[Floats, list[Floats]]:
    """The correction of some columns from several earlier elections, and the one of each by the others."""
    weights = [p.weights * (SAME if p.round.type == kind else 1) for p in past]
    lessons = [Lesson(p.announced.features, p.surprise[:, columns], w) for p, w in zip(past, weights, strict=True)]
    return learn(lessons, now.features, groups)


def _turnout_once(now: Announced, past: Past, level: float, groups: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The correction of abstention from one earlier election of the type, and what is said of that election.

    It is learned how that election departed from the round before it; half of what a station did beyond that is taken
    to come back, since one election cannot tell how much does. What is said errs by the part that does not come back.
    """
    before = past.announced.features["last abstention"]
    surprise = deviation(past.truth[:, -1], past.weights) - before
    surprise = np.where(np.isfinite(past.truth[:, -1]), surprise, np.nan)
    known = {name: v for name, v in past.announced.features.items() if not name.startswith("announced")}
    lesson = [Lesson(known, surprise[:, None], past.weights)]
    found, tried = learn(lesson, now.features, groups)
    fitted, _ = learn(lesson, {name: known[name] for name in now.features if name in known}, groups)
    rest = np.nan_to_num(surprise - fitted[:, 0])
    said = np.average(np.nan_to_num(past.truth[:, -1]), weights=past.weights) + before + tried[0][:, 0]
    said = past.truth[:, -1] - np.sqrt(1 - PERSISTENCE**2) * (past.truth[:, -1] - said)
    return now.features["last abstention"] + found[:, 0] + PERSISTENCE * rest - (now.abstention - level), said


def _levelled(abstention: Floats, level: float, registered: Floats) -> Floats:
    """The same at a national level, within 0.5 % and 99.5 %."""
    for _ in range(5):
        abstention = np.clip(abstention + level - np.average(abstention, weights=registered), 0.005, 0.995)
    return abstention


def _grades(raw: History) -> Strings:
    """A: measured at this station in the last rounds; B, C: carried over, or a gap; D: no past of its own."""
    worst = np.zeros(raw.stations, int)
    seen = np.zeros(raw.stations, bool)
    for round_ in telling(raw)[:2]:
        there = np.isfinite(round_.abstention)
        good = np.select([round_.quality == "A", round_.quality == "B"], [0, 1], 2)
        worst = np.maximum(worst, np.where(there, good, 2))
        seen |= there
    return np.array(["A", "B", "C", "D"])[np.where(seen, worst, 3)]


def _numbers(labels: Strings) -> NDArray[np.int64]:
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)
