"""Outlines from the station database to one archive of vector tiles; values stay apart from geometry.

The layer `stations` has the outlines, `station_id` and `number` (1 + its place in the list of stations, as in the
mosaic), nothing else: another election or another ranking never rebuilds tiles. `communes`, `constituencies` and
`departements` have borders, and `places` a point per commune with the name and the population, for labels. Seen from
further away than MIN_ZOOM the stations are those of `mosaic.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import freestiler
import geopandas as gpd
import numpy as np
import polars as pl
import polars.selectors as cs
import shapely
from numpy.typing import NDArray

from isoloir import store
from isoloir.codes import departement_of
from isoloir.errors import StationError
from isoloir.maps.archive import add_metadata, mosaic_of, read_metadata
from isoloir.maps.mosaic import write_mosaic
from isoloir.maps.seats import read_seats, seat_outlines

MIN_ZOOM, MAX_ZOOM = (
    4,
    12,
)  # at zoom 12 one step of a tile's grid is 2.4 m on the equator; the browser goes on from there
STATIONS_FROM = 9  # below, the mosaic
SEATS_FROM = 6
COMMUNES_FROM = 9  # below, their borders and names would weigh more than the stations and hide them
CITY = 60_000  # inhabitants: places that are named from afar
RECIPE = 5  # part of the fingerprint: raise it when the tiles of one geometry would come out different
SLIT = 1e-4  # degrees, some 10 m: gaps twice as wide between the stations of a commune are flaws of their outlines,
HOLE = 1e-5  # square degrees, some 8 ha: and so are holes smaller than this
MAINLAND = (-5.3, 41.2, 9.8, 51.3)  # west, south, east, north; Corsica included

Geometries = NDArray[np.object_]

_STATIONS = """
    SELECT station_id, commune_code, geometry, number FROM (
        SELECT *, row_number() OVER (ORDER BY station_id) AS number FROM stations WHERE valid_to IS NULL
    ) WHERE geometry IS NOT NULL ORDER BY station_id
"""
_CONSTITUENCIES = """
    SELECT constituency_code, geometry FROM constituencies WHERE geometry IS NOT NULL ORDER BY constituency_code
"""
_COMMUNES = """
    SELECT commune_code, name, population, geometry FROM communes
    WHERE commune_code IN (SELECT commune_code FROM stations WHERE valid_to IS NULL) ORDER BY commune_code
