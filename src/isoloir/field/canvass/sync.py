"""Taking reports from phones: in order, once each, whatever the network did.

A phone numbers its reports from 1 and sends them from the first that was not acknowledged. The server keeps, for each
phone, the number up to which it has everything; it skips what it has, takes what follows, and answers with the new
number. Sending twice, late or in pieces therefore changes nothing. Reports of one turf are numbered again as they are
taken, under a lock of the turf, so that a phone that asks for what came after a sequence misses nothing.

What several phones send at the same time is taken together: as many statements, and one commit, for all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from isoloir.field.canvass import known
from isoloir.field.canvass.doors import Door, Row, by_door, door_of, outcome, standing
from isoloir.field.canvass.known import Place, Stretch
from isoloir.field.canvass.notes import foreign_words
from isoloir.field.canvass.outcomes import Kind
from isoloir.field.canvass.wire import Batch, Malformed, Refused, Told
from isoloir.field.canvass.written import Changes, keep_phones, lock_phones, write
from isoloir.field.models import Building, Campaign, KeepAway, Phone, User

SHOWN = 2_000  # reports behind one answer
Known = Mapping[Door, list[Row]]


@dataclass(frozen=True)
class Sent:
    """A batch, who sent it, and when it came."""

    campaign: Campaign
    user: User
    batch: Batch
    now: datetime


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
class _Held:
    """What is locked or read for some batches, and what they add, gathered before anything is written."""

    phones: dict[uuid.UUID, Phone]
    earlier: dict[tuple[uuid.UUID, int], Row]  # those that may be taken back, by phone and number
    places: dict[int, Place]
    campaigns: dict[int, uuid.UUID]  # the campaign of each turf
    sequences: dict[int, int]  # the last of each turf
    new: list[Row] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)


def receive(campaign: Campaign, user: User, batch: Batch, now: datetime | None = None) -> Answer:
    """Take a batch; raise Malformed where the phone belongs to another campaign."""
    [answer] = receive_all([Sent(campaign, user, batch, now or timezone.now())])
    if isinstance(answer, Malformed):
        raise answer
    return answer


def receive_all(sent: Sequence[Sent]) -> list[Answer | Malformed]:
    """Take some batches, all or none, and answer each; Malformed where the phone belongs to another campaign."""
    with transaction.atomic():
        phones = _phones(sent)
        ours = [one for one in sent if _belongs(phones, one)]
        held = _hold(ours, phones)
        refused = [_take(one, held) if _belongs(phones, one) else None for one in sent]
        missed = known.of_stretches(_missed(ours, held))
        before = known.of_doors(map(door_of, [*held.new, *missed]))
        for building, text in held.notes.items():
            Building.objects.filter(pk=building).update(note=text)
        if held.new:
            _write(held, before)
        keep_phones(phones.values())
    after = _joined(before, held.new)
    elsewhere = Malformed("this phone reports to another campaign; open the application of that campaign")
    return [
        elsewhere if why is None else _answer(one, held, tuple(why), [*missed, *held.new], after)
        for one, why in zip(sent, refused, strict=True)
    ]


def _belongs(phones: dict[uuid.UUID, Phone], one: Sent) -> bool:
    return one.batch.phone in phones and phones[one.batch.phone].campaign_id == one.campaign.pk


def _phones(sent: Sequence[Sent]) -> dict[uuid.UUID, Phone]:
    """The phones, each at what it had sent before, locked in order until their batches are taken."""
    return lock_phones({(one.batch.phone, one.campaign.pk): one.user.pk for one in sent}, sent[0].now)


def _hold(sent: Sequence[Sent], phones: dict[uuid.UUID, Phone]) -> _Held:
    """Read what the batches are about, and lock their turfs in order."""
    fresh = [(one, told) for one in sent for told in one.batch.told
             if isinstance(told, Told) and told.number > phones[one.batch.phone].received]  # fmt: skip
    undone = {told.undoes for _, told in fresh if told.undoes is not None}
    earlier = {(row.phone_id, row.number): row for row in known.of_numbers(phones, undone)}
    wanted = {told.building for _, told in fresh if told.kind is not Kind.UNDO}
    wanted |= {row.building_id for row in earlier.values()}
    places = known.places(wanted)
    turfs = {place.turf for place in places.values()} | {one.batch.turf for one in sent if one.batch.turf}
    locked = known.lock_turfs(turfs)
    return _Held(phones, earlier, places, {pk: of for pk, of, _ in locked}, {pk: last for pk, _, last in locked})


def _take(one: Sent, held: _Held) -> list[Refused]:
    """Sort what is new in a batch; what is refused, and why."""
    batch, phone = one.batch, held.phones[one.batch.phone]
    expected = phone.received + 1
    phone.user_id = one.user.pk
    if batch.first > expected and batch.first != batch.oldest:  # a gap
        return []
    fresh = [told for told in batch.told if told.number >= expected]
    if fresh:
        phone.received = fresh[-1].number
    return [told for told in (t if isinstance(t, Refused) else _sort(t, one, held) for t in fresh) if told]


def _sort(told: Told, one: Sent, held: _Held) -> Refused | None:
    """Put one report where it belongs, or refuse it."""
    phone = one.batch.phone
    target = held.earlier.get((phone, told.undoes)) if told.undoes is not None else None
    place = held.places.get(target.building_id if target else told.building)
    if told.kind is Kind.UNDO and (target is None or target.kind == Kind.UNDO):
        return Refused(told.number, "nothing_to_undo")
    if place is None or place.campaign != one.campaign.pk:
        return Refused(told.number, "unknown_building")
    if told.kind is Kind.NOTE:
        if foreign_words(told.text):
            return Refused(told.number, "note_about_person")
        held.notes[place.id] = " ".join(told.text.split())
        return None
    held.sequences[place.turf] += 1
    at = max(min(_moment(told.at) + (one.now - _moment(one.batch.now)), one.now), place.opened_at)
    row = Row(
        place.turf, phone, told.number, held.sequences[place.turf], place.id, (target or told).floor,
        (target or told).door, told.kind, told.undoes, at,
    )  # fmt: skip
    held.earlier[phone, told.number] = row
    held.new.append(row)
    return None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def _write(held: _Held, before: Known) -> None:
    """The reports, what they change in the counts kept beside them, and the doors to be left alone."""
    changes = Changes()
    for door, fresh in by_door(held.new).items():
        place, earlier = held.places[door[0]], before.get(door, [])
        was, now = standing(earlier), standing([*earlier, *fresh])
        changes.of_door(was, now, place.unit, None if place.control else place.turf)
        _keep_away(place, door, was, now)
    touched = {row.turf_id for row in held.new}
    write(held.new, changes, {turf: held.sequences[turf] for turf in touched})


def _keep_away(place: Place, door: Door, was: Iterable[Row], now: Iterable[Row]) -> None:
    """Mark a door that asked for it, and take the mark off where that was a slip."""
    had, asked = _asked(was), _asked(now)
    mark: dict[str, Any] = {"address": place.address, "floor": door[1], "door": door[2]}
    if asked and not had:
        KeepAway.objects.get_or_create(campaign_id=place.campaign, **mark)
    elif had and not asked:
        KeepAway.objects.filter(campaign=place.campaign, **mark).delete()


def _asked(reports: Iterable[Row]) -> bool:
    return any(row.kind == Kind.KEEP_AWAY for row in reports)


def _missed(sent: Sequence[Sent], held: _Held) -> set[Stretch]:
    """The reports that were there before, and that a phone which asked has not heard of."""
    asked = {(one.batch.turf, one.batch.seen) for one in sent if one.batch.turf in held.sequences}
    return {Stretch(turf, seen, seen + SHOWN) for turf, seen in asked if turf and held.sequences[turf] > seen}


def _joined(before: Known, new: Iterable[Row]) -> dict[Door, list[Row]]:
    after = {door: list(reports) for door, reports in before.items()}
    for door, reports in by_door(new).items():
        after[door] = [*after.get(door, []), *reports]
    return after


def _answer(one: Sent, held: _Held, refused: tuple[Refused, ...], news: Sequence[Row], after: Known) -> Answer:
    """What the phone is told of the turf it walks: every door that changed since it last heard."""
    received, turf, seen = held.phones[one.batch.phone].received, one.batch.turf, one.batch.seen
    if turf is None or held.campaigns.get(turf) != one.campaign.pk:
        return Answer(received, refused)
    until = min(held.sequences[turf], seen + SHOWN)
    changed = {door_of(row) for row in news if row.turf_id == turf and seen < row.sequence <= until}
    doors = tuple((*door, found.word if (found := outcome(after[door])) else None) for door in sorted(changed))
    return Answer(received, refused, turf, until, doors, more=until < held.sequences[turf])
