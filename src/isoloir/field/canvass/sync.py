"""Taking reports from phones: in order, once each, whatever the network did.

A phone numbers its reports from 1 and sends them from the first that was not acknowledged. The server keeps, for each
phone, the number up to which it has everything; it skips what it has, takes what follows, and answers with the new
number. Sending twice, late or in pieces therefore changes nothing. Reports of one turf are numbered again as they are
taken, under a lock of the turf, so that a phone that asks for what came after a sequence misses nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from isoloir.field.canvass.doors import Door, door_of, outcome, reports_of, standing
from isoloir.field.canvass.notes import foreign_words
from isoloir.field.canvass.outcomes import CONTACTS, OUTCOMES, Kind
from isoloir.field.canvass.wire import Batch, Malformed, Refused, Told
from isoloir.field.models import Building, Campaign, KeepAway, Pace, Phone, Report, Turf, Unit, User

SLOT = timedelta(minutes=15)
SHOWN = 2_000  # reports behind one answer
Known = Mapping[Door, list[Report]]  # the reports that were there before


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

    reports: list[Report] = field(default_factory=list)
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
    Phone.objects.get_or_create(id=batch.phone, defaults={"campaign": campaign, "user": user})
    phone = Phone.objects.select_for_update().get(id=batch.phone)
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
    earlier = {r.number: r for r in Report.objects.filter(phone=phone, number__in=undone)} if undone else {}
    wanted |= {report.building_id for report in earlier.values()}
    buildings = Building.objects.of(campaign).select_related("turf__of_pass").in_bulk(wanted)
    skew = now - _moment(batch.now)
    for told in fresh:
        _sort(told, phone, buildings, earlier, taken, skew, now)
    if taken.notes:
        for building, text in taken.notes.items():
            Building.objects.filter(pk=building).update(note=text)
    if taken.reports:
        turfs = _lock(taken.reports)
        before = reports_of(map(door_of, taken.reports))
        _write(buildings, turfs, taken.reports, before)
        _keep_away(campaign, buildings, taken.reports, before)


def _sort(
    told: Told,
    phone: Phone,
    buildings: dict[int, Building],
    earlier: dict[int, Report],
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
        taken.notes[building.pk] = " ".join(told.text.split())
    else:
        place = target or told
        report = Report(
            turf=building.turf, phone=phone, number=told.number, building=building, floor=place.floor,
            door=place.door, kind=told.kind, undoes=told.undoes,
            at=max(min(_moment(told.at) + skew, now), building.turf.of_pass.opened_at),
        )  # fmt: skip
        earlier[told.number] = report
        taken.reports.append(report)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def _lock(reports: Sequence[Report]) -> dict[int, Turf]:
    """The turfs, locked in order; and a sequence for each report."""
    ids = sorted({report.turf_id for report in reports})
    turfs = {turf.pk: turf for turf in Turf.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    for report in reports:
        turf = turfs[report.turf_id]
        turf.sequence += 1
        report.sequence = turf.sequence
    return turfs


def _by_door(reports: Iterable[Report]) -> dict[Door, list[Report]]:
    found: dict[Door, list[Report]] = defaultdict(list)
    for report in reports:
        found[door_of(report)].append(report)
    return found


def _write(buildings: dict[int, Building], turfs: dict[int, Turf], new: list[Report], before: Known) -> None:
    """The reports, and what they change in the counts kept beside them."""
    units: dict[int, Counter[str]] = defaultdict(Counter)
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    pace: dict[tuple[int, Any, datetime], Counter[str]] = defaultdict(Counter)
    for door, reports in _by_door(new).items():
        building = buildings[door[0]]
        known, after = before.get(door, []), [*before.get(door, []), *reports]
        change = _change(outcome(known), outcome(after))
        units[building.unit_id].update(change)
        if not building.control:
            sums[building.turf_id].update(change)
        _paces(pace, known, after)
    Report.objects.bulk_create(new)
    for unit, change in units.items():
        _increase(Unit, unit, change)
    for turf in turfs.values():
        _increase(Turf, turf.pk, sums[turf.pk], sequence=turf.sequence)
    _keep_pace(pace)


def _change(before: Kind | None, after: Kind | None) -> Counter[str]:
    change: Counter[str] = Counter()
    if before is not after:
        change.update({after.word: 1} if after else {})
        change.subtract({before.word: 1} if before else {})
    return change


def _increase(model: type[Unit] | type[Turf], pk: int, change: Counter[str], **also: int) -> None:
    moved: dict[str, Any] = {name: F(name) + by for name, by in change.items() if by}
    if moved or also:
        model.objects.filter(pk=pk).update(**moved, **also)


def _paces(
    pace: dict[tuple[int, Any, datetime], Counter[str]], before: Iterable[Report], after: Iterable[Report]
) -> None:
    """Knocks by quarter of an hour: those that stand now, less those that stood before."""
    for reports, sign in ((standing(after), 1), (standing(before), -1)):
        for report in reports:
            if report.kind in OUTCOMES:
                counts = pace[report.turf_id, report.phone_id, slot_of(report.at)]
                counts["knocks"] += sign
                counts["contacts"] += sign * (report.kind in CONTACTS)


def slot_of(at: datetime) -> datetime:
    """The beginning of its quarter of an hour."""
    return datetime.fromtimestamp(at.timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), tz=UTC)


def _keep_pace(pace: dict[tuple[int, Any, datetime], Counter[str]]) -> None:
    for (turf, phone, slot), counts in pace.items():
        if not (counts["knocks"] or counts["contacts"]):
            continue
        moved = {name: F(name) + by for name, by in counts.items()}
        if not Pace.objects.filter(turf=turf, phone=phone, slot=slot).update(**moved):
            Pace.objects.create(turf_id=turf, phone_id=phone, slot=slot, **counts)


def _keep_away(campaign: Campaign, buildings: dict[int, Building], new: list[Report], before: Known) -> None:
    """Mark the doors that asked for it, and take the mark off where that was a slip."""
    for door, reports in _by_door(new).items():
        had, asked = _asked(before.get(door, [])), _asked([*before.get(door, []), *reports])
        building, floor, number = door
        mark: dict[str, Any] = {"address": buildings[building].address, "floor": floor, "door": number}
        if asked and not had:
            KeepAway.objects.get_or_create(campaign=campaign, **mark)
        elif had and not asked:
            KeepAway.objects.of(campaign).filter(**mark).delete()


def _asked(reports: Iterable[Report]) -> bool:
    return any(report.kind == Kind.KEEP_AWAY for report in standing(reports))


def _answer(campaign: Campaign, batch: Batch, received: int, refused: tuple[Refused, ...]) -> Answer:
    """What the phone is told of the turf it walks: every door that changed since it last heard."""
    turf = Turf.objects.of(campaign).filter(pk=batch.turf).first() if batch.turf else None
    if turf is None or turf.sequence <= batch.seen:
        return Answer(received, refused, batch.turf if turf else None, turf.sequence if turf else 0)
    news = list(Report.objects.filter(turf=turf, sequence__gt=batch.seen).order_by("sequence")[:SHOWN])
    more = len(news) == SHOWN
    doors = tuple(
        (*door, found.word if (found := outcome(reports)) else None)
        for door, reports in sorted(reports_of(map(door_of, news)).items())
    )
    return Answer(received, refused, turf.pk, news[-1].sequence if more else turf.sequence, doors, more)
