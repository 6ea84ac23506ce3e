"""The figures of one station: its place in the ranking, every round on today's stations, its variables."""

from __future__ import annotations

from typing import Any

import polars as pl

from isoloir import store
from isoloir.maps.database import rows
from isoloir.maps.figures import LATEST, ORDER, TODAY, label
from isoloir.maps.places import bounds
from isoloir.stations.census.variables import Variable, variables
from isoloir.stats.blocs import blocs

# What a field director reads first; the others are one click further.
KEY = frozenset(
    (
        "population", "age_18_24_share", "age_65_plus_share", "higher_education_share", "unemployment_share",
        "youth_unemployment_share", "income_median", "poverty_share", "social_housing_share", "owners_share",
        "lone_parent_families_share", "commute_transit_share", "moved_under_2_years_share",
    )
)  # fmt: skip


def station_sheet(connection: store.Connection, station_id: str) -> dict[str, Any] | None:
    """Everything the map says of a station of today; None where there is no such station."""
    found = rows(
        connection,
        f"""WITH {TODAY}
        SELECT station_id, station_code, t.name, commune_code, c.name AS commune, valid_from::VARCHAR AS valid_from,
            t.quality AS outline_quality
        FROM today t LEFT JOIN communes c USING (commune_code) WHERE station_id = ?""",
        [station_id],
    )
    if not found:
        return None
    return {
        **found[0],
        "bounds": bounds(connection, found[0]),
        "ranking": _place(connection, station_id),
        "rounds": _rounds(connection, station_id),
        "variables": _variables(connection, station_id),
        "themes": {name: dict(label) for name, label in variables().themes.items()},
    }


def _place(connection: store.Connection, station_id: str) -> dict[str, Any] | None:
    """The parts of the ranking, and how many stations it compares."""
    place = rows(
        connection,
        f"""WITH {LATEST}
        SELECT target, election, registered, abstention_share, support_share, score, nullif(level, 0) AS level,
            nullif(rank, 0) AS rank, quality, (SELECT count(*) FROM latest WHERE level > 0) AS ranked
        FROM latest WHERE station_id = ?""",
        [station_id],
    )
    return {**place[0], "label": label(place[0]["target"])} if place else None


def _rounds(connection: store.Connection, station_id: str) -> list[dict[str, Any]]:
    """Every round, the latest first; a round may have turnout without results, or results without turnout."""
    turnout = store.frame(
        connection,
        "SELECT election, registered, voters, blank, spoiled, valid_votes, quality FROM turnout_today"
        " WHERE station_id = ?",
        [station_id],
    )
    results = store.frame(
        connection,
        "SELECT election, candidate, nuance, votes, quality FROM results_today WHERE station_id = ?"
        " ORDER BY election, votes DESC NULLS LAST, candidate",
        [station_id],
    ).with_columns(blocs().of("election", "candidate", "nuance").alias("bloc"))
    elections = rows(
        connection,
        f"SELECT election FROM (SELECT unnest(?) AS election) GROUP BY election ORDER BY {ORDER}",
        [turnout["election"].to_list() + results["election"].to_list()],
    )
    counts = {row["election"]: row for row in turnout.to_dicts()}
    votes = {key[0]: part for key, part in results.partition_by("election", as_dict=True, include_key=False).items()}
    return [_round(e["election"], counts.get(e["election"], {}), votes.get(e["election"])) for e in reversed(elections)]


def _round(election: str, counts: dict[str, Any], votes: pl.DataFrame | None) -> dict[str, Any]:
    registered, voters = counts.get("registered"), counts.get("voters")
    fields = ("registered", "voters", "blank", "spoiled", "valid_votes", "quality")
    return {
        "election": election,
        **{name: counts.get(name) for name in fields},
        "turnout_share": voters / registered if registered and voters is not None else None,
        "results": [] if votes is None else _shares(votes, counts.get("valid_votes")),
    }


def _shares(votes: pl.DataFrame, valid_votes: float | None) -> list[dict[str, Any]]:
    share = pl.col("votes") / valid_votes if valid_votes else pl.lit(None, pl.Float64)
    return votes.with_columns(vote_share=share).to_dicts()


def _variables(connection: store.Connection, station_id: str) -> list[dict[str, Any]]:
    """The latest vintage of each variable, in the order and with the names of `variables.toml`."""
    found = rows(
        connection,
        """SELECT variable, value, vintage, quality FROM variables WHERE station_id = ?
        QUALIFY row_number() OVER (PARTITION BY variable ORDER BY vintage DESC NULLS LAST) = 1""",
        [station_id],
    )
    known = {v.name: (i, v) for i, v in enumerate(variables())}
    found.sort(key=lambda row: (known.get(row["variable"], (len(known), None))[0], row["variable"]))
    return [_named(row, known.get(row["variable"], (0, None))[1]) for row in found]


def _named(row: dict[str, Any], definition: Variable | None) -> dict[str, Any]:
    """A variable that nobody defined keeps its own name."""
    if definition is None:
        return row | {"label": dict.fromkeys(("fr", "en"), row["variable"]), "unit": "", "theme": "", "key": False}
    label = dict(definition.label)
    return row | {"label": label, "unit": definition.unit, "theme": definition.theme, "key": row["variable"] in KEY}
