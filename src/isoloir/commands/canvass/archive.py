"""The map of one turf as a small archive of tiles (PMTiles), which a phone fetches whole."""

from __future__ import annotations

import tempfile
from pathlib import Path

import freestiler
import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from isoloir.maps.turf_map import Shape

FROM, TO = 11, 15  # zooms; the browser goes on from there
AROUND = 0.004  # degrees shown around a turf, some 400 m


def cut_map(shapes: list[Shape], turf: set[str], control: set[str]) -> bytes:
    """The outlines of a turf's stations and of their neighbours; empty where none has an outline."""
    own = [shape.outline for shape in shapes if shape.station_id in turf]
    if not own:
        return b""
    west, south, east, north = shapely.total_bounds(own)
    box = shapely.box(west - AROUND, south - AROUND, east + AROUND, north + AROUND)
    near = [shape for shape in shapes if shapely.intersects(shape.outline, box)]
    cut: NDArray[np.object_] = np.array([shapely.intersection(shape.outline, box) for shape in near], dtype=object)
    arms = [_arm(shape.station_id, turf, control) for shape in near]
    layer = gpd.GeoDataFrame({"station": [s.station_id for s in near], "arm": arms}, geometry=cut, crs=4326)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "turf.pmtiles"
        freestiler.freestile({"stations": layer}, file, min_zoom=FROM, max_zoom=TO, quiet=True)
        return file.read_bytes()


def _arm(station: str, turf: set[str], control: set[str]) -> str:
    return "turf" if station in turf else "control" if station in control else "other"
