"""Codes that a file of another year gives to stations, as the stations of a wanted day have them."""

from __future__ import annotations

import polars as pl

from isoloir.stations.shapes import SAME
from isoloir.stations.workspace import Frames

STATION = ["commune_code", "station_code"]
APART = 6  # years between a file's codes and the round by which they are understood


def codes_today(identity: Frames, stations: pl.DataFrame, year: int) -> pl.DataFrame:
    """The codes of a year (commune_code, station_code) and the station that each is now (commune, code).

    They are understood by the commune's nearest round within `APART` years; a station that was shared out is left out.
    """
    gap = (pl.col("election").str.slice(0, 4).cast(pl.Int32) - year).abs()
    nearest = identity["members"].filter((gap <= APART) & (gap == gap.min().over("commune_code")))
    then = nearest.sort("election").unique(STATION, keep="last").select(*STATION, "station_id").collect()
    wanted = stations.select("station_id", commune="commune_code", code="station_code")
    same = then.join(wanted, on="station_id")
    links = identity["map"].filter(pl.col("share") >= SAME).select("from_id", "to_id").unique().collect()
    moved = then.join(links, left_on="station_id", right_on="from_id").join(
        wanted, left_on="to_id", right_on="station_id"
    )
    both = pl.concat([same.select(*STATION, "commune", "code"), moved.select(*STATION, "commune", "code")])
    return both.unique(STATION, keep="first", maintain_order=True)
