"""Exact assignments between two sets of stations of which some stay alone, and the probabilities of their pairs."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import linear_sum_assignment

from isoloir.stations.identity.sides import Array, Indices

UNMATCHED = math.log(20.0)  # prior: one station in twenty opens or closes


def assign(cost: Array, null: Array) -> tuple[Indices, Indices]:
    """The best assignment in which a station may also stay alone.

    Only pairs that are better than leaving both alone can be part of it. A pair whose two stations have no other such
    pair is; the others are assigned together.
    """
    gain = UNMATCHED - (cost - null[None, :])
    worth = gain > 0
    only = worth & (worth.sum(1) == 1)[:, None] & (worth.sum(0) == 1)[None, :]
    rows, columns = np.flatnonzero((worth & ~only).any(1)), np.flatnonzero((worth & ~only).any(0))
    sure = np.nonzero(only)
    if not len(rows):
        return sure[0], sure[1]
    left = np.maximum(gain[np.ix_(rows, columns)], 0.0)
    i, j = linear_sum_assignment(left, maximize=True)
    taken = left[i, j] > 0
    pairs = np.r_[sure[0], rows[i[taken]]], np.r_[sure[1], columns[j[taken]]]
    order = np.argsort(pairs[0])
    return pairs[0][order], pairs[1][order]


def probabilities(cost: Array, null: Array, temperature: float, rounds: int = 60) -> Array:
    """Probabilities of pairs: the matrix exp(-cost) scaled so that each station is used once at most (Sinkhorn)."""
    weight = np.exp(np.clip(null[None, :] - cost, -60, 60) / temperature)
    a, b = np.ones(cost.shape[0]), np.ones(cost.shape[1])
    alone = np.exp(-UNMATCHED / temperature)
    for _ in range(rounds):
        a = 1 / (weight @ b + alone)
        b = 1 / (a @ weight + 1.0)
    value: Array = a[:, None] * weight * b[None, :]
    return value
