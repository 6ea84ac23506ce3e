"""What a plan is made on: stations with their doors, hours and votes, who is next to whom, and how far the start is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OUTING_HOURS = 3.0  # at the doors before a team goes home
SPEED_KM_H, DETOUR = 25.0, 1.3  # by whatever comes first, and the way against the bee-line
TOUCHING_M = 15.0  # outlines nearer than that are neighbours: simplified borders leave gaps


@dataclass(frozen=True)
class Field:
    """S stations that may be planned."""

    doors: Floats  # (S,)
    hours: Floats  # (S,): of a pair, for all doors
    votes: Floats  # (S,): net, for all doors
    place: Floats  # (S, 2): metres east and north of the start
    neighbours: Sequence[frozenset[int]]  # of each station

    @cached_property
    def rate(self) -> Floats:
        """Votes per hour at the doors, (S,)."""
        return self.votes / np.maximum(self.hours, 1e-9)

    @cached_property
    def worth(self) -> Floats:
        """Votes per hour, each station's own way from the start counted in, (S,)."""
        travel = [self.travel_hours([s], h) for s, h in enumerate(self.hours.tolist())]
        return self.votes / np.maximum(self.hours + travel, 1e-9)

    def travel_hours(self, stations: Sequence[int], work: float) -> float:
        """To the middle of some stations and back, as often as so much work at the doors needs."""
        metres = float(np.hypot(*self.place[list(stations)].mean(axis=0)))
        return float(np.ceil(work / OUTING_HOURS)) * 2 * DETOUR * metres / 1000 / SPEED_KM_H


def read_neighbours(outlines: Iterable[shapely.Geometry]) -> list[frozenset[int]]:
    """Which outlines (in metres) touch, by their place in the list."""
    shapes = np.array(list(outlines), dtype=object)
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="dwithin", distance=TOUCHING_M)
    found: list[set[int]] = [set() for _ in shapes]
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        if a != b:
            found[a].add(b)
    return [frozenset(f) for f in found]


def is_connected(stations: Sequence[int], neighbours: Sequence[frozenset[int]]) -> bool:
    """Whether one can go from any of the stations to any other without leaving them."""
    return len(reachable(stations[0], stations, neighbours)) == len(set(stations)) if stations else True


def reachable(first: int, stations: Iterable[int], neighbours: Sequence[frozenset[int]]) -> set[int]:
    """The stations that can be reached from the first one without leaving them."""
    left, seen, todo = set(stations), {first}, [first]
    while todo:
        for other in neighbours[todo.pop()]:
            if other in left and other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def pieces(stations: Iterable[int], neighbours: Sequence[frozenset[int]]) -> list[list[int]]:
    """The connected pieces of some stations, each in order."""
    left, out = set(stations), []
    while left:
        piece = reachable(min(left), left, neighbours)
        out.append(sorted(piece))
        left -= piece
    return out
