"""Whether outlines are where their commune is, and if they are not, in which coordinates they would be.

A .prj can lie. Nothing is moved in silence: an error names the CRS that would fit, and the user states it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyproj
import shapely

from isoloir.errors import SourceError
from isoloir.sources.delimited import list_notices
from isoloir.sources.reading import Notice

Points = np.ndarray[Any, np.dtype[np.float64]]
# What French files are written in: WGS 84, Lambert 93, Lambert II étendu, the nine conical zones, La Réunion,
# the Antilles, Guyane, Mayotte, Europe's grid, and the web's maps.
USUAL = (4326, 2154, 27572, *range(3942, 3951), 2975, 5490, 2972, 4471, 3035, 3857)
# Longitudes and latitudes of metropolitan France and of the overseas territories that vote, generously.
FRANCE = (
    (-5.5, 41.0, 10.0, 51.5),
    (-63.3, 14.2, -60.6, 18.3),
    (-54.8, 2.0, -51.4, 6.0),
    (54.9, -21.6, 56.0, -20.7),
    (44.8, -13.2, 45.5, -12.4),
    (-56.6, 46.6, -56.0, 47.3),
    (-155.0, -28.0, -134.0, -7.5),
    (163.0, -23.0, 168.5, -19.0),
    (-178.6, -14.6, -175.9, -13.0),
)
_MARGIN_DEGREES = 0.05  # outlines of small communes spill over; 5 km is no other place
_FAR_DEGREES = 10.0  # beyond the region that a CRS is made for


def check_place(outlines: pl.DataFrame, communes: pl.DataFrame, file: Path) -> list[Notice]:
    """A notice for each outline that is outside its commune; raise SourceError where most of them are.

    Both tables have commune_code and geometry (WKB, EPSG:4326), `outlines` also `row`. Outlines of a commune that
    `communes` does not have are not checked. The error says which of the usual CRSs, if any, would put them right.
    """
    known = communes.filter(pl.col("geometry").is_not_null()).unique("commune_code", keep="first")
    boxes = shapely.bounds(shapely.from_wkb(known["geometry"].to_numpy()))
    columns = dict(zip(("west", "south", "east", "north"), boxes.T, strict=True))
    joined = outlines.join(known.select("commune_code").with_columns(**columns), on="commune_code")
    if joined.is_empty():
        return []
    points = _centres(shapely.from_wkb(joined["geometry"].to_numpy()))
    limits = joined.select(*columns).to_numpy() + _MARGIN_DEGREES * np.array([-1, -1, 1, 1])
    away = ~_inside(points, limits)
    if away.mean() > 0.5:
        sample = np.flatnonzero(away)[:: max(1, int(away.sum()) // 50)]
        why = _explain(points[sample], limits[sample])
        raise SourceError(f"{away.sum()} of {len(away)} outlines are not where their commune is; {why}", file=file)
    shown = joined.filter(pl.Series(away)).select("row", "commune_code").rows()
    return list_notices(file, "this outline is not where its commune is", shown)


def check_coordinates(shapes: Any, placed: Any, crs: pyproj.CRS, file: Path) -> None:
    """Raise SourceError where shapes brought from `crs` to EPSG:4326 are not on Earth, or far from where it is used."""
    points = _centres(placed)
    west, south, east, north = (-180.0, -90.0, 180.0, 90.0)
    use = crs.area_of_use
    if use and use.west < use.east and not crs.is_geographic:
        west, south, east, north = np.array(use.bounds) + _FAR_DEGREES * np.array([-1, -1, 1, 1])
    if not _inside(points, np.array([[west, south, east, north]])).all():
        raise SourceError(f"its coordinates are not in {crs.name}; {_suggest(_centres(shapes))}", file=file)


def guess_crs(shapes: Any, file: Path) -> str:
    """EPSG:4326 for coordinates that can be longitudes and latitudes; else raise SourceError with what would fit."""
    points = _centres(shapes)
    if _inside(points, np.array([[-180.0, -90.0, 180.0, 90.0]])).all():
        return "EPSG:4326"
    raise SourceError(f"it states no CRS; {_suggest(points)}", file=file)


def _suggest(points: Points) -> str:
    """Which usual CRSs would put most points in France."""
    fits = []
    for epsg in USUAL:
        moved = _transform(points, epsg, 4326)
        if np.mean([any(_inside(p[None], np.array([box]))[0] for box in _boxes(epsg)) for p in moved]) > 0.9:
            fits.append(f"EPSG:{epsg}")
    if not fits:
        return "and no usual French CRS fits either: the file is damaged"
    return f"they look like {' or '.join(fits[:3])}: correct its .prj or CRS"


def _boxes(epsg: int) -> tuple[tuple[float, float, float, float], ...]:
    use = pyproj.CRS(epsg).area_of_use
    return FRANCE if use is None or use.east - use.west > 90 else (use.bounds,)


def _explain(points: Points, limits: Points) -> str:
    """The pairs of CRSs (read as, really) that put the points into their communes; neighbouring zones are alike."""
    if _inside(points[:, ::-1], limits).mean() > 0.9:
        return "longitude and latitude are exchanged"
    here = limits.mean(axis=0)
    near = [c for c in USUAL if any(_inside(here[None, :2], np.array([box]))[0] for box in _boxes(c))]
    originals = {read_as: _transform(points, 4326, read_as) for read_as in USUAL}
    fits = [
        f"EPSG:{really} was read as EPSG:{read_as}"
        for really in near
        for read_as, original in originals.items()
        if really != read_as and _inside(_transform(original, really, 4326), limits).mean() > 0.9
    ]
    if not fits:
        return "no usual CRS puts them there: the codes or the coordinates are of something else"
    return f"{', or '.join(fits[:3])}: correct its .prj or CRS"


def _transform(points: Points, source: int, target: int) -> Points:
    return np.column_stack(transformer(source, target).transform(*points.T))


@cache
def transformer(source: int, target: int) -> pyproj.Transformer:
    """From one EPSG code to another, always longitude (or x) first; made once."""
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _centres(shapes: Any) -> Points:
    boxes = np.asarray(shapely.bounds(shapes), dtype=np.float64)[~shapely.is_missing(shapes)]
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2)


def _inside(points: Points, limits: Points) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each point is in its box (west, south, east, north); what is no number is outside."""
    return np.asarray(((points >= limits[:, :2]) & (points <= limits[:, 2:])).all(axis=1))
