"""What the stations of one district say of the transition logits, in the Gaussian approximation.

Station u with x[u, r] voters of origin r gives destination c in expectation mu[u, c] = sum_r x[u, r] p[u, r, c], with
p[u, r] = softmax(theta[r] + surroundings[u]). Its covariance is that of the sum of multinomials,
diag(mu) - sum_r x p p' (Brown and Payne, JASA 81, 1986; Thraves, Ubilla and Hermosilla, Statistics and Computing 36,
2026), plus `scatter` * n * (diag(mu) - mu mu' / n), as neighbourhoods differ beyond chance.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numba
import numpy as np

from isoloir.stats.transitions.margins import Floats

Item = TypeVar("Item")
Result = TypeVar("Result")

_BLOCK = 4096  # stations at a time, so that memory does not grow with them
_FLOOR = 0.3  # voters squared: rounding in tiny stations


def for_each(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Do it for every item, on all cores (compiled code and matrix products let go of the lock), in order."""
    if len(items) == 1:
        return [work(items[0])]
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        return list(threads.map(work, items))


def softmax(logits: Floats) -> Floats:
    """Shares along the last axis."""
    weight = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(weight / weight.sum(-1, keepdims=True))


def gather(
    origins: Floats, destinations: Floats, theta: Floats, surroundings: Floats, scatter: float
) -> tuple[Floats, Floats, Floats]:
    """Score (R, C), information (R C, R C) and expected table (R, C) of the logits at `theta`.

    The information takes the mean shares of each origin in the district, which makes it R x R products of matrices.
    """
    rows, columns = theta.shape
    pull = np.exp(theta - theta.max(1, keepdims=True))

    def block(start: int) -> tuple[Floats, Floats, Floats]:
        stations = slice(start, start + _BLOCK)
        x = origins[stations]
        weights, score, table = _weigh(x, destinations[stations], pull, np.exp(surroundings[stations]), scatter)
        pairs = (x[:, :, None] * x[:, None, :]).reshape(len(x), rows * rows)
        return score, pairs.T @ weights.reshape(len(x), columns * columns), table

    parts = for_each(block, range(0, len(origins), _BLOCK))
    score, spread, table = (np.sum([part[i] for part in parts], axis=0) for i in range(3))
    voters = origins.sum(0)[:, None]
    share = np.where(voters > 0, table / np.maximum(voters, 1e-300), softmax(theta))
    slope = share[:, :, None] * (np.eye(columns)[None] - share[:, None, :])
    inner = np.matmul(slope[:, None], spread.reshape(rows, rows, columns, columns))
    information = np.matmul(inner, slope[None]).transpose(0, 2, 1, 3).reshape(rows * columns, rows * columns)
    return score, information, table


@numba.njit(cache=True, nogil=True)
def _weigh(x: Floats, y: Floats, pull: Floats, around: Floats, scatter: float) -> tuple[Floats, Floats, Floats]:
    """The inverse covariance of each station (stations, C, C), the score (R, C) and the expected table (R, C)."""
    stations, rows = x.shape
    columns = y.shape[1]
    weights = np.zeros((stations, columns, columns))
    score, table, p = np.zeros((rows, columns)), np.zeros((rows, columns)), np.zeros((rows, columns))
    for u in range(stations):
        n = x[u].sum()
        if n <= 0.0:
            continue
        mu = np.zeros(columns)
        cov = np.zeros((columns, columns))
        for r in range(rows):
            if x[u, r] <= 0.0:
                continue
            total = 0.0
            for c in range(columns):
                p[r, c] = pull[r, c] * around[u, c]
                total += p[r, c]
            for c in range(columns):
                p[r, c] /= total
                mu[c] += x[u, r] * p[r, c]
                table[r, c] += x[u, r] * p[r, c]
                for k in range(c + 1):
                    cov[c, k] -= x[u, r] * p[r, c] * p[r, k]
        # every residual sums to zero, so a constant added to all cells makes the matrix regular and changes nothing
        for c in range(columns):
            for k in range(c + 1):
                cov[c, k] += n / columns - scatter * mu[c] * mu[k]
                cov[k, c] = cov[c, k]
            cov[c, c] += mu[c] + scatter * n * mu[c] + _FLOOR
        inverse = np.linalg.inv(cov)
        weights[u] = inverse
        residual = inverse @ (y[u] - mu)
        for r in range(rows):
            if x[u, r] <= 0.0:
                continue
            mean = 0.0
            for c in range(columns):
                mean += p[r, c] * residual[c]
            for c in range(columns):
                score[r, c] += x[u, r] * p[r, c] * (residual[c] - mean)
    return weights, score, table


@numba.njit(cache=True, nogil=True)
def spread_stations(x: Floats, theta: Floats, surroundings: Floats) -> Floats:
    """Expected table of every station (stations, R, C) at the logits `theta`."""
    stations, rows = x.shape
    columns = theta.shape[1]
    out = np.zeros((stations, rows, columns))
    for u in range(stations):
        for r in range(rows):
            logits = theta[r] + surroundings[u]
            weight = np.exp(logits - logits.max())
            out[u, r] = x[u, r] * weight / weight.sum()
    return out
