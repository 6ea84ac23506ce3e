"""Addresses without anybody in them: the keyed hash by which a later turf knows a door that asked to be left alone."""

from __future__ import annotations

from isoloir.field.channels import Channel, fingerprint, normalise
from isoloir.field.models import Campaign


def address_key(campaign: Campaign, place: str, street: str, number: str) -> str:
    """The fingerprint of an address, as text."""
    address = normalise(Channel.POST, f"{number} {street} {place}")
    return fingerprint(campaign, Channel.POST, address).hex()
