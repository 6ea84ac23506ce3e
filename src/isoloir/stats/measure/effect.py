"""The effect of a campaign whose stations were drawn: one control in each stratum of five.

Equation (1) of Pons (American Economic Review 108(6), 2018): the outcome of a station on its draw, dummies of strata
and earlier results. Intention to treat compares what was drawn. By allocation, the share of a station's doors that was
really planned (or visited) is instrumented by the draw: the effect in a station wholly visited. Whether there is any
effect is judged by drawing again (Fisher's exact test): how often would strata drawn otherwise have shown as much?
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from isoloir.errors import StatsError
from isoloir.stats.measure.regression import Design, Fit, Floats, Ints

CONFIDENCE, POWER = 0.90, 0.80
REDRAWS = 999
STRONG = 10.0  # F of visits on the draw; below, their ratio says nothing (Staiger and Stock, Econometrica 65, 1997)


@dataclass(frozen=True)
class Effect:
    """Shares, 0 to 1, of valid votes or of registered voters, as the outcome is."""

    value: float
    low: float  # 90 %
    high: float
    error: float
    freedom: float
    visible: float  # the smallest effect that such a design shows four times in five
    stations: int
    controls: int
    strata: int
    left_out: int  # stations of strata without both arms, or without a result


@dataclass(frozen=True)
class Measured:
    """Both effects and the test."""

    intention: Effect  # to treat
    allocation: Effect | None  # of a whole station visited; None where the draw hardly changed who was visited
    chance: float  # that a campaign without any effect would have shown one as large (randomisation test)


def measure(
    outcome: Floats,
    treated: NDArray[np.bool_],
    share: Floats,
    strata: Ints,
    earlier: Floats,
    clusters: Ints | None = None,
    seed: int = 0,
    redraws: int = REDRAWS,
) -> Measured:
    """Estimate from N stations, one entry (or row of `earlier`, (N, K)) each.

    `share` is the part of a station's doors that was planned or visited, 0 to 1; `strata` number the draw's strata;
    rows of one cluster (a station measured twice, stations drawn together) share their errors. Stations without a
    result (nan), and strata without both arms, are left out and counted; unknown earlier results get their mean and a
    column that says so. Raises StatsError where nothing can be compared.
    """
    outcome, treated, share, strata, earlier, clusters = _check(outcome, treated, share, strata, earlier, clusters)
    keep = _comparable(outcome, treated, strata)
    if keep.sum() < 4:
        raise StatsError("no stratum has both a station that was drawn and a control, with results for both")
    y, arm, dose, group = outcome[keep], treated[keep].astype(float), share[keep], strata[keep]
    controls = np.column_stack([_dummies(group), _fill(earlier[keep])])
    design = Design(controls, clusters[keep])
    counts = (int(keep.sum()), int((arm == 0).sum()), len(np.unique(group)), int((~keep).sum()))
    by_draw = design.fit(y, arm)
    first = design.fit(dose, arm)
    told = first.value > 0 and first.value**2 >= STRONG * first.error**2
    return Measured(
        _effect(by_draw, *counts),
        _effect(design.fit(y, dose, instrument=arm), *counts) if told else None,
        _randomise(design, y, arm, group, clusters[keep], np.random.default_rng(seed), redraws),
    )


def smallest_visible(error: float, freedom: float) -> float:
    """The effect told from zero (90 %, two-sided) with four chances in five (Bloom, Evaluation Review 19(5), 1995)."""
    return float((student.ppf((1 + CONFIDENCE) / 2, freedom) + student.ppf(POWER, freedom)) * error)


def _effect(fit: Fit, stations: int, controls: int, strata: int, left_out: int) -> Effect:
    half = float(student.ppf((1 + CONFIDENCE) / 2, fit.freedom)) * fit.error
    return Effect(
        fit.value, fit.value - half, fit.value + half, fit.error, fit.freedom,
        smallest_visible(fit.error, fit.freedom), stations, controls, strata, left_out,
    )  # fmt: skip


def _comparable(outcome: Floats, treated: NDArray[np.bool_], strata: Ints) -> NDArray[np.bool_]:
    """Stations with a result, in a stratum that has both arms."""
    known = np.isfinite(outcome)
    _, group = np.unique(strata, return_inverse=True)
    both = (np.bincount(group[known & treated], minlength=group.max() + 1) > 0) & (
        np.bincount(group[known & ~treated], minlength=group.max() + 1) > 0
    )
    return np.asarray(known & both[group])


def _dummies(group: Ints) -> Floats:
    _, at = np.unique(group, return_inverse=True)
    return np.eye(at.max() + 1)[at]


def _fill(earlier: Floats) -> Floats:
    """Unknown values at the mean of their column, and a column that marks them."""
    known = np.isfinite(earlier)
    mean = np.where(known, earlier, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    marks = ~known[:, (~known).any(axis=0) & known.any(axis=0)]
    return np.column_stack([np.where(known, earlier - mean, 0.0), marks.astype(float)])


def _randomise(
    design: Design, y: Floats, arm: Floats, group: Ints, clusters: Ints, rng: np.random.Generator, redraws: int
) -> float:
    """The share of drawings in which the studentised effect is as large; clusters keep their arm together.

    The outcome is taken without what strata and earlier results explain: that does not depend on the draw.
    """
    residual = design.residual(y)
    _, first, unit = np.unique(clusters, return_index=True, return_inverse=True)
    _, strata = np.unique(group[first], return_inverse=True)
    home = np.argsort(strata, kind="stable")
    # sorting by stratum and a random part puts each stratum's own arms in a new order
    order = np.argsort(strata + rng.random((redraws, len(strata))), axis=1)
    again = np.empty(order.shape)
    np.put_along_axis(again, order, np.broadcast_to(arm[first][home], order.shape), axis=1)
    arms = np.vstack([arm[first], again])[:, unit]
    z = arms - (arms @ design.basis) @ design.basis.T
    slope = z @ residual
    spread = ((z * residual) ** 2).sum(axis=1)
    size = np.abs(slope) / np.sqrt(np.maximum(spread, 1e-300))
    return float((size[1:] >= size[0] * (1 - 1e-9)).sum() + 1) / (redraws + 1)


def _check(
    outcome: Floats, treated: NDArray[np.bool_], share: Floats, strata: Ints, earlier: Floats, clusters: Ints | None
) -> tuple[Floats, NDArray[np.bool_], Floats, Ints, Floats, Ints]:
    outcome, share = np.asarray(outcome, float), np.asarray(share, float)
    treated, strata = np.asarray(treated, bool), np.asarray(strata)
    earlier = np.asarray(earlier, float)
    clusters = np.arange(len(outcome)) if clusters is None else np.asarray(clusters)
    sizes = {len(a) for a in (outcome, treated, share, strata, earlier, clusters)}
    if len(sizes) != 1 or earlier.ndim != 2 or not len(outcome):
        raise StatsError(f"outcome, draw, share, strata and earlier results must be of one length; got {sorted(sizes)}")
    if np.any((outcome < 0) | (outcome > 1)):
        raise StatsError("an outcome must be a share from 0 to 1")
    if not np.all((share >= 0) & (share <= 1)):
        raise StatsError("the planned or visited share of a station must be from 0 to 1")
    return outcome, treated, share, strata, earlier, clusters