"""


def build_tiles(database: Path, out: Path, announce: Callable[[str], None] = lambda _: None) -> Path:
    """Write the archive of tiles of a station database, unless `out` already holds the tiles of this very geometry.

    The mosaic goes beside it (`mosaic_of`). `announce` is told when there is something to wait for. Raises StationError
    where no station has an outline.
    """
    with store.database(database) as connection:
        stations, communes, constituencies = (
            store.frame(connection, query) for query in (_STATIONS, _COMMUNES, _CONSTITUENCIES)
        )
        seats = read_seats(connection).select("station_id", "seat")
        stations = stations.join(seats, "station_id", "left", maintain_order="left")
    if stations.is_empty():
        raise StationError(
            f"{database}: no station has an outline, so there is no map to draw; add a source of outlines"
        )
    mark = fingerprint(stations, communes, constituencies)
    if recorded(out) == mark == recorded(mosaic_of(out)):
        return out
    announce(f"Drawing the outlines of {stations.height:,} stations...".replace(",", "\u202f"))
    outlines = _outlines(stations)
    write_mosaic(outlines, stations["number"].to_numpy().astype(np.uint32), mosaic_of(out), facts(mark, outlines))
    with store.atomic(out) as part:
        freestiler.freestile(
            layers(outlines, stations, communes, constituencies),
            part,
            min_zoom=MIN_ZOOM,
            max_zoom=MAX_ZOOM,
            quiet=True,
        )
        add_metadata(part, **facts(mark, outlines))
    return out


def facts(mark: str, outlines: Geometries) -> dict[str, object]:
    """What both archives say of themselves."""
    return {"isoloir": {"geometry": mark, "focus": focus(outlines)}}


def layers(
    outlines: Geometries, stations: pl.DataFrame, communes: pl.DataFrame, constituencies: pl.DataFrame
) -> dict[str, Any]:
    """Every layer by its name, each from the zoom where it begins to be of use."""
    towns = _communes(stations["commune_code"].to_numpy(), outlines, communes)
    codes, wholes = _departements(towns, communes)
    people = communes["population"].fill_null(0).to_numpy()
    seats, shapes = _seats(stations, outlines, dict(zip(communes["commune_code"], towns, strict=True)), constituencies)
    ids = {"station_id": stations["station_id"], "number": stations["number"].cast(pl.Int64)}
    return {
        "stations": freestiler.freestile_layer(_layer(outlines, **ids), min_zoom=STATIONS_FROM),
        "departements": _layer(shapely.boundary(wholes), departement_code=codes),
        **(
            {}
            if not len(seats)
            else {
                "constituencies": freestiler.freestile_layer(
                    _layer(shapely.boundary(shapes), constituency_code=seats), min_zoom=SEATS_FROM
                )
            }
        ),
        "communes": freestiler.freestile_layer(
            _layer(shapely.boundary(towns), commune_code=communes["commune_code"]), min_zoom=COMMUNES_FROM
        ),
        "places": freestiler.freestile_layer(_places(towns, communes), min_zoom=COMMUNES_FROM),
        **_cities(towns, communes, people >= CITY),
    }


def fingerprint(*tables: pl.DataFrame) -> str:
    """A checksum of everything that goes into the tiles."""
    digest = hashlib.sha256(json.dumps([RECIPE, MIN_ZOOM, MAX_ZOOM, STATIONS_FROM, COMMUNES_FROM, CITY]).encode())
    for table in tables:
        # What lies under a null number is whatever the memory held, and newer layouts cut texts where they like.
        plain = table.with_columns(cs.numeric().fill_null(-1)).rechunk()
        digest.update(plain.write_ipc(None, compat_level=pl.CompatLevel.oldest()).getbuffer())
    return digest.hexdigest()


def focus(outlines: Geometries) -> list[float]:
    """West, south, east, north of what to show first; the mainland where the stations lie on several continents."""
    bounds = shapely.bounds(outlines)
    west, south, east, north = MAINLAND
    inside = (bounds[:, 0] > west) & (bounds[:, 1] > south) & (bounds[:, 2] < east) & (bounds[:, 3] < north)
    shown = bounds[inside] if inside.any() else bounds
    low, high = shown[:, :2].min(axis=0), shown[:, 2:].max(axis=0)
    return [round(float(v), 5) for v in (*low, *high)]


def recorded(archive: Path) -> str | None:
    """The fingerprint of the geometry that an archive was made from; None where there is no whole archive."""
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


def _seats(
    stations: pl.DataFrame, outlines: Geometries, towns: dict[str, shapely.Geometry], official: pl.DataFrame
) -> tuple[pl.Series, Geometries]:
    """The code and the outline of each constituency: of its stations, or the official one where no station has one."""
    if stations["seat"].null_count() == len(stations):
        return official["constituency_code"], _parsed(official["geometry"])
    codes, wholes = seat_outlines(stations, outlines, towns, _joined)
    filled = [shapely.union_all([_filled(part) for part in shapely.get_parts(whole)]) for whole in wholes]
    return pl.Series(codes), np.array(filled, dtype=object)


def _departements(towns: Geometries, communes: pl.DataFrame) -> tuple[pl.Series, Geometries]:
    """The code and the outline of each département: its communes together."""
    codes = np.array([departement_of(code) for code in communes["commune_code"]])
    names = np.unique(codes)
    wholes = [shapely.union_all(towns[codes == name]) for name in names]
    filled = [shapely.union_all([_filled(part) for part in shapely.get_parts(whole)]) for whole in wholes]
    return pl.Series(names.astype(str)), np.array(filled, dtype=object)


def _cities(towns: Geometries, communes: pl.DataFrame, large: NDArray[np.bool_]) -> dict[str, gpd.GeoDataFrame]:
    """The places to name from afar, where there are any."""
    return {"cities": _places(towns[large], communes.filter(large))} if large.any() else {}


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
