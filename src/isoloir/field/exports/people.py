"""Who may be written to, for a purpose on a channel, now: consent stands, nobody objected, nothing is restricted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

from django.utils import timezone

from isoloir.field import consent, vault
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact, ImportBatch
from isoloir.field.person import Details
from isoloir.field.suppression import standing_marks

_CHUNK = 5_000

Sealed = list[tuple[uuid.UUID, bytes]]


def count(campaign: Campaign, purpose: str, channel: Channel) -> int:
    """How many they are; nobody is opened."""
    return sum(len(some) for some in reachable(campaign, purpose, channel))


def opened(campaign: Campaign, purpose: str, channel: Channel) -> Iterator[Details]:
    """Each of them, with the address of that channel and no other."""
    for some in reachable(campaign, purpose, channel):
        keys = vault.keys_of(campaign, (pk for pk, _ in some))
        for pk, sealed in some:
            if pk in keys:  # else erased a moment ago
                details = Details.unseal(keys[pk], pk, sealed)
                yield replace(details, phone="") if channel is Channel.EMAIL else replace(details, email="")


def reachable(campaign: Campaign, purpose: str, channel: Channel) -> Iterator[Sealed]:
    """Them as they lie in the book, by the chunk, in the order in which they came."""
    address = "email_mark" if channel is Channel.EMAIL else "phone_mark"
    begun = ImportBatch.objects.of(campaign).filter(state__in=[ImportBatch.RUNNING, ImportBatch.UNDOING])
    kept = Contact.objects.of(campaign).filter(restricted_at=None, keep_until__gte=timezone.localdate())
    kept = kept.exclude(**{address: None}).exclude(batch__in=list(begun.values_list("pk", flat=True))).order_by("pk")
    last: uuid.UUID | None = None
    while rows := list((kept.filter(pk__gt=last) if last else kept).values_list("pk", "sealed", address)[:_CHUNK]):
        last = rows[-1][0]
        agreed = consent.agreed(campaign, [pk for pk, _, _ in rows], purpose, channel)
        marks = {pk: bytes(mark) for pk, _, mark in rows if pk in agreed}
        closed = standing_marks(campaign, channel, marks.values())
        yield [(pk, bytes(sealed)) for pk, sealed, _ in rows if pk in marks and marks[pk] not in closed]
