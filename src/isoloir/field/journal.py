"""The journal of what must outlive every backup: erasures, undone imports, objections, withdrawals; nobody's address.

A plain file beside the databases, to be copied elsewhere as it grows. Each line is on disk before the databases are
touched, so that a restore of any age, or a process killed at any point, can be brought to where it should be
(`recovery.py`). Lines are small and appended whole: several processes may write at once.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from isoloir.errors import BookError
from isoloir.field.models import Campaign
from isoloir.language import say
from isoloir.settings import settings

_IDS_A_LINE = 200  # a line is written by one call
_CUT = b" (cut short)\n"  # closes a line that a crash left unfinished: nothing was done for it


def opened(campaign: Campaign, at: datetime) -> None:
    """This campaign begins: from here on there is a journal, and a restore that finds none is refused."""
    _append(campaign, at, "opened", [campaign.pk.hex])


def erased(campaign: Campaign, contacts: Iterable[uuid.UUID], at: datetime) -> None:
    """These contacts are erased."""
    _append(campaign, at, "erased", [contact.hex for contact in contacts])


def undone(campaign: Campaign, batch: uuid.UUID, at: datetime) -> None:
    """This import is taken back."""
    _append(campaign, at, "undone", [batch.hex])


def objected(campaign: Campaign, channel: str, marks: Iterable[bytes], how: str, at: datetime) -> None:
    """These addresses object."""
    _append(campaign, at, "objected", [mark.hex() for mark in marks], channel=channel, how=how)


def lifted(campaign: Campaign, channel: str, mark: bytes, how: str, at: datetime) -> None:
    """This address was asked for again, by its owner."""
    _append(campaign, at, "lifted", [mark.hex()], channel=channel, how=how)


def withdrawn(
    campaign: Campaign, contact: uuid.UUID, purpose: str | None, channel: str | None, how: str, at: datetime
) -> None:
    """This contact took a consent back."""
    _append(campaign, at, "withdrawn", [contact.hex], purpose=purpose or "", channel=channel or "", how=how)


def size() -> int:
    """How long the journal is, in bytes."""
    return settings().journal.stat().st_size if settings().journal.exists() else 0


def entries(file: Path | None = None, start: int = 0) -> Iterator[dict[str, Any]]:
    """Every line from a byte on, oldest first; a line cut short by a crash is none. Raise BookError for one altered."""
    path = file or settings().journal
    if not path.exists():
        return
    with path.open("rb") as lines:
        lines.seek(start)
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n") or line.endswith(_CUT):
                continue
            try:
                yield json.loads(line)
            except ValueError:
                raise BookError(
                    say(
                        f"{path}, ligne {number} : ce n'est pas une ligne du journal ; remettez le fichier d'avant",
                        f"{path}, line {number}: not a line of the journal; put the file back as it was",
                    )
                ) from None


def _append(campaign: Campaign, at: datetime, what: str, ids: list[str], **more: str) -> None:
    if not ids:
        return
    head = {"campaign": campaign.pk.hex, "at": at.isoformat(), "what": what, **more}
    lines = [
        json.dumps(head | {"ids": ids[start : start + _IDS_A_LINE]}) + "\n" for start in range(0, len(ids), _IDS_A_LINE)
    ]
    path = settings().journal
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            os.write(handle, _CUT)
        for line in lines:
            os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
