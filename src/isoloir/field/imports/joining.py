"""Two sources on one person: what came from elsewhere is joined to somebody in the book with their consent only."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from itertools import islice

from isoloir.errors import NotAllowed
from isoloir.field import gate
from isoloir.field.bulk import Counts
from isoloir.field.channels import Channel, mark
from isoloir.field.imports.proofs import Proof
from isoloir.field.intake import Coming, Incoming
from isoloir.field.models import Campaign, Contact
from isoloir.field.reading import read
from isoloir.field.vault import ring

_AT_ONCE = 5_000


def apart(
    campaign: Campaign, proof: Proof, rows: Iterable[Coming], counts: Counts, batch: uuid.UUID | None = None
) -> Iterator[Coming]:
    """The rows that join nothing to anybody; those that the law refuses to join are counted with its rules.

    What people themselves gave to the campaign is one source, however often they gave it; and so is one file, whose
    rows are already in the book as `batch`.
    """
    refusal = "" if proof.collected_from == "person" else _refusal(campaign, proof)
    if not refusal:
        yield from rows
        return
    source = iter(rows)
    while some := list(islice(source, _AT_ONCE)):
        known = _known(campaign, some, batch)
        for new in some:
            if known.isdisjoint(_marks(campaign, new)):
                yield new
            else:
                counts.refuse(refusal)


def _refusal(campaign: Campaign, proof: Proof) -> str:
    """The rules that refuse the joining, empty where none does."""
    facts = {
        "joins_people": True, "consent": "recorded", "consent_to_join": proof.consent_to_join,
        "finds_social_profile": False, "source": proof.collected_from, "reveals_special": False,
        "data_categories": ["identity", "email", "phone"], "area_variables": [], "area_kind": "person",
        "purpose": "information", "consent_for_purpose": True, "mass_collection": False,
    }  # fmt: skip
    try:
        gate.ask("combine", campaign, facts)
    except NotAllowed as refused:
        return " ".join(refused.rules)
    return ""


def _known(campaign: Campaign, rows: list[Coming], batch: uuid.UUID | None) -> set[bytes]:
    """The marks of these rows that somebody in the book has."""
    marks = sorted({one for new in rows for one in _marks(campaign, new)})
    known: set[bytes] = set()
    for column in ("email_mark", "phone_mark"):
        there = read(Contact, (column, "batch"), column, marks, {"campaign_id": campaign.pk})
        known.update(one for one, brought_by in there if not batch or brought_by != batch)
    return known


def _marks(campaign: Campaign, new: Coming) -> set[bytes]:
    if isinstance(new, Incoming):
        return {one for one in (new.email_mark, new.phone_mark) if one}
    key = ring(campaign).marks
    addresses = ((Channel.EMAIL, new.email), (Channel.PHONE, new.phone))
    return {mark(key, channel, text) for channel, text in addresses if text}
