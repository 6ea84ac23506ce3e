"""Finding a commune or a station by its name or its code, and where it lies."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import shapely

from isoloir import store
from isoloir.maps.database import rows
from isoloir.maps.figures import TODAY

SIDES = ("west", "south", "east", "north")
_LIMIT = 12
_WORDS = 6


def search(connection: store.Connection, text: str) -> list[dict[str, Any]]:
    """The communes and stations whose name or code has all the words; accents and case do not matter.

    Communes first, the biggest before the others. `bounds` is west, south, east, north, or null without an outline.
    """
    words = text.split()[:_WORDS]
    if not words:
        return []
    every = " AND ".join("contains(key, strip_accents(lower(?)))" for _ in words)
    found = rows(
        connection,
        f"""WITH {TODAY}, named AS (
            SELECT 'commune' AS kind, commune_code, NULL AS station_id, NULL AS station_code, NULL AS name,
                c.name AS commune, population, concat_ws(' ', c.name, replace(c.name, '-', ' '), commune_code) AS key
            FROM communes c WHERE commune_code IN (SELECT commune_code FROM today)
            UNION ALL
            SELECT 'station', commune_code, station_id, station_code, t.name, c.name, NULL,
                concat_ws(' ', t.name, c.name, replace(c.name, '-', ' '), station_id, ltrim(station_code, '0'))
            FROM today t LEFT JOIN communes c USING (commune_code)
        ), keyed AS (SELECT * REPLACE (strip_accents(lower(key)) AS key) FROM named)
        SELECT * EXCLUDE (key, population) FROM keyed WHERE {every}
        ORDER BY kind, starts_with(key, strip_accents(lower(?))) DESC, population DESC NULLS LAST, station_id
        LIMIT ?""",
        [*words, words[0], _LIMIT],
    )
    return [place | {"bounds": bounds(connection, place)} for place in found]


def bounds(connection: store.Connection, place: dict[str, Any]) -> list[float] | None:
    """Where a station, or the stations of a commune, lie: west, south, east, north in degrees."""
    column = "station_id" if place.get("station_id") else "commune_code"
    outlines = store.frame(
        connection,
        f"WITH {TODAY} SELECT geometry FROM today WHERE {column} = ? AND geometry IS NOT NULL",
        [place[column]],
    )
    if outlines.is_empty():
        return None
    box = shapely.total_bounds(shapely.from_wkb(np.asarray(outlines["geometry"].to_list(), dtype=object)))
    return [round(float(v), 6) for v in box] if np.isfinite(box).all() else None


def every_place(connection: store.Connection) -> dict[str, Any]:
    """What the page searches by itself.

    `communes` has [code, name, population, box], the biggest first. In the order of the list of stations, `venues` has
    their names, `addresses` where they vote and `points` the middle of each, [longitude, latitude]. A box is west,
    south, east, north; nulls stand where there is no outline.
    """
    stations = store.frame(
        connection,
        f"WITH {TODAY} SELECT station_id, commune_code, name, address, geometry FROM today ORDER BY station_id",
    )
    boxes = shapely.bounds(shapely.from_wkb(np.asarray(stations["geometry"].to_list(), dtype=object)))
    names = store.frame(connection, "SELECT commune_code, name, population FROM communes")
    table = stations.drop("geometry").with_columns(
        pl.Series(side, boxes[:, i]).fill_nan(None).round(5) for i, side in enumerate(SIDES)
    )
    communes = (
        table.group_by("commune_code")
        .agg(pl.min("west", "south"), pl.max("east", "north"))
        .join(names, on="commune_code", how="left", suffix="_commune")
        .sort("population", "commune_code", descending=[True, False], nulls_last=True)
    )
    box = pl.concat_list(SIDES).alias("box")
    middle = pl.concat_list(((pl.col(a) + pl.col(b)) / 2).round(4) for a, b in (SIDES[0::2], SIDES[1::2]))
    return {
        "communes": [list(row) for row in communes.select("commune_code", "name", "population", box).iter_rows()],
        "venues": table["name"].to_list(),
        "addresses": table["address"].to_list(),
        "points": table.select(middle).to_series().to_list(),
    }
