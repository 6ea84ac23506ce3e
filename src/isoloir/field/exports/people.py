"""The people of an export, counted or opened: those who may be written to for its purpose on its channel."""

from __future__ import annotations

from collections.abc import Iterator

from isoloir.field import vault
from isoloir.field.channels import Channel
from isoloir.field.loading import unswept
from isoloir.field.models import Campaign
from isoloir.field.person import Details
from isoloir.field.reachable import reachable


def count(campaign: Campaign, purpose: str, channel: Channel) -> int:
    """How many they are; nobody is opened."""
    with unswept():
        return sum(len(some) for some in reachable(campaign, [purpose], channel))


def opened(campaign: Campaign, purpose: str, channel: Channel) -> Iterator[Details]:
    """Each of them, with the address of that channel and no other."""
    for some in reachable(campaign, [purpose], channel):
        keys = vault.keys_between(campaign, some[0][0], some[-1][0]) if some else {}
        for pk, sealed in some:
            if pk in keys:  # else erased a moment ago
                yield Details.unseal(keys[pk], pk, sealed, only=channel)
