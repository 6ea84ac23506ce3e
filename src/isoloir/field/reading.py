"""Reading many rows the fast way: plain values from the cursor, by thousands of identifiers or along the whole table.

Django's query sets work for microseconds on each value, and SQLite's planner takes a campaign for ten rows: asked for
five thousand contacts of one, it would read all of it. So the campaign is told to it as a check, never as a way in.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

AT_ONCE = 5000  # values asked for in one query: SQLite takes 32,766 parameters
Row = tuple[Any, ...]


def read(
    model: type[models.Model],
    columns: Sequence[str],
    key: str,
    values: Iterable[uuid.UUID | bytes | int],
    where: Mapping[str, Any],
) -> Iterator[Row]:
    """The rows whose column `key`, which is indexed, is one of the values and whose others are as `where` says.

    In no order; `where` gives a value (None: none), or a tuple of those allowed. Rows hold UUID, aware datetime, date,
    bool, bytes.
    """
    connection, wanted = connections[router.db_for_read(model)], list(values)
    conditions, params = _conditions(connection, where)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        text = f"{_quoted(key)} IN ({_marks(some)}){conditions}"
        yield from _select(connection, model, columns, text, [*some, *params])


def span(
    model: type[models.Model],
    columns: Sequence[str],
    key: str,
    first: uuid.UUID,
    last: uuid.UUID,
    where: Mapping[str, Any],
) -> list[Row]:
    """`read` for all values of the key from one to another."""
    connection = connections[router.db_for_read(model)]
    conditions, params = _conditions(connection, where)
    text = f"{_quoted(key)} >= %s AND {_quoted(key)} <= %s{conditions}"
    return _select(connection, model, columns, text, [first, last, *params])


def walk(
    model: type[models.Model],
    columns: Sequence[str],
    where: Mapping[str, Any],
    size: int = AT_ONCE,
    above: Mapping[str, Any] | None = None,
    *,
    after: uuid.UUID | None = None,
    upto: uuid.UUID | None = None,
) -> Iterator[list[Row]]:
    """The rows of a table that are as `where` says, in the order of the first column, its primary key.

    By lists of `size`, so that memory is bounded; rows are as those of `read`. `above`: columns that are not less than
    a value. `after`, `upto`: between which keys.
    """
    connection = connections[router.db_for_read(model)]
    conditions, params = _conditions(connection, where)
    for column, least in (above or {}).items():
        conditions += f" AND {'+' * (connection.vendor == 'sqlite')}{_quoted(column)} >= %s"
        params.append(least)
    key = _quoted(columns[0])
    if upto is not None:
        conditions += f" AND {key} <= %s"
        params.append(upto)
    rows: list[Row] = []
    while not rows or len(rows) == size:
        begin, begun = _after(key, after)
        text = f"{begin}{conditions} ORDER BY {key} LIMIT {size}"
        rows = _select(connection, model, columns, text, [*begun, *params])
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def nth(
    number: int, model: type[models.Model], key: str, where: Mapping[str, Any], *, after: uuid.UUID | None = None
) -> Any:
    """The primary key of the `number`-th row after one, of those that are as `where` says; None where fewer follow."""
    connection = connections[router.db_for_read(model)]
    conditions, params = _conditions(connection, where)
    begin, begun = _after(_quoted(key), after)
    text = f"{begin}{conditions} ORDER BY {_quoted(key)} LIMIT 1 OFFSET {number - 1}"
    rows = _select(connection, model, (key,), text, [*begun, *params])
    return rows[0][0] if rows else None


def _after(key: str, after: uuid.UUID | None) -> tuple[str, list[Any]]:
    return (f"{key} IS NOT NULL", []) if after is None else (f"{key} > %s", [after])


def _conditions(connection: BaseDatabaseWrapper, where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    check = "+" if connection.vendor == "sqlite" else ""
    allowed = {column: one if isinstance(one, tuple) else (one,) for column, one in where.items() if one is not None}
    texts = [f" AND {check}{_quoted(column)} IN ({_marks(some)})" for column, some in allowed.items()]
    texts += [f" AND {_quoted(column)} IS NULL" for column, one in where.items() if one is None]
    return "".join(texts), [value for some in allowed.values() for value in some]


def _select(
    connection: BaseDatabaseWrapper, model: type[models.Model], columns: Sequence[str], where: str, params: list[Any]
) -> list[Row]:
    lite = connection.vendor == "sqlite"
    makers = [_maker(model, column) if lite else None for column in columns]
    # An expression has no type by which the connection would make each value, by a call of Python, before we see it.
    names = ", ".join(f"{'+' if make else ''}{_quoted(column)}" for column, make in zip(columns, makers, strict=True))
    with connection.cursor() as cursor:
        given = [_as_sqlite(one) for one in params] if lite else params
        cursor.execute(f"SELECT {names} FROM {_quoted(model._meta.db_table)} WHERE {where}", given)
        rows: list[Row] = cursor.fetchall()
    return _from_sqlite(makers, rows) if lite and rows else rows


def _as_sqlite(value: Any) -> Any:
    return value.hex if isinstance(value, uuid.UUID) else str(value) if isinstance(value, date) else value


def _from_sqlite(makers: Sequence[Callable[[Any], Any] | None], rows: list[Row]) -> list[Row]:
    """The values as Python has them, each different one made once."""
    made: list[Iterable[Any]] = []
    for make, values in zip(makers, zip(*rows, strict=True), strict=True):
        if make:
            different = set(values)
            if len(different) == len(values) and None not in different:  # a key
                made.append(map(make, values))
            else:
                known = {one: None if one is None else make(one) for one in different}
                made.append([known[one] for one in values])
        else:
            made.append(values)
    return list(zip(*made, strict=True))


@lru_cache(maxsize=30_000)  # the same contacts are asked for in the book, the ledger and the keys, one after the other
def _uuid(text: str) -> uuid.UUID:
    """What `uuid.UUID` makes of 32 hexadecimal digits, in a quarter of the time: nothing else is in such a column."""
    made = object.__new__(uuid.UUID)
    object.__setattr__(made, "int", int(text, 16))
    object.__setattr__(made, "is_safe", uuid.SafeUUID.unknown)
    return made


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "UUIDField": _uuid,
    "DateTimeField": lambda naive: datetime.fromisoformat(naive).replace(tzinfo=UTC),
    "DateField": date.fromisoformat,
    "BooleanField": bool,
}


@cache
def _maker(model: type[models.Model], column: str) -> Callable[[Any], Any] | None:
    kinds = {field.column: field.get_internal_type() for field in model._meta.local_concrete_fields}
    return _MAKERS.get(kinds[column])


def _quoted(column: str) -> str:
    return f'"{column}"'


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))
