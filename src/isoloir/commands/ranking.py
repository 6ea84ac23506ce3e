"""The table `ranking`: its columns, and how a ranking gets into it whatever version of isoloir made the database."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from isoloir.language import say
from isoloir.store import Connection

PLACE = {
    "station_id": "VARCHAR",
    "target": "VARCHAR",
    "election": "VARCHAR",
    "registered": "DOUBLE",
    "abstention_share": "DOUBLE",
    "support_share": "DOUBLE",
    "score": "DOUBLE",
    "level": "TINYINT",
    "rank": "INTEGER",
    "quality": "VARCHAR",
}
# Null where a past round is ranked by its result.
GAIN = {
    "votes_per_hour": "DOUBLE",
    "votes_per_hour_low": "DOUBLE",
    "votes_per_hour_high": "DOUBLE",
    "probability": "DOUBLE",
    "grade": "VARCHAR",
    "doors": "DOUBLE",
    "hours": "DOUBLE",
    "persuasion": "DOUBLE",
    "mobilisation": "DOUBLE",
    "registration": "DOUBLE",
    "factor_size": "DOUBLE",
    "factor_density": "DOUBLE",
    "factor_abstention": "DOUBLE",
    "factor_support": "DOUBLE",
    "factor_effect": "DOUBLE",
    "why_fr": "VARCHAR",
    "why_en": "VARCHAR",
}
COLUMNS = PLACE | GAIN


class Note(NamedTuple):
    """One remark on a whole ranking."""

    name: str
    value: float | None
    fr: str
    en: str

    @property
    def text(self) -> str:
        """In the user's language."""
        return say(self.fr, self.en)


def write_ranking(connection: Connection, table: pl.DataFrame) -> None:
    """Write the columns that the table has; earlier rankings of the same choice are replaced, older tables widened."""
    rows = table.select(c for c in COLUMNS if c in table.columns)  # noqa: F841 (DuckDB reads it by name)
    connection.execute("BEGIN")
    connection.execute(f"CREATE TABLE IF NOT EXISTS ranking ({', '.join(f'{c} {t}' for c, t in COLUMNS.items())})")
    for column, kind in COLUMNS.items():
        connection.execute(f"ALTER TABLE ranking ADD COLUMN IF NOT EXISTS {column} {kind}")
    connection.execute(
        "DELETE FROM ranking WHERE (station_id, target, election) IN (SELECT station_id, target, election FROM rows)"
    )
    connection.execute("INSERT INTO ranking BY NAME SELECT * FROM rows")
    connection.execute("COMMIT")


def write_notes(connection: Connection, target: str, election: str, notes: list[Note]) -> None:
    """Write what a ranking says of itself; earlier remarks on the same choice are replaced."""
    connection.execute("BEGIN")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS ranking_notes"
        " (target VARCHAR, election VARCHAR, name VARCHAR, value DOUBLE, fr VARCHAR, en VARCHAR)"
    )
    connection.execute("DELETE FROM ranking_notes WHERE target = ? AND election = ?", [target, election])
    for note in notes:
        connection.execute(
            "INSERT INTO ranking_notes VALUES (?, ?, ?, ?, ?, ?)",
            [target, election, note.name, note.value, note.fr, note.en],
        )
    connection.execute("COMMIT")
