"""The audit log: one entry an act, or one a batch, each chained to the last by a keyed hash.

Who can write to the database but has no keys cannot forge an entry; one changed, left out or cut off at the end breaks
the chain, and `verify` says where. Each campaign has its own chain, so that one's work waits for nobody else's.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connections, transaction
from django.utils import timezone

from isoloir.field.databases import BOOK
from isoloir.field.loading import load
from isoloir.field.models import Campaign, LogEntry, LogHead, User
from isoloir.field.vault import ring, server_secret

SERVER = "server"
PERSON, COMMAND = "person", "command line"
Actor = User | str | None
# Every look at a person writes here: plain statements, which cost a fifth of what models do.
_COLUMNS = ("chain", "sequence", "campaign_id", "at", "actor", "action", "subject", "counts", "link")
_HEAD = "SELECT sequence, link FROM field_loghead WHERE chain = %s"
_MOVE = "UPDATE field_loghead SET sequence = %s, link = %s, seal = %s WHERE chain = %s"


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold, and how."""

    chain: str
    sequence: int
    what: str


def write(campaign: Campaign | None, actor: Actor, action: str, subject: str = "", **counts: int | str) -> None:
    """Add an entry; in the transaction of what it tells, so that neither is there without the other.

    No name and no address goes in here: `subject` is an identifier, `counts` are numbers or words of the code.
    """
    chain = str(campaign.pk) if campaign else SERVER
    key = _key(campaign)
    with transaction.atomic(using=BOOK):
        head = _locked(chain)
        entry = LogEntry(
            chain=chain, sequence=head.sequence + 1, campaign=campaign, at=timezone.now(), actor=_named(actor),
            action=action, subject=subject, counts=counts,
        )  # fmt: skip
        entry.link = _link(key, entry, head.link)
        load(LogEntry, _COLUMNS, [_values(entry)])
        head.sequence, head.link = entry.sequence, entry.link
        head.seal = _seal(key, head)
        with connections[BOOK].cursor() as cursor:
            cursor.execute(_MOVE, [head.sequence, head.link, head.seal, chain])


def _locked(chain: str) -> LogHead:
    """The head of a chain, which nobody else moves before this transaction ends; made at first use."""
    connection = connections[BOOK]
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""  # SQLite locks as a transaction begins
    with connection.cursor() as cursor:
        cursor.execute(_HEAD + lock, [chain])
        if found := cursor.fetchone():
            return LogHead(chain=chain, sequence=found[0], link=found[1])
    LogHead.objects.get_or_create(chain=chain)
    return LogHead.objects.select_for_update().get(chain=chain)


def _values(entry: LogEntry) -> tuple[object, ...]:
    return (
        entry.chain, entry.sequence, entry.campaign_id, entry.at, entry.actor, entry.action, str(entry.subject),
        json.dumps(entry.counts), entry.link,
    )  # fmt: skip


def verify(campaign: Campaign | None = None) -> list[Break]:
    """Every break of a campaign's chain, or of all chains; an empty list where they hold."""
    if campaign:
        return list(_breaks(campaign))
    chains: list[Campaign | None] = [None, *Campaign.objects.all()]
    return [found for one in chains for found in _breaks(one)]


def verify_server() -> list[Break]:
    """Every break of the chain that belongs to no campaign."""
    return list(_breaks(None))


def _breaks(campaign: Campaign | None) -> Iterator[Break]:
    chain, key = str(campaign.pk) if campaign else SERVER, _key(campaign)
    before, link = 0, ""
    for entry in LogEntry.objects.filter(chain=chain).order_by("sequence").iterator(chunk_size=2000):
        if entry.sequence != before + 1:
            yield Break(chain, entry.sequence, f"entries {before + 1} to {entry.sequence - 1} are missing")
        elif not hmac.compare_digest(entry.link, _link(key, entry, link)):
            yield Break(chain, entry.sequence, "this entry is not as it was written")
        before, link = entry.sequence, entry.link
    yield from _end(chain, key, before, link)


def _end(chain: str, key: bytes, last: int, link: str) -> Iterator[Break]:
    head = LogHead.objects.filter(chain=chain).first()
    if head is None:
        if last:
            yield Break(chain, last, "the head of the chain is missing")
    elif not hmac.compare_digest(head.seal, _seal(key, head)):
        yield Break(chain, head.sequence, "the head of the chain is not as it was written")
    elif (head.sequence, head.link) != (last, link):
        yield Break(chain, head.sequence, f"the log ends at entry {last}; it had {head.sequence}")


def _key(campaign: Campaign | None) -> bytes:
    return ring(campaign).log if campaign else server_secret()


def _named(actor: Actor) -> str:
    return f"account {actor.pk}" if isinstance(actor, User) else actor or COMMAND


def _link(key: bytes, entry: LogEntry, before: str) -> str:
    told = [
        entry.chain,
        entry.sequence,
        _moment(entry.at),
        entry.actor,
        entry.action,
        entry.subject,
        entry.counts,
        before,
    ]
    return hmac.new(key, json.dumps(told, sort_keys=True).encode(), "sha256").hexdigest()


def _seal(key: bytes, head: LogHead) -> str:
    return hmac.new(key, f"head {head.chain} {head.sequence} {head.link}".encode(), "sha256").hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
