"""What is known of a door: the last outcome, in the order of the server, that nobody took back."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from isoloir.field.canvass.outcomes import OUTCOMES, Kind
from isoloir.field.models.canvass import Report

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


def rows(reports: QuerySet[Report]) -> list[Row]:
    """Those reports, read as plain values."""
    return [Row(*values) for values in reports.values_list(*Row._fields)]


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
    every = sorted(reports, key=lambda report: report.sequence)
    undone = {(report.phone_id, report.undoes) for report in every if report.kind == Kind.UNDO}
    return [r for r in every if r.kind != Kind.UNDO and (r.phone_id, r.number) not in undone]


def outcome(reports: Iterable[Row]) -> Kind | None:
    """What became of one door."""
    outcomes = [report.kind for report in standing(reports) if report.kind in OUTCOMES]
    return Kind(outcomes[-1]) if outcomes else None


def reports_of(doors: Iterable[Door]) -> Mapping[Door, list[Row]]:
    """Every report of some doors."""
    wanted = set(doors)
    if not wanted:
        return {}
    # By building and kind of index first: a few hundred rows, sorted out here.
    which = Q(building_id__in={building for building, _, _ in wanted})
    which &= Q(floor__in={floor for _, floor, _ in wanted}) & Q(door__in={door for _, _, door in wanted})
    return by_door(report for report in rows(Report.objects.filter(which)) if door_of(report) in wanted)
