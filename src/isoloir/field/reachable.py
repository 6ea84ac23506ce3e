"""Who may be written to, for purposes on a channel, now: consent stands, nobody objected, nothing is restricted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from django.utils import timezone

from isoloir.field import consent
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact, ImportBatch
from isoloir.field.parts import WHOLE, Part, made_of_each
from isoloir.field.reading import walk
from isoloir.field.suppression import standing_marks

_CHUNK = 10_000

Sealed = list[tuple[uuid.UUID, bytes]]


def how_many(campaign: Campaign, purposes: Sequence[str], channel: Channel) -> int:
    """How many may be written to; nobody is opened."""
    with made_of_each(_number, campaign, purposes, channel) as numbers:
        return sum(numbers)


def reachable(campaign: Campaign, purposes: Sequence[str], channel: Channel, part: Part = WHOLE) -> Iterator[Sealed]:
    """Them as they lie in the book, by the chunk, in the order in which they came; who agreed to each of the purposes.

    Whom an import brings that runs, or is being undone, is not there yet.
    """
    mark = "email_mark" if channel is Channel.EMAIL else "phone_mark"
    where, above = {"campaign_id": campaign.pk, "restricted_at": None}, {"keep_until": timezone.localdate(), mark: b""}
    for some in walk(Contact, ("id", "sealed", mark, "batch"), where, _CHUNK, above, after=part.after, upto=part.upto):
        unfinished = _unfinished(campaign)  # asked after the rows: an import is written down before its first one
        agreed = consent.agreed(campaign, some[0][0], some[-1][0], purposes, channel)
        left = [row for row in some if row[0] in agreed and row[3] not in unfinished]
        closed = standing_marks(campaign, channel, [row[2] for row in left])
        yield [row[:2] for row in left if row[2] not in closed]


def _unfinished(campaign: Campaign) -> set[uuid.UUID]:
    begun = ImportBatch.objects.of(campaign).filter(state__in=[ImportBatch.RUNNING, ImportBatch.UNDOING])
    return set(begun.values_list("pk", flat=True))


def _number(campaign: Campaign, part: Part, purposes: Sequence[str], channel: Channel) -> int:
    return sum(len(some) for some in reachable(campaign, purposes, channel, part))
