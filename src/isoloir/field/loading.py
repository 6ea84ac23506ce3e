"""Adding and changing many rows the fast way: COPY on PostgreSQL, one prepared statement on SQLite.

Django's own `bulk_create` cuts its statements at a thousand values there, and takes twenty times as long.
"""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connections, models, router

from isoloir.field.databases import BOOK, CACHE, WIDE_CACHE

Row = Sequence[Any]
M = TypeVar("M", bound=models.Model)


def load(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Add rows of plain values (UUID, datetime, date, bytes, text, numbers), in the order of the columns."""
    connection = connections[router.db_for_write(model)]
    table, names = model._meta.db_table, ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(_for_sqlite(rows)))


def change(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Set columns of rows by plain values, as `load` takes them; the last of each is the primary key of its row."""
    connection = connections[router.db_for_write(model)]
    key = model._meta.pk.column
    text = ", ".join(f'"{column}" = %s' for column in columns)
    values = list(rows if connection.vendor == "postgresql" else _for_sqlite(rows))
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE {model._meta.db_table} SET {text} WHERE "{key}" = %s', values)


def _for_sqlite(rows: Iterable[Row]) -> Iterator[Row]:
    """The values as Django writes them to SQLite; by columns, most of which need nothing done."""
    return zip(*map(_column, zip(*rows, strict=True)), strict=True)


def _column(values: Row) -> Iterable[Any]:
    kinds = set(map(type, values))
    if not kinds & _WRITERS.keys():
        return values
    if len(kinds) == 1 and len(set(map(id, values))) == 1:  # one campaign, one batch, one moment
        return [_WRITERS[type(values[0])](values[0])] * len(values)
    return [write(value) if (write := _WRITERS.get(type(value))) else value for value in values]


@lru_cache(maxsize=1000)
def _moment(at: datetime) -> str:
    return str(at.astimezone(UTC).replace(tzinfo=None))


_WRITERS: dict[type, Callable[[Any], Any]] = {uuid.UUID: lambda one: one.hex, datetime: _moment, date: str}


@contextmanager
def unswept() -> Iterator[None]:
    """A stretch of work on many rows during which nobody looks for cycles: rows have none, and the search of all that
    a server holds, begun again every few thousand of them, would take longer than the work.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def wide() -> Iterator[None]:
    """A stretch of work that looks up and adds many fingerprints: SQLite keeps their indexes in memory meanwhile."""
    connection = connections[BOOK]
    if connection.vendor != "sqlite":
        yield
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(WIDE_CACHE)
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(CACHE)


def among(rows: models.QuerySet[M], column: str, values: Sequence[bytes]) -> models.QuerySet[M]:
    """Those whose column is one of these bytes: Django's own `__in` works for microseconds on each value."""
    return rows.extra(where=[f"{column} IN ({', '.join(['%s'] * len(values))})"], params=list(values))


def weigh(model: type[models.Model]) -> None:
    """Have the database guess anew how large a table is, so that it plans for the rows that there are.

    SQLite looks at a few of them: otherwise it takes as long as the table, and that it would read whole, once told of
    fewer rows than there are, rather than look five thousand up.
    """
    connection = connections[router.db_for_write(model)]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit=400")
        cursor.execute(f"ANALYZE {model._meta.db_table}")
