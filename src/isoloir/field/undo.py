"""Taking an import back: who came with it goes, who was completed by it is as before, its consents do not stand."""

from __future__ import annotations

import uuid

from django.db import transaction

from isoloir.field import consent, destruction, log, vault
from isoloir.field.channels import Channel
from isoloir.field.databases import BOOK
from isoloir.field.models import Campaign, ConsentEntry, Contact, Merge, User
from isoloir.field.person import Details, fill

CHUNK = 10_000


def undo(campaign: Campaign, batch: uuid.UUID, *, by: User | None) -> int:
    """Take a batch back: destroy whom it made, restore whom it completed, withdraw the consents it brought."""
    restored = _restore(campaign, batch)
    made = list(Contact.objects.of(campaign).filter(batch=batch).values_list("pk", flat=True))
    for start in range(0, len(made), CHUNK):
        destruction.destroy(campaign, made[start : start + CHUNK], by=by, why="undo")
    with transaction.atomic(using=BOOK):
        log.write(campaign, by, "undo", str(batch), destroyed=len(made), restored=restored)
    return len(made) + restored


def _restore(campaign: Campaign, batch: uuid.UUID) -> int:
    """Contacts that the batch completed, as they were, unless somebody changed them since."""
    restored = 0
    merges = list(Merge.objects.of(campaign).filter(batch=batch).order_by("id"))
    for merge in merges:
        contact = Contact.objects.of(campaign).select_related("campaign").filter(pk=merge.contact).first()
        key = vault.keys_of(campaign, [merge.contact]).get(merge.contact)
        if contact is None or key is None:
            continue
        with transaction.atomic(using=BOOK):
            if contact.changed_at == merge.changed_at:
                fill(contact, key, Details.unseal(key, contact.pk, bytes(merge.sealed)))
                contact.save()
                restored += 1
            for purpose, channel in ConsentEntry.objects.of(campaign).filter(
                contact=contact.pk, batch=batch, granted=True
            ).values_list("purpose", "channel").distinct():  # fmt: skip
                consent.withdraw(contact, purpose, Channel(channel), how="undo", actor=log.COMMAND)
            merge.delete()
    return restored
