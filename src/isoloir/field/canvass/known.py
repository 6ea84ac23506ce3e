"""What batches of reports need to know: places, turfs, earlier reports; one statement a table.

The statements are written out: Django takes longer to make one than the database to answer it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from isoloir.field.canvass.doors import Door, Row, by_door, door_of
from isoloir.field.canvass.written import as_kept
from isoloir.field.models.canvass import Building, Pass, Report, Turf


class Place(NamedTuple):
    """What a report needs to know of its building."""

    id: int
    campaign: uuid.UUID
    turf: int
    unit: int
    control: bool
    address: str
    opened_at: datetime  # of its pass


class Stretch(NamedTuple):
    """The reports of a turf after one sequence, up to another."""

    turf: int
    after: int
    until: int


_PLACES = (
    "SELECT b.id, b.campaign_id, b.turf_id, b.unit_id, b.control, b.address, p.opened_at"
    f" FROM {Building._meta.db_table} b JOIN {Turf._meta.db_table} t ON t.id = b.turf_id"
    f" JOIN {Pass._meta.db_table} p ON p.id = t.of_pass_id WHERE "
)
_TURFS = f"SELECT id, campaign_id, sequence FROM {Turf._meta.db_table} WHERE "
_REPORTS = f"SELECT {', '.join(Row._fields)} FROM {Report._meta.db_table} WHERE "


def places(buildings: Collection[int]) -> dict[int, Place]:
    """The buildings that are there, by id."""
    found = _asked(_PLACES + _among("b.id", buildings), buildings)
    return {pk: Place(pk, _uuid(of), turf, unit, bool(control), address, _utc(opened))
            for pk, of, turf, unit, control, address, opened in found}  # fmt: skip


def lock_turfs(turfs: Collection[int]) -> list[tuple[int, uuid.UUID, int]]:
    """Turf, campaign, last sequence; locked in one order until the transaction ends, so that no two wait in a ring."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""  # SQLite lets one write anyway
    found = _asked(f"{_TURFS}{_among('id', turfs)} ORDER BY id{lock}", turfs)
    return [(pk, _uuid(of), last) for pk, of, last in found]


def of_doors(doors: Iterable[Door]) -> Mapping[Door, list[Row]]:
    """Every report of some doors."""
    wanted = set(doors)
    # By each part of a door first: a few hundred rows, sorted out here.
    parts = [{door[part] for door in wanted} for part in range(3)]
    where = " AND ".join(map(_among, ("building_id", "floor", "door"), parts))
    return by_door(
        row for row in _reports(where, [value for part in parts for value in part]) if door_of(row) in wanted
    )


def of_turf(turf: int) -> list[Row]:
    """Every report of a turf."""
    return _reports("turf_id = %s", [turf])


def of_stretches(stretches: Iterable[Stretch]) -> list[Row]:
    """What some turfs took in the meantime."""
    asked = sorted(stretches)
    one = "(turf_id = %s AND sequence > %s AND sequence <= %s)"
    return _reports(" OR ".join([one] * len(asked)), [value for stretch in asked for value in stretch])


def of_numbers(phones: Iterable[uuid.UUID], numbers: Collection[int]) -> list[Row]:
    """What some phones reported under these numbers."""
    kept = [as_kept(Report, "phone_id", phone) for phone in phones]
    where = f"{_among('phone_id', kept)} AND {_among('number', numbers)}"
    return _reports(where, [*kept, *numbers] if numbers else [])


def _reports(where: str, values: Sequence[Any]) -> list[Row]:
    found = (Row._make(row) for row in _asked(_REPORTS + where, values))
    if connection.vendor == "postgresql":  # whose driver gives both as they are
        return list(found)
    return [row._replace(phone_id=_uuid(row.phone_id), at=_utc(row.at)) for row in found]


def _among(column: str, values: Collection[Any]) -> str:
    return f"{column} IN ({', '.join(['%s'] * len(values))})"


def _asked(statement: str, values: Collection[Any]) -> list[tuple[Any, ...]]:
    """The rows; none, unasked, where there is nothing to ask for."""
    if not values:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return list(cursor.fetchall())


def _uuid(kept: uuid.UUID | str) -> uuid.UUID:
    return kept if isinstance(kept, uuid.UUID) else uuid.UUID(kept)


def _utc(kept: datetime) -> datetime:
    return kept if kept.tzinfo else kept.replace(tzinfo=UTC)
