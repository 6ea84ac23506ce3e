"""Outlines from the station database to one archive of vector tiles; values stay apart from geometry.

The archive has three layers. `stations` has the outlines and `station_id`, nothing else: another election or another
ranking never rebuilds tiles. `communes` has the outlines of the communes, and `places` a point per commune with the
name and the population, for labels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import freestiler
import geopandas as gpd
import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from isoloir import store
from isoloir.errors import StationError
from isoloir.maps.archive import add_metadata, read_metadata

MIN_ZOOM, MAX_ZOOM = (
    4,
    12,
)  # at zoom 12 one step of a tile's grid is 2.4 m on the equator; the browser goes on from there
COMMUNES_FROM = 7  # below, their borders and names would weigh more than the stations and hide them
RECIPE = 2  # part of the fingerprint: raise it when the tiles of one geometry would come out different
SLIT = 1e-4  # degrees, some 10 m: gaps twice as wide between the stations of a commune are flaws of their outlines,
HOLE = 1e-5  # square degrees, some 8 ha: and so are holes smaller than this
MAINLAND = (-5.3, 41.2, 9.8, 51.3)  # west, south, east, north; Corsica included

Geometries = NDArray[np.object_]

_STATIONS = """
    SELECT station_id, commune_code, geometry FROM stations
    WHERE valid_to IS NULL AND geometry IS NOT NULL ORDER BY station_id
"""
_COMMUNES = """
    SELECT commune_code, name, population, geometry FROM communes
    WHERE commune_code IN (SELECT commune_code FROM stations WHERE valid_to IS NULL) ORDER BY commune_code
"""


def build_tiles(database: Path, out: Path, announce: Callable[[str], None] = lambda _: None) -> Path:
    """Write the archive of tiles of a station database, unless `out` already holds the tiles of this very geometry.

    `announce` is told when there is something to wait for. Raises StationError where no station has an outline.
    """
    with store.database(database) as connection:
        stations = store.frame(connection, _STATIONS)
        communes = store.frame(connection, _COMMUNES)
    if stations.is_empty():
        raise StationError(
            f"{database}: no station has an outline, so there is no map to draw; add a source of outlines"
        )
    mark = fingerprint(stations, communes)
    if out.exists() and _recorded(out) == mark:
        return out
    announce(f"Drawing the outlines of {stations.height:,} stations...".replace(",", "\u202f"))
    outlines = _outlines(stations)
    towns = _communes(stations["commune_code"].to_numpy(), outlines, communes)
    with store.atomic(out) as part:
        freestiler.freestile(
            {
                "stations": _layer(outlines, station_id=stations["station_id"]),
                "communes": freestiler.freestile_layer(_borders(towns, communes), min_zoom=COMMUNES_FROM),
                "places": freestiler.freestile_layer(_places(towns, communes), min_zoom=COMMUNES_FROM),
            },
            part,
            min_zoom=MIN_ZOOM,
            max_zoom=MAX_ZOOM,
            quiet=True,
        )
        add_metadata(part, isoloir={"geometry": mark, "focus": focus(outlines)})
    return out


def fingerprint(*tables: pl.DataFrame) -> str:
    """A checksum of everything that goes into the tiles."""
    digest = hashlib.sha256(json.dumps([RECIPE, MIN_ZOOM, MAX_ZOOM, COMMUNES_FROM]).encode())
    for table in tables:
        digest.update(table.write_ipc(None).getbuffer())
    return digest.hexdigest()


def focus(outlines: Geometries) -> list[float]:
    """West, south, east, north of what to show first; the mainland where the stations lie on several continents."""
    bounds = shapely.bounds(outlines)
    west, south, east, north = MAINLAND
    inside = (bounds[:, 0] > west) & (bounds[:, 1] > south) & (bounds[:, 2] < east) & (bounds[:, 3] < north)
    shown = bounds[inside] if inside.any() else bounds
    low, high = shown[:, :2].min(axis=0), shown[:, 2:].max(axis=0)
    return [round(float(v), 5) for v in (*low, *high)]


def _recorded(archive: Path) -> str | None:
    try:
        return str(read_metadata(archive)["isoloir"]["geometry"])
    except (StationError, KeyError, TypeError):
        return None  # half an archive, or another tool's: make it again


def _outlines(stations: pl.DataFrame) -> Geometries:
    """Valid polygons, whatever the source gave."""
    outlines = _parsed(stations["geometry"])
    bad = ~shapely.is_valid(outlines)
    outlines[bad] = shapely.make_valid(outlines[bad], method="structure", keep_collapsed=False)
    return outlines


def _communes(commune_codes: NDArray[np.object_], outlines: Geometries, communes: pl.DataFrame) -> Geometries:
    """The outline of each commune: its own; failing that its stations together; failing both, an empty one."""
    own = _parsed(communes["geometry"])
    order = np.argsort(commune_codes, kind="stable")
    codes, starts = np.unique(commune_codes[order], return_index=True)
    groups = dict(zip(codes, np.split(outlines[order], starts[1:]), strict=True))
    for i, code in enumerate(communes["commune_code"]):
        if code in groups and (own[i] is None or not shapely.is_valid(own[i])):
            own[i] = _joined(groups[code])
        elif own[i] is None:
            own[i] = shapely.Polygon()
    return own


def _joined(outlines: Geometries) -> shapely.Geometry:
    """One outline around the stations of a commune, without the slits that careless outlines leave between them."""
    if len(outlines) == 1:
        return outlines[0]
    swollen = shapely.union_all(shapely.buffer(outlines, SLIT, join_style="mitre", quad_segs=1))
    whole = shapely.buffer(swollen, -SLIT, join_style="mitre", quad_segs=1)
    return shapely.union_all([_filled(part) for part in shapely.get_parts(whole)])


def _filled(polygon: shapely.Polygon) -> shapely.Polygon:
    holes = [ring for ring in polygon.interiors if shapely.Polygon(ring).area >= HOLE]
    return shapely.Polygon(polygon.exterior, holes)


def _borders(towns: Geometries, communes: pl.DataFrame) -> gpd.GeoDataFrame:
    return _layer(shapely.boundary(towns), commune_code=communes["commune_code"])


def _places(towns: Geometries, communes: pl.DataFrame) -> gpd.GeoDataFrame:
    points = shapely.point_on_surface(towns)
    population = communes["population"].fill_null(0).cast(pl.Int64)
    return _layer(points, name=communes["name"].fill_null(communes["commune_code"]), population=population)


def _parsed(wkb: pl.Series) -> Geometries:
    return np.asarray(shapely.from_wkb(np.asarray(wkb.to_list(), dtype=object), on_invalid="ignore"), dtype=object)


def _layer(shapes: Geometries, **columns: pl.Series) -> gpd.GeoDataFrame:
    drawn = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    values = {name: column.to_numpy()[drawn] for name, column in columns.items()}
    return gpd.GeoDataFrame(values, geometry=shapes[drawn], crs=4326)
