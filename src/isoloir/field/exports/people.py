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
from isoloir.field.reading import walk
from isoloir.field.suppression import standing_marks

_CHUNK = 5_000
_KEPT = ("id", "sealed", "keep_until", "restricted_at", "batch")

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
    unfinished, today = set(begun.values_list("pk", flat=True)), timezone.localdate()
    for some in walk(Contact, (*_KEPT, address), {"campaign_id": campaign.pk}, _CHUNK):
        kept = {
            pk: (sealed, mark)
            for pk, sealed, keep_until, restricted_at, batch, mark in some
            if mark and keep_until >= today and restricted_at is None and batch not in unfinished
        }
        agreed = consent.agreed(campaign, kept, purpose, channel)
        closed = standing_marks(campaign, channel, (mark for pk, (_, mark) in kept.items() if pk in agreed))
        yield [(pk, sealed) for pk, (sealed, mark) in kept.items() if pk in agreed and mark not in closed]
