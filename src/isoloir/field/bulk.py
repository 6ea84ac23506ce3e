"""Many contacts at once, in bounded memory: the same rules as for one, each question to the law asked once a kind.

A batch is committed by chunks; each is whole or not there at all, its keys a moment before it. `undo.py` takes it back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Protocol, TypeVar

from django.db import transaction
from django.utils import timezone

from isoloir.errors import BadAddress, NotAllowed
from isoloir.field import consent, facts, gate, log, vault
from isoloir.field.channels import Channel
from isoloir.field.databases import BOOK
from isoloir.field.intake import Coming, Incoming, Sealing, cleaned, sealing
from isoloir.field.loading import change, load, unswept, weigh, wide
from isoloir.field.models import Campaign, Contact, Merge, User
from isoloir.field.models.contacts import new_id
from isoloir.field.person import Details, NewContact
from isoloir.field.purposes import last_day
from isoloir.field.reading import read
from isoloir.field.size import grew
from isoloir.field.suppression import standing_marks

CHUNK = 25_000  # rows: each chunk writes nearly every page of the indexes of fingerprints once
_TERMS = 4096  # different consents whose terms are kept
_DRAFT = ("id", "email_mark", "phone_mark", "keep_until", "sealed")
_CONTACT = (
    "id", "campaign_id", "sealed", "email_mark", "phone_mark", "act", "origin", "batch", "created_by_id", "created_at",
    "changed_at", "keep_until",
)  # fmt: skip
_CHANGED = ("sealed", "email_mark", "phone_mark", "keep_until", "changed_at")
_MERGE = ("campaign_id", "batch", "contact", "sealed", "changed_at")


@dataclass
class Counts:
    """What became of the rows; `refusals` counts them by rule or fault."""

    created: int = 0
    merged: int = 0
    suppressed: int = 0
    refused: int = 0
    refusals: dict[str, int] = field(default_factory=dict)

    def refuse(self, why: str) -> None:
        """Count a row that stays out."""
        self.refused += 1
        self.refusals[why] = self.refusals.get(why, 0) + 1


@dataclass(slots=True)
class Draft:
    """A contact to be, or one of the book with what it held and may be completed by."""

    id: uuid.UUID
    email_mark: bytes | None
    phone_mark: bytes | None
    keep_until: date
    sealed: bytes = b""
    rows: list[Incoming] = field(default_factory=list)

    @property
    def consents(self) -> tuple[consent.Consent, ...]:
        """All that its rows agreed to."""
        return self.rows[0].consents if len(self.rows) == 1 else tuple(one for row in self.rows for one in row.consents)

    def take(self, row: Incoming, last: date) -> None:
        """Take a row in, whose consents end on that day."""
        self.rows.append(row)
        self.email_mark, self.phone_mark = self.email_mark or row.email_mark, self.phone_mark or row.phone_mark
        if last > self.keep_until:
            self.keep_until = last


def add_many(
    campaign: Campaign,
    rows: Iterable[Coming],
    *,
    by: User | None,
    batch: uuid.UUID,
    progress: Callable[[int], None] | None = None,
    declared: dict[str, Any] | None = None,
) -> Counts:
    """Add rows that carry proof of each person's own act; merge those known by the same address; refuse by law.

    `progress` is told the number of rows done. `declared`: what the importer establishes of the whole file, as facts.
    """
    counts, done, law = Counts(), 0, Law(campaign, declared or {})
    source = iter(rows)
    with wide():
        while number := _next(campaign, source, by, batch, counts, law):
            done += number
            if progress:
                progress(done)
    return counts


def _next(
    campaign: Campaign, source: Iterator[Coming], by: User | None, batch: uuid.UUID, counts: Counts, law: Law
) -> int:
    """Add the next chunk; the number of its rows."""
    with unswept():
        chunk = list(islice(source, CHUNK))
        if chunk:
            weigh(Contact)
            _add_chunk(campaign, chunk, by, batch, counts, law)
        return len(chunk)


class Law:
    """Asks each question once: rows that the law cannot tell apart share its answer."""

    def __init__(self, campaign: Campaign, declared: dict[str, Any]):
        self.campaign, self.declared = campaign, declared
        self.answers: dict[object, str] = {}
        self.terms: dict[tuple[consent.Consent, ...], tuple[object, date]] = {}

    def refusal(self, row: Incoming, objected: bool) -> str:
        """The rules that refuse this row, empty where none does."""
        kind = (row.act, self._terms(row)[0], row.given, row.email_mark is None, row.phone_mark is None, objected)
        if kind not in self.answers:
            self.answers[kind] = self._ask(row.as_new(), objected)
        return self.answers[kind]

    def last_day(self, row: Incoming) -> date:
        """The last day of the consents of this row."""
        return self._terms(row)[1]

    def _terms(self, row: Incoming) -> tuple[object, date]:
        """What the law asks about these consents, and their last day; most rows of a file agreed to the same."""
        found = self.terms.get(row.consents)
        if found is None:
            if len(self.terms) >= _TERMS:
                self.terms.clear()
            asked = tuple((one.purpose, one.how, bool(one.wording)) for one in row.consents)
            ends = (last_day(self.campaign, one.purpose, one.at, one.until) for one in row.consents)
            found = self.terms[row.consents] = (asked, max(ends, default=date.min))
        return found

    def _ask(self, new: NewContact, objected: bool) -> str:
        try:
            for one in facts.of_new(new, objected):
                gate.ask("import", self.campaign, {**facts.of_import(one), **self.declared})
        except NotAllowed as refusal:
            return " ".join(refusal.rules)
        return ""


def _add_chunk(
    campaign: Campaign, chunk: list[Coming], by: User | None, batch: uuid.UUID, counts: Counts, law: Law
) -> None:
    rows = list(allowed(campaign, list(cleaned_rows(campaign, chunk, counts)), counts, law))
    known = known_drafts(campaign, rows)
    made: list[Draft] = []
    long_ago = campaign.vote_on - timedelta(days=36500)
    touched: dict[uuid.UUID, Draft] = {}
    for row in rows:
        draft = same(known, row)
        if draft is None:
            draft = Draft(row.sealing.contact if row.sealing else new_id(), None, None, long_ago)
            made.append(draft)
        elif draft.sealed:
            touched[draft.id] = draft
        draft.take(row, law.last_day(row))
        if row.email_mark:
            known[row.email_mark] = draft
        if row.phone_mark:
            known[row.phone_mark] = draft
    counts.created += len(made)
    counts.merged += len(rows) - len(made)
    _write(campaign, made, touched, batch, by)


def cleaned_rows(campaign: Campaign, chunk: list[Coming], counts: Counts) -> Iterator[Incoming]:
    """The rows of a chunk, cleaned where they are not yet; those with a false address are counted."""
    key = vault.ring(campaign).marks
    for new in chunk:
        try:
            yield new if isinstance(new, Incoming) else cleaned(key, new)
        except BadAddress as fault:
            counts.refuse(fault.why)


def allowed(campaign: Campaign, rows: list[Incoming], counts: Counts, law: Law) -> Iterator[Incoming]:
    """The rows that neither an objection nor the law keeps out, without what was objected to."""
    emails, phones = [r.email_mark for r in rows if r.email_mark], [r.phone_mark for r in rows if r.phone_mark]
    closed = {
        Channel.EMAIL: standing_marks(campaign, Channel.EMAIL, emails),
        Channel.SMS: standing_marks(campaign, Channel.SMS, phones),
        Channel.PHONE: standing_marks(campaign, Channel.PHONE, phones),
    }
    anybody = any(closed.values())
    for row in rows:
        objected = anybody and row.strip(closed)
        if objected:
            counts.suppressed += 1
        elif not (row.email_mark or row.phone_mark):
            counts.refuse("no address")
        elif why := law.refusal(row, objected):
            counts.refuse(why)
        else:
            yield row


def known_drafts(campaign: Campaign, rows: list[Incoming]) -> dict[bytes, Draft]:
    """The contacts in the book that have one of these marks, by mark."""
    drafts: dict[uuid.UUID, Draft] = {}
    found: dict[bytes, Draft] = {}
    for column in ("email_mark", "phone_mark"):
        marks = sorted(one for row in rows if (one := getattr(row, column)))  # as they lie in the index
        there = read(Contact, _DRAFT, column, marks, {"campaign_id": campaign.pk})
        for pk, email, phone, keep_until, sealed in sorted(there):  # of one number, the newest
            draft = drafts.setdefault(pk, Draft(pk, email, phone, keep_until, sealed))
            found[email if column == "email_mark" else phone] = draft
    return found


class Marked(Protocol):
    """Somebody known by their marks."""

    email_mark: bytes | None
    phone_mark: bytes | None


M = TypeVar("M", bound=Marked)


def same(known: Mapping[bytes, M], row: Incoming) -> M | None:
    """Who has the same e-mail address, or else the same number and no other e-mail address."""
    if row.email_mark and (found := known.get(row.email_mark)):
        return found
    found = known.get(row.phone_mark) if row.phone_mark else None
    return found if found and not (found.email_mark and row.email_mark) else None


def _write(
    campaign: Campaign, made: list[Draft], touched: dict[uuid.UUID, Draft], batch: uuid.UUID, by: User | None
) -> None:
    new = [_sealed(campaign, one) for one in made]
    vault.keep(campaign, [(one.contact, one.wrapped) for one in new])
    old = vault.keys_of(campaign, touched)
    merged = [one for one in touched.values() if one.id in old]
    now, words = timezone.now(), consent.Words(campaign)
    contacts = [_contact(campaign, *pair, batch, by, now) for pair in zip(made, new, strict=True)]
    changed = [_changed(one, old[one.id], now) for one in merged]
    entries: list[tuple[object, ...]] = []
    for draft, one in zip(made, new, strict=True):
        entries += consent.entries(words, draft.id, draft.consents, one.proofs, batch)
    for draft in merged:
        proofs = consent.sealed_proofs(old[draft.id], draft.id, draft.consents)
        entries += consent.entries(words, draft.id, draft.consents, proofs, batch)
    with transaction.atomic(using=BOOK):
        load(Contact, _CONTACT, contacts)
        load(Merge, _MERGE, [(campaign.pk, batch, one.id, one.sealed, now) for one in merged])
        change(Contact, _CHANGED, changed)
        consent.add_entries(entries)
        log.write(campaign, by, "import", str(batch), created=len(made), merged=len(merged), consents=len(entries))
        if made:
            grew(campaign, len(made))


def _sealed(campaign: Campaign, draft: Draft) -> Sealing:
    """Somebody new, sealed: as they came where it is one row, anew where several complete each other."""
    first, *others = draft.rows
    if first.sealing and not others:
        return first.sealing
    details = first.opened()
    for row in others:
        details = details.completed(row.opened())
    return sealing(vault.ring(campaign).wrapping, draft.id, details, draft.consents)


def _contact(
    campaign: Campaign, draft: Draft, sealed: Sealing, batch: uuid.UUID, by: User | None, now: datetime
) -> tuple[object, ...]:
    """The row of a new contact, in the order of _CONTACT."""
    first = draft.rows[0]
    return (
        draft.id, campaign.pk, sealed.details, draft.email_mark, draft.phone_mark, first.act, first.origin, batch,
        by.pk if by else None, now, now, draft.keep_until,
    )  # fmt: skip


def _changed(draft: Draft, key: vault.Cipher, now: datetime) -> tuple[object, ...]:
    """A contact of the book, completed: the columns of _CHANGED, and the identifier."""
    details = Details.unseal(key, draft.id, draft.sealed)
    for row in draft.rows:
        details = details.completed(row.opened())
    return (details.seal(key, draft.id), draft.email_mark, draft.phone_mark, draft.keep_until, now, draft.id)
