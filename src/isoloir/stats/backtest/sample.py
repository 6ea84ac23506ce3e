"""Part of a country, for a quick look."""

from __future__ import annotations

import numpy as np

from isoloir.errors import StatsError
from isoloir.stats.history import History


def sample_of(history: History, stations: int, seed: int = 0) -> History:
    """About so many stations, as whole communes drawn at random; everything where there are no more.

    Raises StatsError for a number that is not positive.
    """
    if stations < 1:
        raise StatsError(f"a sample of {stations} stations says nothing; ask for a few thousand")
    communes, at = np.unique(history.commune, return_inverse=True)
    order = np.random.default_rng(seed).permutation(communes.size)
    size = np.bincount(at)[order]
    drawn = order[: int(np.searchsorted(np.cumsum(size), stations)) + 1]
    return history.take(np.isin(at, drawn))
