"""Whether a database is one that the map can read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from isoloir import store
from isoloir.errors import StationError

# What the map reads. More columns are welcome, fewer are another database.
READ = {
    "stations": {
        "station_id", "commune_code", "station_code", "valid_from", "valid_to", "name", "address", "geometry",
        "quality",
    },
    "communes": {"commune_code", "name", "population", "geometry"},
    "constituencies": {"constituency_code", "commune_code", "geometry"},
    "turnout": {"station_id", "election", "constituency_code"},
    "turnout_today": {
        "station_id", "election", "registered", "voters", "blank", "spoiled", "valid_votes", "quality",
    },
    "results_today": {"station_id", "election", "candidate", "nuance", "votes", "quality"},
    "lineage": {"from_id", "to_id", "share", "evidence", "quality"},
    "variables": {"station_id", "variable", "value", "vintage", "quality"},
    "ranking": {
        "station_id", "target", "election", "registered", "abstention_share", "support_share", "score", "level", "rank",
        "quality",
    },
    "meta": {"key", "value"},
}  # fmt: skip


@contextmanager
def reading(database: Path) -> Iterator[store.Connection]:
    """Open a station database to read it, for the time of one answer: a new build may replace the file meanwhile."""
    with store.database(database) as connection:
        yield connection


def rows(connection: store.Connection, query: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries that JSON can say: what is not a number is null."""
    return store.frame(connection, query, parameters).with_columns(cs.float().fill_nan(pl.lit(None))).to_dicts()


def check(database: Path) -> None:
    """Raise StationError where the file is missing, is no database, or lacks a table or a column that the map reads."""
    with reading(database) as connection:
        columns = store.frame(connection, "SELECT table_name, column_name FROM information_schema.columns")
    found: dict[str, set[str]] = {}
    for table, column in columns.iter_rows():
        found.setdefault(table, set()).add(column)
    if "ranking" not in found and "stations" in found:
        raise StationError(f"{database}: the stations have no ranking yet; run `isoloir rank --database {database}`")
    for table, wanted in READ.items():
        if missing := wanted - found.get(table, set()):
            lacks = f"no table {table}" if table not in found else f"no {', '.join(sorted(missing))} in {table}"
            raise StationError(
                f"{database}: not a station database of this version ({lacks}); run `isoloir build` again"
            )
