"""How good a prediction was, once the truth is known: errors, ranks, coverage, and the gain in its first fifth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from isoloir.errors import StatsError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FEWEST_IN_A_GROUP = 10  # a rank correlation of fewer stations says nothing


@dataclass(frozen=True)
class Accuracy:
    """How far predicted shares were from the true ones, over the stations whose truth is known."""

    r2: float  # 1 - squared error / variance of the truth; nan where the truth does not vary
    mae: float  # in the unit of the shares, as are rmse and bias
    rmse: float
    bias: float  # predicted minus true
    rank: float  # Spearman; nan where either side does not vary
    stations: int


def accuracy(true: ArrayLike, predicted: ArrayLike, weights: ArrayLike | None = None) -> Accuracy:
    """Errors and rank correlation of one share over stations.

    All three arrays are (S,); nan in `true` leaves a station out. `weights` (registered voters, as a rule) weigh R2,
    MAE, RMSE and bias; ranks are of stations, each counting once. Raises StatsError where lengths differ, no station is
    left, or a prediction is missing where the truth is known.
    """
    y, p, w = _known(true, predicted, weights)
    w = w / w.sum()
    error = p - y
    spread = float((w * (y - (w * y).sum()) ** 2).sum())  # sums, not products of vectors: those start threads
    squared = float((w * error**2).sum())
    return Accuracy(
        r2=1 - squared / spread if spread > 1e-15 else np.nan,
        mae=float((w * np.abs(error)).sum()),
        rmse=float(np.sqrt(squared)),
        bias=float((w * error).sum()),
        rank=rank_correlation(y, p),
        stations=y.size,
    )


def rank_correlation(a: ArrayLike, b: ArrayLike) -> float:
    """Spearman's rank correlation of two (S,) arrays without nan; nan where one of them does not vary."""
    x, y = np.asarray(a, float), np.asarray(b, float)
    if x.size < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def rank_within(true: ArrayLike, predicted: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Spearman's correlation inside each group (a département), averaged by the groups' total weight.

    Arrays are (S,); groups of fewer than 10 known stations are left out; nan where none is left. Errors as `accuracy`.
    """
    y, p, w = _known(true, predicted, weights)
    group = np.asarray(groups)[np.isfinite(np.asarray(true, float))]
    found = [
        (rank_correlation(y[here], p[here]), float(w[here].sum()))
        for here in _members(group)
        if here.size >= FEWEST_IN_A_GROUP
    ]
    ranks, sizes = np.array([pair for pair in found if np.isfinite(pair[0])]).reshape(-1, 2).T
    return float(ranks @ sizes / sizes.sum()) if ranks.size else float("nan")


def size_deciles(registered: ArrayLike) -> Ints:
    """0 (the smallest tenth of the stations) to 9, shape (S,); equal sizes share a decile.

    Raises StatsError for a size that is not positive.
    """
    size = np.asarray(registered, float)
    if not np.all(size > 0):
        raise StatsError(f"station number {int(np.argmin(size > 0))} has no registered voters: its size is unknown")
    smaller = rankdata(size, "min").astype(np.int64) - 1
    return np.asarray(10 * smaller // max(size.size, 1))


@dataclass(frozen=True)
class Cover:
    """How often intervals held the truth."""

    share: float  # 0 to 1; nan where no station is left
    width: float  # mean width, in the unit of the shares


def coverage(true: ArrayLike, low: ArrayLike, high: ArrayLike, weights: ArrayLike | None = None) -> Cover:
    """The share of known truths inside [low, high] and the mean width; arrays (S,), nan in `true` leaves a station out.

    Raises StatsError where an interval is missing or upside down where the truth is known.
    """
    y, bottom, w = _known(true, low, weights)
    top = _known(true, high, weights)[1]
    if np.any(bottom > top):
        raise StatsError(f"the interval of station number {int(np.argmax(bottom > top))} ends before it begins")
    inside = (y >= bottom - 1e-12) & (y <= top + 1e-12)
    return Cover(float(np.average(inside, weights=w)), float(np.average(top - bottom, weights=w)))


def noise_floor(true: ArrayLike, voters: ArrayLike, weights: ArrayLike | None = None) -> float:
    """The RMSE that is left if every probability were known: `sqrt(mean(p (1 - p) / n))`, n voters deciding alone.

    Arrays (S,); `voters` are the n of each share (valid votes, or registered voters for abstention).
    """
    y, n, w = _known(true, voters, weights)
    return float(np.sqrt(np.average(y * (1 - y) / np.maximum(n, 1), weights=w)))


def closest_third(shares: Floats, weights: ArrayLike, places: ArrayLike) -> NDArray[np.bool_]:
    """The stations, (S,), of the places where the race was closest, a third of the voters in all.

    `shares` (S, B) are the true shares (nan: unknown, counted as none), `places` the constituency or département of
    each station. A race is close where the two first blocs of the whole place are: no station is chosen by its own
    result. A place where fewer than two blocs have votes is not close.
    """
    w = np.asarray(weights, float)
    labels, at = np.unique(np.asarray(places), return_inverse=True)
    totals = np.zeros((labels.size, shares.shape[1]))
    np.add.at(totals, at, np.nan_to_num(shares) * w[:, None])
    size = np.bincount(at, w, labels.size)
    if shares.shape[1] < 2:
        raise StatsError("a race needs two blocs at least: there is no closest third")
    second, first = np.sort(totals, axis=1)[:, -2:].T
    margin = np.where(second > 0, (first - second) / np.maximum(totals.sum(axis=1), 1e-12), np.inf)
    order = np.argsort(margin, kind="stable")
    before = np.cumsum(size[order]) - size[order]
    close = order[(before < size.sum() / 3) & np.isfinite(margin[order])]
    return np.asarray(np.isin(at, close))


@dataclass(frozen=True)
class Gain:
    """Which share of a total gain the best stations of a ranking hold: a curve from (0, 0) to (1, 1)."""

    cost: Floats  # cumulative share of the cost, one entry per place in the ranking
    gain: Floats  # cumulative share of the gain

    def at(self, share: float) -> float:
        """The share of the gain that this share of the cost reaches."""
        return float(np.interp(share, self.cost, self.gain))


def gain_curve(gain: ArrayLike, score: ArrayLike, cost: ArrayLike | None = None) -> Gain:
    """The gain reached when stations are visited by falling score; arrays (S,).

    `cost` is what a station takes (doors, so registered voters); without it every station costs the same. Equal scores
    are visited together. Stations of unknown gain or score are left out. Raises StatsError where the total gain is not
    positive or a cost is not.
    """
    g, s = np.asarray(gain, float), np.asarray(score, float)
    c = np.ones_like(g) if cost is None else np.asarray(cost, float)
    if not (g.shape == s.shape == c.shape):
        raise StatsError(f"gain, score and cost are lists of one length; got {g.shape}, {s.shape}, {c.shape}")
    known = np.isfinite(g) & np.isfinite(s)
    if not np.all(c[known] > 0):
        raise StatsError("a station's cost must be a positive number")
    if not known.any() or g[known].sum() <= 0:
        raise StatsError("there is no gain to share: its total is not positive")
    _, tie = np.unique(-s[known], return_inverse=True)
    spent, won = np.cumsum(np.bincount(tie, c[known])), np.cumsum(np.bincount(tie, g[known]))
    return Gain(np.append(0.0, spent / spent[-1]), np.append(0.0, won / won[-1]))


def _known(true: ArrayLike, other: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    y, p = np.asarray(true, float), np.asarray(other, float)
    w = np.ones_like(y) if weights is None else np.asarray(weights, float)
    if not (y.shape == p.shape == w.shape) or y.ndim != 1:
        raise StatsError(f"truth, prediction and weights are lists of one length; got {y.shape}, {p.shape}, {w.shape}")
    known = np.isfinite(y)
    if not known.any():
        raise StatsError("no station has a known result: nothing to compare a prediction with")
    if not np.isfinite(p[known]).all():
        where = np.flatnonzero(known & ~np.isfinite(p))
        raise StatsError(f"{where.size} stations with a known result have no prediction, first number {int(where[0])}")
    if not (np.isfinite(w[known]).all() and (w[known] >= 0).all() and w[known].sum() > 0):
        raise StatsError("weights must be numbers that are not negative, and not all zero")
    return y[known], p[known], w[known]


def _members(groups: NDArray[np.str_]) -> list[Ints]:
    order = np.argsort(groups, kind="stable")
    cuts = np.flatnonzero(groups[order][1:] != groups[order][:-1]) + 1
    return np.split(order, cuts) if groups.size else []
