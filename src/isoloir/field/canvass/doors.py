"""What is known of a door: the last outcome, in the order of the server, that nobody took back."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from isoloir.field.canvass.outcomes import OUTCOMES, Kind

Door = tuple[int, int, int]  # building, floor, door


class Row(NamedTuple):
    """A report as plain values, named as its columns are: a phone's batch reads and writes some hundred of them."""

    turf_id: int
    phone_id: uuid.UUID
    number: int
    sequence: int
    building_id: int
    floor: int
    door: int
    kind: int
    undoes: int | None
    at: datetime


_sequence = attrgetter("sequence")


def door_of(report: Row) -> Door:
    """Which door it is about."""
    return report.building_id, report.floor, report.door


def by_door(reports: Iterable[Row]) -> Mapping[Door, list[Row]]:
    """The reports of each door."""
    found: dict[Door, list[Row]] = defaultdict(list)
    for report in reports:
        found[door_of(report)].append(report)
    return found


def standing(reports: Iterable[Row]) -> list[Row]:
    """The reports of one door that were not taken back, in the order of the server."""
    every = sorted(reports, key=_sequence)
    undone = {(report.phone_id, report.undoes) for report in every if report.kind == Kind.UNDO}
    return [r for r in every if r.kind != Kind.UNDO and (r.phone_id, r.number) not in undone] if undone else every


def outcome(reports: Iterable[Row]) -> Kind | None:
    """What became of one door."""
    return last_outcome(standing(reports))


def last_outcome(standing: Sequence[Row]) -> Kind | None:
    """The same, of reports that stand."""
    return next((Kind(report.kind) for report in reversed(standing) if report.kind in OUTCOMES), None)
