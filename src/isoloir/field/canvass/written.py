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

from isoloir.field.canvass.doors import Row, outcome, standing
from isoloir.field.canvass.outcomes import COLUMNS, CONTACTS, OUTCOMES, Kind
from isoloir.field.models.canvass import Pace, Report, Turf, Unit

SLOT = timedelta(minutes=15)
_MOST = 2_000  # reports of one statement: databases take some 30,000 values
Slot = tuple[int, uuid.UUID, datetime]  # turf, phone, its beginning


class Changes:
    """Counts to be added: doors by outcome of each unit and turf, knocks of each quarter of an hour."""

    def __init__(self) -> None:
        self.units: dict[int, Counter[str]] = defaultdict(Counter)
        self.turfs: dict[int, Counter[str]] = defaultdict(Counter)
        self.pace: dict[Slot, Counter[str]] = defaultdict(Counter)

    def of_door(self, known: Sequence[Row], fresh: Sequence[Row], unit: int, turf: int | None) -> None:
        """What further reports of a door change; `turf`: whose counts it belongs to, None for a control station."""
        after = [*known, *fresh]
        change = _change(outcome(known), outcome(after))
        self.units[unit].update(change)
        if turf is not None:
            self.turfs[turf].update(change)
        self._knocks(after, 1)
        self._knocks(known, -1)

    def _knocks(self, reports: Sequence[Row], sign: int) -> None:
        for report in standing(reports):
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
_ADD_PACE = (
    f"INSERT INTO {Pace._meta.db_table} AS held (turf_id, phone_id, slot, knocks, contacts) VALUES (%s, %s, %s, %s, %s)"
    " ON CONFLICT (turf_id, phone_id, slot) DO UPDATE"
    " SET knocks = held.knocks + excluded.knocks, contacts = held.contacts + excluded.contacts"
)


def _by(change: Mapping[str, int]) -> Iterable[int]:
    return [change.get(name, 0) for name in COLUMNS]


def _insert(reports: Sequence[Row]) -> tuple[str, list[Any]]:
    """One statement for many reports. A number that is there is an error: the lock of the phone lets none through."""
    places = ", ".join(["(" + ", ".join(["%s"] * len(Row._fields)) + ")"] * len(reports))
    phones = {report.phone_id: _as_kept(Report, "phone_id", report.phone_id) for report in reports}
    values = [
        value
        for report in reports
        for value in report._replace(phone_id=phones[report.phone_id], at=_as_kept(Report, "at", report.at))
    ]
    return f"INSERT INTO {_table(Report)} ({', '.join(Row._fields)}) VALUES {places}", values


def _pace(slot: Slot, counts: Mapping[str, int]) -> tuple[Any, ...]:
    turf, phone, begins = slot
    kept = _as_kept(Pace, "phone_id", phone), _as_kept(Pace, "slot", begins)
    return turf, *kept, counts["knocks"], counts["contacts"]


def _as_kept(model: type[Model], column: str, value: object) -> Any:
    """As the database of this installation keeps such a value."""
    return model._meta.get_field(column.removesuffix("_id")).get_db_prep_save(value, connection)  # type: ignore[union-attr]
