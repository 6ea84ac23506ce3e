"""A person as the book knows them, and how that is sealed: what they gave, and nothing else."""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from django.utils import timezone

from isoloir.field import vault
from isoloir.field.channels import Channel, mark, normalise
from isoloir.field.consent import Consent, States
from isoloir.field.models import Campaign, Contact
from isoloir.field.reading import read

PERSON = b"person"
# More than two signs upon one letter is no language's way to write a name, and nor are signs that turn letters around.
_SIGNS = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_HEAPED, _TURNING = re.compile(f"({_SIGNS}{{2}}){_SIGNS}+"), re.compile("[\u202a-\u202e\u2066-\u2069]")
_LONGEST = {"name": 200, "postal_code": 12, "offer": 500}


@dataclass(frozen=True)
class NewContact:
    """Somebody to add: `act` is their own act, a value of the fact person_act; `origin` says where they came in."""

    name: str
    email: str = ""
    phone: str = ""
    postal_code: str = ""
    offers: tuple[str, ...] = ()
    language: str = "fr"
    consents: tuple[Consent, ...] = ()
    act: str = "none"
    origin: str = ""


@dataclass(frozen=True)
class Details:
    """What is sealed."""

    name: str
    email: str = ""
    phone: str = ""
    postal_code: str = ""
    offers: tuple[str, ...] = ()
    language: str = "fr"

    def seal(self, key: vault.Cipher, contact: uuid.UUID) -> bytes:
        """Sealed for this contact."""
        text = json.dumps([self.name, self.email, self.phone, self.postal_code, self.offers, self.language])
        return vault.seal(key, contact, PERSON, text.encode())

    @classmethod
    def unseal(cls, key: vault.Cipher, contact: uuid.UUID, sealed: bytes, *, only: Channel | None = None) -> Details:
        """Opened, with the address of one channel only where one is named; raise BookError where it was altered."""
        name, email, phone, postal_code, offers, language = json.loads(
            vault.unseal(key, contact, PERSON, sealed).decode()
        )
        email = email if only in (None, Channel.EMAIL) else ""
        phone = "" if only is Channel.EMAIL else phone
        return cls(name, email, phone, postal_code, tuple(offers), language)

    def as_new(self) -> NewContact:
        """The same details as of somebody to add, who has agreed to nothing yet."""
        return NewContact(self.name, self.email, self.phone, self.postal_code, self.offers, self.language)

    def completed(self, other: Details) -> Details:
        """With what it lacked and the other has; what is there stays."""
        return replace(
            self,
            name=self.name or other.name,
            email=self.email or other.email,
            phone=self.phone or other.phone,
            postal_code=self.postal_code or other.postal_code,
            offers=tuple(dict.fromkeys(self.offers + other.offers)),
        )


@dataclass(frozen=True)
class Person(Details):
    """Somebody in the book, opened for a person who may see them."""

    id: uuid.UUID = field(default_factory=uuid.UUID)
    act: str = ""
    origin: str = ""
    created_at: datetime = datetime.min
    keep_until: date = date.min
    restricted: bool = False
    consents: States = field(default_factory=dict)


def details_of(new: NewContact) -> Details:
    """Cleaned and normalised; raise BadAddress for an address that is none."""
    return Details(
        name=_plain_name(" ".join(new.name.split()))[: _LONGEST["name"]],
        email=normalise(Channel.EMAIL, new.email) if new.email else "",
        phone=normalise(Channel.PHONE, new.phone) if new.phone else "",
        postal_code=new.postal_code.strip()[: _LONGEST["postal_code"]],
        offers=tuple(offer.strip()[: _LONGEST["offer"]] for offer in new.offers if offer.strip()),
        language="en" if new.language == "en" else "fr",
    )


def _plain_name(name: str) -> str:
    """Its letters each one sign where there is one, with two signs upon a letter at most."""
    if name.isascii():
        return name
    return _HEAPED.sub(r"\1", _TURNING.sub("", unicodedata.normalize("NFC", name)))


_SEALED = ("id", "sealed", "act", "origin", "created_at", "keep_until", "restricted_at")


class Sealed(NamedTuple):
    """A row of the book as `person_of` needs it."""

    pk: uuid.UUID
    sealed: bytes
    act: str
    origin: str
    created_at: datetime
    keep_until: date
    restricted_at: datetime | None


def sealed_of(campaign: Campaign, contacts: Iterable[uuid.UUID]) -> Iterator[Sealed]:
    """Those of these contacts that are in the book, in no order."""
    return map(Sealed._make, read(Contact, _SEALED, "id", contacts, {"campaign_id": campaign.pk}))


def sealed_with(campaign: Campaign, channel: Channel, mark: bytes) -> Iterator[Sealed]:
    """Those in the book with this mark of an address."""
    column = "email_mark" if channel is Channel.EMAIL else "phone_mark"
    return map(Sealed._make, read(Contact, _SEALED, column, [mark], {"campaign_id": campaign.pk}))


def person_of(contact: Contact | Sealed, details: Details, consents: States) -> Person:
    """The person of a row that was opened."""
    return Person(
        **details.__dict__, id=contact.pk, act=contact.act, origin=contact.origin, created_at=contact.created_at,
        keep_until=contact.keep_until, restricted=contact.restricted_at is not None, consents=consents,
    )  # fmt: skip


def fill(contact: Contact, key: vault.Cipher, details: Details) -> None:
    """Set what is sealed, and the fingerprints that find it; the caller saves."""
    now = timezone.now()
    contact.sealed = details.seal(key, contact.pk)
    contact.email_mark, contact.phone_mark = marks_of(contact.campaign, details)
    contact.changed_at, contact.created_at = now, contact.created_at or now
    contact.keep_until = contact.keep_until or timezone.localdate(now)


def marks_of(campaign: Campaign, details: Details) -> tuple[bytes | None, bytes | None]:
    """The fingerprints of the e-mail address and of the telephone number."""
    key = vault.ring(campaign).marks
    email = mark(key, Channel.EMAIL, details.email) if details.email else None
    return email, mark(key, Channel.PHONE, details.phone) if details.phone else None
