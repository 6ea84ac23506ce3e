"""Finding a commune or a station by its name or its code, and where it lies."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from isoloir import store
from isoloir.maps.database import rows
from isoloir.maps.figures import TODAY

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
