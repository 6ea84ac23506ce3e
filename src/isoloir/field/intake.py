"""Who may come in, before anybody does: rows are cleaned, and left without the addresses whose owners object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from isoloir.field.channels import Channel, mark
from isoloir.field.models import Campaign
from isoloir.field.person import Details, NewContact, details_of
from isoloir.field.suppression import suppressed


@dataclass(slots=True)
class Incoming:
    """A row on its way, with its marks."""

    new: NewContact
    details: Details
    email_mark: bytes | None
    phone_mark: bytes | None

    def strip(self, closed: Mapping[Channel, set[bytes]]) -> bool:
        """Leave out what was objected to, given the marks that are closed on each channel; whether nothing is left."""
        marks = ((Channel.EMAIL, self.email_mark), (Channel.SMS, self.phone_mark), (Channel.PHONE, self.phone_mark))
        shut = {channel for channel, one in marks if one in closed[channel]}
        if not shut:
            return False
        self.new, objected = strip(self.new, shut)
        if not self.new.email:
            self.details, self.email_mark = replace(self.details, email=""), None
        if not self.new.phone:
            self.details, self.phone_mark = replace(self.details, phone=""), None
        return objected


Coming = NewContact | Incoming
"""Somebody to add; or the same, cleaned already."""


def cleaned(key: bytes, new: NewContact) -> Incoming:
    """The row with its addresses in their one form, and their marks by this key; raise BadAddress for a false one."""
    details = details_of(new)
    email_mark = mark(key, Channel.EMAIL, details.email) if details.email else None
    return Incoming(new, details, email_mark, mark(key, Channel.PHONE, details.phone) if details.phone else None)


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
