"""How wrong the shares of one district may be: 90 % intervals that were calibrated on true tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isoloir.stats.transitions.likelihood import softmax
from isoloir.stats.transitions.margins import Floats
from isoloir.stats.transitions.pooling import District

DRAWS = 200


@dataclass(frozen=True)
class Calibration:
    """Squared half-width of a 90 % interval = the sum of these times the four variances named.

    Fitted as the 90 % quantile of the absolute error (Koenker and Bassett, Econometrica 46, 1978) over the cells
    of New Zealand 2002, 2005 and 2008, then multiplied by 1.4: what three elections teach covers less elsewhere.
    MATCHED is for districts with candidates of their own, SHARED for groups with the same options (fitted on the same
    elections, candidates replaced by their parties, and multiplied by 2, as groups get the same things wrong and the
    simulated country is harder), ALONE for a single group.
    """

    posterior: float  # variance of the share in the posterior of its logits
    chance: float  # share * (1 - share) / voters of the origin
    aggregation: float  # (share * (1 - share))^2: what no number of stations teaches
    disagreement: float  # squared difference from the plain estimate


MATCHED = Calibration(posterior=4.5, chance=8.5, aggregation=0.04, disagreement=0.56)
SHARED = Calibration(posterior=9.9, chance=15.5, aggregation=0.47, disagreement=0.62)
ALONE = Calibration(posterior=0.14, chance=5.3, aggregation=1.06, disagreement=1.67)


def draw_shares(district: District, rng: np.random.Generator) -> Floats:
    """Posterior draws (DRAWS, R, C) of the shares of one district."""
    rows, columns = district.theta.shape
    values, vectors = np.linalg.eigh(district.covariance)
    noise = rng.standard_normal((DRAWS, rows * columns)) * np.sqrt(np.maximum(values, 0.0))
    return softmax(district.theta[None] + (noise @ vectors.T).reshape(DRAWS, rows, columns))


def half_width(
    shares: Floats, plain: Floats, spread: Floats, voters: Floats, columns: Floats, calibration: Calibration
) -> Floats:
    """Half the width (R, C) of the 90 % interval of every share.

    `shares` and `plain` (R, C) by the model and by penalised least squares, `spread` (R, C) posterior standard
    deviation, `voters` (R) of each origin, `columns` (C) share of each destination in the district.
    """
    n = voters[:, None] + 0.5
    smooth = (shares * voters[:, None] + 0.5 * columns) / n
    chance = smooth * (1 - smooth)
    return np.asarray(
        np.sqrt(
            calibration.posterior * spread**2
            + calibration.chance * chance / n
            + calibration.aggregation * chance**2
            + calibration.disagreement * (shares - plain) ** 2
        )
    )
