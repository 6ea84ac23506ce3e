"""Counts that leave the campaign, and counts that come in on paper: by station, never by door."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from isoloir.errors import SettingsError
from isoloir.field.canvass.outcomes import COLUMNS, OUTCOMES, summed
from isoloir.field.canvass.units import LEAST
from isoloir.field.models import Building, Campaign, Pass, Turf, Unit
from isoloir.formulas import as_text
from isoloir.language import say

PAPER = "papier"
MOST = 2_000  # doors of one box of a sheet


def shown_units(**where: Any) -> QuerySet[Unit]:
    """The units of a turf or a pass whose counts may be shown: at least eleven dwellings."""
    return Unit.objects.filter(**where).exclude(level=Unit.Level.TURF)


def by_station(of: Pass) -> list[dict[str, Any]]:
    """Doors by outcome of each station; what is too small to be shown is in no row."""
    sums = {name: Sum(name) for name in COLUMNS}
    rows = shown_units(turf__of_pass=of).values("station").annotate(**sums).order_by("station")
    return [dict(row) for row in rows]


def counts_csv(of: Pass) -> str:
    """The counts of a pass: `station_id`, then a column an outcome."""
    return as_csv(
        ["station_id", *COLUMNS], [[row["station"], *(row[name] for name in COLUMNS)] for row in by_station(of)]
    )


def measure_csv(campaign: Campaign) -> str:
    """Doors knocked at by station over all passes: what `isoloir measure --visits` reads."""
    doors = Sum(summed(OUTCOMES))
    rows = Unit.objects.of(campaign).values("station").annotate(doors=doors).filter(doors__gt=0).order_by("station")
    return as_csv(["station_id", "doors"], [[row["station"], row["doors"]] for row in rows])


def stations_of(turf: Turf) -> list[str]:
    """The stations of a turf, those to be left alone last."""
    rows = Building.objects.filter(turf=turf).values_list("station", "control").distinct()
    return [station for station, _ in sorted(rows, key=lambda row: (row[1], row[0]))]


def read_sheet(turf: Turf, form: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """What was typed from a sheet: station, outcome, doors. Raise SettingsError for what is no count."""
    found: dict[str, dict[str, int]] = {}
    for station in stations_of(turf):
        for name in COLUMNS:
            text = form.get(f"{station}:{name}", "").strip()
            if text and not (text.isascii() and text.isdigit() and int(text) <= MOST):
                raise SettingsError(
                    say(
                        f"{station}, {name} : {text[:20]!r} n'est pas un nombre de 0 à {MOST}",
                        f"{station}, {name}: {text[:20]!r} is no count from 0 to {MOST}",
                    )
                )
            if text and int(text):
                found.setdefault(station, {})[name] = int(text)
    return found


def add_sheet(turf: Turf, sheet: Mapping[str, Mapping[str, int]]) -> int:
    """Add a sheet of paper to the counts; return its doors. Paper knows stations and no buildings."""
    with transaction.atomic():
        held = Turf.objects.select_for_update().get(pk=turf.pk)
        for station, counts in sheet.items():
            mine = Building.objects.filter(turf=held, station=station)
            moved = {name: F(name) + doors for name, doors in counts.items()}
            Unit.objects.filter(pk=_paper_unit(held, station).pk).update(**moved)
            if not mine.filter(control=True).exists():
                Turf.objects.filter(pk=held.pk).update(**moved)
        Turf.objects.filter(pk=held.pk).update(sequence=F("sequence") + 1)
    return sum(sum(counts.values()) for counts in sheet.values())


def _paper_unit(turf: Turf, station: str) -> Unit:
    """All of a station within a turf, as sheets of paper count it."""
    homes = list(Building.objects.filter(turf=turf, station=station).values_list("dwellings", "longitude", "latitude"))
    dwellings = sum(home[0] for home in homes)
    unit, _ = Unit.objects.get_or_create(
        campaign=turf.campaign, turf=turf, station=station, name=f"{station} ({PAPER})",
        level=Unit.Level.STATION if dwellings >= LEAST else Unit.Level.TURF,
        defaults={
            "dwellings": dwellings,
            "longitude": sum(home[1] for home in homes) / len(homes),
            "latitude": sum(home[2] for home in homes) / len(homes),
        },
    )  # fmt: skip
    return unit


def as_csv(header: list[str], rows: list[list[Any]]) -> str:
    """A table as text; what a spreadsheet would take for a formula is taken for text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_plain(value) for value in row] for row in rows])
    return text.getvalue()


def _plain(value: object) -> object:
    return as_text(value) if isinstance(value, str) else value
