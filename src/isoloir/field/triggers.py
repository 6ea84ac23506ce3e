"""The database itself refuses to change or delete what may only grow, whoever asks; for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

_REFUSAL = "this table is append-only"


def guards(vendor: str, tables: Sequence[str]) -> list[str]:
    """The statements that set the guard on the tables."""
    if vendor == "postgresql":
        function = (
            "CREATE OR REPLACE FUNCTION isoloir_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
        )
        return [function, *(_postgresql(table) for table in tables)]
    return [_sqlite(table, verb) for table in tables for verb in ("UPDATE", "DELETE")]


def unguards(vendor: str, tables: Sequence[str]) -> list[str]:
    """The statements that take it away."""
    if vendor == "postgresql":
        return [f"DROP TRIGGER IF EXISTS append_only ON {table}" for table in tables]
    return [f"DROP TRIGGER IF EXISTS {table}_{verb.lower()}" for table in tables for verb in ("UPDATE", "DELETE")]


def _postgresql(table: str) -> str:
    return (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION isoloir_append_only()"
    )


def _sqlite(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    )
