"""Some stations taken together: who moved where between two rounds among their voters."""

from __future__ import annotations

from typing import Any

import polars as pl

from isoloir import store
from isoloir.errors import StatsError
from isoloir.maps.figures import label
from isoloir.stats.blocs import blocs
from isoloir.stats.transitions import balance, estimate

ABSTAINED, BLANK, UNPLACED = "abstention", "blank", "unplaced"


def selection_transitions(connection: store.Connection, stations: list[str], before: str, after: str) -> dict[str, Any]:
    """Estimated transitions of the voters of some stations of today between two rounds, by bloc.

    `rows` and `columns` name the origins and destinations; `shares`, `low` and `high` are (R, C), 0 to 1, with 90 %
    intervals; `disagree` says where the estimators differ; `voters` (R) are registered voters. Raises StatsError where
    the figures do not identify anything.
    """
    one, other = (read_margins(connection, stations, election) for election in (before, after))
    both = one.join(other, on="station_id", suffix="_after").sort("station_id")
    names = [c for c in one.columns if c != "station_id"], [c for c in other.columns if c != "station_id"]
    origins = both.select(names[0]).to_numpy()
    destinations = both.select(c if c not in one.columns else f"{c}_after" for c in names[1]).to_numpy()
    whole = (origins.sum(axis=1) > 0) & (destinations.sum(axis=1) > 0)
    if whole.sum() < 2:
        raise StatsError(f"fewer than two of these stations have results in both {before} and {after}")
    origins, destinations = origins[whole], destinations[whole]
    rows, columns = origins.sum(axis=0) > 0, destinations.sum(axis=0) > 0
    x = balance(origins[:, rows], destinations[:, columns])
    found = estimate(x, destinations[:, columns])
    return {
        "from": before,
        "to": after,
        "stations": int(whole.sum()),
        "rows": [_named(name) for name, kept in zip(names[0], rows, strict=True) if kept],
        "columns": [_named(name) for name, kept in zip(names[1], columns, strict=True) if kept],
        "voters": x.sum(axis=0).round(1).tolist(),
        "shares": found.shares.round(4).tolist(),
        "low": found.share_low.round(4).tolist(),
        "high": found.share_high.round(4).tolist(),
        "disagree": found.disagree.tolist(),
    }


def read_margins(connection: store.Connection, stations: list[str], election: str) -> pl.DataFrame:
    """station_id and one column of registered voters per bloc, then those who voted blank or abstained."""
    turnout = store.frame(
        connection,
        """SELECT station_id, registered, voters, valid_votes FROM turnout_today
        WHERE election = ? AND list_contains(?, station_id) AND registered > 0 AND valid_votes IS NOT NULL""",
        [election, stations],
    )
    if turnout.is_empty():
        raise StatsError(f"none of these stations has a turnout in {election}")
    votes = store.frame(
        connection,
        """SELECT station_id, election, candidate, nuance, votes FROM results_today
        WHERE election = ? AND list_contains(?, station_id)""",
        [election, stations],
    ).with_columns(bloc=blocs().of("election", "candidate", "nuance").fill_null(UNPLACED))
    wide = votes.pivot("bloc", index="station_id", values="votes", aggregate_function="sum", sort_columns=True)
    names = [c for c in wide.columns if c != "station_id"]
    return (
        turnout.join(wide, on="station_id", how="left")
        .with_columns(pl.col(names).fill_null(0))
        .with_columns(
            (pl.col("voters") - pl.sum_horizontal(names)).clip(0).alias(BLANK),
            (pl.col("registered") - pl.col("voters")).clip(0).alias(ABSTAINED),
        )
        .select("station_id", *names, BLANK, ABSTAINED)
        .with_columns(pl.exclude("station_id").cast(pl.Float64))
    )


def _named(option: str) -> dict[str, str]:
    known = {
        ABSTAINED: {"fr": "abstention", "en": "abstention"},
        BLANK: {"fr": "blanc ou nul", "en": "blank or spoiled"},
        UNPLACED: {"fr": "sans bloc", "en": "of no bloc"},
    }
    return {"option": option, **(known.get(option) or label(option))}
