"""From support to shares: who stands, and the national scenario."""

from __future__ import annotations

import numpy as np

from isoloir.errors import StatsError
from isoloir.stats.history import Floats

_ROUNDS = 80


def settle(weight: Floats, national: Floats, voters: Floats) -> Floats:
    """Shares (S, B) in proportion to `weight` (S, B) that give each bloc its national share (B,).

    A weight of 0 is a bloc without a candidate. `voters` (S,) are the expected valid votes. Iterative proportional
    fitting (Deming and Stephan 1940); stations sum to 1 exactly, and the nation is met as closely as who stands allows.
    Raises StatsError where the scenario gives votes to a bloc that stands nowhere, or a station has no candidate.
    """
    there = weight > 0
    empty = ~there.any(axis=1)
    if empty.any():
        raise StatsError(
            f"candidates: {int(empty.sum())} stations have no candidate at all (first: row {empty.argmax()})"
        )
    factor = np.where(national > 0, 1.0, 0.0)
    part = voters / voters.sum()
    shares = weight
    for _ in range(_ROUNDS):
        shares = weight * factor
        total = shares.sum(axis=1, keepdims=True)
        shares = np.where(total > 0, shares / np.where(total > 0, total, 1), there / there.sum(axis=1, keepdims=True))
        got = part @ shares
        step = np.where(got > 0, national / np.where(got > 0, got, 1), 1)
        if np.abs(step[national > 0] - 1).max(initial=0) < 1e-9:
            break
        factor = factor * step
    return shares
