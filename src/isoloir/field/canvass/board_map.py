"""The board as a map: a circle for each unit of eleven dwellings or more, or for each turf where units are many.

It is drawn here rather than in the browser, so that it changes with the board and needs no script. Straight lines,
no background; what it shows stands in a table too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from isoloir.field.canvass.counts import shown_units
from isoloir.field.canvass.outcomes import OUTCOMES, summed
from isoloir.field.models import Pass, Turf

MOST = 600  # circles
WIDE, MARGIN = 640, 24  # of the drawing
_TALLEST = 480
_Row = tuple[str, str, float, float, int, int]  # name, station, longitude, latitude, doors visited, doors


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
    """The drawing, `WIDE` across."""

    tall: int
    marks: tuple[Mark, ...]


def board_map(of: Pass) -> BoardMap | None:
    """The map of a pass; None where there is nothing to draw."""
    where = ("longitude", "latitude", "seen", "dwellings", "pk")
    units = shown_units(turf__of_pass=of).annotate(seen=summed(OUTCOMES)).values_list("station", "name", *where)
    rows = [(name, station, *rest) for station, name, *rest, _ in sorted(units[: MOST + 1])]
    if len(rows) > MOST:
        rows = [_of_turf(*turf) for turf in _turfs(of)[:MOST]]
    return _drawn(rows) if rows else None


def _turfs(of: Pass) -> Any:
    turfs = Turf.objects.filter(of_pass=of).annotate(seen=summed(OUTCOMES)).order_by("number")
    return turfs.values_list("number", "name", "west", "south", "east", "north", "seen", "doors")


def _of_turf(
    number: int, name: str, west: float, south: float, east: float, north: float, visited: int, doors: int
) -> _Row:
    return f"{number} · {name}", "", (west + east) / 2, (south + north) / 2, visited, doors


def _drawn(rows: Sequence[_Row]) -> BoardMap:
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
    return BoardMap(round((north - south) * scale) + 2 * MARGIN, marks)
