"""The model: every district has its own logits, drawn around lifts that all districts share.

    theta[d, r, c] = centre[d, c] + b[d, c] + lift[r, kind(d, c)] + noise,   noise ~ N(0, tau^2),  b ~ N(0, column^2)

`lift` is what an origin adds to the pull of a destination, `b` the strength of the candidate beyond his result, `kind`
the party that a column was matched with (or the column itself where all districts vote on the same options). Lifts are
found by empirical Bayes: their marginal score and information, with the districts' noise integrated out (Laplace), are
summed over districts; a Newton step on them alternates with one on each district.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from isoloir.stats.transitions.likelihood import for_each, gather
from isoloir.stats.transitions.margins import Floats
from isoloir.stats.transitions.matching import match_columns
from isoloir.stats.transitions.place import centre

_BIGGEST_STEP, _SMALLEST_STEP = 1.5, 0.01


@dataclass(frozen=True)
class Constants:
    """Every constant of the model, chosen on the true tables of New Zealand 2002, 2005 and 2008.

    `alone` lies where those tables are nearly indifferent and the simulated country is not.
    """

    scatter: float = 0.005  # variance between stations beyond chance, as a share of what one common draw would have
    tau: float = 0.35  # how much the logits of a district differ from the pooled ones
    column: float = 1.0  # how much a candidate may differ from his result
    lift: float = 0.7  # standard deviation of a lift around its prior mean
    loyal: float = 3.0  # prior mean of the lift of a party to its own candidate
    loyal_lift: float = 3.0  # and its standard deviation
    alone: float = 2.5  # tau where there is one district only
    plain: float = 1.0  # the same for the plain estimate, which serves to doubt the others
    rounds: int = 6


@dataclass
class District:
    """Margins of one district, all origins in the same order everywhere, and what is known of it so far."""

    origins: Floats  # (stations, R)
    destinations: Floats  # (stations, C)
    surroundings: Floats  # (stations, C): what moves every origin of a station alike (place.surround)
    kind: npt.NDArray[np.int64] | None = None  # (C)
    theta: Floats = field(default_factory=lambda: np.zeros((0, 0)))  # (R, C)
    covariance: Floats = field(default_factory=lambda: np.zeros((0, 0)))  # (R C, R C) of theta


def fit_plain(fitted: District, constants: Constants) -> District:
    """Fit one district without the others and without the place's own effect: penalised least squares."""
    district = District(fitted.origins, fitted.destinations, np.zeros_like(fitted.destinations), theta=fitted.theta)
    _climb(district, np.zeros_like(fitted.theta), constants.plain, constants, 8)
    return district


def fit_alone(district: District, constants: Constants) -> None:
    """Fit one district without the others."""
    rows, columns = district.origins.shape[1], district.destinations.shape[1]
    _climb(district, np.zeros((rows, columns)), constants.alone, constants, 8)


def fit_pooled(districts: list[District], constants: Constants, *, matched: bool) -> Floats:
    """Fit all districts together, in place; returns the lifts (R, kinds).

    With `matched`, columns are candidates whose party is found from the data, and parties are loyal a priori; else the
    columns are the same everywhere.
    """
    rows = districts[0].origins.shape[1]
    kinds = rows + 1 if matched else districts[0].destinations.shape[1]
    prior, spread = np.zeros((rows, kinds)), np.full((rows, kinds), constants.lift)
    if matched:
        np.fill_diagonal(prior, constants.loyal)
        np.fill_diagonal(spread, constants.loyal_lift)
    lift = prior.copy()
    for_each(lambda district: _start(district, kinds, constants, matched), districts)
    for turn in range(constants.rounds):
        score, information = (prior - lift) / spread**2, np.diag(spread.ravel() ** -2.0)
        steps = 4 if turn == 0 else 2
        climbs = for_each(partial(_climb_to, lift=lift, constants=constants, steps=steps), districts)
        for district, (pull, known) in zip(districts, climbs, strict=True):
            kind = np.asarray(district.kind)
            np.add.at(score.T, kind, pull.T)
            where = (np.arange(rows)[:, None] * kinds + kind).ravel()
            information[np.ix_(where, where)] += known
            if matched and turn < 2:
                district.kind = match_columns(district.theta, district.origins, district.destinations)
        step = np.linalg.solve(information, score.ravel()).reshape(rows, kinds)
        lift = lift + np.clip(step, -_BIGGEST_STEP, _BIGGEST_STEP)
        if turn > 1 and np.abs(step).max() < _SMALLEST_STEP:
            break
    return lift


def _start(district: District, kinds: int, constants: Constants, matched: bool) -> None:
    """Know the kind of each column."""
    if matched:
        fit_alone(district, constants)
        district.kind = match_columns(district.theta, district.origins, district.destinations)
    else:
        district.kind = np.arange(kinds)


def _climb_to(district: District, lift: Floats, constants: Constants, steps: int) -> tuple[Floats, Floats]:
    """Climb with the lifts of the kinds that the district has."""
    return _climb(district, lift[:, np.asarray(district.kind)], constants.tau, constants, steps)


def _climb(district: District, lift: Floats, tau: float, constants: Constants, steps: int) -> tuple[Floats, Floats]:
    """Newton steps of one district towards its posterior mode.

    Returns the marginal score (R, C) and information (R C, R C) of its lifts, its noise and strengths integrated out.
    """
    rows, columns = lift.shape
    middle = centre(district.destinations) + lift
    prior = _precision(rows, columns, tau, constants.column)
    if not district.theta.size:
        district.theta = middle - lift
    for _ in range(steps):
        score, information, _ = gather(
            district.origins, district.destinations, district.theta, district.surroundings, constants.scatter
        )
        away = (prior @ (district.theta - middle).ravel()).reshape(rows, columns)
        factor = cho_factor(information + prior, lower=True)
        step = cho_solve(factor, (score - away).ravel()).reshape(rows, columns)
        biggest = np.abs(step).max()
        district.theta = district.theta + step * min(1.0, _BIGGEST_STEP / max(biggest, 1e-12))
        if biggest < _SMALLEST_STEP:
            break
    away = (prior @ (district.theta - middle).ravel()).reshape(rows, columns)
    district.covariance = cho_solve(factor, np.eye(rows * columns))
    return away, prior - prior @ district.covariance @ prior


def _precision(rows: int, columns: int, tau: float, column: float) -> Floats:
    """Inverse covariance (R C, R C) of noise and strengths: tau^2 I + column^2 1 1' within each column."""
    block = (np.eye(rows) - column**2 / (tau**2 + rows * column**2)) / tau**2
    return np.asarray(np.kron(block, np.eye(columns)))
