"""Where teams start from: a point, a station or a commune."""

from __future__ import annotations

import re
import unicodedata

import polars as pl
import shapely

from isoloir.errors import SettingsError
from isoloir.store import Connection, frame

Point = tuple[float, float]  # longitude, latitude
_POINT = r"^\s*(-?[0-9]+(?:\.[0-9]+)?)\s*[,;]\s*(-?[0-9]+(?:\.[0-9]+)?)\s*$"


def find_start(connection: Connection, words: str) -> Point:
    """`48.85,2.35` (latitude, longitude), `94028_0001`, `94028` or `Créteil`; raise SettingsError where unknown."""
    if point := re.match(_POINT, words):
        latitude, longitude = float(point[1]), float(point[2])
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise SettingsError(f"--start {words!r}: no point on earth; write latitude,longitude like 48.85,2.35")
        return longitude, latitude
    stations = frame(
        connection,
        """SELECT station_id, commune_code, c.name, s.geometry FROM stations s LEFT JOIN communes c USING (commune_code)
        WHERE valid_to IS NULL AND s.geometry IS NOT NULL""",
    )
    wanted = _plain(words)
    for column in ("station_id", "commune_code", "name"):
        texts = [_plain(text or "") for text in stations[column]]
        hit = stations.filter(pl.Series([text == wanted for text in texts]))
        if column == "name" and hit["commune_code"].n_unique() > 1:
            codes = ", ".join(hit["commune_code"].unique().sort())
            raise SettingsError(f"--start {words!r} names several communes; give one of their codes: {codes}")
        if not hit.is_empty():
            middle = shapely.union_all(shapely.from_wkb(hit["geometry"].to_numpy())).centroid
            return float(middle.x), float(middle.y)
    raise SettingsError(
        f"--start {words!r} is no commune or station with an outline in this database;"
        " give its code, or a point as latitude,longitude"
    )


def _plain(text: str) -> str:
    """Lower case, without accents or punctuation."""
    bare = unicodedata.normalize("NFD", text.casefold())
    return re.sub(r"[^a-z0-9]+", " ", "".join(c for c in bare if not unicodedata.combining(c))).strip()
