"""How a voting profile before becomes one after: a robust regression, learned from stations known to be the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isoloir.stations.identity.sides import Array

IDIOSYNCRATIC = 0.03  # what a station's arcsine share moves by itself between two rounds, beyond sampling
DEGREES = 6.0  # of the Student t of the profile: a few stations change their population, not only their vote
COMPONENTS = 8
MOST = 600.0  # stations that a lesson weighs at most: a commune may differ from the others


@dataclass(frozen=True)
class Lesson:
    """What stations known to be the same teach: axes of the profiles of each side, and moments of the two along them.

    before_axes: features x components, noise-scaled; xx, xy, yy: weighted sums of products over the stations.
    """

    before_axes: Array
    after_axes: Array
    xx: Array
    xy: Array
    yy: Array
    stations: float

    def along(self, before: list[bool], after: list[bool]) -> Lesson:
        """The same for sides that have more features: which of theirs are those of the lesson."""
        axes = [
            np.zeros((len(known), own.shape[1]))
            for known, own in ((before, self.before_axes), (after, self.after_axes))
        ]
        axes[0][before], axes[1][after] = self.before_axes, self.after_axes
        return replace(self, before_axes=axes[0], after_axes=axes[1])


def learn(before: Array, after: Array, before_noise: Array, after_noise: Array) -> Lesson:
    """Learn from stations (rows) seen on both sides; the noises are the sampling variances by feature."""
    axes = [principal_axes(v, noise, COMPONENTS) for v, noise in ((before, before_noise), (after, after_noise))]
    x, y = before @ axes[0], after @ axes[1]
    weight = np.ones(len(x))
    for _ in range(6):
        moments = _moments(x, y, weight)
        slope, covariance = _solve(*moments, weight.sum())
        weight = t_weights(y - x @ slope, covariance)
    share = min(1.0, MOST / weight.sum())
    xx, xy, yy = (share * m for m in moments)
    return Lesson(axes[0], axes[1], xx, xy, yy, share * weight.sum())


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
            moments = (moments[0] + lesson.xx, moments[1] + lesson.xy, moments[2] + lesson.yy)
            count += lesson.stations
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
    return np.asarray(slope, dtype=np.float64), covariance


def t_weights(error: Array, covariance: Array) -> Array:
    """How much each station counts: outliers of a Student t count for less."""
    distance = ((error @ np.linalg.inv(covariance)) * error).sum(1)
    weight: Array = (DEGREES + error.shape[1]) / (DEGREES + distance)
    return weight
