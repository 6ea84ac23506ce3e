"""What stations and communes are called, and the streets of each station."""

from __future__ import annotations

import polars as pl

from isoloir.stations.inputs import Readings
from isoloir.stations.recoded import STATION, codes_today
from isoloir.stations.shapes import address_year
from isoloir.stations.workspace import Frames


def station_places(readings: Readings, identity: Frames) -> Frames:
    """The tables `places` (names and addresses of versions), `streets` (of those of today) and `constituencies`."""
    venues = readings.all("venues").filter(pl.col("name").is_not_null()).collect()
    versions = (
        identity["versions"].select("station_id", "commune_code", "station_code", "valid_from", "valid_to").collect()
    )
    year = pl.col("vintage").fill_null(9999)
    ended = pl.col("valid_to").dt.year()
    current = (pl.col("valid_from").dt.year() <= year) & (ended.is_null() | (year <= ended))
    named = (
        versions.join(venues, on=["commune_code", "station_code"])
        .filter(current)
        .sort("station_id", "vintage", "priority", "name", descending=[False, True, True, False])
        .unique("station_id", keep="first", maintain_order=True)
        .select("station_id", "name", "address")
    )
    constituencies = readings.all("constituencies").drop("source", "priority").unique(maintain_order=True)
    streets = _streets(readings, identity)
    return {"places": named.lazy(), "streets": streets, "constituencies": constituencies}


def _streets(readings: Readings, identity: Frames) -> pl.LazyFrame:
    """Streets under the stations of today; those of a station that was shared out are left out."""
    today = identity["versions"].filter(pl.col("valid_to").is_null()).collect()
    codes = codes_today(identity, today, address_year(readings))
    ids = codes.join(today.select("station_id", commune="commune_code", code="station_code"), on=["commune", "code"])
    named = readings.all("streets").join(ids.lazy().select(*STATION, "station_id"), on=STATION)
    sums = named.group_by("station_id", "street").agg(pl.col("addresses").sum())
    return sums.sort("station_id", "street")
