"""Turfs as a phone takes them along, and who walks them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from isoloir.errors import SettingsError
from isoloir.field.canvass import silence
from isoloir.field.canvass.doors import by_door, outcome
from isoloir.field.canvass.known import of_turf
from isoloir.field.models import Building, Campaign, Claim, KeepAway, Turf, User
from isoloir.language import say

TOGETHER = 4  # people on one turf


def open_turfs(campaign: Campaign, user: User) -> list[dict[str, Any]]:
    """The turfs of the open pass, this account's first."""
    mine = Claim.objects.filter(turf=OuterRef("pk"), user=user)
    turfs = Turf.objects.of(campaign).filter(of_pass__ended_at=None).annotate(
        people=Count("claims"), mine=Exists(mine)
    )  # fmt: skip
    return [
        {
            "id": turf.pk, "number": turf.number, "name": turf.name, "doors": turf.doors, "visited": turf.visited,
            "people": turf.people, "mine": turf.mine, "done": turf.done_at is not None,
            "pass": turf.of_pass_id,
        }
        for turf in turfs.order_by("-mine", "number")
    ]  # fmt: skip


def turf_for_phone(turf: Turf) -> dict[str, Any]:
    """Everything that is needed to walk a turf without a network: buildings in order, doors known so far."""
    buildings = list(Building.objects.filter(turf=turf).order_by("place"))
    reports = of_turf(turf.pk)
    sequence = max((report.sequence for report in reports), default=0)
    states = [[*door, found.word if (found := outcome(of)) else None] for door, of in by_door(reports).items()]
    return {
        "id": turf.pk, "number": turf.number, "name": turf.name, "doors": turf.doors, "sequence": sequence,
        "bounds": [turf.west, turf.south, turf.east, turf.north],
        "map": hasattr(turf, "map"), "silence": silence.days_of(turf),
        "buildings": [
            {
                "id": b.pk, "station": b.station, "street": b.street, "number": b.number, "dwellings": b.dwellings,
                "control": b.control, "at": [b.longitude, b.latitude], "note": b.note,
            }
            for b in buildings
        ],
        "states": states,
        "away": _away(turf.campaign, buildings),
    }  # fmt: skip


def claim(turf: Turf, user: User) -> None:
    """Take a turf, alone or beside others; raise SettingsError where enough people walk it, NotAllowed by law."""
    silence.ask(turf)
    if Claim.objects.filter(turf=turf).exclude(user=user).count() >= TOGETHER:
        raise SettingsError(
            say(
                f"{TOGETHER} personnes parcourent déjà ce secteur ; prenez-en un autre",
                f"{TOGETHER} people walk this turf already; take another",
            )
        )
    Claim.objects.get_or_create(turf=turf, user=user)


def release(turf: Turf, user: User, done: bool) -> None:
    """Give a turf back, finished or not."""
    Claim.objects.filter(turf=turf, user=user).delete()
    Turf.objects.filter(pk=turf.pk).update(done_at=timezone.now() if done else None)


def _away(campaign: Campaign, buildings: list[Building]) -> list[list[int]]:
    """The doors that asked to be left alone: building, floor, door."""
    of_address: dict[str, list[int]] = {}
    for building in buildings:
        of_address.setdefault(building.address, []).append(building.pk)
    marks = KeepAway.objects.of(campaign).filter(address__in=of_address).order_by("pk")
    return [[pk, mark.floor, mark.door] for mark in marks for pk in of_address[mark.address]]
