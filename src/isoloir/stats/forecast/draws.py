"""Joint draws: the scenario's ranges, what constituencies share, and what each station has for itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isoloir.stats.forecast.intervals import sensitivity
from isoloir.stats.forecast.scenario import Scenario
from isoloir.stats.history import Floats

_NORMAL = 1.645


def draw(
    mean: Floats,
    half: Floats,
    shared: Floats,
    scenario: Scenario,
    unit: NDArray[np.int64],
    number: int,
    seed: int,
    rows: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """Draws (number, S, B + 1) around `mean` (S, B + 1) whose spread is that of the intervals.

    `half` (S, B + 1) are half-widths of 90 % intervals, `shared` (B + 1,) the part of the variance common to the
    stations of a `unit` (S,). Shares of blocs sum to 1 in every draw, and a bloc that does not stand gets nothing.
    `rows` are the stations to draw (all of them without): an area draws as many as it has.
    """
    rng = np.random.default_rng(seed)
    national = scenario.draw(number, rng) - scenario.mean
    move, spread = sensitivity(mean), half / _NORMAL
    if rows is not None:
        mean, move, spread, unit = mean[rows], move[rows], spread[rows], unit[rows]
    units = int(unit.max()) + 1 if len(unit) else 0
    out = np.empty((number, *mean.shape), np.float32)
    for i in range(number):
        common = rng.standard_normal((units, mean.shape[1]))[unit]
        own = rng.standard_normal(mean.shape)
        values = mean + national[i] * move + spread * (np.sqrt(shared) * common + np.sqrt(1 - shared) * own)
        values = np.clip(values, 0, 1)
        values[:, :-1] = np.where(mean[:, :-1] > 0, np.maximum(values[:, :-1], 1e-6), 0)
        values[:, :-1] /= values[:, :-1].sum(axis=1, keepdims=True)
        out[i] = values
    return out
