"""What stations will do, from what they did: a plain outlook where no model of the country is at hand.

Each station keeps its distance from the area's mean (in log-odds, mean of its last two rounds of the same type where
there are any, else of any national type); how much such distances move from one round to the next, and the means
themselves, is read from the past and drawn.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from isoloir.errors import StatsError
from isoloir.stats.priority.gain import Outlook
from isoloir.stats.priority.index import Floats

LEVEL_SPREAD = 0.35  # of the area's mean in log-odds: nobody knows the next campaign
STATION_SPREAD = 0.25  # of a distance, where the past holds one round only
EDGE = 0.004


def project(turnout: Floats, support: Floats, opponent: Floats, registered: Floats, draws: int, seed: int) -> Outlook:
    """Draws of the next round from past ones, each (K, S), newest first, nan where unknown.

    A station without any past is given the area's mean, with twice the spread. Raises StatsError where no station has
    a past.
    """
    rng = np.random.default_rng(seed)
    return Outlook(*(_draw(past, registered, draws, rng) for past in (turnout, support, opponent)))


def _draw(past: Floats, registered: Floats, draws: int, rng: np.random.Generator) -> Floats:
    odds = logit(np.clip(past, EDGE, 1 - EDGE))
    known = np.isfinite(odds)
    if not known.any():
        raise StatsError("no station of this area has a past result for this choice; it cannot be forecast")
    weight = np.where(known, registered, 0.0)
    level = (np.where(known, odds, 0) * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
    away = odds - level[:, None]
    rows = np.flatnonzero(known.any(axis=1))[:2]
    count = known[rows].sum(axis=0)
    mean = np.where(known[rows], away[rows], 0).sum(axis=0) / np.maximum(count, 1)
    spread = STATION_SPREAD
    if len(rows) == 2 and (both := known[rows].all(axis=0)).sum() > 10:
        # the next distance differs from the mean of two by sqrt(3/2) of one station's own noise
        spread = float(np.std(away[rows[0], both] - away[rows[1], both])) * np.sqrt(0.75)
    own = rng.normal(0, 1, (draws, past.shape[1])) * np.where(count > 0, spread, 2 * STATION_SPREAD)
    drawn = level[rows[0]] + rng.normal(0, LEVEL_SPREAD, (draws, 1)) + mean + own
    return np.asarray(expit(drawn))
