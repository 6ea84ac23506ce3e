"""What is known of a door: the last outcome, in the order of the server, that nobody took back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Q

from isoloir.field.canvass.outcomes import OUTCOMES, Kind
from isoloir.field.models.canvass import Report

Door = tuple[int, int, int]  # building, floor, door


def door_of(report: Report) -> Door:
    """Which door it is about."""
    return report.building_id, report.floor, report.door


def standing(reports: Iterable[Report]) -> list[Report]:
    """The reports of one door that were not taken back, in the order of the server."""
    every = sorted(reports, key=lambda report: report.sequence)
    undone = {(report.phone_id, report.undoes) for report in every if report.kind == Kind.UNDO}
    return [r for r in every if r.kind != Kind.UNDO and (r.phone_id, r.number) not in undone]


def outcome(reports: Iterable[Report]) -> Kind | None:
    """What became of one door."""
    outcomes = [Kind(report.kind) for report in standing(reports) if report.kind in OUTCOMES]
    return outcomes[-1] if outcomes else None


def reports_of(doors: Iterable[Door]) -> Mapping[Door, list[Report]]:
    """Every report of some doors."""
    wanted = set(doors)
    found: dict[Door, list[Report]] = defaultdict(list)
    if wanted:
        # By building and kind of index first: a few hundred rows, sorted out here.
        which = Q(building_id__in={building for building, _, _ in wanted})
        which &= Q(floor__in={floor for _, floor, _ in wanted}) & Q(door__in={door for _, _, door in wanted})
        for report in Report.objects.filter(which):
            if door_of(report) in wanted:
                found[door_of(report)].append(report)
    return found
