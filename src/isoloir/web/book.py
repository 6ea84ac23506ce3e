"""Opening the contact book from the command line or before serving: Django set up, tables of this version, recovery."""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from isoloir.errors import BookError
from isoloir.field.databases import BOOK, KEYS
from isoloir.settings import settings


def set_up() -> None:
    """Django, once a process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isoloir.web.settings")
    django.setup()


def is_there() -> bool:
    """Whether there is a book: a file, or a server named by DATABASE_URL."""
    return bool(settings().database_url) or settings().book.exists()


def open_book(*, make: bool = False, accept_journal: bool = False) -> None:
    """Set up, bring the tables to this version, and finish what a killed process left; raise BookError without a book.

    `make`: make the book where there is none. `accept_journal`: take a journal that lost lines as it is.
    """
    if not (make or is_there()):
        raise BookError(f"there is no contact book at {settings().book}; make one with `isoloir campaign create`")
    set_up()
    try:
        for database in (KEYS, BOOK):
            _migrate(database)
    except OperationalError as error:
        raise BookError(f"the contact book cannot be opened: {str(error).strip()}") from None
    _private()
    from isoloir.field.imports.batches import recover_all
    from isoloir.field.recovery import recover
    from isoloir.field.rekeying import settle

    settle()
    recover(accept_journal=accept_journal)
    recover_all()


def _migrate(database: str) -> None:
    """Only where something is to do: a book of this version opens without a write."""
    executor = MigrationExecutor(connections[database])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", database=database, verbosity=0, interactive=False)


def _private() -> None:
    """Files that only their owner reads."""
    for file in (settings().book, settings().keys):
        for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            if path.exists() and path.stat().st_mode & 0o077:
                path.chmod(0o600)
