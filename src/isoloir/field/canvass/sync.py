"""Taking reports from phones: in order, once each, whatever the network did.

A phone numbers its reports from 1 and sends them from the first that was not acknowledged. The server keeps, for each
phone, the number up to which it has everything; it skips what it has, takes what follows, and answers with the new
number. Sending twice, late or in pieces therefore changes nothing. Reports of one turf are numbered again as they are
taken, under a lock of the turf, so that a phone that asks for what came after a sequence misses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from isoloir.field.canvass.doors import Door, Row, by_door, door_of, outcome, reports_of, rows, standing
from isoloir.field.canvass.notes import foreign_words
from isoloir.field.canvass.outcomes import Kind
from isoloir.field.canvass.wire import Batch, Malformed, Refused, Told
from isoloir.field.canvass.written import Changes, write
from isoloir.field.models import Building, Campaign, KeepAway, Phone, Report, Turf, User

SHOWN = 2_000  # reports behind one answer
Known = Mapping[Door, list[Row]]  # the reports that were there before


class Place(NamedTuple):
    """What a report needs to know of its building."""

    id: int
    turf: int
    unit: int
    control: bool
    address: str
    opened_at: datetime  # of its pass


@dataclass(frozen=True)
class Answer:
    """What the phone is told: everything up to `received` is safe here."""

    received: int
    refused: tuple[Refused, ...]
    turf: int | None = None
    sequence: int = 0  # the answer is complete up to here
    doors: tuple[tuple[int, int, int, str | None], ...] = ()  # building, floor, door, outcome
    more: bool = False


@dataclass
class _Taken:
    """What a batch adds, gathered before anything is written."""

    reports: list[Row] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


def receive(campaign: Campaign, user: User, batch: Batch, now: datetime | None = None) -> Answer:
    """Take a batch; raise Malformed where the phone belongs to another campaign."""
    with transaction.atomic():
        phone = _phone(campaign, user, batch)
        taken = _take(campaign, phone, batch, now or timezone.now())
    return _answer(campaign, batch, phone.received, tuple(taken.refused))


def _phone(campaign: Campaign, user: User, batch: Batch) -> Phone:
    """The phone, locked until the batch is taken."""
    held = Phone.objects.select_for_update().filter(id=batch.phone)
    phone = next(iter(held), None)
    if phone is None:
        Phone.objects.bulk_create([Phone(id=batch.phone, campaign=campaign, user=user)], ignore_conflicts=True)
        phone = held.get()
    if phone.campaign_id != campaign.pk:
        raise Malformed("this phone reports to another campaign; open the application of that campaign")
    phone.user = user
    return phone


def _take(campaign: Campaign, phone: Phone, batch: Batch, now: datetime) -> _Taken:
    """Add what is new to the books."""
    expected = phone.received + 1
    gap = batch.first > expected and batch.first != batch.oldest
    fresh = [] if gap else [told for told in batch.told if told.number >= expected]
    taken = _Taken(refused=[told for told in fresh if isinstance(told, Refused)])
    _add(campaign, phone, batch, [told for told in fresh if isinstance(told, Told)], taken, now)
    if fresh:
        phone.received = fresh[-1].number
    phone.save(update_fields=["received", "user", "seen_at"])
    return taken


def _add(campaign: Campaign, phone: Phone, batch: Batch, fresh: Sequence[Told], taken: _Taken, now: datetime) -> None:
    wanted = {told.building for told in fresh if told.kind is not Kind.UNDO}
    undone = {told.undoes for told in fresh if told.undoes is not None}
    earlier = {r.number: r for r in rows(Report.objects.filter(phone=phone, number__in=undone))} if undone else {}
    wanted |= {report.building_id for report in earlier.values()}
    buildings = _places(campaign, wanted)
    skew = now - _moment(batch.now)
    for told in fresh:
        _sort(told, phone, buildings, earlier, taken, skew, now)
    if taken.notes:
        for building, text in taken.notes.items():
            Building.objects.filter(pk=building).update(note=text)
    if taken.reports:
        reports, last = _lock(taken.reports)
        before = reports_of(map(door_of, reports))
        _write(buildings, reports, last, before)
        _keep_away(campaign, buildings, reports, before)


def _sort(
    told: Told,
    phone: Phone,
    buildings: Mapping[int, Place],
    earlier: dict[int, Row],
    taken: _Taken,
    skew: timedelta,
    now: datetime,
) -> None:
    """Put one report where it belongs, or refuse it."""
    target = earlier.get(told.undoes) if told.undoes is not None else None
    building = buildings.get(target.building_id if target else told.building)
    if told.kind is Kind.UNDO and (target is None or target.kind == Kind.UNDO):
        taken.refused.append(Refused(told.number, "nothing_to_undo"))
    elif building is None:
        taken.refused.append(Refused(told.number, "unknown_building"))
    elif told.kind is Kind.NOTE and foreign_words(told.text):
        taken.refused.append(Refused(told.number, "note_about_person"))
    elif told.kind is Kind.NOTE:
        taken.notes[building.id] = " ".join(told.text.split())
    else:
        place = target or told
        report = Row(
            turf_id=building.turf, phone_id=phone.pk, number=told.number, sequence=0, building_id=building.id,
            floor=place.floor, door=place.door, kind=told.kind.value, undoes=told.undoes,
            at=max(min(_moment(told.at) + skew, now), building.opened_at),
        )  # fmt: skip
        earlier[told.number] = report
        taken.reports.append(report)


def _places(campaign: Campaign, wanted: set[int]) -> dict[int, Place]:
    found = Building.objects.of(campaign).filter(pk__in=wanted)
    columns = ("pk", "turf_id", "unit_id", "control", "address", "turf__of_pass__opened_at")
    return {values[0]: Place(*values) for values in found.values_list(*columns)}


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def _lock(reports: Sequence[Row]) -> tuple[list[Row], dict[int, int]]:
    """The reports with a sequence each, and the last one of each turf; the turfs are locked, in order."""
    ids = {report.turf_id for report in reports}
    turfs = Turf.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    last = dict(turfs.values_list("pk", "sequence"))
    numbered = []
    for report in reports:
        last[report.turf_id] += 1
        numbered.append(report._replace(sequence=last[report.turf_id]))
    return numbered, last


def _write(buildings: Mapping[int, Place], reports: Sequence[Row], last: dict[int, int], before: Known) -> None:
    """The reports, and what they change in the counts kept beside them."""
    changes = Changes()
    for door, fresh in by_door(reports).items():
        place = buildings[door[0]]
        changes.of_door(before.get(door, []), fresh, place.unit, None if place.control else place.turf)
    write(reports, changes, last)


def _keep_away(campaign: Campaign, buildings: Mapping[int, Place], new: Sequence[Row], before: Known) -> None:
    """Mark the doors that asked for it, and take the mark off where that was a slip."""
    for door, reports in by_door(new).items():
        had, asked = _asked(before.get(door, [])), _asked([*before.get(door, []), *reports])
        building, floor, number = door
        mark: dict[str, Any] = {"address": buildings[building].address, "floor": floor, "door": number}
        if asked and not had:
            KeepAway.objects.get_or_create(campaign=campaign, **mark)
        elif had and not asked:
            KeepAway.objects.of(campaign).filter(**mark).delete()


def _asked(reports: Iterable[Row]) -> bool:
    return any(report.kind == Kind.KEEP_AWAY for report in standing(reports))


def _answer(campaign: Campaign, batch: Batch, received: int, refused: tuple[Refused, ...]) -> Answer:
    """What the phone is told of the turf it walks: every door that changed since it last heard."""
    turf, sequence = batch.turf or 0, _sequence(campaign, batch.turf)
    if sequence is None or sequence <= batch.seen:
        return Answer(received, refused, None if sequence is None else turf, sequence or 0)
    fresh = Report.objects.filter(turf=turf, sequence__gt=batch.seen).order_by("sequence")
    news = rows(fresh[:SHOWN])
    more = len(news) == SHOWN
    doors = tuple(
        (*door, found.word if (found := outcome(reports)) else None)
        for door, reports in sorted(reports_of(map(door_of, news)).items())
    )
    return Answer(received, refused, turf, news[-1].sequence if more else sequence, doors, more)


def _sequence(campaign: Campaign, turf: int | None) -> int | None:
    """The last sequence of a turf; None where there is no such turf in this campaign."""
    if turf is None:
        return None
    return Turf.objects.of(campaign).filter(pk=turf).values_list("sequence", flat=True).first()
