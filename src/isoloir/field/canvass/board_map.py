"""The board as a map: a circle for each unit of eleven dwellings or more, for each turf where units are many, or for
each square of a grid where turfs are many too. Every turf is on it, and it says which of the three it shows.

It is drawn here rather than in the browser, so that it changes with the board and needs no script. Straight lines,
no background; what it shows stands in a table too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from isoloir.field.canvass.counts import shown_units
from isoloir.field.canvass.outcomes import OUTCOMES, summed
from isoloir.field.models import Pass, Turf

MOST = 600  # circles
_GRID = 23  # squares across and down, and one for the edge: at most 576 circles
WIDE, MARGIN = 640, 24  # of the drawing
_TALLEST = 480


class Spot(NamedTuple):
    """What a circle stands for, in degrees."""

    name: str
    station: str
    x: float
    y: float
    visited: int
    doors: int


@dataclass(frozen=True)
class Mark:
    """A circle: `done` is how much of it is filled, 0 to 4 quarters."""

    name: str
    station: str
    x: float
    y: float
    r: float
    visited: int
    doors: int

    @property
    def done(self) -> int:
        """Quarters of its doors that have an outcome, rounded up: a beginning shows."""
        return min(4, math.ceil(4 * self.visited / self.doors)) if self.doors else 0


@dataclass(frozen=True)
class BoardMap:
    """The drawing, `WIDE` across; `of` says what a circle is: units, turfs or squares, and `whole` how many they are.

    Of squares `whole` counts the turfs in them.
    """

    tall: int
    marks: tuple[Mark, ...]
    of: str
    whole: int


def board_map(of: Pass) -> BoardMap | None:
    """The map of a pass; None where there is nothing to draw."""
    where = ("longitude", "latitude", "seen", "dwellings", "pk")
    units = shown_units(turf__of_pass=of).annotate(seen=summed(OUTCOMES)).values_list("station", "name", *where)
    rows = [Spot(name, station, *rest) for station, name, *rest, _ in sorted(units[: MOST + 1])]
    if len(rows) <= MOST:
        return _drawn(rows, "units", len(rows)) if rows else None
    turfs = [_of_turf(*turf) for turf in _turfs(of)]
    return _drawn(turfs, "turfs", len(turfs)) if len(turfs) <= MOST else _drawn(_squares(turfs), "squares", len(turfs))


def _turfs(of: Pass) -> Any:
    turfs = Turf.objects.filter(of_pass=of).annotate(seen=summed(OUTCOMES)).order_by("number")
    return turfs.values_list("number", "name", "west", "south", "east", "north", "seen", "doors")


def _of_turf(
    number: int, name: str, west: float, south: float, east: float, north: float, visited: int, doors: int
) -> Spot:
    return Spot(f"{number} · {name}", "", (west + east) / 2, (south + north) / 2, visited, doors)


def _squares(turfs: Sequence[Spot]) -> list[Spot]:
    """The turfs of each square of a grid together, at their middle."""
    xs, ys = [spot.x for spot in turfs], [spot.y for spot in turfs]
    west, south = min(xs), min(ys)
    step = max(max(xs) - west, max(ys) - south) / _GRID or 1.0
    held: dict[tuple[int, int], list[Spot]] = {}
    for spot in turfs:
        held.setdefault((int((spot.x - west) / step), int((spot.y - south) / step)), []).append(spot)
    return [
        Spot(f"{of[0].name} (+ {len(of) - 1})" if len(of) > 1 else of[0].name, "",
             sum(one.x for one in of) / len(of), sum(one.y for one in of) / len(of),
             sum(one.visited for one in of), sum(one.doors for one in of))
        for of in held.values()
    ]  # fmt: skip


def _drawn(rows: Sequence[Spot], of: str, whole: int) -> BoardMap:
    west, east = min(row[2] for row in rows), max(row[2] for row in rows)
    south, north = min(row[3] for row in rows), max(row[3] for row in rows)
    narrow = math.cos(math.radians((south + north) / 2))
    inner = WIDE - 2 * MARGIN
    scale = min(inner / max((east - west) * narrow, 1e-4), (_TALLEST - 2 * MARGIN) / max(north - south, 1e-4))
    left = (WIDE - (east - west) * narrow * scale) / 2
    most = max(row[5] for row in rows) or 1
    marks = tuple(
        Mark(name, station, round(left + (x - west) * narrow * scale, 1), round(MARGIN + (north - y) * scale, 1),
             round(6 + 10 * math.sqrt(doors / most), 1), visited, doors)
        for name, station, x, y, visited, doors in rows
    )  # fmt: skip
    return BoardMap(round((north - south) * scale) + 2 * MARGIN, marks, of, whole)
