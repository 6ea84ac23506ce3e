"""Reading the results of any round on the stations of any year."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import polars as pl

from isoloir.errors import StationError
from isoloir.stations.identity.calendar import day_of

if TYPE_CHECKING:
    from isoloir.stations.identity import Lineage

PROJECTION = {"from_id": pl.String, "to_id": pl.String, "share": pl.Float64, "quality": pl.String}


def project(lineage: Lineage, reference: int | str | None = None) -> pl.DataFrame:
    """How the voters of every station version are found on the stations of a reference.

    `reference` is a year, a round (`2017_pres_t1`) or None for the newest stations. Returns (from_id, to_id, share,
    quality): a count of from_id times its share, summed by to_id, is the count on the reference's stations. Shares are
    composed along time; where the reference is older than the result they are reversed, each station being made of
    the voters who came to it. The quality is the worst of the path; of several paths between the same two stations,
    the worst of those that carry a tenth of it. Voters without evidence are missing: their shares sum to less than 1.

    Raises StationError where no station existed at the reference.
    """
    day = _day(reference)
    versions = lineage.versions.select("station_id", "valid_from", "valid_to", "registered")
    standing = pl.col("valid_from") <= day
    if day != datetime.date.max:
        standing &= pl.col("valid_to").fill_null(datetime.date.max) >= day
    else:
        standing &= pl.col("valid_to").is_null()
    goals = versions.filter(standing).select("station_id")
    if goals.is_empty():
        first = versions.select(pl.col("valid_from").min().dt.to_string()).item()
        raise StationError(f"no station is known in {reference}; the first results are of {first}")
    later = versions.filter(pl.col("valid_from") > day).select("station_id")
    backward = later.height > 0
    ends = _walk(versions.select("station_id"), goals, _forward(lineage.edges, later))
    if backward:
        ends = pl.concat([ends, _walk(later, goals, _backward(lineage.edges, versions))]).unique(["from_id", "to_id"])
    return ends.with_columns(pl.col("share").round(12)).sort("from_id", "to_id")


def _day(reference: int | str | None) -> datetime.date:
    if reference is None:
        return datetime.date.max
    if isinstance(reference, int) or reference.isdigit():
        return datetime.date(int(reference), 12, 31)
    return day_of(reference)


def _forward(edges: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    kept = edges.join(later, left_on="to_id", right_on="station_id", how="anti")
    return kept.select("from_id", "to_id", "share", "quality")


def _backward(edges: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Each station as made of those before it: the share of its known voters who came from each."""
    sizes = versions.select(from_id="station_id", size=pl.col("registered").clip(1).cast(pl.Float64))
    came = edges.join(sizes, on="from_id").with_columns(came=pl.col("share") * pl.col("size"))
    share = pl.col("came") / pl.col("came").sum().over("to_id")
    return came.select(share.alias("share"), "quality", from_id="to_id", to_id="from_id").filter(pl.col("share") > 0)


def _walk(starts: pl.DataFrame, goals: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Follow the edges from every start until they reach a goal."""
    path = starts.select(from_id="station_id", to_id="station_id", share=pl.lit(1.0), quality=pl.lit("A"))
    reached = []
    while path.height:
        reached.append(path.join(goals, left_on="to_id", right_on="station_id", how="semi"))
        path = path.join(goals, left_on="to_id", right_on="station_id", how="anti")
        path = path.join(edges, left_on="to_id", right_on="from_id", suffix="_edge").select(
            "from_id",
            to_id="to_id_edge",
            share=pl.col("share") * pl.col("share_edge"),
            quality=pl.max_horizontal("quality", "quality_edge"),
        )
        path = _merge(path)
    return _merge(pl.concat([pl.DataFrame(schema=PROJECTION), *reached]))


def _merge(path: pl.DataFrame) -> pl.DataFrame:
    weighty = pl.col("share") >= 0.1 * pl.col("share").sum().over("from_id", "to_id")
    kept = path.with_columns(quality=pl.when(weighty).then("quality"))
    return (
        kept.group_by("from_id", "to_id").agg(pl.col("share").sum(), pl.col("quality").max()).select(list(PROJECTION))
    )
