"""Taking a batch of an import back: whom it brought is destroyed, whom it completed is as before.

The ledger only grows, so what a batch granted is made void by an entry that names the batch. Somebody whom it brought
and who has agreed to something else since is kept, for that alone. The journal says so first, and each step can be done
again: a process killed in the middle is followed by another, and a restore by all of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from isoloir.field import consent, destruction, journal, log, vault
from isoloir.field.databases import BOOK
from isoloir.field.loading import change
from isoloir.field.models import Campaign, ConsentEntry, Contact, ImportBatch, Merge, User
from isoloir.field.person import Details, marks_of
from isoloir.field.reading import read

_AT_ONCE = 2_000


def undo(campaign: Campaign, batch: uuid.UUID, *, by: User | None) -> int:
    """Take a batch back; the number of contacts destroyed or restored."""
    journal.undone(campaign, batch, timezone.now())
    return take_back(campaign, batch, by=by)


def take_back(campaign: Campaign, batch: uuid.UUID, *, by: User | None) -> int:
    """What `undo` does once the journal says so; nothing, and no entry in the log, where all of it is done."""
    completed = list(Merge.objects.of(campaign).filter(batch=batch).order_by().values_list("contact", flat=True))
    restored, voided = _restored(campaign, batch, sorted(set(completed)))
    made = list(Contact.objects.of(campaign).filter(batch=batch).values_list("pk", flat=True))
    kept = _kept(campaign, batch, made)
    for some in _slices(sorted(kept)):
        with transaction.atomic(using=BOOK):
            voided += consent.void(campaign, some, batch)
    gone = [contact for contact in made if contact not in kept] + _left(campaign, completed)
    destruction.destroy(campaign, gone, by=by, why="undo")
    if gone or voided:
        with transaction.atomic(using=BOOK):
            log.write(campaign, by, "undo", str(batch), destroyed=len(gone), restored=restored, kept=len(kept))
    return len(gone) + restored


def _kept(campaign: Campaign, batch: uuid.UUID, made: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of a batch who agreed to something that did not come with it."""
    found: set[uuid.UUID] = set()
    for some in _slices(made):
        where = {"campaign_id": campaign.pk, "granted": True}
        others = read(ConsentEntry, ("contact", "batch"), "contact", some, where)
        found.update(contact for contact, brought_by in others if brought_by != batch)
    return found


def _restored(campaign: Campaign, batch: uuid.UUID, completed: Sequence[uuid.UUID]) -> tuple[int, int]:
    """Contacts that the batch completed, as they were before it, unless somebody changed them since.

    How many are as they were, and from how many the batch's consents were taken.
    """
    restored, voided = 0, 0
    for some in _slices(completed):
        keys, before = vault.keys_of(campaign, some), _before(campaign, batch, some)
        rows = read(Contact, ("id", "batch", "changed_at"), "id", some, {"campaign_id": campaign.pk})
        there = {pk: at for pk, brought_by, at in rows if pk in keys and brought_by != batch}  # else about to go
        back = [pk for pk, at in there.items() if at == before[pk].changed_at]
        with transaction.atomic(using=BOOK):
            change(Contact, _CONTENT, (_content(campaign, keys[pk], pk, before[pk].sealed) for pk in back))
            voided += consent.void(campaign, list(there), batch)
            Merge.objects.of(campaign).filter(batch=batch, contact__in=list(there)).delete()
        restored += len(back)
    return restored, voided


class _Before(NamedTuple):
    """What a batch found in a contact, and when it changed that for the last time."""

    sealed: bytes
    changed_at: datetime


def _before(campaign: Campaign, batch: uuid.UUID, contacts: Sequence[uuid.UUID]) -> dict[uuid.UUID, _Before]:
    where = {"campaign_id": campaign.pk, "batch": batch}
    found: dict[uuid.UUID, _Before] = {}
    for _, contact, sealed, at in sorted(
        read(Merge, ("id", "contact", "sealed", "changed_at"), "contact", contacts, where)
    ):
        found[contact] = _Before(found[contact].sealed if contact in found else sealed, at)
    return found


_CONTENT = ("sealed", "email_mark", "phone_mark", "changed_at")


def _content(campaign: Campaign, key: vault.Cipher, contact: uuid.UUID, sealed: bytes) -> tuple[object, ...]:
    """The columns of _CONTENT and the identifier."""
    details = Details.unseal(key, contact, sealed)
    return (sealed, *marks_of(campaign, details), timezone.now(), contact)


def _left(campaign: Campaign, completed: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those who stayed for this batch alone when the one that brought them was undone."""
    undone = list(ImportBatch.objects.of(campaign).filter(state=ImportBatch.UNDONE).values_list("pk", flat=True))
    where = {"campaign_id": campaign.pk, "batch": tuple(undone)}
    if not undone:
        return []
    rows = read(Contact, ("id", "keep_until"), "id", completed, where)
    return [pk for pk, keep_until in rows if keep_until < timezone.localdate()]


def _slices(wanted: Sequence[uuid.UUID]) -> Iterable[Sequence[uuid.UUID]]:
    return (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))
