"""Ridge regression of what came as a surprise, over several earlier elections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isoloir.stats.history import Floats

PENALTIES = (3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, np.inf)  # of the mean square of a standardised column
FOLDS = 5
_PER_COLUMN = 10  # stations that a column of features needs


@dataclass(frozen=True)
class Lesson:
    """One earlier election: what was known before it, and what came as a surprise."""

    features: dict[str, Floats]  # (S,) each
    surprise: Floats  # (S, C): true less announced, nan where unknown
    weights: Floats  # (S,)


def learn(lessons: list[Lesson], now: dict[str, Floats], groups: NDArray[np.int64]) -> tuple[Floats, list[Floats]]:
    """The surprise to expect of an election with the features `now`, (S, C), and the same for each lesson.

    Ridge regression (Hoerl and Kennard, Technometrics 12, 1970), one equation a column. A feature counts when half of
    the lessons have it. The penalty is the one with which each lesson is best predicted by the others, or, where there
    is one lesson, each group of stations (`groups` (S,): départements) by the other groups; the last penalty is
    infinite: nothing is learned. The predictions of the lessons are those: none is predicted by itself.
    """
    names = [n for n in now if 2 * sum(n in lesson.features for lesson in lessons) >= len(lessons)]
    blank = np.zeros(len(groups))
    x = np.concatenate([np.column_stack([v.features.get(n, blank) for n in names]) for v in lessons])
    y = np.concatenate([lesson.surprise for lesson in lessons])
    w = np.concatenate([lesson.weights for lesson in lessons])
    fold = np.repeat(np.arange(len(lessons)), len(groups))
    if len(lessons) == 1:
        fold = np.random.default_rng(0).integers(0, FOLDS, groups.max() + 1)[groups]
    scale = np.sqrt(np.maximum((x**2 * w[:, None]).sum(axis=0) / w.sum(), 1e-12))
    x = np.clip(x / scale, -8, 8)
    new = np.clip(np.column_stack([now[n] for n in names]) / scale, -8, 8)
    columns = [_ridge(x, y[:, i], w, fold, new) for i in range(y.shape[1])]
    tried = np.column_stack([out for _, out in columns])
    return np.column_stack([found for found, _ in columns]), np.split(tried, len(lessons))


def _ridge(x: Floats, y: Floats, w: Floats, fold: NDArray[np.int64], new: Floats) -> tuple[Floats, Floats]:
    """The prediction for `new`, and the one of each row by the other folds."""
    rows = np.isfinite(y) & (w > 0)
    folds = np.unique(fold[rows])
    if rows.sum() < _PER_COLUMN * x.shape[1] or len(folds) < 2:
        return np.zeros(len(new)), np.zeros(len(y))
    parts = {k: _moments(x, y, w, rows & (fold == k)) for k in folds}
    square, cross = (np.sum([p[i] for p in parts.values()], axis=0) for i in (0, 1))
    best, least, tried = np.inf, np.inf, np.zeros(len(y))
    for penalty in PENALTIES:
        out = np.zeros(len(y))
        for k in folds:
            out[fold == k] = x[fold == k] @ _solve(square - parts[k][0], cross - parts[k][1], penalty)
        error = float(w[rows] @ (y[rows] - out[rows]) ** 2)
        if error < least:
            best, least, tried = penalty, error, out
    return np.asarray(new @ _solve(square, cross, best)), tried


def _moments(x: Floats, y: Floats, w: Floats, rows: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    weighted = x[rows] * w[rows, None]
    return weighted.T @ x[rows], weighted.T @ y[rows]


def _solve(square: Floats, cross: Floats, penalty: float) -> Floats:
    if not np.isfinite(penalty):
        return np.zeros(len(cross))
    size = np.trace(square) / len(square)
    return np.asarray(np.linalg.solve(square + penalty * max(size, 1e-12) * np.eye(len(square)), cross))
