"""Who may come in, before anybody does: addresses whose owners object are left out, with their consents."""

from __future__ import annotations

from dataclasses import replace

from isoloir.field.channels import Channel
from isoloir.field.models import Campaign
from isoloir.field.person import NewContact
from isoloir.field.suppression import suppressed


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
