"""How a voting profile before becomes one after: a robust regression, learned from stations known to be the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from isoloir.stations.identity.sides import Array

IDIOSYNCRATIC = 0.03  # what a station's arcsine share moves by itself between two rounds, beyond sampling
DEGREES = 6.0  # of the Student t of the profile: a few stations change their population, not only their vote
COMPONENTS = (8, 100)  # at least and at most
MOST, OWN = 600.0, 8.0  # stations that a lesson weighs at most, or times those of a commune: it may differ from others
PER_COMPONENT = 25.0  # stations that it takes to learn what a further component becomes


@dataclass(frozen=True)
class Spread:
    """A multivariate Student t around a prediction: what makes its errors white, and half of its log-determinant."""

    root: Array
    half_log: float

    @classmethod
    def of(cls, covariance: Array) -> Spread:
        """That of a covariance."""
        lower = np.linalg.cholesky(covariance)
        root: Array = solve_triangular(lower, np.eye(len(lower)), lower=True).T
        return cls(root, float(np.log(np.diag(lower)).sum()))

    def cost(self, predicted: Array, found: Array) -> Array:
        """Minus the log-density of every row found around every row predicted, but for a constant."""
        return self.costs(squared_distances(predicted @ self.root, found @ self.root))

    def scattered(self, found: Array, wider: bool) -> Array:
        """The cost of rows around 0; `wider` where they may lie farther apart than those it was learned on."""
        squared, width = squared_distances(np.zeros((1, len(self.root))), found @ self.root)[0], len(self.root)
        scale = max(float(squared.mean()) / width, 1.0) if wider else 1.0
        cost: Array = self.costs(squared / scale) + 0.5 * width * np.log(scale)
        return cost

    def costs(self, squared: Array) -> Array:
        """The same, from squared distances between white rows."""
        width = len(self.root)
        value: Array = 0.5 * (DEGREES + width) * np.log1p(squared / DEGREES) + self.half_log
        return value


@dataclass(frozen=True)
class Lesson:
    """What stations known to be the same teach: axes of the profiles of each side, and moments of the two along them.

    before_axes, after_axes: features of the window x components, noise-scaled; xx, xy, yy: weighted sums of products
    over the stations; slope: what components before become; error, whole: how those after spread around that, and
    around their commune.
    """

    before_axes: Array
    after_axes: Array
    xx: Array
    xy: Array
    yy: Array
    stations: float
    slope: Array
    error: Spread
    whole: Spread


def learn(before: Array, after: Array, before_noise: Array, after_noise: Array) -> Lesson:
    """Learn from stations (rows) seen on both sides; the noises are the sampling variances by feature."""
    most = int(np.clip(len(before) / PER_COMPONENT, *COMPONENTS))
    axes = [principal_axes(v, noise, most) for v, noise in ((before, before_noise), (after, after_noise))]
    x, y = before @ axes[0], after @ axes[1]
    weight = np.ones(len(x))
    for _ in range(4):
        moments = _moments(x, y, weight)
        slope, covariance = _solve(*moments, weight.sum())
        weight = t_weights(y - x @ slope, covariance)
    whole = Spread.of(moments[2] / weight.sum() + 1e-3 * np.eye(y.shape[1]))
    return Lesson(axes[0], axes[1], *moments, float(weight.sum()), slope, Spread.of(covariance), whole)


def principal_axes(values: Array, noise: Array, most: int) -> Array:
    """The leading directions of noise-scaled features, as features x components (with the scaling in them)."""
    if not values.shape[1]:
        return np.zeros((0, 0))
    scale = np.sqrt(noise + IDIOSYNCRATIC**2)
    scaled = values / scale
    vectors: Array = np.linalg.eigh(scaled.T @ scaled)[1][:, ::-1][:, :most]
    axes: Array = vectors / scale[:, None]
    return axes


def regress(a: Array, b: Array, lesson: Lesson | None) -> tuple[Array, Array]:
    """The slope of new on old components, and the covariance of the error, from the lesson and the pairs."""
    weight = np.ones(len(a))
    for _ in range(3):  # a Student t by reweighting
        moments = _moments(a, b, weight)
        count = weight.sum()
        if lesson is not None:
            share = min(1.0, max(MOST, OWN * len(a)) / lesson.stations)
            taught = lesson.xx, lesson.xy, lesson.yy
            moments = tuple(m + share * t for m, t in zip(moments, taught, strict=True))  # type: ignore[assignment]
            count += share * lesson.stations
        slope, covariance = _solve(*moments, count)
        weight = t_weights(b - a @ slope, covariance)
    return slope, covariance


def _moments(a: Array, b: Array, weight: Array) -> tuple[Array, Array, Array]:
    weighted = a * weight[:, None]
    return weighted.T @ a, weighted.T @ b, (b * weight[:, None]).T @ b


def _solve(xx: Array, xy: Array, yy: Array, count: float) -> tuple[Array, Array]:
    """Ridge regression from moments; the covariance leans to its diagonal where the stations are few."""
    slope = np.linalg.solve(xx + np.eye(len(xx)), xy)
    scatter = yy - slope.T @ xy - xy.T @ slope + slope.T @ xx @ slope
    width = len(yy)
    own = np.diag(np.maximum(np.diag(scatter), 0) / max(count, 1.0) + 1e-3)
    covariance: Array = (scatter + (width + 2) * own) / (count + width + 2)
    if count > 2 * len(xx):
        covariance *= (count + len(xx)) / (count - len(xx))  # others fit worse than those it was learned on
    return np.asarray(slope, dtype=np.float64), covariance


def squared_distances(a: Array, b: Array) -> Array:
    """Between all rows of two tables."""
    value: Array = np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None, :] - 2 * a @ b.T, 0.0)
    return value


def t_weights(error: Array, covariance: Array) -> Array:
    """How much each station counts: outliers of a Student t count for less."""
    distance = ((error @ np.linalg.inv(covariance)) * error).sum(1)
    weight: Array = (DEGREES + error.shape[1]) / (DEGREES + distance)
    return weight
