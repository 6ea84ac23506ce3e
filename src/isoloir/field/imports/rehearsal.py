"""What `contacts.add_many` would do with the same rows in the same order, counted without writing anything."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from isoloir.field import bulk
from isoloir.field.bulk import CHUNK, Counts, same
from isoloir.field.imports.marks import Marks
from isoloir.field.intake import Coming, Incoming
from isoloir.field.loading import unswept, wide
from isoloir.field.models import Campaign


@dataclass(slots=True)
class _Seen:
    """Somebody who would be in the book by now."""

    email_mark: bytes | None
    phone_mark: bytes | None
    order: tuple[int, int]  # as they came into the book


_NOBODY = _Seen(None, None, (-1, 0))


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
        self._book: dict[uuid.UUID, _Seen] = {}

    def add(self, rows: Iterable[Coming]) -> None:
        """Count these rows; all of a file in one call, for a chunk is looked at as a whole."""
        source = iter(rows)
        with wide():
            while self._next(source):
                pass

    def _next(self, source: Iterator[Coming]) -> bool:
        """Count the next chunk; whether there was one."""
        with unswept():
            chunk = list(islice(source, CHUNK))
            self._chunk(chunk)
        return bool(chunk)

    def _open(self, rows: Iterable[Incoming]) -> Iterable[Incoming]:
        """The rows without what the file itself objects to."""
        for row in rows:
            if row.strip(self.objecting.by_channel):
                self.counts.suppressed += 1
            else:
                yield row

    def _chunk(self, chunk: list[Coming]) -> None:
        cleaned = bulk.cleaned_rows(self.campaign, chunk, self.counts)
        rows = list(bulk.allowed(self.campaign, list(self._open(cleaned)), self.counts, self._law))
        known = self._known(rows)
        for row in rows:
            one = same(known, row)
            if one is None:
                one = _Seen(row.email_mark, row.phone_mark, (1, self.counts.created))
                self.counts.created += 1
            else:
                self.counts.merged += 1
            one.email_mark = one.email_mark or row.email_mark
            one.phone_mark = one.phone_mark or row.phone_mark
            known.update({found: one for found in (row.email_mark, row.phone_mark) if found})
            for found in (one.email_mark, one.phone_mark):
                if found and self._newest(found).order <= one.order:
                    self._seen[found] = one

    def _known(self, rows: Iterable[Incoming]) -> dict[bytes, _Seen]:
        """Who is in the book or was in the file before; where several share a number, the newest."""
        known: dict[bytes, _Seen] = {}
        rows = list(rows)
        for found, draft in bulk.known_drafts(self.campaign, rows).items():
            fresh = _Seen(draft.email_mark, draft.phone_mark, (0, draft.id.int))
            known[found] = self._book.setdefault(draft.id, fresh)
        for found in (one for row in rows for one in (row.email_mark, row.phone_mark) if one):
            before = self._newest(found)
            if before is not _NOBODY and (found not in known or known[found].order <= before.order):
                known[found] = before
        return known

    def _newest(self, found: bytes) -> _Seen:
        return self._seen.get(found, _NOBODY)
