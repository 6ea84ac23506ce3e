"""The people of an export, opened or written: those who may be written to for its purpose on its channel."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager

from isoloir.field import vault
from isoloir.field.channels import Channel
from isoloir.field.exports.formats import FORMATS
from isoloir.field.models import Campaign
from isoloir.field.parts import WHOLE, Part, made_of_each
from isoloir.field.person import Details
from isoloir.field.reachable import reachable

Written = tuple[int, str]
"""How many people, and their rows."""


def opened(campaign: Campaign, purpose: str, channel: Channel, part: Part = WHOLE) -> Iterator[Details]:
    """Each of them, with the address of that channel and no other."""
    for some in reachable(campaign, [purpose], channel, part):
        keys = vault.keys_between(campaign, some[0][0], some[-1][0]) if some else {}
        for pk, sealed in some:
            if pk in keys:  # else erased a moment ago
                yield Details.unseal(keys[pk], pk, sealed, only=channel)


def written(
    campaign: Campaign, purpose: str, channel: Channel, format: str
) -> AbstractContextManager[Iterator[Written]]:
    """All of them as rows of a format, in order, by some thousands; raise BookError where a process was lost."""
    return made_of_each(_rows, campaign, purpose, channel, format)


def _rows(campaign: Campaign, part: Part, purpose: str, channel: Channel, format: str) -> Written:
    rows = io.StringIO()
    number = FORMATS[format].write(opened(campaign, purpose, channel, part), rows)
    return number, rows.getvalue()
