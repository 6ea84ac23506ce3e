"""Erasing people: the journal says so first, their keys go next, and only then their rows.

Killed at any point, `recovery.py` finishes what the journal says. What is left of a person is the ledger, whose proofs
nobody can open any more, and the fingerprints of what they objected to.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from isoloir.errors import BookError
from isoloir.field import gate, journal, log, vault
from isoloir.field.channels import Channel
from isoloir.field.databases import BOOK
from isoloir.field.models import Campaign, Contact, Merge, User
from isoloir.field.size import grew
from isoloir.field.suppression import suppress_marks
from isoloir.language import say

_AT_ONCE = 500


def erase(campaign: Campaign, contact_id: uuid.UUID, *, by: User | None, why: str) -> None:
    """Erase a person who asked for it (RGPD, art. 17): they are never written to again, and never imported again.

    Raise BookError where there is no such contact, NotAllowed where the law refuses.
    """
    contact = Contact.objects.of(campaign).filter(pk=contact_id).first()
    if contact is None:
        raise BookError(
            say(f"aucun contact {contact_id} dans cette campagne", f"there is no contact {contact_id} in this campaign")
        )
    gate.ask("erase", campaign, {"record_kind": "contact", "rights_request": True})
    object_to_all(campaign, contact, how=why, by=by)
    destroy(campaign, [contact_id], by=by, why=why)


def object_to_all(campaign: Campaign, contact: Contact, *, how: str, by: User | None) -> None:
    """Put every address of a contact on the opt-out list, for every channel that it serves."""
    marks = {
        Channel.EMAIL: contact.email_mark, Channel.SMS: contact.phone_mark, Channel.PHONE: contact.phone_mark
    }  # fmt: skip
    for channel, mark in marks.items():
        if mark:
            suppress_marks(campaign, channel, [bytes(mark)], how=how, actor=by or log.PERSON)


def destroy(campaign: Campaign, contacts: Iterable[uuid.UUID], *, by: log.Actor, why: str) -> int:
    """Destroy contacts whose time is up or whose import is undone; the number destroyed. They have not objected."""
    wanted = list(contacts)
    if not wanted:
        return 0
    journal.erased(campaign, wanted, timezone.now())
    vault.destroy(campaign, wanted)
    return remove_rows(campaign, wanted, by=by, why=why)


def remove_rows(campaign: Campaign, contacts: Sequence[uuid.UUID], *, by: log.Actor, why: str) -> int:
    """The last step: take away rows that nothing opens any more, with one entry in the log."""
    removed = 0
    with transaction.atomic(using=BOOK):
        for start in range(0, len(contacts), _AT_ONCE):
            some = contacts[start : start + _AT_ONCE]
            Merge.objects.of(campaign).filter(contact__in=some).delete()
            removed += Contact.objects.of(campaign).filter(pk__in=some).delete()[0]
        if removed:
            subject = str(contacts[0]) if len(contacts) == 1 else ""
            log.write(campaign, by, "erase", subject, contacts=removed, why=why)
            grew(campaign, -removed)
    return removed
