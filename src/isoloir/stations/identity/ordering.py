"""What the codes of stations say about which is which, before any vote is looked at."""

from __future__ import annotations

from copy import copy

import numpy as np

from isoloir.stations.identity.sides import Array, Indices, Side


class Prior:
    """The part of the cost of a pair that comes from codes and labels; its weights are learned."""

    start = np.array([0.35, 0.35, 0.15, 0.15])  # same code, same place in the order, beside its neighbour, anything
    anywhere = np.array([0.05, 0.05, 0.05, 0.85])
    keeping = np.array([0.95, 0.02, 0.02, 0.01])

    def __init__(self, before: Side, after: Side):
        self.n, self.m = len(before), len(after)
        self.before_place, self.after_place = _places(before.registered), _places(after.registered)
        self.same = (np.array(before.codes)[:, None] == np.array(after.codes)[None, :]).astype(float)
        scale = 1.5 / max(self.n, self.m)
        self.order = _kernel(np.abs(self.before_place[:, None] - self.after_place[None, :]), scale)
        self.labels = [
            np.array([[a is not None and a == b for b in right] for a in left])
            for left, right in zip(before.labels, after.labels, strict=True)
        ]
        self.bonds = [0.8] * len(self.labels)

    def blind(self) -> Prior:
        """The same without labels, and with codes that mean nothing."""
        other = copy(self)
        other.same, other.order = np.zeros((self.n, self.m)), np.full((self.n, self.m), 1 / self.m)
        other.labels, other.bonds = [], []
        return other

    def same_code(self) -> tuple[Indices, Indices]:
        """The pairs that have the same code."""
        rows, columns = np.nonzero(self.same)
        return rows, columns

    def cost(
        self, weights: Array, bonds: list[float] | None = None, pairs: tuple[Indices, Indices] | None = None
    ) -> Array:
        """Minus the log of the probability of j given i, times m (so that "anything" costs nothing)."""
        told = pairs is not None and len(pairs[0]) > 0
        beside = self._beside(pairs) if told and pairs is not None else np.full((self.n, self.m), 1 / self.m)
        mixed = weights[0] * self.same + weights[1] * self.order + weights[2] * beside + weights[3] / self.m
        cost: Array = -np.log(mixed * self.m)
        for label, bond in zip(self.labels, bonds or self.bonds, strict=True):
            cost = cost - np.log(bond * label / np.maximum(label.mean(1, keepdims=True), 1 / self.m) + 1 - bond)
        return cost

    def learn(self, pairs: tuple[Indices, Indices]) -> tuple[Array, list[float]]:
        """The weights that the pairs suggest, held away from 0, and how well they keep to the labels."""
        parts = np.array(
            [self.same[pairs], self.order[pairs], self._beside(pairs)[pairs], np.full(len(pairs[0]), 1 / self.m)]
        )
        weights = self.start
        for _ in range(5):
            share = parts * weights[:, None]
            share = share / share.sum(0)
            weights = (share.sum(1) + 0.5) / (share.sum() + 2.0)
        if not len(pairs[0]):
            return weights, self.bonds
        excess = [(label[pairs].mean() - label.mean()) / (1 - label.mean() + 1e-9) for label in self.labels]
        return weights, [float(np.clip(e, 0.0, 0.98)) for e in excess]

    def _beside(self, pairs: tuple[Indices, Indices]) -> Array:
        """Where an old station would be if it stayed beside the neighbours it had in the order of codes."""
        goal = np.full(self.n, -1, np.intp)
        goal[pairs[0]] = pairs[1]
        mixed = np.zeros((self.n, self.m))
        count = np.zeros(self.n)
        for step in (-1, 1):
            beside = np.arange(self.n) + step
            fine = (beside >= 0) & (beside < self.n)
            fine[fine] &= goal[beside[fine]] >= 0
            centre = goal[beside[fine]] - step
            mixed[fine] += _kernel(np.abs(np.arange(self.m)[None, :] - centre[:, None]), 0.7)
            count[fine] += 1
        mixed[count == 0] = 1 / self.m
        return mixed / np.maximum(count, 1)[:, None]


def _places(registered: Array) -> Array:
    total = np.cumsum(registered)
    places: Array = (total - registered / 2) / max(total[-1], 1)
    return places


def _kernel(distance: Array, scale: float) -> Array:
    value = np.exp(-distance / scale)
    scaled: Array = value / value.sum(1, keepdims=True)
    return scaled
