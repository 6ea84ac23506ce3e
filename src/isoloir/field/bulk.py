"""Many contacts at once, in bounded memory: the same rules as for one, each question to the law asked once a kind.

A batch is committed by chunks; each is whole or not there at all, its keys a moment before it. `undo` takes a batch
back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from isoloir.errors import BadAddress, NotAllowed
from isoloir.field import consent, destruction, facts, gate, log, vault
from isoloir.field.channels import Channel, mark
from isoloir.field.databases import BOOK
from isoloir.field.intake import strip
from isoloir.field.models import Campaign, ConsentEntry, Contact, Merge, User
from isoloir.field.person import Details, NewContact, details_of, fill
from isoloir.field.purposes import last_day
from isoloir.field.suppression import standing_marks

CHUNK = 10_000
_AT_ONCE = 500


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


@dataclass
class _Row:
    """A row on its way: who it is, their marks, and where they are in the book already."""

    new: NewContact
    details: Details
    email_mark: bytes | None
    phone_mark: bytes | None


def add_many(
    campaign: Campaign,
    rows: Iterable[NewContact],
    *,
    by: User | None,
    batch: uuid.UUID,
    progress: Callable[[int], None] | None = None,
    declared: dict[str, Any] | None = None,
) -> Counts:
    """Add rows that carry proof of each person's own act; merge those known by the same address; refuse by law.

    `progress` is told the number of rows done. `declared`: what the importer establishes of the whole file, as facts.
    """
    counts, done, law = Counts(), 0, _Law(campaign, declared or {})
    source = iter(rows)
    while chunk := list(islice(source, CHUNK)):
        _add_chunk(campaign, chunk, by, batch, counts, law)
        done += len(chunk)
        if progress:
            progress(done)
    return counts


def undo(campaign: Campaign, batch: uuid.UUID, *, by: User | None) -> int:
    """Take a batch back: destroy whom it made, restore whom it completed, withdraw the consents it brought."""
    restored = _restore(campaign, batch)
    made = list(Contact.objects.of(campaign).filter(batch=batch).values_list("pk", flat=True))
    for start in range(0, len(made), CHUNK):
        destruction.destroy(campaign, made[start : start + CHUNK], by=by, why="undo")
    with transaction.atomic(using=BOOK):
        log.write(campaign, by, "undo", str(batch), destroyed=len(made), restored=restored)
    return len(made) + restored


class _Law:
    """Asks each question once: rows that the law cannot tell apart share its answer."""

    def __init__(self, campaign: Campaign, declared: dict[str, Any]):
        self.campaign, self.declared = campaign, declared
        self.answers: dict[object, str] = {}

    def refusal(self, new: NewContact, objected: bool) -> str:
        """The rules that refuse this row, empty where none does."""
        agreed = tuple((one.purpose, one.how, bool(one.wording)) for one in new.consents)
        kind = (new.act, agreed, bool(new.name), bool(new.email), bool(new.phone), bool(new.postal_code),
                bool(new.offers), objected)  # fmt: skip
        if kind not in self.answers:
            self.answers[kind] = self._ask(new, objected)
        return self.answers[kind]

    def _ask(self, new: NewContact, objected: bool) -> str:
        try:
            for one in facts.of_new(new, objected):
                gate.ask("import", self.campaign, {**facts.of_import(one), **self.declared})
        except NotAllowed as refusal:
            return " ".join(refusal.rules)
        return ""


def _add_chunk(
    campaign: Campaign, chunk: list[NewContact], by: User | None, batch: uuid.UUID, counts: Counts, law: _Law
) -> None:
    rows = list(_allowed(campaign, list(_cleaned(campaign, chunk, counts)), counts, law))
    known = _known(campaign, rows)
    made: dict[uuid.UUID, tuple[Contact, list[_Row]]] = {}
    old: dict[uuid.UUID, tuple[Contact, list[_Row]]] = {}
    by_mark: dict[bytes, Contact] = {}
    for row in rows:
        contact = _same(by_mark, row) or _same(known, row)
        if contact is None:
            contact = Contact(campaign=campaign, act=row.new.act, origin=row.new.origin, batch=batch, created_by=by)
            made[contact.pk] = (contact, [])
            counts.created += 1
        else:
            counts.merged += 1
        group = made if contact.pk in made else old
        group.setdefault(contact.pk, (contact, []))[1].append(row)
        by_mark.update({one: contact for one in (row.email_mark, row.phone_mark) if one})
        contact.email_mark = contact.email_mark or row.email_mark
    _write(campaign, made, old, batch, by)


def _cleaned(campaign: Campaign, chunk: list[NewContact], counts: Counts) -> Iterator[_Row]:
    key = vault.ring(campaign).marks
    for new in chunk:
        try:
            details = details_of(new)
        except BadAddress as fault:
            counts.refuse(fault.why)
            continue
        clean = replace(new, email=details.email, phone=details.phone)
        yield _Row(
            clean,
            details,
            mark(key, Channel.EMAIL, details.email) if details.email else None,
            mark(key, Channel.PHONE, details.phone) if details.phone else None,
        )


def _allowed(campaign: Campaign, rows: list[_Row], counts: Counts, law: _Law) -> Iterator[_Row]:
    """The rows that neither an objection nor the law keeps out, without what was objected to."""
    emails, phones = [r.email_mark for r in rows if r.email_mark], [r.phone_mark for r in rows if r.phone_mark]
    closed = {
        Channel.EMAIL: standing_marks(campaign, Channel.EMAIL, emails),
        Channel.SMS: standing_marks(campaign, Channel.SMS, phones),
        Channel.PHONE: standing_marks(campaign, Channel.PHONE, phones),
    }
    for row in rows:
        shut = {
            one
            for one, marks in closed.items()
            if (row.email_mark if one is Channel.EMAIL else row.phone_mark) in marks
        }
        new, objected = strip(row.new, shut)
        if objected:
            counts.suppressed += 1
        elif not (new.email or new.phone):
            counts.refuse("no address")
        elif why := law.refusal(new, objected):
            counts.refuse(why)
        else:
            details = replace(row.details, email=new.email, phone=new.phone)
            yield _Row(new, details, row.email_mark if new.email else None, row.phone_mark if new.phone else None)


def _known(campaign: Campaign, rows: list[_Row]) -> dict[bytes, Contact]:
    """The contacts in the book that have one of these marks, by mark."""
    found: dict[bytes, Contact] = {}
    for column in ("email_mark", "phone_mark"):
        marks = [one for row in rows if (one := getattr(row, column))]
        for start in range(0, len(marks), _AT_ONCE):
            some = Contact.objects.of(campaign).filter(**{f"{column}__in": marks[start : start + _AT_ONCE]})
            found.update({bytes(getattr(one, column)): one for one in some.select_related("campaign")})
    return found


def _same(known: dict[bytes, Contact], row: _Row) -> Contact | None:
    """Who has the same e-mail address, or else the same number and no other e-mail address."""
    if row.email_mark and (found := known.get(row.email_mark)):
        return found
    found = known.get(row.phone_mark) if row.phone_mark else None
    return found if found and not (found.email_mark and row.email_mark) else None


def _write(
    campaign: Campaign,
    made: dict[uuid.UUID, tuple[Contact, list[_Row]]],
    old: dict[uuid.UUID, tuple[Contact, list[_Row]]],
    batch: uuid.UUID,
    by: User | None,
) -> None:
    keys = vault.create(campaign, list(made)) | vault.keys_of(campaign, old)
    entries: list[ConsentEntry] = []
    merges: list[Merge] = []
    for pk, (contact, rows) in [*made.items(), *((pk, one) for pk, one in old.items() if pk in keys)]:
        details = rows[0].details
        if pk in old:
            details = Details.unseal(keys[pk], pk, bytes(contact.sealed))
            merges.append(Merge(campaign=campaign, batch=batch, contact=pk, sealed=contact.sealed))
        for row in rows:
            details = details.completed(row.details)
            entries += [consent.entry(campaign, pk, keys[pk], one, batch) for one in row.new.consents]
        contact.keep_until = max(
            [contact.keep_until or timezone.localdate() - timedelta(days=1), *_ends(campaign, rows)]
        )
        fill(contact, keys[pk], details)
        if pk in old:
            merges[-1].changed_at = contact.changed_at
    with transaction.atomic(using=BOOK):
        Contact.objects.bulk_create((one for one, _ in made.values()), batch_size=5000)
        changed = [one for pk, (one, _) in old.items() if pk in keys]
        Contact.objects.bulk_update(
            changed, ["sealed", "email_mark", "phone_mark", "changed_at", "keep_until"], batch_size=100
        )
        Merge.objects.bulk_create(merges, batch_size=5000)
        consent.add_entries(entries)
        log.write(campaign, by, "import", str(batch), created=len(made), merged=len(changed), consents=len(entries))


def _ends(campaign: Campaign, rows: list[_Row]) -> Iterator[Any]:
    return (last_day(campaign, one.purpose, one.at, one.until) for row in rows for one in row.new.consents)


def _restore(campaign: Campaign, batch: uuid.UUID) -> int:
    """Contacts that the batch completed, as they were, unless somebody changed them since."""
    restored = 0
    merges = list(Merge.objects.of(campaign).filter(batch=batch).order_by("id"))
    for merge in merges:
        contact = Contact.objects.of(campaign).select_related("campaign").filter(pk=merge.contact).first()
        key = vault.keys_of(campaign, [merge.contact]).get(merge.contact)
        if contact is None or key is None:
            continue
        with transaction.atomic(using=BOOK):
            if contact.changed_at == merge.changed_at:
                fill(contact, key, Details.unseal(key, contact.pk, bytes(merge.sealed)))
                contact.save()
                restored += 1
            for purpose, channel in ConsentEntry.objects.of(campaign).filter(
                contact=contact.pk, batch=batch, granted=True
            ).values_list("purpose", "channel").distinct():  # fmt: skip
                consent.withdraw(contact, purpose, Channel(channel), how="undo", actor=log.COMMAND)
            merge.delete()
    return restored
