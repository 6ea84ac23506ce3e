"""Intervals that cover: conformal, by size of the station."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isoloir.stats.forecast.past import Past
from isoloir.stats.forecast.scenario import Scenario
from isoloir.stats.history import Floats

LEVEL = 0.90
DECILES = 10
UNKNOWN = 0.35  # spread of the logit where no earlier election tells how wrong a forecast is
WIDER = 1.25  # where only a part of the country or elections of other types tell
_NORMAL = 1.645
_ENOUGH = 400  # errors that a decile of size needs for a quantile of its own


@dataclass(frozen=True)
class Width:
    """How wrong one column was in earlier elections: how the scale of errors follows size and share, and quantiles."""

    spread: float  # kappa: of the logit, besides chance
    edges: Floats  # of persons, between deciles of size
    quantile: Floats  # of |error| / scale, by decile
    shared: float  # part of the variance of errors that stations of a constituency share

    def half(self, mean: Floats, persons: Floats) -> Floats:
        """Half of the interval's width around `mean` (S,) for `persons` (S,) who vote or are registered."""
        decile = np.searchsorted(self.edges, persons)
        return np.asarray(self.quantile[decile] * scale(mean, persons, self.spread))


def scale(mean: Floats, persons: Floats, spread: float) -> Floats:
    """The standard error to expect: chance, and a spread on the logit that does not depend on size."""
    variance = np.clip(mean * (1 - mean), 1e-4, None)
    return np.asarray(np.sqrt(variance / np.maximum(persons, 1) + (spread * variance) ** 2))


def calibrate(error: Floats, mean: Floats, persons: Floats, unit: Floats) -> Width:
    """From the errors (N,) of predictions `mean` of earlier elections, made without them.

    Split conformal prediction (Lei et al., JASA 113, 2018) of errors divided by their expected scale, by decile of
    size (Mondrian), where there are enough errors; `unit` (N,) numbers the constituency and round of each error.
    """
    known = np.isfinite(error) & (persons > 0)
    error, mean, persons, unit = error[known], mean[known], persons[known], unit[known]
    variance = np.clip(mean * (1 - mean), 1e-4, None)
    excess = float(np.mean(error**2 - variance / np.maximum(persons, 1)) / np.mean(variance**2))
    spread = float(np.sqrt(max(excess, 1e-4)))
    score = np.abs(error) / scale(mean, persons, spread)
    edges = np.quantile(persons, np.arange(1, DECILES) / DECILES)
    decile = np.searchsorted(edges, persons)
    whole = _quantile(score)
    own = [score[decile == d] for d in range(DECILES)]
    quantile = np.array([_quantile(s) if len(s) >= _ENOUGH else whole for s in own])
    return Width(spread, edges, quantile, _shared(error / scale(mean, persons, spread), unit))


def half_widths(
    blocs: tuple[str, ...],
    kind: str,
    mean: Floats,
    registered: Floats,
    past: list[tuple[Past, Floats]],
    partial: list[Past],
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Half-widths (S, B + 1), the part of the variance that constituencies share (B + 1,), and what is less sure.

    From how wrong the forecasts of earlier elections of the same type were: `past` holds each with what the others
    would have said of it (S, B + 1). Where none tells, those known for a part of the country do (`partial`), else other
    types; intervals are then a quarter wider, and the column is named.
    """
    half, shared, unsure = np.empty_like(mean), np.empty(mean.shape[1]), []
    for column, name in enumerate((*blocs, "abstention")):
        persons = registered if name == "abstention" else registered * (1 - mean[:, -1])
        told = [(p, t) for p, t in past if np.isfinite(p.truth[:, column]).any()]
        same = [(p, t) for p, t in told if p.round.type == kind]
        width = _width(same or [(p, p.announced.both()) for p in partial] or told, column)
        half[:, column] = width.half(mean[:, column], persons) * (1 if same else WIDER)
        shared[column] = width.shared
        unsure += [] if same else [name]
    return half, shared, tuple(unsure)


def ends(mean: Floats, half: Floats, scenario: Scenario) -> tuple[Floats, Floats]:
    """Both ends of the intervals (S, B + 1), within 0 and 1; ranges of the scenario widen them."""
    national = (scenario.high - scenario.low) / np.sqrt(12) * _NORMAL * sensitivity(mean)
    whole = np.where(half > 0, np.sqrt(half**2 + national**2), 0)
    return np.clip(mean - whole, 0, 1), np.clip(mean + whole, 0, 1)


def sensitivity(mean: Floats) -> Floats:
    """How much a station moves when the nation moves by 1: as a common move of logits would have it, (S, C)."""
    variance = mean * (1 - mean)
    return np.asarray(variance / np.maximum(variance.mean(axis=0), 1e-9))


def _width(sources: list[tuple[Past, Floats]], column: int) -> Width:
    """From what was wrong with the forecasts of earlier elections."""
    if not sources:
        return Width(UNKNOWN, np.array([]), np.array([_NORMAL]), 0.5)
    errors, means, persons, units = [], [], [], []
    for number, (past, whole) in enumerate(sources):
        said = np.clip(whole[:, column], 1e-4, 1)
        turnout = column == past.truth.shape[1] - 1
        errors.append(past.truth[:, column] - said)
        means.append(said)
        persons.append(past.weights * (1.0 if turnout else 1 - past.announced.abstention))
        units.append(past.unit + 100_000.0 * number)
    return calibrate(*(np.concatenate(v) for v in (errors, means, persons, units)))


def _quantile(score: Floats) -> float:
    """The conformal quantile: slightly above the empirical one."""
    rank = min(1.0, np.ceil((len(score) + 1) * LEVEL) / len(score))
    return float(np.quantile(score, rank, method="higher"))


def _shared(score: Floats, unit: Floats) -> float:
    """The part of the variance that is common to a unit (analysis of variance)."""
    _, at = np.unique(unit, return_inverse=True)
    size = np.bincount(at)
    if len(size) < 3 or (size > 1).sum() < 3:
        return 0.0
    mean = np.bincount(at, score) / size
    within = ((score - mean[at]) ** 2).sum() / max(len(score) - len(size), 1)
    return float(np.clip(1 - within / max(score.var(), 1e-12), 0, 1))
