"""How many contacts a campaign's book holds, kept as they come and go: counting a million of them takes a while."""

from __future__ import annotations

from django.db import connections
from django.db.models import F

from isoloir.field.databases import BOOK
from isoloir.field.models import BookSize, Campaign, Contact


def size(campaign: Campaign) -> int:
    """The number of contacts in the book of a campaign."""
    kept = BookSize.objects.filter(campaign=campaign).values_list("contacts", flat=True).first()
    return Contact.objects.of(campaign).count() if kept is None else kept


def grew(campaign: Campaign, by: int) -> None:
    """So many contacts came, or went where it is negative; in the transaction of that, after its entry in the log.

    After it, so that of two that work on one campaign the second waits in one place only, at the head of the log.
    """
    assert connections[BOOK].in_atomic_block
    if not BookSize.objects.filter(campaign=campaign).update(contacts=F("contacts") + by):
        BookSize.objects.create(campaign=campaign, contacts=Contact.objects.of(campaign).count())
