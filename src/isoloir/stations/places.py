"""What stations and communes are called."""

from __future__ import annotations

import polars as pl

from isoloir.stations.inputs import Readings
from isoloir.stations.workspace import Frames


def station_places(readings: Readings, identity: Frames) -> Frames:
    """The tables `places` (names and addresses of versions) and `constituencies`."""
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
    return {"places": named.lazy(), "constituencies": constituencies}
