"""The profiles of both sides of a step along a few axes, and how far stations are apart in what both sides share."""

from __future__ import annotations

import numpy as np

from isoloir.stations.identity.lessons import Lesson, principal_axes, squared_distances
from isoloir.stations.identity.sides import Array, Side


def components(before: Side, after: Side, lesson: Lesson | None) -> tuple[Array, Array]:
    """Noise-scaled principal components of the profiles of each side."""
    if lesson is not None:
        return before.profile @ lesson.before_axes[before.columns], after.profile @ lesson.after_axes[after.columns]
    most = int(np.clip(min(len(before), len(after)) / 6, 1, 6))
    x, y = (side.profile @ principal_axes(side.profile, side.noise.mean(0), most) for side in (before, after))
    return x, y


def shared_distance(before: Side, after: Side) -> Array | None:
    """The distance in the features that both sides share: turnout, and candidates who stood twice."""
    shared = [key for key in dict.fromkeys(before.keys) if key in after.keys]
    if not shared:
        return None
    sides = (before, after)
    a, b = (np.column_stack([_standard(s.profile[:, np.array(s.keys) == k].mean(1)) for k in shared]) for s in sides)
    cost: Array = squared_distances(a, b) / (2 * np.sqrt(len(shared)))
    return cost


def _standard(column: Array) -> Array:
    value: Array = (column - column.mean()) / (column.std() + 1e-9)
    return value
