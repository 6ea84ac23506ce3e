"""Taking a batch of an import back: whom it brought is destroyed, whom it completed is as before.

The ledger only grows, so what a batch granted is made void by an entry that names the batch. Somebody whom it brought
and who has agreed to something else since is kept, for that alone. The journal says so first, and each step can be done
again: a process killed in the middle is followed by another, and a restore by all of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from isoloir.field import consent, destruction, journal, log, vault
from isoloir.field.databases import BOOK
from isoloir.field.models import Campaign, ConsentEntry, Contact, Merge, User
from isoloir.field.person import Details, fill

_AT_ONCE = 500


def undo(campaign: Campaign, batch: uuid.UUID, *, by: User | None) -> int:
    """Take a batch back; the number of contacts destroyed or restored."""
    journal.undone(campaign, batch, timezone.now())
    return take_back(campaign, batch, by=by)


def take_back(campaign: Campaign, batch: uuid.UUID, *, by: User | None) -> int:
    """What `undo` does once the journal says so; nothing, and no entry in the log, where all of it is done."""
    restored, voided = _restore(campaign, batch)
    made = list(Contact.objects.of(campaign).filter(batch=batch).values_list("pk", flat=True))
    kept = _kept(campaign, batch, made)
    for contact in Contact.objects.of(campaign).select_related("campaign").filter(pk__in=kept):
        with transaction.atomic(using=BOOK):
            voided += consent.void(contact, batch)
    gone = [contact for contact in made if contact not in kept]
    destruction.destroy(campaign, gone, by=by, why="undo")
    if gone or voided:
        with transaction.atomic(using=BOOK):
            log.write(campaign, by, "undo", str(batch), destroyed=len(gone), restored=restored, kept=len(kept))
    return len(gone) + restored


def _kept(campaign: Campaign, batch: uuid.UUID, made: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of a batch who agreed to something that did not come with it."""
    found: set[uuid.UUID] = set()
    for some in _slices(made):
        others = ConsentEntry.objects.of(campaign).filter(contact__in=some, granted=True).exclude(batch=batch)
        found.update(others.values_list("contact", flat=True))
    return found


def _restore(campaign: Campaign, batch: uuid.UUID) -> tuple[int, int]:
    """Contacts that the batch completed, as they were before it, unless somebody changed them since.

    How many are as they were, and from how many the batch's consents were taken.
    """
    merges = list(Merge.objects.of(campaign).filter(batch=batch).order_by("contact", "id"))
    restored, voided = 0, 0
    for contact_id, group in groupby(merges, key=lambda one: one.contact):
        steps = list(group)
        contact = Contact.objects.of(campaign).select_related("campaign").filter(pk=contact_id).first()
        key = vault.keys_of(campaign, [contact_id]).get(contact_id)
        if contact is None or key is None or contact.batch == batch:
            continue  # erased, or about to be
        with transaction.atomic(using=BOOK):
            if contact.changed_at == steps[-1].changed_at:
                fill(contact, key, Details.unseal(key, contact.pk, bytes(steps[0].sealed)))
                contact.save()
                restored += 1
            voided += consent.void(contact, batch)
            Merge.objects.of(campaign).filter(pk__in=[one.pk for one in steps]).delete()
    return restored, voided


def _slices(wanted: Sequence[uuid.UUID]) -> Iterable[Sequence[uuid.UUID]]:
    return (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))
