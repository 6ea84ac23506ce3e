"""The index that started it: abstention times support."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isoloir.errors import StatsError

Floats = NDArray[np.float64]
LEVELS = 5
SMALLEST = 100  # registered; below, one household decides and a hospital, prison or hamlet is no territory
FEWEST = 30  # valid votes; below, a share is chance: a station of travellers where one vote is 100 %


@dataclass(frozen=True)
class Priority:
    """One entry per station: the index with its parts, and its place in the area."""

    abstention_share: Floats  # of registered, 0 to 1
    support_share: Floats  # of valid votes, 0 to 1
    score: Floats  # abstention_share * support_share; nan where a part is unknown
    level: NDArray[np.int8]  # 1 (first) to 5 (last); 0 where the score is unknown
    rank: NDArray[np.int32]  # 1 is the highest score; 0 where the score is unknown


def po_index(registered: Floats, voters: Floats, valid_votes: Floats, support: Floats) -> Priority:
    """Pons's priority index, `PO = (1 - turnout) * support`, and its fifths inside the area.

    The four arrays hold persons, one entry per station; nan is unknown. Ties share a rank, and a level.
    Source: Pons, American Economic Review 108(6), 2018, section II. Raises StatsError where lengths differ, a count is
    negative, or no station has a score.
    """
    counts = [np.asarray(a, dtype=np.float64) for a in (registered, voters, valid_votes, support)]
    if len({a.shape for a in counts}) != 1 or counts[0].ndim != 1:
        raise StatsError(f"the counts must be four lists of one length; got {[a.shape for a in counts]}")
    for name, a in zip(("registered", "voters", "valid votes", "support"), counts, strict=True):
        if np.any(a < 0):
            raise StatsError(f"negative {name} at station number {int(np.argmax(a < 0))} of the list")
    with np.errstate(divide="ignore", invalid="ignore"):
        abstention = np.where(counts[0] > 0, 1 - counts[1] / counts[0], np.nan)
        share = np.where(counts[2] > 0, counts[3] / counts[2], np.nan)
    score = abstention * share
    if not np.isfinite(score).any():
        raise StatsError("no station of this area has both a turnout and a result for this election and this choice")
    rank, level = places(score)
    return Priority(abstention, share, score, level, rank)


def ordinary(registered: Floats, valid_votes: Floats) -> NDArray[np.bool_]:
    """Which stations are large enough to be ranked, (S,); all of them where none is, as in the smallest communes."""
    large = (registered >= SMALLEST) & (valid_votes >= FEWEST)
    return large if large.any() else np.ones_like(large)


def places(score: Floats) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Rank from the highest score down, ties sharing the best place; levels are fifths of the ranks; 0 for nan."""
    known = np.isfinite(score)
    ordered = np.sort(-score[known])
    rank = np.zeros(score.shape, np.int32)
    rank[known] = np.searchsorted(ordered, -score[known], side="left") + 1
    level = np.where(known, (rank - 1) * LEVELS // max(int(known.sum()), 1) + 1, 0)
    return rank, level.astype(np.int8)
