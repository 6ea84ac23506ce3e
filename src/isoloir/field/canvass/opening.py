"""Opening a pass: turfs with their buildings in the order of the walk, and the units that their counts are shown by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from isoloir.errors import SettingsError
from isoloir.field.canvass.addresses import address_key
from isoloir.field.canvass.archive import Shape, keep_maps, keep_shapes
from isoloir.field.canvass.units import Group, Home, divide
from isoloir.field.canvass.walking import Address, Point, walk
from isoloir.field.models import Building, Campaign, Pass, Turf, Unit
from isoloir.language import say

_MARGIN = 0.0008  # degrees around a turf


@dataclass(frozen=True)
class NewBuilding:
    """An address of a turf to come; `place` is its commune with the postal code, for the hash of the address."""

    station: str
    place: str
    street: str
    number: str
    dwellings: int
    point: Point
    control: bool = False


@dataclass(frozen=True)
class NewTurf:
    """A turf to come."""

    number: int
    name: str
    buildings: Sequence[NewBuilding]


def open_pass(campaign: Campaign, turfs: Iterable[NewTurf], shapes: Iterable[Shape] = ()) -> Pass:
    """Begin a pass with these turfs; raise SettingsError while another is open, or where there is no door.

    Maps are cut from the outlines of stations, where there are any.
    """
    with transaction.atomic():
        if Pass.objects.of(campaign).filter(ended_at=None).exists():
            raise SettingsError(
                say(
                    "un passage est ouvert dans cette campagne ; terminez-le d'abord (isoloir canvass end)",
                    "a pass is open in this campaign; end it first (isoloir canvass end)",
                )
            )
        last = Pass.objects.of(campaign).order_by("-number").values_list("number", flat=True).first()
        opened = Pass.objects.create(campaign=campaign, number=(last or 0) + 1)
        made = [_open(opened, turf) for turf in turfs if turf.buildings]
        if not made:
            raise SettingsError(
                say(
                    "aucune adresse dans ces secteurs : il n'y a pas de porte où frapper",
                    "there is no address in these turfs, so there is no door to knock at",
                )
            )
        stations = set(Building.objects.filter(turf__of_pass=opened).values_list("station", flat=True).distinct())
        opened.places = sorted({station[:3] for station in stations})
        opened.save(update_fields=["places"])
        keep_shapes(opened, shapes, stations)
        keep_maps(opened, made)
    return opened


def end_pass(campaign: Campaign) -> int:
    """End the open pass; delete every report by door of ended ones, and who walked. Return how many reports.

    The counts stay.
    """
    from isoloir.field.models import Claim, Pace, Report

    with transaction.atomic():
        Pass.objects.of(campaign).filter(ended_at=None).update(ended_at=timezone.now())
        over = {"turf__campaign": campaign, "turf__of_pass__ended_at__isnull": False}
        Pace.objects.filter(**over).delete()
        Claim.objects.filter(**over).delete()
        Building.objects.of(campaign).filter(turf__of_pass__ended_at__isnull=False).exclude(note="").update(note="")
        deleted, _ = Report.objects.filter(**over).delete()
    return deleted


def arrange(turf: Turf, buildings: Sequence[NewBuilding]) -> list[tuple[int, Unit]]:
    """Put a turf's doors and bounds right; return the rows of its buildings in walking order, with their units.

    Nothing may have been counted in the turf: its units are made anew.
    """
    order = walk([Address(f"{b.place}|{b.street}", b.number, b.point) for b in buildings])
    # Buildings of control stations come last: they are shown, and are not on the way.
    order.sort(key=lambda row: buildings[row].control)
    walked = [buildings[row] for row in order]
    longitudes, latitudes = zip(*(b.point for b in walked), strict=True)
    turf.doors = sum(b.dwellings for b in walked if not b.control)
    turf.west, turf.south = min(longitudes) - _MARGIN, min(latitudes) - _MARGIN
    turf.east, turf.north = max(longitudes) + _MARGIN, max(latitudes) + _MARGIN
    turf.save()
    groups = divide([Home(b.station, b.street, b.number, b.dwellings) for b in walked])
    units = Unit.objects.bulk_create([_unit(turf, group, walked) for group in groups], batch_size=1000)
    unit_of = {row: unit for group, unit in zip(groups, units, strict=True) for row in group.rows}
    return [(row, unit_of[place]) for place, row in enumerate(order)]


def _open(of: Pass, new: NewTurf) -> Turf:
    turf = Turf(campaign=of.campaign, of_pass=of, number=new.number, name=new.name)
    arranged = arrange(turf, new.buildings)
    buildings = [
        Building(
            campaign=of.campaign, turf=turf, unit=unit, station=b.station, street=b.street, number=b.number,
            place=place, dwellings=b.dwellings, control=b.control, longitude=b.point[0], latitude=b.point[1],
            address=address_key(of.campaign, b.place, b.street, b.number),
        )
        for place, (b, unit) in enumerate(((new.buildings[row], unit) for row, unit in arranged), 1)
    ]  # fmt: skip
    Building.objects.bulk_create(buildings, batch_size=1000)
    return turf


def _unit(turf: Turf, group: Group, buildings: Sequence[NewBuilding]) -> Unit:
    mine = [buildings[row] for row in group.rows]
    return Unit(
        campaign=turf.campaign, turf=turf, station=group.station, level=Unit.Level[group.level.upper()].value,
        name=group.name[:160], dwellings=sum(b.dwellings for b in mine),
        longitude=sum(b.point[0] for b in mine) / len(mine), latitude=sum(b.point[1] for b in mine) / len(mine),
    )  # fmt: skip
