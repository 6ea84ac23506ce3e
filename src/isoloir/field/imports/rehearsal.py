"""What `contacts.add_many` would do with the same rows in the same order, counted without writing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from isoloir.field import bulk
from isoloir.field.bulk import CHUNK, Counts, Incoming
from isoloir.field.channels import Channel, mark
from isoloir.field.imports.marks import Marks
from isoloir.field.intake import strip
from isoloir.field.models import Campaign, Contact
from isoloir.field.person import NewContact
from isoloir.field.vault import ring


@dataclass(slots=True)
class _Seen:
    """Somebody who would be in the book by now."""

    email_mark: bytes | None
    phone_mark: bytes | None


@dataclass
class Rehearsal:
    """Counts rows as they come; `objecting`: the addresses that the file itself puts on the opt-out list first."""

    campaign: Campaign
    declared: Mapping[str, Any]
    objecting: Marks
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self._law = bulk.Law(self.campaign, dict(self.declared))
        self._seen: dict[bytes, _Seen] = {}

    def add(self, rows: Iterable[NewContact]) -> None:
        """Count these rows; all of a file in one call, for a chunk is looked at as a whole."""
        source = iter(rows)
        while chunk := list(islice(source, CHUNK)):
            self._chunk(list(self._open(chunk)))

    def _open(self, chunk: Iterable[NewContact]) -> Iterable[NewContact]:
        """The rows without what the file itself objects to."""
        key = ring(self.campaign).marks
        for new in chunk:
            addresses = ((Channel.EMAIL, new.email), (Channel.SMS, new.phone), (Channel.PHONE, new.phone))
            closed = {one for one, text in addresses if text and self.objecting.has(one, mark(key, one, text))}
            left, objects = strip(new, closed)
            if objects:
                self.counts.suppressed += 1
            else:
                yield left

    def _chunk(self, chunk: list[NewContact]) -> None:
        rows = bulk.incoming(self.campaign, chunk, self.counts, self._law)
        known = bulk.known(self.campaign, rows)
        near: dict[bytes, _Seen] = {}
        touched: list[_Seen] = []
        for row in rows:
            one = _same(near, row) or self._before(known, row)
            if one is None:
                self.counts.created += 1
                one = _Seen(row.email_mark, row.phone_mark)
            else:
                self.counts.merged += 1
            one.email_mark = one.email_mark or row.email_mark
            one.phone_mark = one.phone_mark or row.phone_mark
            near.update({found: one for found in (row.email_mark, row.phone_mark) if found})
            touched.append(one)
        for one in touched:
            self._seen.update({found: one for found in (one.email_mark, one.phone_mark) if found})

    def _before(self, known: Mapping[bytes, Contact], row: Incoming) -> _Seen | None:
        """Who was in the file before, or is in the book."""
        if found := _same(self._seen, row):
            return found
        contact = bulk.same(known, row)
        if contact is None:
            return None
        return _Seen(bytes(contact.email_mark) if contact.email_mark else None,
                     bytes(contact.phone_mark) if contact.phone_mark else None)  # fmt: skip


def _same(seen: Mapping[bytes, _Seen], row: Incoming) -> _Seen | None:
    """As the book tells: by e-mail, or by a number whose owner has no other e-mail."""
    if row.email_mark and (found := seen.get(row.email_mark)):
        return found
    found = seen.get(row.phone_mark) if row.phone_mark else None
    return found if found and not (found.email_mark and row.email_mark) else None
