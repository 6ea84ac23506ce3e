"""The figures of a station: its place in the ranking, every round on today's stations, its variables, its past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from isoloir import store
from isoloir.maps.database import rows
from isoloir.maps.disclosure import hidden_stations
from isoloir.maps.figures import LATEST, ORDER, TODAY, label
from isoloir.maps.places import bounds
from isoloir.stations.census.variables import variables
from isoloir.stats.blocs import blocs


def station_sheet(connection: store.Connection, station_id: str, alike: Sequence[str] = ()) -> dict[str, Any] | None:
    """Everything the map says of a station of today; None where there is no such station."""
    return next(station_sheets(connection, [station_id], {station_id: alike}), None)


def station_sheets(
    connection: store.Connection, stations: Sequence[str], alike: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, Any]]:
    """The sheets of some stations of today, in order of their ids; what is asked at once is read at once.

    `alike` has the ids of the stations that resemble each one, the closest first.
    """
    wanted = {"ids": sorted(set(stations) | {other for others in alike.values() for other in others})}
    everyone = {row["station_id"]: row for row in rows(connection, _NAMES, [wanted["ids"]])}
    asked = sorted(set(stations) & everyone.keys())
    places = _by_station(connection, _PLACES, asked)
    rounds = _rounds(connection, asked)
    figures = _variables(connection, asked)
    past = _by_station(connection, _PAST, asked)
    for station_id in asked:
        own = everyone[station_id]
        yield {
            **own,
            "bounds": bounds(connection, own),
            "ranking": _place(places.get(station_id, [])),
            "rounds": rounds.get(station_id, []),
            "variables": figures.get(station_id, []),
            "lineage": [{name: row[name] for name in row if name != "station_id"} for row in past.get(station_id, [])],
            "alike": [everyone[other] for other in alike.get(station_id, ()) if other in everyone],
        }


_NAMES = f"""WITH {TODAY}
    SELECT station_id, station_code, t.name, commune_code, c.name AS commune, valid_from::VARCHAR AS valid_from,
        t.quality AS outline_quality
    FROM today t LEFT JOIN communes c USING (commune_code) WHERE list_contains(?, station_id)"""
_PLACES = f"""WITH {LATEST}
    SELECT * REPLACE (nullif(level, 0) AS level, nullif(rank, 0) AS rank),
        (SELECT count(*) FROM latest WHERE level > 0) AS ranked
    FROM latest WHERE list_contains(?, station_id)"""
# Where its voters came from: the shares of the former stations that became part of this one.
_PAST = """
    SELECT to_id AS station_id, from_id, s.station_code, s.valid_to::VARCHAR AS until, share, evidence, l.quality
    FROM lineage l JOIN stations s ON s.station_id = l.from_id
    WHERE list_contains(?, to_id) AND from_id <> to_id ORDER BY to_id, until DESC NULLS LAST, share DESC, from_id"""


def _by_station(connection: store.Connection, query: str, asked: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(connection, query, [asked]):
        found.setdefault(row["station_id"], []).append(row)
    return found


def _place(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The parts of the ranking, and how many stations it compares."""
    if not found:
        return None
    own = {name: value for name, value in found[0].items() if name != "station_id"}
    return {**own, "label": label(own["target"])}


def _rounds(connection: store.Connection, asked: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Every round, the latest first; a round may have turnout without results, or results without turnout."""
    turnout = store.frame(
        connection,
        "SELECT station_id, election, registered, voters, blank, spoiled, valid_votes, quality FROM turnout_today"
        " WHERE list_contains(?, station_id)",
        [asked],
    )
    results = store.frame(
        connection,
        "SELECT station_id, election, candidate, nuance, votes, quality FROM results_today"
        " WHERE list_contains(?, station_id) ORDER BY election, votes DESC NULLS LAST, candidate",
        [asked],
    ).with_columns(
        bloc=blocs().of("election", "candidate", "nuance"),
        fine=blocs().of("election", "candidate", "nuance", fine=True),
    )
    order = rows(
        connection,
        f"SELECT election FROM (SELECT unnest(?) AS election) GROUP BY election ORDER BY {ORDER}",
        [turnout["election"].to_list() + results["election"].to_list()],
    )
    counts = {(row["station_id"], row["election"]): row for row in turnout.to_dicts()}
    votes = results.partition_by("station_id", "election", as_dict=True, include_key=False)
    return {
        station_id: [
            _round(election, counts.get((station_id, election), {}), votes.get((station_id, election)))
            for election in (row["election"] for row in reversed(order))
            if (station_id, election) in counts or (station_id, election) in votes
        ]
        for station_id in asked
    }


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


def _variables(connection: store.Connection, asked: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The latest vintage of each variable, in the order of `variables.toml`; labels and units are in the index.

    `commune` is the mean of the commune's stations by registered voters; `hidden` says that the law of statistics keeps
    the value (`disclosure.py`).
    """
    found = rows(
        connection,
        """WITH latest AS (
            SELECT station_id, commune_code, variable, value, vintage, v.quality
            FROM variables v JOIN stations USING (station_id)
            WHERE commune_code IN (SELECT commune_code FROM stations WHERE list_contains($1, station_id))
            QUALIFY row_number() OVER (PARTITION BY station_id, variable ORDER BY vintage DESC NULLS LAST) = 1
        ), weighed AS (
            SELECT latest.*, coalesce(voters.registered, 0) AS weight FROM latest
            LEFT JOIN (SELECT station_id, max(registered) AS registered FROM turnout GROUP BY ALL) voters
            USING (station_id)
        )
        SELECT station_id, variable, value, vintage, quality,
            sum(value * weight) FILTER (isfinite(value)) OVER place
                / nullif(sum(weight) FILTER (isfinite(value)) OVER place, 0) AS commune
        FROM weighed WINDOW place AS (PARTITION BY commune_code, variable)
        QUALIFY list_contains($1, station_id)""".replace("$1", "?"),
        [asked, asked],
    )
    secret = hidden_stations(connection)
    order = {v.name: i for i, v in enumerate(variables())}
    found.sort(key=lambda row: (order.get(row["variable"], len(order)), row["variable"]))
    sheets: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        station_id = row.pop("station_id")
        row["hidden"] = station_id in secret
        if row["hidden"]:
            row |= {"value": None, "commune": None}
        sheets.setdefault(station_id, []).append(row)
    return sheets
