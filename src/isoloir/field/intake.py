"""Who may come in, before anybody does: rows are cleaned, sealed, and left without what their owners object to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from isoloir.field import vault
from isoloir.field.channels import Channel, mark
from isoloir.field.consent import Consent, sealed_proofs
from isoloir.field.models import Campaign
from isoloir.field.models.contacts import new_id
from isoloir.field.person import Details, NewContact, details_of
from isoloir.field.suppression import suppressed


class Sealing(NamedTuple):
    """Somebody sealed with a key of their own: all that is written of them and cannot be read without it."""

    contact: uuid.UUID
    key: bytes
    wrapped: bytes
    details: bytes
    proofs: tuple[bytes, ...]


def sealing(wrapping: vault.Cipher, contact: uuid.UUID, details: Details, consents: tuple[Consent, ...]) -> Sealing:
    """Seal somebody new with a new key, wrapped by that of their campaign."""
    key, wrapped = vault.fresh(wrapping, contact)
    cipher = vault.Cipher(key)
    return Sealing(contact, key, wrapped, details.seal(cipher, contact), sealed_proofs(cipher, contact, consents))


@dataclass(slots=True)
class Incoming:
    """A row on its way, with its marks: in clear (`details`), or sealed already.

    `given`: whether there is a name, a postal code, an offer.
    """

    act: str
    origin: str
    consents: tuple[Consent, ...]
    given: tuple[bool, bool, bool]
    email_mark: bytes | None
    phone_mark: bytes | None
    details: Details | None
    sealing: Sealing | None = None

    def opened(self) -> Details:
        """What the person gave."""
        if self.details is None:
            assert self.sealing
            contact, key, _, sealed, _ = self.sealing
            self.details = Details.unseal(vault.Cipher(key), contact, sealed)
        return self.details

    def as_new(self) -> NewContact:
        """The row as it was before it was cleaned."""
        return replace(self.opened().as_new(), consents=self.consents, act=self.act, origin=self.origin)

    def close(self, wrapping: vault.Cipher) -> Incoming:
        """Seal what is in clear."""
        if self.sealing is None:
            self.sealing = sealing(wrapping, new_id(), self.opened(), self.consents)
        self.details = None
        return self

    def strip(self, closed: Mapping[Channel, set[bytes]]) -> bool:
        """Leave out what was objected to, given the marks that are closed on each channel; whether nothing is left."""
        marks = ((Channel.EMAIL, self.email_mark), (Channel.SMS, self.phone_mark), (Channel.PHONE, self.phone_mark))
        shut = [channel for channel, one in marks if one in closed[channel]]
        if not shut:
            return False
        new, objected = strip(self.as_new(), set(shut))
        self.consents, self.sealing = new.consents, None
        self.details = replace(self.opened(), email=new.email, phone=new.phone)
        self.email_mark = self.email_mark if new.email else None
        self.phone_mark = self.phone_mark if new.phone else None
        return objected

    def __reduce__(self) -> tuple[Any, ...]:
        """As it goes from one process to another: short, for there are many."""
        there = None if self.sealing is None else (self.sealing.contact.bytes, *self.sealing[1:])
        kept = (self.act, self.origin, self.consents, self.given, self.email_mark, self.phone_mark, self.details)
        return _arrived, (kept, there)


def _arrived(kept: tuple[Any, ...], there: tuple[Any, ...] | None) -> Incoming:
    row = Incoming(*kept)
    if there:
        row.sealing = Sealing(uuid.UUID(bytes=there[0]), *there[1:])
    return row


Coming = NewContact | Incoming
"""Somebody to add; or the same, cleaned already."""


def cleaned(key: bytes, new: NewContact) -> Incoming:
    """The row with its addresses in their one form, and their marks by this key; raise BadAddress for a false one."""
    details = details_of(new)
    return Incoming(
        new.act, new.origin, new.consents, (bool(details.name), bool(details.postal_code), bool(details.offers)),
        mark(key, Channel.EMAIL, details.email) if details.email else None,
        mark(key, Channel.PHONE, details.phone) if details.phone else None, details,
    )  # fmt: skip


def without_objections(campaign: Campaign, new: NewContact) -> tuple[NewContact, bool]:
    """The same person, addresses normalised already, and whether their objections leave nothing of them."""
    addresses = ((Channel.EMAIL, new.email), (Channel.SMS, new.phone), (Channel.PHONE, new.phone))
    return strip(new, {channel for channel, one in addresses if one and suppressed(campaign, channel, [one])})


def strip(new: NewContact, closed: set[Channel]) -> tuple[NewContact, bool]:
    """`without_objections`, the closed channels known."""
    if not closed:
        return new, False
    left = replace(
        new,
        email="" if Channel.EMAIL in closed else new.email,
        phone="" if {Channel.SMS, Channel.PHONE} <= closed else new.phone,
        consents=tuple(one for one in new.consents if one.channel not in closed),
    )
    return left, not (left.email or left.phone) or (bool(new.consents) and not left.consents)
