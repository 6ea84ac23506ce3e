"""Rank the stations of an area, keep the ranking in the database and export it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from isoloir.codes import Area, Election
from isoloir.commands.ranking import PLACE, write_ranking
from isoloir.errors import StatsError
from isoloir.stats.blocs import Blocs, blocs
from isoloir.stats.priority import ordinary, places, po_index
from isoloir.store import Connection, atomic, database, frame


@dataclass(frozen=True)
class Ranking:
    """A ranking and what it rests on."""

    table: pl.DataFrame  # one row per station of today in the area: PLACE, name and commune
    election: str
    target: str
    area: Area
    unplaced: pl.DataFrame  # candidate, nuance, votes: what no bloc holds in this round


def rank(
    path: Path,
    target: str = "left",
    election: str | None = None,
    area: Area | None = None,
    blocs_file: Path | None = None,
) -> Ranking:
    """Rank by Pons's index and write the table `ranking` (earlier rankings of the same choice are replaced).

    `target` is a bloc of `blocs.toml`, a nuance or a candidate's name; `election` defaults to the newest first round
    of a presidential election. Stations of very few voters or votes keep their figures and get no place. Raises
    StatsError where nobody of that choice stood.
    """
    area = area or Area()
    with database(path, write=True) as connection:
        election = _election(connection, election)
        stations = _stations(connection, election).filter(area.contains("commune_code"))
        if stations.is_empty():
            raise StatsError(f"{path} holds no station of {area} with a turnout in {election}")
        support, unplaced = _support(connection, election, target, blocs(blocs_file))
        table = _score(stations.join(support, on="station_id", how="left"), election, target)
        write_ranking(connection, table)
    return Ranking(table, election, target, area, unplaced)


def is_past(path: Path, election: str) -> bool:
    """Whether these words name a round with results in the database."""
    with database(path) as connection:
        return election in frame(connection, "SELECT DISTINCT election FROM results")["election"].to_list()


def export(table: pl.DataFrame, file: Path) -> None:
    """Write a ranking as CSV (UTF-8, `,`), first stations first, atomically."""
    with atomic(file) as part:
        table.write_csv(part, float_precision=6)


def _election(connection: Connection, asked: str | None) -> str:
    known: list[str] = frame(connection, "SELECT DISTINCT election FROM results")["election"].sort().to_list()
    if asked is not None:
        if str(Election.parse(asked)) not in known:
            raise StatsError(f"no results of {asked} in this database; it has {', '.join(known) or 'none'}")
        return asked
    if not known:
        raise StatsError("this database holds no results at all; build it with election files")
    return max(known, key=lambda e: (Election.parse(e).type == "pres", Election.parse(e).round == 1, e))


def _stations(connection: Connection, election: str) -> pl.DataFrame:
    return frame(
        connection,
        """SELECT s.station_id, s.commune_code, s.name, c.name AS commune,
            t.registered, t.voters, t.valid_votes, t.quality
        FROM stations s LEFT JOIN communes c USING (commune_code) JOIN turnout_today t USING (station_id)
        WHERE s.valid_to IS NULL AND t.election = ? ORDER BY station_id""",
        [election],
    )


def _support(connection: Connection, election: str, target: str, mapping: Blocs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Votes for the target per station (0 where others stood and it did not), and the candidates of no bloc."""
    votes = frame(
        connection,
        "SELECT station_id, election, candidate, nuance, votes FROM results_today WHERE election = ?",
        [election],
    ).with_columns(
        bloc=mapping.of("election", "candidate", "nuance"),
        wanted=mapping.stands_for(target, "election", "candidate", "nuance"),
    )
    totals = votes.group_by("candidate", "nuance", "bloc").agg(pl.sum("votes")).sort("votes", descending=True)
    if not votes["wanted"].any():
        names = totals.select(pl.coalesce("bloc", "nuance", "candidate").unique().sort()).to_series().to_list()
        raise StatsError(f"nobody in {election} is {target!r}; choose among {', '.join(names[:20])}")
    support = votes.group_by("station_id").agg(support=pl.col("votes").filter("wanted").sum())
    return support, totals.filter(pl.col("bloc").is_null()).select("candidate", "nuance", "votes")


def _score(stations: pl.DataFrame, election: str, target: str) -> pl.DataFrame:
    counts = [
        stations[c].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for c in ("registered", "voters", "valid_votes", "support")
    ]
    found = po_index(*counts)
    rank, level = places(np.where(ordinary(counts[0], counts[2]), found.score, np.nan))
    return (
        stations.with_columns(
            target=pl.lit(target),
            election=pl.lit(election),
            abstention_share=found.abstention_share,
            support_share=found.support_share,
            score=found.score,
            level=level,
            rank=rank,
        )
        .with_columns(pl.col(pl.Float64).fill_nan(None), pl.col("level", "rank").replace(0, None))
        .sort("rank", "station_id", nulls_last=True)
        .select(*PLACE, "name", "commune")
    )
