"""Search by the beginning of a name, in memory: no index of names lies in any database, since frequencies betray.

The book is unlocked for a campaign by opening all its names once; words are kept without accents in one sorted array.
What changes later is read again before each search; of an import, at most every half minute. A book that nobody
searched for half an hour locks itself.
"""

from __future__ import annotations

import threading
import time
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from django.db import connections
from django.utils import timezone

from isoloir.field import consent, facts, gate, log, vault
from isoloir.field.databases import BOOK
from isoloir.field.models import Campaign, Contact, User
from isoloir.field.person import Details, Person, Sealed, person_of, sealed_of
from isoloir.field.reading import walk
from isoloir.field.size import size

WORD_BYTES = 16
IDLE_SECONDS = 1800
_CHUNK = 20_000
_MANY_CHANGES = 5_000  # an import: beyond them they are taken in for good, once in a while and not at each search
_PATIENCE = 30  # seconds
_LATE = timedelta(minutes=2)  # a change is seen when it is committed, which may be later than its own date

_CHANGES = (
    "SELECT count(*), (SELECT max(changed_at) FROM field_contact WHERE campaign_id = %s) FROM "
    "(SELECT 1 FROM field_contact WHERE campaign_id = %s AND changed_at > %s LIMIT %s) AS changed"
)


@dataclass
class Names:
    """The words of some names, sorted, with the contact of each."""

    words: np.ndarray = field(default_factory=lambda: np.zeros(0, f"S{WORD_BYTES}"))
    owners: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    ids: np.ndarray = field(default_factory=lambda: np.zeros(0, "V16"))

    def starting(self, prefix: bytes) -> np.ndarray:
        """The owners of words that start so, in the order of words."""
        low = np.searchsorted(self.words, np.bytes_(prefix))
        high = np.searchsorted(self.words, np.bytes_(prefix + b"\xff"))
        return self.owners[low:high]

    def with_(self, newer: Names) -> Names:
        """These names, with the newer ones in the place of what the same contacts were called before."""
        stays = ~np.isin(self.ids.view("S16"), newer.ids.view("S16"))[self.owners]
        words = np.concatenate([self.words[stays], newer.words])
        owners = np.concatenate([self.owners[stays], newer.owners + np.int32(len(self.ids))])
        order = np.argsort(words, kind="stable")
        return Names(words[order], owners[order], np.concatenate([self.ids, newer.ids]))


class Changes(NamedTuple):
    """How many rows changed since some moment, when the newest of all did, and how many there are."""

    number: int
    newest: str
    size: int


@dataclass
class Index:
    """An unlocked campaign."""

    names: Names
    since: datetime
    seen: Changes
    recent: Names = field(default_factory=Names)
    read: float = field(default_factory=time.monotonic)
    used: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)


_indexes: dict[uuid.UUID, Index] = {}
_unlocking = threading.Lock()


def search(campaign: Campaign, text: str, *, by: User | None, limit: int = 50) -> list[Person]:
    """People whose names have a word that starts with each word of the text; raise NotAllowed as `contacts.read`."""
    gate.ask("display", campaign, facts.of_display(campaign, by))
    wanted = [word[:WORD_BYTES] for word in fold(text)]
    if not wanted:
        return []
    found = _people(campaign, _candidates(campaign, wanted, limit), fold(text), limit)
    log.write(campaign, by, "search", found=len(found))
    return found


def unlock(campaign: Campaign) -> None:
    """Open every name of a campaign, so that searches are fast; about seven seconds for a million contacts."""
    _index(campaign)


def lock(campaign: Campaign) -> None:
    """Forget the names."""
    _indexes.pop(campaign.pk, None)


def unlocked(campaign: Campaign) -> bool:
    """Whether searches are fast."""
    return campaign.pk in _indexes


def lock_idle() -> None:
    """Forget the names of every campaign that nobody searched for half an hour."""
    for key, index in list(_indexes.items()):
        if time.monotonic() - index.used > IDLE_SECONDS:
            _indexes.pop(key, None)


def fold(text: str) -> list[bytes]:
    """The words of a text in lower case, without accents."""
    if not text.isascii():
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    plain = "".join(letter if letter.isalnum() else " " for letter in text.casefold())
    return [word.encode() for word in plain.split()]


def _index(campaign: Campaign) -> Index:
    lock_idle()
    with _unlocking:
        index = _indexes.get(campaign.pk)
        if index is None:
            since = timezone.now()
            seen = _changes(campaign, since)  # before reading: what comes in between is read again
            index = _indexes[campaign.pk] = Index(_read_names(campaign, None), since, seen)
    index.used = time.monotonic()
    return index


