"""Polling places that a city publishes: name, address and point.

What a .toml says: how stations are named (see `isoloir.sources.keys`), the columns `name_column` and `address` (a
list), and `point`: the column that holds "latitude, longitude".
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir.codes import Area
from isoloir.sources.delimited import list_notices, read_text, require
from isoloir.sources.keys import read_keys
from isoloir.sources.reading import Entry, Reading


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """The table `venues`; a point that cannot be read is null, with a notice."""
    facts = entry.facts
    table, notices = read_text(file)
    require(table, [facts["name_column"], facts["point"], *facts["address"]], file)
    keyed, unplaced = read_keys(table, facts, file)
    inside = keyed.filter(area.contains("commune_code"))
    point = pl.col(facts["point"]).str.split_exact(",", 1)
    latitude = point.struct.field("field_0").str.strip_chars().cast(pl.Float64, strict=False)
    longitude = point.struct.field("field_1").str.strip_chars().cast(pl.Float64, strict=False)
    placed = latitude.is_between(-90, 90) & longitude.is_between(-180, 180)
    bad = inside.filter(~placed.fill_null(False)).select("row", pl.col(facts["point"]).fill_null(""))
    venues = inside.select(
        "commune_code",
        "station_code",
        name=facts["name_column"],
        address=pl.concat_str(facts["address"], separator=", ", ignore_nulls=True),
        longitude=pl.when(placed).then(longitude),
        latitude=pl.when(placed).then(latitude),
        vintage=pl.lit(facts.get("vintage"), pl.Int16),
    )
    lost = list_notices(file, "no point can be read here", bad.rows())
    return Reading({"venues": venues.sort("commune_code", "station_code").lazy()}, notices + unplaced + lost)
