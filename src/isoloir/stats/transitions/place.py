"""How the place itself moves every origin alike: what census and result say of it.

A voter is surrounded by the voters of the same station; without this, the slope of the result on the origins is read as
loyalty, and ticket-splitting is underestimated. How far the result of a station lies from the district's tells of the
place, but also of who its voters were. The part that the census explains is nearer to the place, so it counts more.

Weights and form of the census part were chosen on the simulated country, the only place where both truth and census
are known; nothing real confirms them yet. On three simulated départements and two pairs of rounds that were not looked
at before, the census lowers the error of estimates by constituency from 11.6 to 9.3 % of voters, and in each of the
six; that of estimates without groups from 12.7 to 11.7, and in three of the six (`benchmarks/transitions.py`).

The mean result of a station's commune was tried in the same way, on six simulated départements and one pair of rounds:
alone it changed next to nothing, added to the census it made the shares worse. It is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isoloir.stats.transitions.margins import Floats

EXPLAINED, UNEXPLAINED = 0.5, 0.3  # weight of what the census explains, and of the rest where it explains nothing
_VOTERS = 20.0  # added to each station at the district's shares
_PENALTIES = np.logspace(-1, 6, 15)


def surround(
    destinations: Sequence[Floats], covariates: Sequence[Floats] | None, unexplained: float = UNEXPLAINED
) -> list[Floats]:
    """What is added to the logits of all origins of each station, (stations, C) for each district.

    `destinations` (stations, C) and `covariates` (stations, K) of each district. Covariates are regressed on within
    districts, the slopes common to all of them; their penalty is chosen by leaving stations out (Golub, Heath and
    Wahba, Technometrics 21, 1979), so that a covariate that tells nothing changes nothing. Where they explain the
    share R2 of the variance of a destination, the weight of the rest falls to (1 - R2) of what it would be.
    """
    away = [_deviate(y) for y in destinations]
    if covariates is None or not covariates[0].shape[1]:
        return [unexplained * part for part in away]
    voters = [y.sum(1) for y in destinations]
    centred = [_centre(part, n) for part, n in zip(away, voters, strict=True)]
    explained, share = _explain(
        np.concatenate([_centre(z, n) for z, n in zip(covariates, voters, strict=True)]),
        np.concatenate(centred),
        np.concatenate(voters),
    )
    parts = np.split(explained, np.cumsum([len(y) for y in destinations])[:-1])
    return [EXPLAINED * part + unexplained * (1 - share) * (own - part) for own, part in zip(away, parts, strict=True)]


def centre(destinations: Floats) -> Floats:
    """The logit of each destination in the district (C), half a voter added."""
    return np.asarray(np.log(_mean(destinations)))


def _mean(destinations: Floats) -> Floats:
    votes = destinations.sum(0) + 0.5
    return np.asarray(votes / votes.sum())


def _deviate(destinations: Floats) -> Floats:
    """Log of the result of each station over the district's (stations, C)."""
    mean = _mean(destinations)
    total = destinations.sum(1, keepdims=True)
    return np.asarray(np.log((destinations + _VOTERS * mean) / ((total + _VOTERS) * mean)))


def _centre(values: Floats, voters: Floats) -> Floats:
    return np.asarray(values - voters @ values / voters.sum())


def _explain(covariates: Floats, away: Floats, voters: Floats) -> tuple[Floats, Floats]:
    """What the covariates explain (stations, C) by ridge regression, and its share of the variance (C)."""
    from sklearn.linear_model import RidgeCV  # slow to load, and few calls need it

    spread = np.sqrt(voters @ covariates**2 / voters.sum())
    standard = covariates[:, spread > 0] / spread[spread > 0]
    if not standard.shape[1]:
        return np.zeros_like(away), np.zeros(away.shape[1])
    ridge = RidgeCV(alphas=_PENALTIES, fit_intercept=False, alpha_per_target=True)
    explained = np.asarray(ridge.fit(standard, away, sample_weight=voters / voters.mean()).predict(standard))
    whole, rest = voters @ away**2, voters @ (away - explained) ** 2
    return explained, np.clip(1 - rest / np.maximum(whole, 1e-300), 0, 1)
