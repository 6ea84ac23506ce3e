"""Batches: an import that was previewed is run, whole or not at all, and can be undone.

A batch is written down before its first row and carries each of them. A process killed in the middle leaves a batch
that nobody runs any more; whoever works on imports next takes it back (`recover`). Objections that a file brought stay:
they are people's own.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from isoloir.errors import BookError
from isoloir.field import consent, contacts, gate, log, suppression
from isoloir.field.channels import Channel, mark
from isoloir.field.databases import BOOK
from isoloir.field.imports import ahead, joining
from isoloir.field.imports.faults import BadFile
from isoloir.field.imports.preview import Preview, Source, entering, objections
from isoloir.field.imports.tables import Table, opened
from isoloir.field.intake import Coming
from isoloir.field.models import Campaign, Contact, ImportBatch, User
from isoloir.field.reading import read
from isoloir.field.undo import undo as undo_batch
from isoloir.field.vault import ring
from isoloir.language import say

GONE_AFTER = timedelta(minutes=15)  # a batch on another machine that gave no sign for so long
_AT_ONCE = 5_000

Progress = Callable[[int], None]


def run(found: Preview, source: Source, *, by: User | None, progress: Progress | None = None) -> ImportBatch:
    """Do what the preview counted; raise BadFile where the file is not the one that was previewed.

    Objections first, then whoever may enter. Whatever stops it in the middle, nobody whom it brought stays.
    """
    recover(found.campaign)
    with opened(source, found.file.name) as table:
        if table.bytes.sha256 != found.file.sha256:
            raise BadFile(found.file.name, say("le fichier a changé depuis l'aperçu : recommencez-le",
                                               "the file changed since the preview: preview it again"))  # fmt: skip
        _object(found, table, by)
    batch = ImportBatch(
        campaign=found.campaign, by=by, layout=found.layout.name, origin=found.origin, size=found.file.size,
        sha256=found.file.sha256, process=_process(), beat_at=timezone.now(),
    )  # fmt: skip
    batch.save(force_insert=True)
    _mine.add(batch.pk)
    apart = contacts.Counts()
    try:
        with _rows(found, source) as rows:
            counts = contacts.add_many(
                found.campaign, joining.apart(found.campaign, found.proof, rows, apart, batch.pk), by=by,
                batch=batch.pk, progress=_beating(batch, progress), declared=found.proof.facts,
            )  # fmt: skip
    except BaseException:
        _take_back(batch, by)
        raise
    finally:
        _mine.discard(batch.pk)
    batch.state, batch.ended_at = ImportBatch.DONE, timezone.now()
    batch.counts = {
        "created": counts.created, "merged": counts.merged, "suppressed": counts.suppressed,
        "refused": found.refusals.total() + counts.refused + apart.refused, "objections": found.objections,
    }  # fmt: skip
    with transaction.atomic(using=BOOK):
        batch.save()
        log.write(found.campaign, by, "import_done", str(batch.pk), layout=batch.layout, **batch.counts)
    return batch


def undo(batch: ImportBatch, by: User | None) -> int:
    """Take a whole batch back; the number of contacts destroyed or restored. Raise BookError where it is running."""
    recover(batch.campaign)
    batch.refresh_from_db()
    if batch.state == ImportBatch.UNDONE:
        return 0
    if batch.state != ImportBatch.DONE:
        raise BookError(say(f"le lot {batch.pk} est en cours", f"batch {batch.pk} is running"))
    return _take_back(batch, by)


def recover(campaign: Campaign) -> list[ImportBatch]:
    """Take back the batches of this campaign that a killed process left behind."""
    begun = ImportBatch.objects.of(campaign).filter(state__in=[ImportBatch.RUNNING, ImportBatch.UNDOING])
    left = [batch for batch in begun if not _runs(batch)]
    for batch in left:
        _take_back(batch, None)
    return left


def recover_all() -> list[ImportBatch]:
    """`recover` for every campaign that has something to take back."""
    begun = ImportBatch.objects.filter(state__in=[ImportBatch.RUNNING, ImportBatch.UNDOING])
    campaigns = Campaign.objects.filter(pk__in=begun.values("campaign"))
    return [batch for campaign in campaigns for batch in recover(campaign)]


def batch_of(campaign: Campaign, name: str) -> ImportBatch:
    """The batch of that identifier; raise BookError where this campaign has none."""
    try:
        return ImportBatch.objects.of(campaign).get(pk=uuid.UUID(name))
    except (ValueError, ImportBatch.DoesNotExist):
        raise BookError(say(f"aucun lot {name} dans cette campagne", f"no batch {name} in this campaign")) from None


def _take_back(batch: ImportBatch, by: User | None) -> int:
    batch.state, batch.process, batch.beat_at = ImportBatch.UNDOING, _process(), timezone.now()
    batch.save()
    count = undo_batch(batch.campaign, batch.pk, by=by)
    batch.state, batch.ended_at = ImportBatch.UNDONE, timezone.now()
    batch.save()
    return count


# --- objections ------------------------------------------------------------------------------------------------------


def _object(found: Preview, table: Table, by: User | None) -> None:
    """Put everybody who says no in the file on the opt-out list, and withdraw what they agreed to on that channel."""
    if not found.objections:
        return
    gate.ask("import", found.campaign, _FACTS)
    rows = objections(found, table.rows)
    while block := list(islice(rows, _AT_ONCE)):
        for channel in Channel:
            addresses = {one for row in block for kind, one, _ in row.objections if kind is channel}
            how = f"import {found.layout.name}"
            suppression.suppress_many(found.campaign, channel, addresses, how=how, actor=by)
            _withdraw(found.campaign, channel, addresses, how)


def _withdraw(campaign: Campaign, channel: Channel, addresses: Iterable[str], how: str) -> None:
    key = ring(campaign).marks
    marks = [mark(key, channel, address) for address in addresses]
    column = "email_mark" if channel is Channel.EMAIL else "phone_mark"
    there = [pk for (pk,) in read(Contact, ("id",), column, marks, {"campaign_id": campaign.pk})]
    for pk, standing in consent.states(campaign, there).items():
        if any(one.granted and kind[1] is channel for kind, one in standing.items()):
            contact = Contact.objects.of(campaign).select_related("campaign").get(pk=pk)
            consent.withdraw(contact, None, channel, how=how)


# Writing down an objection serves the person; it takes no consent.
_FACTS = {
    "data_categories": ["email", "phone"], "purpose": "service", "source": "person", "relation": "prospect",
    "person_act": "none", "mass_collection": False, "gift_from_company": False, "original_purpose_compatible": True,
    "address_protected": False, "complementary_list": False, "suppression_checked": True, "objected": True,
    "notice_states": [], "consent": "none", "consent_for_purpose": False, "legitimate_interest_test": False,
}  # fmt: skip


# --- rows ------------------------------------------------------------------------------------------------------------


@contextmanager
def _rows(found: Preview, source: Source) -> Iterator[Iterable[Coming]]:
    """Who may enter; of a large file, read ahead by another process."""
    if isinstance(source, Path) and found.file.size > ahead.LARGE:
        with ahead.reading(found, source) as cleaned:
            yield cleaned
    else:
        with opened(source, found.file.name, found.file) as table:
            yield entering(found, table)


def _beating(batch: ImportBatch, progress: Progress | None) -> Progress:
    def beat(done: int) -> None:
        ImportBatch.objects.filter(pk=batch.pk).update(beat_at=timezone.now())
        if progress:
            progress(done)

    return beat


# --- who runs it -----------------------------------------------------------------------------------------------------


_mine: set[uuid.UUID] = set()  # what this very process runs


def _process() -> str:
    return f"{socket.gethostname()} {os.getpid()} {_began(os.getpid())}"


def _runs(batch: ImportBatch) -> bool:
    """Whether the process of a batch still lives; of another machine, whether it gave a sign lately."""
    host, _, rest = batch.process.partition(" ")
    if host != socket.gethostname():
        return timezone.now() - batch.beat_at < GONE_AFTER
    if batch.process == _process():
        return batch.pk in _mine
    pid, _, began = rest.partition(" ")
    return bool(began) and _began(int(pid)) == began


@cache
def _boot() -> str:
    file = Path("/proc/sys/kernel/random/boot_id")
    return file.read_text().strip()[:8] if file.exists() else ""


def _began(pid: int) -> str:
    """When a process began, so that another one with the same number is not taken for it; empty where it is gone."""
    try:
        return f"{_boot()}-{Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[19]}"
    except OSError:
        return ""
