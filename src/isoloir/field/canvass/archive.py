"""The map of one turf as a small archive of tiles (PMTiles), which a phone fetches whole.

The outlines of the stations in and around a pass are kept with it, so that a turf which is drawn later has its own map.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from isoloir.field.models import Building, Pass, StationShape, Turf, TurfMap

FROM, TO = 11, 15  # zooms; the browser goes on from there
AROUND = 0.004  # degrees shown around a turf, some 400 m


@dataclass(frozen=True)
class Shape:
    """A station with its outline, in longitude and latitude; `control`: it was drawn to be left alone."""

    station: str
    outline: BaseGeometry
    control: bool = False


def keep_shapes(of: Pass, shapes: Iterable[Shape], stations: set[str]) -> None:
    """Keep those of the stations and of their neighbours."""
    held = list(shapes)
    near = _near(held, stations) if held else []
    StationShape.objects.bulk_create(
        [StationShape(of_pass=of, station=one.station, control=one.control, outline=shapely.to_wkb(one.outline))
         for one in near], batch_size=500,
    )  # fmt: skip


def keep_maps(of: Pass, turfs: Iterable[Turf]) -> None:
    """Cut the maps of these turfs anew; a turf whose stations have no outline has none."""
    shapes = [
        Shape(station, shapely.from_wkb(bytes(outline)), control)
        for station, control, outline in StationShape.objects.filter(of_pass=of).values_list(
            "station", "control", "outline"
        )
    ]
    for turf in turfs:
        own = Building.objects.filter(turf=turf, control=False)
        if archive := cut_map(shapes, set(own.values_list("station", flat=True).distinct())):
            TurfMap.objects.update_or_create(turf=turf, defaults={"archive": archive})


def cut_map(shapes: Sequence[Shape], stations: set[str]) -> bytes:
    """The outlines of a turf's stations and of their neighbours; empty where none has an outline."""
    near = _near(shapes, stations)
    if not near:
        return b""
    import freestiler
    import geopandas as gpd

    box = _box(near, stations)
    cut = np.array([shapely.intersection(shape.outline, box) for shape in near], dtype=object)
    arms = ["turf" if one.station in stations else "control" if one.control else "other" for one in near]
    layer = gpd.GeoDataFrame({"station": [one.station for one in near], "arm": arms}, geometry=cut, crs=4326)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "turf.pmtiles"
        freestiler.freestile({"stations": layer}, file, min_zoom=FROM, max_zoom=TO, quiet=True)
        return file.read_bytes()


def _near(shapes: Sequence[Shape], stations: set[str]) -> list[Shape]:
    """The shapes that a map of these stations shows."""
    if not any(shape.station in stations for shape in shapes):
        return []
    met = shapely.intersects(np.array([shape.outline for shape in shapes], dtype=object), _box(shapes, stations))
    return [shape for shape, here in zip(shapes, met, strict=True) if here]


def _box(shapes: Sequence[Shape], stations: set[str]) -> BaseGeometry:
    own = [shape.outline for shape in shapes if shape.station in stations]
    west, south, east, north = shapely.total_bounds(own)
    return shapely.box(west - AROUND, south - AROUND, east + AROUND, north + AROUND)
