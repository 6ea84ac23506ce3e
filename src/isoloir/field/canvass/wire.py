"""What a phone sends, read strictly: a report that makes no sense is refused alone and never holds up the others."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isoloir.errors import IsoloirError
from isoloir.field.canvass.outcomes import WORDS, Kind

BATCH = 500  # reports of one request
_FLOORS, _DOORS, _MILLISECONDS = (-9, 99), (0, 999), (0, 2**43)
_ID = (1, 2**62)


class Malformed(IsoloirError):
    """A request that no phone of ours would send."""


@dataclass(frozen=True)
class Told:
    """One report as a phone tells it; `number` counts the reports of this phone from 1."""

    number: int
    kind: Kind
    building: int
    floor: int
    door: int
    at: int  # milliseconds by the phone's clock
    undoes: int | None
    text: str


@dataclass(frozen=True)
class Refused:
    """A report that was not taken, and why: a word that the phone has a sentence for."""

    number: int
    why: str


@dataclass(frozen=True)
class Batch:
    """A request: reports in the order of their numbers, and what the phone knows of one turf."""

    phone: uuid.UUID
    now: int  # milliseconds by the phone's clock, when it sent this
    first: int  # number of the first report
    oldest: int  # number of the oldest report that the phone still has
    told: tuple[Told | Refused, ...]
    turf: int | None
    seen: int  # the last sequence of that turf that the phone has


def read_batch(raw: object) -> Batch:
    """A request as plain JSON values; raise Malformed where it is none."""
    if not isinstance(raw, Mapping):
        raise Malformed("a request is an object")
    reports = raw.get("reports", [])
    if not isinstance(reports, list) or len(reports) > BATCH:
        raise Malformed(f"reports is a list of at most {BATCH}")
    first = _whole(raw, "first", _ID)
    turf = raw.get("turf")
    try:
        phone = uuid.UUID(str(raw.get("phone")))
    except ValueError:
        raise Malformed(f"phone is a UUID, not {str(raw.get('phone'))[:40]!r}") from None
    return Batch(
        phone=phone,
        now=_whole(raw, "now", _MILLISECONDS),
        first=first,
        oldest=_whole(raw, "oldest", _ID),
        told=tuple(_report(first + i, report) for i, report in enumerate(reports)),
        turf=None if turf is None else _whole(raw, "turf", _ID),
        seen=0 if turf is None else _whole(raw, "seen", (0, _ID[1])),
    )


def _report(number: int, raw: object) -> Told | Refused:
    if not isinstance(raw, Mapping):
        return Refused(number, "malformed")
    kind = WORDS.get(str(raw.get("kind")))
    if kind is None:
        return Refused(number, "unknown_kind")
    try:
        undoes = _whole(raw, "undoes", _ID) if kind is Kind.UNDO else None
        building = 0 if kind is Kind.UNDO else _whole(raw, "building", _ID)
        floor = 0 if kind is Kind.UNDO else _whole(raw, "floor", _FLOORS)
        door = 0 if kind is Kind.UNDO else _whole(raw, "door", _DOORS)
        at = _whole(raw, "at", _MILLISECONDS)
    except Malformed:
        return Refused(number, "malformed")
    text = raw.get("text", "")
    if not isinstance(text, str) or (text and kind is not Kind.NOTE):
        return Refused(number, "malformed")
    return Told(number, kind, building, floor, door, at, undoes, text)


def _whole(raw: Mapping[Any, Any], name: str, bounds: tuple[int, int]) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not bounds[0] <= value <= bounds[1]:
        raise Malformed(f"{name} is a whole number from {bounds[0]} to {bounds[1]}")
    return value
