"""How the number of registered voters of a station changes: learned from stations that stayed what they were."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from isoloir.stations.identity.sides import Array

WIDE = 0.12  # scale of a station that did not just go on: new buildings, a moved boundary
LEAST = 0.0015  # a voter or two
MANY = 600  # pairs of stations that are asked for the growth of their commune
FEWEST = 40  # stations from which a scale is learned


@dataclass(frozen=True)
class Sizes:
    """The logarithm of a station's change of size, less the growth of its commune: a Student t, or a much wider one."""

    scale: float
    wide: float  # share of the stations that follow the wider one

    @classmethod
    def usual(cls, years: float) -> Sizes:
        """As fitted on 2017 to 2022, where half of the stations move by under 3 % and one in a hundred by over 40 %."""
        return cls(0.012 + 0.012 * math.sqrt(max(years, 0.1)), 0.02)

    @classmethod
    def learn(cls, changes: Array, years: float) -> Sizes:
        """From the changes of stations known to be the same; the usual ones where these are few."""
        if len(changes) < FEWEST:
            return cls.usual(years)
        scale = max(float(np.median(np.abs(changes))) / 0.8165, LEAST)
        return cls(scale, float(np.clip(1.2 * np.mean(np.abs(changes) > 8 * scale) - 0.015, 0.02, 0.3)))

    def cost(self, change: Array) -> Array:
        """Minus the log-likelihood, relative to a size known to a quarter only."""
        narrow = (1 - self.wide) / self.scale * (1 + (change / self.scale) ** 2 / 2) ** -1.5
        broad = self.wide / WIDE * (1 + (change / WIDE) ** 2 / 2) ** -1.5
        cost: Array = -np.log(0.25 * (narrow + broad))
        return cost

    def cost_of(self, change: float) -> float:
        """The same of one change, in plain numbers: many are asked for one by one."""
        narrow = (1 - self.wide) / self.scale * (1 + (change / self.scale) ** 2 / 2) ** -1.5
        broad = self.wide / WIDE * (1 + (change / WIDE) ** 2 / 2) ** -1.5
        return -math.log(0.25 * (narrow + broad))

    def between(self, before: Array, after: Array, growth: float | None = None) -> Array:
        """The cost of each new size (columns) given each old one.

        `growth` is the logarithm of that of the commune; by default from the totals, where they are comparable.
        """
        step = np.log(np.maximum(after, 1))[None, :] - np.log(np.maximum(before, 1))[:, None]
        return self.cost(step - (total_growth(before, after) if growth is None else growth))


def total_growth(before: Array, after: Array) -> float:
    """The logarithm of the growth of a commune, 0 where its totals are not comparable."""
    ratio = max(after.sum(), 1) / max(before.sum(), 1)
    return math.log(ratio) if 0.8 < ratio < 1.25 else 0.0


def usual_growth(steps: Array, weights: Array, scale: float) -> float:
    """The logarithm of the growth that most stations of a commune share: the mode of their changes of size.

    Stations that split, or that new buildings doubled, do not count, as they would in a mean.
    """
    likely = np.argsort(-weights, kind="stable")[:MANY]
    steps, weights = steps[likely], weights[likely]
    near = 1 / (1 + ((steps[:, None] - steps[None, :]) / (2 * scale)) ** 2)
    best = near[int((near @ weights).argmax())] ** 2 * weights
    return float(steps @ best / best.sum())
