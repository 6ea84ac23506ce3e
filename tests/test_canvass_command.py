"""`isoloir canvass` as its user runs it, on the official layouts of a fictional département."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from isoloir.commands.canvass.addresses import read_doors
from isoloir.errors import SourceError
from isoloir.field.canvass.archive import Shape, cut_map
from isoloir.maps.archive import read_metadata
from isoloir.maps.walk import read_shapes
from isoloir.store import database


@pytest.fixture(scope="module")
def register(fiction: Path) -> Path:
    return fiction / "register" / "table-adresses-reu.parquet"


@pytest.fixture(scope="module")
def plan(fiction_database: Path, register: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two turfs that share a station, and a control station."""
    with database(fiction_database) as connection:
        known = sorted(shape.station_id for shape in read_shapes(connection))
    doors = read_doors(register, known)
    stations = doors.table["station_id"].unique().sort().to_list()[:3]
    rows = {
        "turf": [1, 2, 2, None],
        "station_id": [stations[0], stations[0], stations[1], stations[2]],
        "arm": ["treated", "treated", "treated", "control"],
        "share": [0.4, 0.6, 1.0, 0.0],
        "doors": [10, 10, 10, 0],
        "hours": [1.0, 1.0, 1.0, 0.0],
    }
    file = tmp_path_factory.mktemp("plan") / "plan.csv"
    pl.DataFrame(rows).write_csv(file)
    return file


def run(folder: Path, *words: str) -> str:
    files = {"BOOK": "book.sqlite3", "KEYS": "keys.sqlite3", "MASTER_KEY": "master.key", "JOURNAL": "journal.jsonl"}
    environment = os.environ | {f"ISOLOIR_{name}": str(folder / file) for name, file in files.items()}
    done = subprocess.run(
        [sys.executable, "-m", "isoloir", *words],
        env=environment | {"ISOLOIR_LANGUAGE": "en", "COLUMNS": "200"}, capture_output=True, text=True, cwd=folder,
        timeout=300,
    )  # fmt: skip
    return f"{done.returncode} {done.stdout}{done.stderr}"


def test_a_plan_becomes_turfs_with_every_door_of_their_stations(
    plan: Path, register: Path, fiction_database: Path, tmp_path: Path
) -> None:
    stations = pl.read_csv(plan)["station_id"].to_list()
    expected = int(read_doors(register, sorted(set(stations[:3]))).table["dwellings"].sum())
    create = ["campaign", "create", "nord", "--name", "Nord", "--controller", "Comité X, 1 rue Y", "--contact"]
    assert run(tmp_path, *create, "d@example.org", "--vote", "2027-04-25", "--nonprofit").startswith("0")
    opened = ["canvass", "open", "-c", "nord", "--plan", str(plan), "--addresses", str(register)]
    said = run(tmp_path, *opened, "--database", str(fiction_database))
    found = re.search(r"Pass 1 is open: 2 turfs, \d+ addresses, (\d+) doors", said)
    assert found, said
    assert int(found[1]) == expected, "the two turfs of a station have all of it and nothing twice"
    assert run(tmp_path, *opened, "--database", str(fiction_database)).startswith("1"), "one pass at a time"
    at = read_doors(register, sorted(set(stations[:3]))).table
    (west, east), (south, north) = ((at[c].min() - 1e-4, at[c].max() + 1e-4) for c in ("longitude", "latitude"))
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    (tmp_path / "all.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    drawn = run(tmp_path, "canvass", "draw", "-c", "nord", "--outlines", "all.geojson")
    assert re.search(rf"^0 Turf 3 · .*, {expected} doors, taken from 1 · .*, 2 · ", drawn.replace("\n", " ")), drawn
    (tmp_path / "bad.geojson").write_text('{"type": "Point", "coordinates": [2, 48]}')
    assert "bad.geojson, row 1: " in run(tmp_path, "canvass", "draw", "-c", "nord", "--outlines", "bad.geojson")
    assert run(tmp_path, "canvass", "visits", "-c", "nord", "--out", "v.csv").startswith("0")
    assert (tmp_path / "v.csv").read_text() == "station_id,doors\n"
    assert "0 visits are erased" in run(tmp_path, "canvass", "end", "-c", "nord")


def test_the_map_of_a_turf_is_small_and_whole(fiction_database: Path, tmp_path: Path) -> None:
    with database(fiction_database) as connection:
        shapes = [Shape(one.station_id, one.outline, n == 1) for n, one in enumerate(read_shapes(connection))]
    archive = cut_map(shapes, {shapes[0].station})
    assert 127 < len(archive) < 3_000_000
    file = tmp_path / "turf.pmtiles"
    file.write_bytes(archive)
    assert read_metadata(file)["vector_layers"][0]["id"] == "stations"
    assert cut_map(shapes, {"none"}) == b""


def test_a_table_of_ones_own_is_read_and_a_wrong_one_says_what_it_lacks(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        "station_id,street,number,place,longitude,latitude,dwellings\n"
        "94028_0001,Rue A,2,94000 Créteil,2.4,48.7,3\n94028_0001,Rue A,2,94000 Créteil,2.4,48.7,4\n"
    )
    assert read_doors(own, ["94028_0001"]).table["dwellings"].to_list() == [7]
    with pytest.raises(SourceError, match="no address of the plan"):
        read_doors(own, ["94028_0002"])
    own.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="station_id"):
        read_doors(own, ["94028_0001"])
