"""What a batch of reports changes in the books: gathered first, then written by one statement a table.

The statements are written out: the counts of a batch grow by what stands in the row, whatever it was, and neither
SQLite nor PostgreSQL is asked once a report.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model

from isoloir.field.canvass.doors import Row, last_outcome
from isoloir.field.canvass.outcomes import COLUMNS, CONTACTS, OUTCOMES, Kind
from isoloir.field.models.canvass import Pace, Phone, Report, Turf, Unit

SLOT = timedelta(minutes=15)
_MOST = 2_000  # reports of one statement: databases take some 30,000 values
Slot = tuple[int, uuid.UUID, datetime]  # turf, phone, its beginning


class Changes:
    """Counts to be added: doors by outcome of each unit and turf, knocks of each quarter of an hour."""

    def __init__(self) -> None:
        self.units: dict[int, Counter[str]] = defaultdict(Counter)
        self.turfs: dict[int, Counter[str]] = defaultdict(Counter)
        self.pace: dict[Slot, Counter[str]] = defaultdict(Counter)

    def of_door(self, was: Sequence[Row], now: Sequence[Row], unit: int, turf: int | None) -> None:
        """What changes where other reports of a door stand; `turf`: whose it is, None for a control station."""
        change = _change(last_outcome(was), last_outcome(now))
        self.units[unit].update(change)
        if turf is not None:
            self.turfs[turf].update(change)
        self._knocks(now, 1)
        self._knocks(was, -1)

    def _knocks(self, standing: Sequence[Row], sign: int) -> None:
        for report in standing:
            if report.kind in OUTCOMES:
                counts = self.pace[report.turf_id, report.phone_id, slot_of(report.at)]
                counts["knocks"] += sign
                counts["contacts"] += sign * (report.kind in CONTACTS)


def write(reports: Sequence[Row], changes: Changes, sequences: Mapping[int, int]) -> None:
    """Add the reports and the counts; `sequences`: the last one of each turf."""
    with connection.cursor() as cursor:
        for start in range(0, len(reports), _MOST):
            cursor.execute(*_insert(reports[start : start + _MOST]))
        if units := [(*_by(change), unit) for unit, change in sorted(changes.units.items()) if any(change.values())]:
            cursor.executemany(f"UPDATE {_table(Unit)} SET {_MORE} WHERE id = %s", units)
        turfs = [(*_by(changes.turfs[turf]), last, turf) for turf, last in sorted(sequences.items())]
        cursor.executemany(f"UPDATE {_table(Turf)} SET {_MORE}, sequence = %s WHERE id = %s", turfs)
        if pace := [_pace(slot, counts) for slot, counts in changes.pace.items() if any(counts.values())]:
            cursor.executemany(_ADD_PACE, pace)


def lock_phones(senders: Mapping[tuple[uuid.UUID, uuid.UUID], int], now: datetime) -> dict[uuid.UUID, Phone]:
    """The phones of some senders, locked until the transaction ends; one that is new is made.

    `senders`: account by phone and campaign. A phone of another campaign is neither touched nor given.
    """
    values: list[Any] = []
    for (phone, campaign), user in sorted(senders.items()):
        kept = as_kept(Phone, "id", phone), as_kept(Phone, "campaign_id", campaign)
        values += [*kept, user, 0, as_kept(Phone, "seen_at", now)]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(values=", ".join(["(%s, %s, %s, %s, %s)"] * len(senders))), values)
        found = [(uuid.UUID(str(pk)), uuid.UUID(str(of)), user, received) for pk, of, user, received in cursor]
    return {pk: Phone(id=pk, campaign_id=of, user_id=user, received=received) for pk, of, user, received in found}


def keep_phones(phones: Iterable[Phone]) -> None:
    """How far each phone has come, and who holds it."""
    rows = [(phone.received, phone.user_id, as_kept(Phone, "id", phone.pk)) for phone in phones]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {_table(Phone)} SET received = %s, user_id = %s WHERE id = %s", rows)


def slot_of(at: datetime) -> datetime:
    """The beginning of its quarter of an hour."""
    return datetime.fromtimestamp(at.timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), tz=UTC)


def _change(before: Kind | None, after: Kind | None) -> Counter[str]:
    change: Counter[str] = Counter()
    if before is not after:
        change.update({after.word: 1} if after else {})
        change.subtract({before.word: 1} if before else {})
    return change


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


_MORE = ", ".join(f"{name} = {name} + %s" for name in COLUMNS)
# Where the phone is there already, the update locks it and gives what it held.
_LOCK = (
    f"INSERT INTO {Phone._meta.db_table} AS held (id, campaign_id, user_id, received, seen_at) VALUES {{values}}"
    " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at WHERE held.campaign_id = excluded.campaign_id"
    " RETURNING id, campaign_id, user_id, received"
)
_ADD_PACE = (
    f"INSERT INTO {Pace._meta.db_table} AS held (turf_id, phone_id, slot, knocks, contacts) VALUES (%s, %s, %s, %s, %s)"
    " ON CONFLICT (turf_id, phone_id, slot) DO UPDATE"
    " SET knocks = held.knocks + excluded.knocks, contacts = held.contacts + excluded.contacts"
)


def _by(change: Mapping[str, int]) -> Iterable[int]:
    return [change.get(name, 0) for name in COLUMNS]


def _insert(reports: Sequence[Row]) -> tuple[str, list[Any]]:
    """One statement for many reports. A number that is there is an error: the lock of the phone lets none through."""
    into = f"INSERT INTO {_table(Report)} ({', '.join(Row._fields)})"
    if connection.vendor == "postgresql":  # as columns: its driver reads a text of 400 places for longer than it runs
        kinds = [Report._meta.get_field(name.removesuffix("_id")).db_type(connection) for name in Row._fields]
        places = ", ".join(f"%s::{kind}[]" for kind in kinds)
        return f"{into} SELECT * FROM unnest({places})", [list(column) for column in zip(*reports, strict=True)]
    places = ", ".join(["(" + ", ".join(["%s"] * len(Row._fields)) + ")"] * len(reports))
    phones = {report.phone_id: as_kept(Report, "phone_id", report.phone_id) for report in reports}
    kept = (r._replace(phone_id=phones[r.phone_id], at=as_kept(Report, "at", r.at)) for r in reports)
    return f"{into} VALUES {places}", [value for report in kept for value in report]


def _pace(slot: Slot, counts: Mapping[str, int]) -> tuple[Any, ...]:
    turf, phone, begins = slot
    kept = as_kept(Pace, "phone_id", phone), as_kept(Pace, "slot", begins)
    return turf, *kept, counts["knocks"], counts["contacts"]


def as_kept(model: type[Model], column: str, value: object) -> Any:
    """A value as the database of this installation keeps it."""
    return model._meta.get_field(column.removesuffix("_id")).get_db_prep_save(value, connection)  # type: ignore[union-attr]
