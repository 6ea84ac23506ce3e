"""Splits and merges of stations: what explains those that an assignment left alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from isoloir.stations.identity.renumbering import Matching
from isoloir.stations.identity.sides import Side
from isoloir.stations.identity.sizes import Sizes, total_growth

PARTS = 3  # a station is cut in at most so many, or made of at most so many
PRIOR = math.log(30.0)  # of a split or a merge of two stations, against nothing
WITHIN = 1.5  # half a station is less like the whole than the whole is like itself: its profile counts for less
KEPT_CODES = 0.7  # of the pairs, from which a commune did not renumber

Group = tuple[list[int], list[int]]  # rows of the old stations, rows of the new ones


def explain(matching: Matching, left: Side, right: Side, sizes: Sizes) -> list[Group]:
    """Pairs, and the splits and merges that explain stations left alone."""
    groups = [([int(i)], [int(j)]) for i, j in zip(matching.before, matching.after, strict=True)]
    new = sorted(set(range(len(right))) - set(matching.after.tolist()))
    old = sorted(set(range(len(left))) - set(matching.before.tolist()))
    groups += _same_codes(matching, left, right, old, new)
    groups += [([i], []) for i in old]
    gains = _Gains.of(matching, left, right, sizes)
    for j in sorted(new, key=lambda j: -right.registered[j]):
        _join([(gains.split(g, j), g[1]) for g in groups], j)
    closed = [g[0][0] for g in groups if not g[1]]
    groups = [g for g in groups if g[1]]
    for i in closed:
        _join([(gains.merge(g, i), g[0]) for g in groups], i)
    return groups


def _join(options: list[tuple[float, list[int]]], station: int) -> None:
    """Put the station where it gains most, if it gains anywhere."""
    gain, members = max(options, key=lambda option: option[0], default=(0.0, []))
    if gain > 0:
        members.append(station)


def _same_codes(matching: Matching, left: Side, right: Side, old: list[int], new: list[int]) -> list[Group]:
    """Where the commune kept its codes, stations left alone that have the same one; taken out of the two lists."""
    kept = [left.codes[i] == right.codes[j] for i, j in zip(matching.before, matching.after, strict=True)]
    if kept and np.mean(kept) < KEPT_CODES:
        return []
    where = {right.codes[j]: j for j in new}
    found = [([i], [where[left.codes[i]]]) for i in old if left.codes[i] in where]
    for olds, news in found:
        old.remove(olds[0])
        new.remove(news[0])
    return found


@dataclass(frozen=True)
class _Gains:
    """How much likelier, in nats, a history becomes when a lonely station joins a group."""

    old: list[float]  # registered voters, with the growth of the commune
    new: list[float]
    alike: list[list[float]]  # cost of the profile of a new station given an old one, relative to any profile
    sizes: Sizes

    @classmethod
    def of(cls, matching: Matching, left: Side, right: Side, sizes: Sizes) -> _Gains:
        growth = math.exp(total_growth(left.registered, right.registered))
        alike = (matching.profile - matching.null[None, :]) / WITHIN
        return cls((left.registered * growth).tolist(), right.registered.tolist(), alike.tolist(), sizes)

    def split(self, group: Group, j: int) -> float:
        """That j is a further part of the old station of this group."""
        olds, news = group
        if len(olds) != 1 or len(news) >= PARTS:
            return -math.inf
        now = self._size(olds, news) - PRIOR if news else 0.0
        return now - self._size(olds, [*news, j]) - self.alike[olds[0]][j]

    def merge(self, group: Group, i: int) -> float:
        """That the old station i joined the new one of this group."""
        olds, news = group
        if len(news) != 1 or len(olds) >= PARTS:
            return -math.inf
        return self._size(olds, news) - self._size([*olds, i], news) - self.alike[i][news[0]] - PRIOR

    def _size(self, olds: list[int], news: list[int]) -> float:
        """The cost of the size, for the sums of both."""
        step = math.log(sum(self.new[j] for j in news) / sum(self.old[i] for i in olds))
        return self.sizes.cost_of(step)
