"""Backups: the book in one folder, its keys in another that is kept for days only; a restore replays the journal.

Keys that lie beside what they open, or longer than they have to, would let an erased person be read again. The master
key is in neither: keep it where neither folder is.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connections

from isoloir.errors import BookError
from isoloir.field import dumps, log, recovery
from isoloir.field.databases import BOOK, KEYS
from isoloir.field.models import Campaign
from isoloir.language import say
from isoloir.settings import settings

KEEP_KEYS_DAYS = 7
_STAMP = "%Y%m%dT%H%M%SZ"


def backup(book: Path, keys: Path, *, keep_keys_days: int = KEEP_KEYS_DAYS) -> tuple[Path, Path]:
    """Write a backup of the book (with the journal) and one of the keys; destroy backups of keys that are too old.

    Raise BookError where both would go to the same folder.
    """
    if (
        book.resolve() == keys.resolve()
        or book.resolve() in keys.resolve().parents
        or keys.resolve() in book.resolve().parents
    ):
        raise BookError(
            say(
                "le carnet et ses clés vont dans deux dossiers, aucun dans l'autre : ensemble, ils ouvrent tout",
                "the book and its keys go to two folders, neither inside the other: together they open everything",
            )
        )
    stamp = datetime.now(UTC).strftime(_STAMP)
    made = (_write(KEYS, keys, f"keys-{stamp}"), _write(BOOK, book, f"book-{stamp}"))
    if settings().journal.exists():
        _publish(settings().journal, made[1] / "journal.jsonl")
    log.write(None, None, "backup")
    prune(keys, keep_keys_days)
    return made[1], made[0]


def prune(keys: Path, days: int) -> int:
    """Destroy backups of keys older than so many days; their number."""
    oldest, gone = datetime.now(UTC) - timedelta(days=days), 0
    for folder in keys.glob("keys-*Z"):
        if datetime.strptime(folder.name, f"keys-{_STAMP}").replace(tzinfo=UTC) < oldest:
            shutil.rmtree(folder)
            gone += 1
    return gone


def restore(book: Path, keys: Path | None, *, journal: Path | None = None) -> recovery.Recovered:
    """Put back a backup of the book and, unless the present keys are whole, one of the keys; then replay the journal.

    The journal of today, or the copy named, is what keeps erased people erased and those who opted out out of it. Raise
    BookError where neither is there, or where a backup is damaged.
    """
    current = journal or settings().journal
    if not current.exists():
        raise BookError(
            say(
                f"{current} manque : sans le journal, des effacés reviendraient ; donnez-en une copie par --journal",
                f"{current} is missing: without the journal, erased people would come back; name a copy with --journal",
            )
        )
    for folder in filter(None, (book, keys)):
        _check(folder)
    if journal and journal.resolve() != settings().journal.resolve():
        _publish(journal, settings().journal)
    for alias, source in ((KEYS, keys), (BOOK, book)):
        if source:
            _put_back(alias, source)
    from django.core.management import call_command

    for alias in (KEYS, BOOK):
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    done = recovery.replay([book / "journal.jsonl"])
    for campaign in Campaign.objects.all():
        log.write(campaign, None, "restore", book.name, erased=done.erased, objections=done.objections)
    return done


def _write(alias: str, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    draft, final = folder / f".{name}.part", folder / name
    draft.mkdir(mode=0o700)
    file = draft / ("data.dump" if connections[alias].vendor == "postgresql" else "data.sqlite3")
    if connections[alias].vendor == "postgresql":
        dumps.write(connections[alias].settings_dict, file)
    else:
        with (
            closing(sqlite3.connect(connections[alias].settings_dict["NAME"])) as source,
            closing(sqlite3.connect(file)) as copy,
        ):
            source.backup(copy)
    file.chmod(0o600)
    told = {"what": alias, "file": file.name, "sha256": _digest(file)}
    (draft / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    draft.rename(final)
    return final


def _check(folder: Path) -> Path:
    try:
        told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        file = folder / str(told["file"])
        if _digest(file) == told["sha256"]:
            return file
    except (OSError, ValueError, KeyError):
        pass
    raise BookError(
        say(
            f"{folder} : la sauvegarde n'est pas entière (manifeste et données diffèrent) ; prenez-en une autre",
            f"{folder}: not a whole backup (its manifest and its data do not fit); take another",
        )
    )


def _put_back(alias: str, folder: Path) -> None:
    file, connection = _check(folder), connections[alias]
    connection.close()
    if connection.vendor == "postgresql":
        dumps.put_back(connection.settings_dict, file)
        return
    target = Path(connection.settings_dict["NAME"])
    _publish(file, target)
    for rest in ("-wal", "-shm"):
        Path(f"{target}{rest}").unlink(missing_ok=True)


def _publish(source: Path, target: Path) -> None:
    """A copy that appears whole."""
    draft = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, draft)
    draft.chmod(0o600)
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.replace(target)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
