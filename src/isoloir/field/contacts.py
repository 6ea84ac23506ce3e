"""The book: adding, reading, finding and erasing one person. Each passes the law first and is logged."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from django.db import transaction

from isoloir.errors import BookError
from isoloir.field import consent, facts, gate, log, vault
from isoloir.field.bulk import Counts, add_many
from isoloir.field.channels import Channel, fingerprint
from isoloir.field.databases import BOOK
from isoloir.field.destruction import destroy, erase
from isoloir.field.intake import without_objections
from isoloir.field.models import Campaign, Contact, User
from isoloir.field.person import Details, NewContact, Person, Sealed, details_of, fill, person_of, sealed_with
from isoloir.field.search import search
from isoloir.field.size import grew
from isoloir.field.undo import undo
from isoloir.language import say

__all__ = [
    "Added", "Counts", "NewContact", "Person", "add", "add_many", "correct", "destroy", "erase", "find", "open_people",
    "read", "search", "undo",
]  # fmt: skip


@dataclass(frozen=True)
class Added:
    """Who was added, or found to be there already and completed."""

    contact_id: uuid.UUID
    merged: bool


def add(
    campaign: Campaign,
    new: NewContact,
    *,
    by: User | None,
    batch: uuid.UUID | None = None,
    declared: Mapping[str, Any] | None = None,
) -> Added:
    """Add somebody who came by an act of their own; raise NotAllowed where the law refuses, BadAddress for an address.

    An address that its owner objected to is left out, with the consents that it would serve; nobody is left who has
    none. Somebody known by the same address is completed, never overwritten. `declared`: facts that the caller
    established, such as the notice given at a door (`notice_states`).
    """
    details = details_of(new)
    allowed, objected = without_objections(campaign, replace(new, email=details.email, phone=details.phone))
    for one in facts.of_new(allowed, objected):
        gate.ask("collect", campaign, {**one, **(declared or {})})
    return _write(campaign, allowed, details_of(allowed), by, batch)


def _write(campaign: Campaign, new: NewContact, details: Details, by: User | None, batch: uuid.UUID | None) -> Added:
    if not (details.email or details.phone):
        raise BookError(
            say(
                "il faut à un contact une adresse e-mail ou un numéro de téléphone",
                "a contact needs an e-mail address or a telephone number",
            )
        )
    known = _known(campaign, details)
    contact = known or Contact(campaign=campaign, act=new.act, origin=new.origin, batch=batch, created_by=by)
    key = vault.keys_of(campaign, [contact.pk]).get(contact.pk) if known else None
    if known and key is None:  # erased a moment ago, its row about to go
        raise BookError(say(f"{known} est en cours d'effacement ; réessayez", f"{known} is being erased; try again"))
    key = key or vault.create(campaign, contact.pk)
    if known:
        details = Details.unseal(key, contact.pk, bytes(contact.sealed)).completed(details)
    with transaction.atomic(using=BOOK):
        fill(contact, key, details)
        contact.save()
        proofs = consent.sealed_proofs(key, contact.pk, new.consents)
        consent.add_entries(consent.entries(consent.Words(campaign), contact.pk, new.consents, proofs, batch))
        consent.settle(contact)
        log.write(campaign, by or log.PERSON, "merge" if known else "add", str(contact.pk), consents=len(new.consents))
        if not known:
            grew(campaign, 1)
    return Added(contact.pk, merged=known is not None)


def read(campaign: Campaign, contact_id: uuid.UUID, *, by: User | None) -> Person:
    """One person; raise BookError where there is none, NotAllowed where this account may not see people."""
    found = open_people(campaign, Contact.objects.of(campaign).filter(pk=contact_id), by=by)
    if not found:
        raise BookError(
            say(f"aucun contact {contact_id} dans cette campagne", f"there is no contact {contact_id} in this campaign")
        )
    log.write(campaign, by, "read", str(contact_id))
    return found[0]


def find(campaign: Campaign, channel: Channel, address: str, *, by: User | None) -> Person | None:
    """The person with this normalised address, None where nobody has it."""
    mark = fingerprint(campaign, channel, address)
    found = open_people(campaign, islice(sealed_with(campaign, channel, mark), 1), by=by)
    log.write(campaign, by, "find", str(found[0].id) if found else "", channel=channel.value)
    return found[0] if found else None


def open_people(campaign: Campaign, rows: Iterable[Contact | Sealed], *, by: User | None) -> list[Person]:
    """The people of some rows, in their order; those whose key was destroyed are gone already. The caller logs."""
    gate.ask("display", campaign, facts.of_display(campaign, by))
    contacts = list(rows)
    keys = vault.keys_of(campaign, (contact.pk for contact in contacts))
    standing = consent.states(campaign, keys)
    return [
        person_of(one, Details.unseal(keys[one.pk], one.pk, bytes(one.sealed)), standing[one.pk])
        for one in contacts
        if one.pk in keys
    ]


def correct(campaign: Campaign, contact_id: uuid.UUID, details: Details, *, by: User | None) -> None:
    """Rectification (RGPD, art. 16): what the person says is right takes the place of what was there."""
    contact = Contact.objects.of(campaign).filter(pk=contact_id).first()
    key = vault.keys_of(campaign, [contact_id]).get(contact_id)
    if contact is None or key is None:
        raise BookError(
            say(f"aucun contact {contact_id} dans cette campagne", f"there is no contact {contact_id} in this campaign")
        )
    clean = details_of(details.as_new())
    gate.ask("collect", campaign, facts.of_rectification(clean))
    with transaction.atomic(using=BOOK):
        fill(contact, key, clean)
        contact.save()
        log.write(campaign, by or log.PERSON, "correct", str(contact_id))


def _known(campaign: Campaign, details: Details) -> Contact | None:
    """Who has the same e-mail address, or else the same number and no other e-mail address."""
    if details.email and (found := _marked(campaign, Channel.EMAIL, details.email)):
        return found[0]
    same = _marked(campaign, Channel.PHONE, details.phone) if details.phone else []
    return next((one for one in same if not (details.email and one.email_mark)), None)


def _marked(campaign: Campaign, channel: Channel, address: str) -> list[Contact]:
    """The contacts with this address, the oldest first."""
    found = [one.pk for one in sealed_with(campaign, channel, fingerprint(campaign, channel, address))]
    return list(Contact.objects.of(campaign).filter(pk__in=found).order_by("pk"))
