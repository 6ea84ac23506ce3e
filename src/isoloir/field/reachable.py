"""Who may be written to, for purposes on a channel, now: consent stands, nobody objected, nothing is restricted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from django.utils import timezone

from isoloir.field import consent
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact, ImportBatch
from isoloir.field.reading import walk
from isoloir.field.suppression import standing_marks

_CHUNK = 10_000

Sealed = list[tuple[uuid.UUID, bytes]]


def reachable(campaign: Campaign, purposes: Sequence[str], channel: Channel) -> Iterator[Sealed]:
    """Them as they lie in the book, by the chunk, in the order in which they came; who agreed to each of the purposes.

    Whom an import brings that runs, or is being undone, is not there yet.
    """
    mark = "email_mark" if channel is Channel.EMAIL else "phone_mark"
    begun = ImportBatch.objects.of(campaign).filter(state__in=[ImportBatch.RUNNING, ImportBatch.UNDOING])
    unfinished, today = set(begun.values_list("pk", flat=True)), timezone.localdate()
    where = {"campaign_id": campaign.pk, "restricted_at": None}
    columns = ("id", "sealed", mark, "batch") if unfinished else ("id", "sealed", mark)
    for some in walk(Contact, columns, where, _CHUNK, above={"keep_until": today, mark: b""}):
        there = [row for row in some if row[3] not in unfinished] if unfinished else some
        agreed = consent.agreed(campaign, some[0][0], some[-1][0], purposes, channel)
        left = [row for row in there if row[0] in agreed]
        closed = standing_marks(campaign, channel, [row[2] for row in left])
        yield [(row[0], row[1]) for row in left if row[2] not in closed] if closed else [row[:2] for row in left]
