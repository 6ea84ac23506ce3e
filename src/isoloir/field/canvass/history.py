"""What a pass leaves when it has ended: counts, by units of eleven dwellings or more. Who walked is not among them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from isoloir.field.canvass.counts import as_csv, shown_units
from isoloir.field.canvass.outcomes import COLUMNS, CONTACTS, OUTCOMES, summed
from isoloir.field.models import Campaign, Pass, Turf, Unit


@dataclass(frozen=True)
class Past:
    """A pass that has ended; `contacts` are doors that somebody came to."""

    of: Pass
    turfs: int
    doors: int
    visited: int
    contacts: int


def past(campaign: Campaign) -> list[Past]:
    """The passes that have ended, the last one first."""
    ended = Pass.objects.of(campaign).exclude(ended_at=None).order_by("-number")
    return [_past(one) for one in ended]


def units_csv(of: Pass) -> str:
    """The counts of a pass by unit, a column an outcome; what is too small to be shown is in no row."""
    shown = shown_units(turf__of_pass=of).order_by("station", "name", "pk")
    rows = shown.values_list("level", "station", "name", "dwellings", *COLUMNS)
    header = ["level", "station_id", "name", "dwellings", *COLUMNS]
    return as_csv(header, [[Unit.Level(row[0]).name.lower(), *row[1:]] for row in rows.iterator()])


def _past(of: Pass) -> Past:
    turfs = Turf.objects.filter(of_pass=of)
    sums = turfs.aggregate(
        doors=Sum("doors", default=0), seen=Sum(summed(OUTCOMES), default=0), met=Sum(summed(CONTACTS), default=0)
    )
    return Past(of, turfs.count(), sums["doors"], sums["seen"], sums["met"])
