"""Hold out the elections of a database one after another, and write what was learned of the forecast."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isoloir.codes import Area, Election
from isoloir.commands.history import read_history
from isoloir.errors import StatsError
from isoloir.stats.backtest.baselines import BASELINES
from isoloir.stats.backtest.model import forecast
from isoloir.stats.backtest.question import Method, national_rounds
from isoloir.stats.backtest.reach import Reach, reach
from isoloir.stats.backtest.sample import sample_of
from isoloir.stats.backtest.sizes import BySize, by_size
from isoloir.stats.backtest.summary import Evidence, comparable, evidence
from isoloir.stats.backtest.trial import Mode, Score, Trial, ask, scores
from isoloir.stats.blocs import Blocs, blocs
from isoloir.stats.history import History
from isoloir.store import database

METHODS: Mapping[str, Method] = {"forecast": forecast, **BASELINES}
COMPARED = ("composite", "uniform_swing")  # beside the best, in the figures by size
Report = Callable[[str, float], None]


@dataclass(frozen=True)
class Backtest:
    """Every election that was held out, and what came of it."""

    area: Area
    mode: Mode
    target: str  # the bloc whose reserve is looked for
    stations: int
    best: str  # the method judged: the forecast
    trials: list[Trial]
    scores: list[Score]
    reaches: list[Reach]
    sizes: list[BySize]  # of the blocs together and of abstention, by method
    evidence: Evidence
    skipped: dict[str, str]  # election -> why it could not be held out
    seconds: float
    blocs: Blocs


def backtest(
    path: Path,
    area: Area | None = None,
    mode: Mode = "rolling",
    elections: tuple[str, ...] = (),
    target: str = "left",
    sample: int | None = None,
    blocs_file: Path | None = None,
    report: Report = lambda _stage, _share: None,
    methods: Mapping[str, Method] = METHODS,
) -> Backtest:
    """Hold out each first round of a national election, or the `elections` named, and ask every method.

    `sample` keeps about so many stations, whole communes drawn at random with a fixed seed. Raises StatsError where the
    target is no bloc, an election is not there, or no election can be held out.
    """
    start = time.perf_counter()
    area, mapping = area or Area(), blocs(blocs_file)
    report("history", 0)
    with database(path) as connection:
        history = read_history(connection, area, mapping)
    history = history if sample is None else sample_of(history, sample)
    report("history", 1)
    if target not in history.blocs:
        raise StatsError(f"{target!r} is no bloc; choose among {', '.join(history.blocs)}")
    trials, skipped = _trials(history, _wanted(history, elections), methods, mode, report)
    if not trials:
        raise StatsError("no election of this database can be held out: " + "; ".join(skipped.values()))
    best = next(name for name in ("forecast", "composite", *methods) if any(name in t.answers for t in trials))
    found = [score for trial in trials for score in scores(trial)]
    reaches = [r for trial in trials if best in trial.answers and (r := reach(trial, target, best))]
    kinds = dict.fromkeys((best, *COMPARED))
    sizes = [by_size(trials, m, c) for c in ("blocs", "abstention") for m in kinds]
    return Backtest(
        area=area,
        mode=mode,
        target=target,
        stations=len(history.station_id),
        best=best,
        trials=trials,
        scores=found,
        reaches=reaches,
        sizes=sizes,
        evidence=evidence(comparable(found), reaches, best, sizes),
        skipped=skipped,
        seconds=time.perf_counter() - start,
        blocs=mapping,
    )


def _wanted(history: History, elections: tuple[str, ...]) -> list[str]:
    if elections:
        there = [r.election for r in history.rounds]
        for name in (str(Election.parse(e)) for e in elections):
            if name not in there:
                raise StatsError(f"no {name} in this database; it has {', '.join(there) or 'no round at all'}")
        return list(elections)
    voters = np.nan_to_num(history.registered)
    known = {r.election: voters[np.isfinite(r.shares).any(axis=1)].sum() for r in history.rounds}
    rounds = [r for r in national_rounds(history) if known[r.election] > voters.sum() / 2]
    if not rounds:
        raise StatsError(
            "no round of this database has results by bloc for most of its voters; build it with more files"
        )
    return [r.election for r in rounds]


def _trials(
    history: History, elections: list[str], methods: Mapping[str, Method], mode: Mode, report: Report
) -> tuple[list[Trial], dict[str, str]]:
    """What could be asked, and why the rest could not."""
    trials, skipped = [], {}
    for number, election in enumerate(elections):
        report("elections", number / len(elections))
        try:
            trials.append(ask(history, election, methods, mode))
        except StatsError as error:
            skipped[election] = str(error)
    report("elections", 1)
    return trials, skipped
