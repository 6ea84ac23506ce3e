"""Whole books for tests that fork or run commands: files of a folder, or two databases of the server of DATABASE_URL.

A book is a folder below a home. On PostgreSQL its two databases are named after both, and copied as templates are.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

FILES = {"BOOK": "book.sqlite3", "KEYS": "keys.sqlite3", "MASTER_KEY": "key", "JOURNAL": "journal.jsonl"}
URLS = ("DATABASE_URL", "KEYS_DATABASE_URL")
_SERVER = "ISOLOIR_TEST_SERVER"  # what DATABASE_URL was before a book took its place


def server() -> str:
    """The address of a database of the server that keeps the books; empty where files do."""
    return os.environ.get(_SERVER) or os.environ.get("DATABASE_URL", "")


def environment(folder: Path) -> dict[str, str]:
    """The variables that put a whole book there."""
    have = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    have |= {f"ISOLOIR_{name}": str(folder / file) for name, file in FILES.items()}
    if server():
        have[_SERVER] = server()
        have |= {url: _address(name) for url, name in zip(URLS, databases(folder), strict=True)}
    return have


def databases(folder: Path) -> tuple[str, str]:
    """The names of its two databases on PostgreSQL: of the book, of the keys."""
    name = f"{_prefix(folder.parent)}{folder.name.lower()}"
    return f"{name}_book", f"{name}_keys"


def make(folder: Path) -> Path:
    """An empty book, its folder made."""
    folder.mkdir()
    for name in databases(folder):
        _ask(f'CREATE DATABASE "{name}"')
    return folder


def copy(source: Path, target: Path) -> None:
    """Another book with all that one holds; nobody is at work in either."""
    shutil.copytree(source, target)
    for one, other in zip(databases(source), databases(target), strict=True):
        _left(one)
        _ask(f'CREATE DATABASE "{other}" TEMPLATE "{one}"')


def remove(folder: Path) -> None:
    """The book is no more."""
    shutil.rmtree(folder)
    for name in databases(folder):
        _ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def home(folder: Path) -> Iterator[Path]:
    """A folder whose books are gone from the server afterwards."""
    try:
        yield folder
    finally:
        for (name,) in _ask("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", _prefix(folder)):
            _ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def load() -> None:
    """Load what works on a book, once for all forks of this process, which has no connection yet."""
    import newcomers  # noqa: F401
    from django.db.migrations.loader import MigrationLoader

    from isoloir.field import bulk, contacts, recovery, rekeying, retention  # noqa: F401
    from isoloir.field.imports import batches, preview, purge  # noqa: F401

    MigrationLoader(None)


def _prefix(folder: Path) -> str:
    return f"own_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}_"


def _address(name: str) -> str:
    return urlunsplit(urlsplit(server())._replace(path=f"/{name}"))


def _ask(statement: str, *given: str) -> list[Any]:
    """What the server answers; nothing where there is none."""
    if not server():
        return []
    import psycopg

    with psycopg.connect(server(), autocommit=True) as connection:
        done = connection.execute(statement, given or None)  # type: ignore[arg-type]
        return done.fetchall() if done.description else []


def _left(name: str) -> None:
    """Wait until the server has seen that a process which ended, or was killed, is gone."""
    until = time.monotonic() + 60
    while _ask("SELECT 1 FROM pg_stat_activity WHERE datname = %s", name):
        assert time.monotonic() < until, f"{name} is still in use"
        time.sleep(0.02)


# --- what PostgreSQL leaves on the disk ------------------------------------------------------------------------------


def mark() -> str:
    """From here on the server writes another file of its write-ahead log: its name."""
    return _ask("SELECT pg_walfile_name(pg_switch_wal() + 1)")[0][0] if server() else ""


def on_disk(folder: Path, since: str) -> Iterator[tuple[str, bytes]]:
    """Every file of the server that tells of this book, its log from `since` on, and dumps of both as text."""
    if not server():
        return
    _ask("CHECKPOINT")
    data = Path(_ask("SHOW data_directory")[0][0])
    files = [file for file in (data / "pg_wal").iterdir() if file.name >= since and file.is_file()]
    files += [*data.glob("*log*"), *data.glob("log/*"), *data.glob("base/pgsql_tmp/*")]
    for name in databases(folder):
        number = _ask("SELECT oid FROM pg_database WHERE datname = %s", name)[0][0]
        files += (data / "base" / str(number)).iterdir()
        yield f"{name}/dump", subprocess.run(["pg_dump", _address(name)], capture_output=True, check=True).stdout
    yield from ((str(file), file.read_bytes()) for file in files if file.is_file())


def unpacked(dump: Path) -> bytes:
    """A dump as the text that it stands for."""
    return subprocess.run(["pg_restore", "--file=-", str(dump)], capture_output=True, check=True).stdout
