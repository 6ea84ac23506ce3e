"""The folder of the map: everything that it shows, as files that any web server can send.

    stations.pmtiles            outlines and borders, seen from near
    stations.mosaic.pmtiles     the stations seen from afar
    index.json                  what there is to show
    stations.json               the stations in order, and the names of their communes
    places.json                 what can be searched
    values/                     one file per column (`values.py`)
    alike.i32                   five stations that resemble each one, by their places in the list

The archives are made again when the geometry changed, the rest when the database did.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isoloir import store
from isoloir.errors import StationError
from isoloir.maps import figures
from isoloir.maps.alike import COUNT, find_alike, read_features
from isoloir.maps.archive import mosaic_of, read_metadata
from isoloir.maps.database import check, reading
from isoloir.maps.places import every_place
from isoloir.maps.seats import read_seats
from isoloir.maps.values import write_values
from isoloir.settings import folder_of

RECIPE = 8  # raise it when the same database would give other files

Announce = Callable[[str], None]


def build_map(database: Path, announce: Announce = lambda _: None, folder: Path | None = None) -> Path:
    """Bring the folder of the map up to date with a station database; return it.

    Raises StationError where the database is missing, of another version, or without a single outline.
    """
    out = folder or folder_of(database)
    if database.is_file() and _built(out) == _mark(database):
        return out  # the file is the one that was checked when the folder was made
    from isoloir.maps.tiles import build_tiles  # loads GeoPandas, which showing a map does not need

    check(database)
    mark = _mark(database)
    out.mkdir(parents=True, exist_ok=True)
    archive = build_tiles(database, out / "stations.pmtiles", announce)
    announce("Writing the values...")
    _write(database, out, read_metadata(archive)["isoloir"]["focus"], mark)
    return out


def read_index(folder: Path) -> dict[str, Any]:
    """What there is to show; raises FileNotFoundError where nothing was built."""
    return dict(json.loads((folder / "index.json").read_text(encoding="utf-8")))


def read_alike(connection: store.Connection, folder: Path, station_id: str) -> list[str]:
    """The ids of the stations that resemble one, the closest first; none where the station is unknown."""
    ids = store.frame(connection, "SELECT station_id FROM stations WHERE valid_to IS NULL ORDER BY station_id")[
        "station_id"
    ]
    place = ids.search_sorted(station_id)
    if place >= len(ids) or ids[place] != station_id:
        return []
    row = np.fromfile(folder / "alike.i32", "<i4", COUNT, offset=4 * COUNT * place)
    return [ids[int(other)] for other in row if 0 <= other < len(ids)]


def _write(database: Path, out: Path, focus: list[float], mark: str) -> None:
    """The index comes last: without it the folder is not finished, and is begun again."""
    (out / "index.json").unlink(missing_ok=True)
    shutil.rmtree(out / "values", ignore_errors=True)
    with reading(database) as connection:
        stations = store.frame(connection, "SELECT * FROM stations WHERE valid_to IS NULL ORDER BY station_id")
        overview = figures.overview(connection)
        values = write_values(connection, stations["station_id"], out / "values")
        _save(_list(connection, stations), out / "stations.json")
        _save(every_place(connection), out / "places.json")
        with store.atomic(out / "alike.i32") as part:
            part.write_bytes(find_alike(read_features(connection, stations["station_id"])).astype("<i4").tobytes())
    _save({**overview, **values, "bounds": focus, "mark": mark}, out / "index.json")


def _list(connection: store.Connection, stations: pl.DataFrame) -> dict[str, Any]:
    """`stations` has the ids in order, `seats` the constituency of each, `communes` the names by code."""
    communes = store.frame(
        connection,
        """SELECT commune_code, name FROM communes WHERE name IS NOT NULL
        AND commune_code IN (SELECT commune_code FROM stations WHERE valid_to IS NULL) ORDER BY commune_code""",
    )
    return {
        "stations": stations["station_id"].to_list(),
        "seats": read_seats(connection)["seat"].to_list(),
        "communes": dict(communes.iter_rows()),
    }


def _mark(database: Path) -> str:
    """What says that nothing was written to the database since."""
    stat = database.stat()
    return f"{RECIPE}-{stat.st_mtime_ns:x}-{stat.st_size:x}"


def _built(folder: Path) -> str | None:
    """The mark of a finished folder whose archives are whole; None otherwise."""
    try:
        for archive in (folder / "stations.pmtiles", mosaic_of(folder / "stations.pmtiles")):
            read_metadata(archive)
        return str(read_index(folder)["mark"])
    except (OSError, ValueError, KeyError, StationError):
        return None


def _save(content: object, target: Path) -> None:
    store.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False), target)