def _candidates(campaign: Campaign, words: list[bytes], limit: int) -> list[uuid.UUID]:
    """Identifiers that fit, from what was unlocked and from what changed since."""
    index = _index(campaign)
    with index.lock:
        changed = _changed(campaign, index)
    ids = [*_match(changed, words, limit), *_match(index.names, words, limit)]
    return list(dict.fromkeys(ids))


def _changed(campaign: Campaign, index: Index) -> Names:
    """The names that changed since the book was unlocked; read again only where something changed since last time."""
    seen = _changes(campaign, index.since)
    if seen == index.seen:
        return index.recent
    many = seen.number > _MANY_CHANGES
    if many and time.monotonic() - index.read < _PATIENCE:
        return index.recent
    now = timezone.now()
    later = _changes(campaign, now) if many else seen  # before reading: what comes in between is read again
    changed = _read_names(campaign, index.since - _LATE)
    if many:
        index.names, index.recent, index.since = index.names.with_(changed), Names(), now
    else:
        index.recent = changed
    index.seen, index.read = later, time.monotonic()
    return index.recent


def _changes(campaign: Campaign, since: datetime) -> Changes:
    """What tells whether something changed; counted no further than what is many, for this is asked at each search."""
    connection = connections[BOOK]
    key = campaign.pk.hex if connection.vendor == "sqlite" else campaign.pk
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, [key, key, since - _LATE, _MANY_CHANGES + 1])
        count, newest = cursor.fetchone()
    return Changes(count, str(newest), size(campaign))


def _match(names: Names, words: list[bytes], limit: int) -> Iterator[uuid.UUID]:
    found = names.starting(words[0])
    for word in words[1:]:
        found = found[np.isin(found, names.starting(word))]
    several = found[: 4 * limit]  # a word cut at its end, or a row erased since, may not fit after all
    return (uuid.UUID(bytes=names.ids[owner].tobytes()) for owner in several)


def _people(campaign: Campaign, ids: list[uuid.UUID], words: list[bytes], limit: int) -> list[Person]:
    fitting: list[tuple[Sealed, Details]] = []
    for start in range(0, len(ids), limit):  # most often the first ones fit, and nobody else is opened
        fitting += [one for one in _opened(campaign, ids[start : start + limit]) if _fits(one[1].name, words)]
        if len(fitting) >= limit:
            break
    standing = consent.states(campaign, [row.pk for row, _ in fitting[:limit]])
    return [person_of(row, details, standing[row.pk]) for row, details in fitting[:limit]]


def _opened(campaign: Campaign, ids: list[uuid.UUID]) -> Iterator[tuple[Sealed, Details]]:
    keys = vault.keys_of(campaign, ids)
    rows = {row.pk: row for row in sealed_of(campaign, keys)}
    return ((rows[pk], Details.unseal(keys[pk], pk, rows[pk].sealed)) for pk in ids if pk in rows)


def _fits(name: str, words: list[bytes]) -> bool:
    have = fold(name)
    return all(any(one.startswith(word) for one in have) for word in words)


def _read_names(campaign: Campaign, since: datetime | None) -> Names:
    """The names of a campaign, or of what changed since; by chunks, so that nothing but the words stays."""
    words: list[np.ndarray] = []
    owners: list[np.ndarray] = []
    ids: list[bytes] = []
    for some in _chunks(campaign, since):
        keys = vault.keys_of(campaign, (pk for pk, _ in some))
        here: list[bytes] = []
        whose: list[int] = []
        for pk, sealed in some:
            if pk not in keys:
                continue
            for word in fold(Details.unseal(keys[pk], pk, bytes(sealed)).name):
                here.append(word[:WORD_BYTES])
                whose.append(len(ids))
            ids.append(pk.bytes)
        words.append(np.array(here, f"S{WORD_BYTES}"))
        owners.append(np.array(whose, np.int32))
    if not ids:
        return Names()
    every, whom = np.concatenate(words), np.concatenate(owners)
    order = np.argsort(every, kind="stable")
    return Names(every[order], whom[order], np.frombuffer(b"".join(ids), "V16"))


def _chunks(campaign: Campaign, since: datetime | None) -> Iterator[Sequence[tuple[uuid.UUID, bytes]]]:
    if since is None:
        yield from walk(Contact, ("id", "sealed"), {"campaign_id": campaign.pk}, size=_CHUNK)
    else:
        changed = Contact.objects.of(campaign).filter(changed_at__gt=since).values_list("pk", "sealed")
        yield [(pk, bytes(sealed)) for pk, sealed in changed]
