"""The lineage of an area's stations, and from every version to the stations of each year."""

from __future__ import annotations

import polars as pl
from threadpoolctl import threadpool_limits

from isoloir.stations.identity import Lineage, link
from isoloir.stations.identity.projection import project
from isoloir.stations.inputs import Readings, notice_frame
from isoloir.stations.workspace import Frames

MAP = {"reference": pl.Int32, "from_id": pl.String, "to_id": pl.String, "share": pl.Float64, "quality": pl.String}


def follow(readings: Readings, rounds: Frames) -> dict[str, pl.DataFrame]:
    """The tables `versions`, `edges`, `members`, `map` (to the stations of every year of results) and `notices`."""
    outlines = readings.all("outlines").drop("source", "priority").collect()
    with threadpool_limits(1):  # thousands of small matrices: threads would wait for each other
        lineage = link(
            rounds["turnout"],
            rounds["results"],
            readings.all("commune_changes").drop("source", "priority").unique(maintain_order=True).collect(),
            outlines,
            _addresses(readings, outlines),
        )
    years = lineage.members.select(pl.col("election").str.slice(0, 4).cast(pl.Int32).unique().sort()).to_series()
    return {
        "versions": lineage.versions,
        "edges": lineage.edges,
        "members": lineage.members,
        "map": pl.concat([pl.DataFrame(schema=MAP), *(_map(lineage, year, year == years[-1]) for year in years)]),
        "follow_notices": notice_frame(lineage.notices),
    }


def _addresses(readings: Readings, outlines: pl.DataFrame) -> pl.DataFrame:
    """The address points of communes with outlines of two years or more: they weigh the overlap of these."""
    several = outlines.group_by("commune_code").agg(pl.col("vintage").n_unique()).filter(pl.col("vintage") > 1)
    points = readings.all("addresses").select("commune_code", "longitude", "latitude", "weight")
    return points.join(several.lazy().select("commune_code"), on="commune_code", how="semi").collect()


def _map(lineage: Lineage, year: int, newest: bool) -> pl.DataFrame:
    """The stations of a year are those of its last round; of the newest year, those that stand today."""
    found = project(lineage, None if newest else year)
    return found.select(pl.lit(year, pl.Int32).alias("reference"), *(pl.col(c) for c in list(MAP)[1:])).sort(pl.all())
