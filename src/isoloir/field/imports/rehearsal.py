"""What `contacts.add_many` would do with the same rows in the same order, counted without writing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from isoloir.field import bulk
from isoloir.field.bulk import CHUNK, Counts, Draft, same
from isoloir.field.channels import Channel, mark
from isoloir.field.imports.marks import Marks
from isoloir.field.intake import strip
from isoloir.field.models import Campaign
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
        known: dict[bytes, Draft | _Seen] = {**bulk.known_drafts(self.campaign, rows)}
        marks = (one for row in rows for one in (row.email_mark, row.phone_mark) if one)
        known.update({one: self._seen[one] for one in marks if one in self._seen})
        for row in rows:
            one = same(known, row)
            if one is None:
                one = _Seen(row.email_mark, row.phone_mark)
                self.counts.created += 1
            else:
                self.counts.merged += 1
            seen = one if isinstance(one, _Seen) else _Seen(one.email_mark, one.phone_mark)
            seen.email_mark = seen.email_mark or row.email_mark
            seen.phone_mark = seen.phone_mark or row.phone_mark
            known.update({found: seen for found in (row.email_mark, row.phone_mark) if found})
            self._seen.update({found: seen for found in (seen.email_mark, seen.phone_mark) if found})
