"""The opt-out list: asked at every insert, import, export and message; it outlives contact, list and backup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from isoloir.field import journal, log
from isoloir.field.channels import Channel, mark
from isoloir.field.databases import BOOK
from isoloir.field.loading import among
from isoloir.field.models import Campaign, Suppression
from isoloir.field.vault import ring

_AT_ONCE = 5000


def suppress(campaign: Campaign, channel: Channel, address: str, *, how: str, at: datetime | None = None) -> None:
    """Never write to this normalised address on this channel again; asking twice is asking once."""
    suppress_many(campaign, channel, [address], how=how, at=at, actor=log.PERSON)


def suppress_many(
    campaign: Campaign,
    channel: Channel,
    addresses: Iterable[str],
    *,
    how: str,
    at: datetime | None = None,
    actor: log.Actor = None,
) -> int:
    """`suppress` for many, with one entry in the log; the number that was new."""
    key = ring(campaign).marks
    return suppress_marks(
        campaign, channel, [mark(key, channel, one) for one in addresses], how=how, at=at, actor=actor
    )


def suppress_marks(
    campaign: Campaign,
    channel: Channel,
    marks: Iterable[bytes],
    *,
    how: str,
    at: datetime | None = None,
    actor: log.Actor = None,
) -> int:
    """`suppress_many` where only the fingerprints are at hand: an erasure, a restore."""
    wanted = list(dict.fromkeys(marks))
    with transaction.atomic(using=BOOK):
        standing = standing_marks(campaign, channel, wanted)
        new = [one for one in wanted if one not in standing]
        if not new:
            return 0
        moment = at or timezone.now()
        journal.objected(campaign, channel, new, how, moment)
        rows = (
            Suppression(campaign=campaign, channel=channel, mark=one, stands=True, how=how, at=moment) for one in new
        )
        Suppression.objects.bulk_create(rows, batch_size=5000)
        log.write(campaign, actor, "suppress", channel.value, addresses=len(new), how=how)
    return len(new)


def lift(campaign: Campaign, channel: Channel, address: str, *, how: str, at: datetime | None = None) -> None:
    """The person themselves asked for messages again, by an act of their own that was confirmed; never by an import."""
    one = mark(ring(campaign).marks, channel, address)
    with transaction.atomic(using=BOOK):
        if one in standing_marks(campaign, channel, [one]):
            moment = at or timezone.now()
            journal.lifted(campaign, channel, one, how, moment)
            Suppression(campaign=campaign, channel=channel, mark=one, stands=False, how=how, at=moment).save()
            log.write(campaign, log.PERSON, "lift_suppression", channel.value, how=how)


def restore_marks(campaign: Campaign, channel: Channel, told: Mapping[bytes, tuple[bool, str, datetime]]) -> int:
    """Bring the list to what the journal says of each mark (stands, how, when); the number of entries added."""
    standing = standing_marks(campaign, channel, told)
    new = [(one, *entry) for one, entry in told.items() if entry[0] != (one in standing)]
    if not new:
        return 0
    with transaction.atomic(using=BOOK):
        Suppression.objects.bulk_create(
            Suppression(campaign=campaign, channel=channel, mark=one, stands=stands, how=how, at=at)
            for one, stands, how, at in new
        )
        log.write(campaign, None, "suppress", channel.value, addresses=len(new), how="recovery")
    return len(new)


def suppressed(campaign: Campaign, channel: Channel, addresses: Iterable[str]) -> set[str]:
    """The normalised addresses whose owners object."""
    key = ring(campaign).marks
    by_mark = {mark(key, channel, address): address for address in addresses}
    return {by_mark[one] for one in standing_marks(campaign, channel, by_mark)}


def standing_marks(campaign: Campaign, channel: Channel, marks: Iterable[bytes]) -> set[bytes]:
    """The fingerprints whose newest entry is an objection."""
    wanted, newest = list(marks), dict[bytes, bool]()
    if len(wanted) > _AT_ONCE and not Suppression.objects.of(campaign).filter(channel=channel).exists():
        return set()
    for start in range(0, len(wanted), _AT_ONCE):
        mine = Suppression.objects.of(campaign).filter(channel=channel)
        rows = among(mine, "mark", wanted[start : start + _AT_ONCE])
        newest.update((bytes(one), stands) for one, stands in rows.order_by("id").values_list("mark", "stands"))
    return {one for one, stands in newest.items() if stands}
