"""How errors and intervals depend on the size of a station."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isoloir.stats.backtest.question import Floats
from isoloir.stats.backtest.scores import accuracy, coverage, noise_floor, size_deciles
from isoloir.stats.backtest.trial import Trial


@dataclass(frozen=True)
class BySize:
    """One method over tenths of the stations, smallest first; arrays (10,), shares 0 to 1, nan where none is known."""

    method: str
    column: str  # a bloc, `abstention`, or `blocs` for all of them together
    registered: Floats  # mean size
    mae: Floats
    rmse: Floats
    floor: Floats  # RMSE that chance alone leaves
    cover: Floats  # nan where the method has no intervals
    width: Floats


def by_size(trials: Sequence[Trial], method: str, column: str) -> BySize:
    """Pool the elections that the method answered; deciles are of each election's stations, each counting once."""
    parts = [part for trial in trials if method in trial.answers for part in _columns(trial, method, column)]
    rows = np.concatenate(parts) if parts else np.empty((0, 7))
    out = np.full((6, 10), np.nan)
    for decile in range(10):
        here = rows[rows[:, 0] == decile]
        if not len(here):
            continue
        _, size, true, said, low, high, voters = here.T
        error = accuracy(true, said)
        cover = coverage(true, low, high) if np.isfinite(low).all() else None
        out[:, decile] = (
            size.mean(),
            error.mae,
            error.rmse,
            noise_floor(true, voters),
            cover.share if cover else np.nan,
            cover.width if cover else np.nan,
        )
    return BySize(method, column, *out)


def _columns(trial: Trial, method: str, column: str) -> list[Floats]:
    """Of each wanted column the known stations: decile, size, truth, prediction, low, high, voters; (N, 7)."""
    answer, registered = trial.answers[method], trial.question.registered
    known = registered > 0
    decile = np.full(len(registered), -1)
    decile[known] = size_deciles(registered[known])
    nothing = np.full_like(answer.mean, np.nan)
    low = nothing if answer.low is None else answer.low
    high = nothing if answer.high is None else answer.high
    voters = trial.voters()
    wanted = [
        number
        for number, name in enumerate(trial.columns)
        if name == column or (column == "blocs" and name != "abstention")
    ]
    tables = [
        np.column_stack(
            [decile, registered, *(a[:, number] for a in (trial.truth, answer.mean, low, high)), voters[:, number]]
        )
        for number in wanted
    ]
    return [table[np.isfinite(table[:, 2]) & known] for table in tables]
