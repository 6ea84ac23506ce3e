"""Where the book and its keys are kept: two SQLite files, or two PostgreSQL databases; never the same one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

from isoloir.errors import SettingsError
from isoloir.language import say
from isoloir.settings import Settings

BOOK, KEYS = "default", "keys"
# WAL: readers never wait. secure_delete: what is erased is overwritten, not only forgotten.
# A cache of 64 MB, where 2 are usual: fingerprints lie in no order, so that each new one touches another page. Of 256
# while an import runs, so that the indexes of a million contacts fit in.
CACHE, WIDE_CACHE = "PRAGMA cache_size=-64000;", "PRAGMA cache_size=-256000;"
_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA busy_timeout=20000; " + CACHE
)

# Seconds that a thread of the server keeps its connection: they are few (`web/handler.py`), requests are many.
_KEPT = 600


def databases(settings: Settings) -> dict[str, dict[str, Any]]:
    """Django's DATABASES; raise SettingsError where book and keys would share one."""
    book = _database(settings.database_url, settings.book)
    keys = _database(settings.keys_database_url, settings.keys)
    if (book["ENGINE"], book["NAME"], book.get("HOST")) == (keys["ENGINE"], keys["NAME"], keys.get("HOST")):
        raise SettingsError(
            say(
                "le carnet et ses clés vont dans deux bases : donnez aussi KEYS_DATABASE_URL",
                "the contact book and its keys are to be in two databases: set KEYS_DATABASE_URL too",
            )
        )
    return {BOOK: book, KEYS: keys}


def _database(url: str, file: Path) -> dict[str, Any]:
    if url:
        return dict(dj_database_url.parse(url, conn_max_age=_KEPT, conn_health_checks=True))
    options = {"transaction_mode": "IMMEDIATE", "init_command": _PRAGMAS, "timeout": 20}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file.absolute()), "OPTIONS": options}


class Router:
    """Models of the keys go to the database of the keys, all others to the book."""

    def db_for_read(self, model: type, **_: object) -> str:
        """The database of a model."""
        return KEYS if model._meta.app_label == "keys" else BOOK  # type: ignore[attr-defined]

    db_for_write = db_for_read

    def allow_relation(self, one: object, other: object, **_: object) -> bool:
        """No relation crosses the two."""
        return self.db_for_read(one.__class__) == self.db_for_read(other.__class__)  # the account of a request is lazy

    def allow_migrate(self, db: str, app_label: str, **_: object) -> bool:
        """Each database has its own tables only."""
        return db == (KEYS if app_label == "keys" else BOOK)
