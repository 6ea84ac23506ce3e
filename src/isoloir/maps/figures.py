"""What an area holds: stations, voters, rounds, and what its levels of priority stand for."""

from __future__ import annotations

from typing import Any

from isoloir import store
from isoloir.maps.areas import title
from isoloir.maps.database import rows
from isoloir.stats.blocs import blocs

# The ranking that was written last; the others stay in the table.
LATEST = """
    latest AS (
        SELECT ranking.* FROM ranking JOIN (SELECT target, election FROM ranking ORDER BY rowid DESC LIMIT 1) last
        ON ranking.target = last.target AND ranking.election = last.election
    )
"""
TODAY = "today AS (SELECT * FROM stations WHERE valid_to IS NULL)"
# Rounds of one year in the order in which they are usually held.
ORDER = (
    "left(election, 4), list_position(['cant', 'muni', 'dpmt', 'pres', 'refe', 'euro', 'legi', 'regi'], election[6:9]),"
    " election"
)


def overview(connection: store.Connection) -> dict[str, Any]:
    """The area: how many stations, communes and voters, which rounds, and what the levels stand for."""
    counts = rows(
        connection,
        f"""WITH {LATEST}, {TODAY}
        SELECT count(*) AS stations, count(geometry) AS outlined, count(DISTINCT commune_code) AS communes,
            count(*) FILTER (level BETWEEN 1 AND 5) AS ranked, sum(latest.registered)::BIGINT AS registered
        FROM today LEFT JOIN latest USING (station_id)""",
    )
    levels = rows(
        connection,
        f"""WITH {LATEST}, {TODAY}
        SELECT level, count(*) AS stations, sum(latest.registered)::BIGINT AS registered, min(score) AS score_low,
            max(score) AS score_high
        FROM latest JOIN today USING (station_id) WHERE level BETWEEN 1 AND 5 GROUP BY level ORDER BY level""",
    )
    rounds = rows(connection, f"SELECT election FROM (SELECT DISTINCT election FROM turnout_today) ORDER BY {ORDER}")
    area = rows(connection, "SELECT value FROM meta WHERE key = 'area'")
    return {
        "area": area[0]["value"] if area else "",
        "title": title(connection, area[0]["value"] if area else ""),
        "counts": counts[0],
        "ranking": _ranking(connection),
        "levels": levels,
        "rounds": [r["election"] for r in rounds],
    }


def first_stations(connection: store.Connection, limit: int) -> list[dict[str, Any]]:
    """The stations that the ranking puts first, with its parts."""
    return rows(
        connection,
        f"""WITH {LATEST}, {TODAY}
        SELECT rank, today.name, station_code, c.name AS commune, latest.registered, abstention_share, support_share,
            score, level
        FROM latest JOIN today USING (station_id) LEFT JOIN communes c USING (commune_code)
        WHERE level BETWEEN 1 AND 5 ORDER BY rank, station_id LIMIT ?""",
        [limit],
    )


def label(target: str) -> dict[str, str]:
    """What a ranking looks for, in French and English: the name of a bloc, or the target as it is written."""
    return blocs().names.get(target) or {"fr": target, "en": target}


def notes(connection: store.Connection, target: str, election: str) -> list[dict[str, Any]]:
    """What a ranking says of itself (name, value, fr, en), `skill` first; databases of before it did have none."""
    if not rows(connection, "SELECT 1 AS there FROM information_schema.tables WHERE table_name = 'ranking_notes'"):
        return []
    return rows(
        connection,
        """SELECT name, value, fr, en FROM ranking_notes WHERE target = ? AND election = ?
        ORDER BY name <> 'skill', rowid""",
        [target, election],
    )


def _ranking(connection: store.Connection) -> dict[str, Any] | None:
    last = rows(connection, "SELECT target, election FROM ranking ORDER BY rowid DESC LIMIT 1")
    return {**last[0], "label": label(last[0]["target"])} if last else None
