"""Tiles hold the geometry and nothing else, are whole, and are made again only when the geometry changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from drawn_country import SIDE, SOUTH, UP, WEST, square

from isoloir import store
from isoloir.errors import StationError
from isoloir.maps import tiles
from isoloir.maps.archive import add_metadata, read_metadata
from isoloir.maps.tiles import build_tiles


@pytest.fixture(scope="module")
def archive(country: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiles(country, tmp_path_factory.mktemp("tiles") / "country.pmtiles")


def test_stations_carry_their_id_and_no_value(archive: Path) -> None:
    layers = {layer["id"]: set(layer["fields"]) for layer in read_metadata(archive)["vector_layers"]}
    assert layers == {
        "stations": {"station_id", "number"},
        "communes": {"commune_code"},
        "departements": {"departement_code"},
        "constituencies": {"constituency_code"},
        "places": {"name", "population"},
    }


def test_the_archive_says_what_to_show_first(archive: Path) -> None:
    focus = read_metadata(archive)["isoloir"]["focus"]
    assert focus == pytest.approx([WEST, SOUTH, WEST + 6 * SIDE, SOUTH + UP * SIDE])


def test_the_same_geometry_is_not_drawn_again(country: Path, archive: Path) -> None:
    said: list[str] = []
    before = archive.stat()
    assert build_tiles(country, archive, said.append) == archive
    assert said == []
    assert archive.stat().st_mtime_ns == before.st_mtime_ns


def test_another_ranking_is_not_another_geometry(country: Path, archive: Path, tmp_path: Path) -> None:
    copy = shutil.copy(country, tmp_path / "copy.duckdb")
    with store.database(copy, write=True) as connection:
        connection.execute("UPDATE ranking SET level = 1")
    said: list[str] = []
    build_tiles(copy, archive, said.append)
    assert said == []


def test_a_moved_border_draws_again(country: Path, archive: Path, tmp_path: Path) -> None:
    copy, out = shutil.copy(country, tmp_path / "copy.duckdb"), shutil.copy(archive, tmp_path / "copy.pmtiles")
    with store.database(copy, write=True) as connection:
        connection.execute("UPDATE stations SET geometry = ? WHERE station_id = 'X1001_0001'", [square(7, 7)])
    said: list[str] = []
    build_tiles(copy, out, said.append)
    assert len(said) == 1
    assert read_metadata(out)["isoloir"]["geometry"] != read_metadata(archive)["isoloir"]["geometry"]


@pytest.mark.parametrize("content", [b"", b"PMTiles\x03 cut short", b"\x00" * 4096])
def test_half_an_archive_is_drawn_again(country: Path, tmp_path: Path, content: bytes) -> None:
    out = tmp_path / "half.pmtiles"
    out.write_bytes(content)
    with pytest.raises(StationError, match=r"half\.pmtiles"):
        read_metadata(out)
    build_tiles(country, out)
    assert "isoloir" in read_metadata(out)


def test_a_failure_leaves_the_old_archive_and_no_rubbish(
    country: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "old.pmtiles"
    out.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(tiles.freestiler, "freestile", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        build_tiles(country, out)
    assert out.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["old.mosaic.pmtiles", "old.pmtiles"]


def test_no_outline_at_all_is_an_error_that_says_so(country: Path, tmp_path: Path) -> None:
    copy = shutil.copy(country, tmp_path / "bare.duckdb")
    with store.database(copy, write=True) as connection:
        connection.execute("UPDATE stations SET geometry = NULL")
    with pytest.raises(StationError, match="no station has an outline"):
        build_tiles(copy, tmp_path / "bare.pmtiles")


def test_a_crossed_outline_is_drawn_all_the_same(country: Path, tmp_path: Path) -> None:
    copy = shutil.copy(country, tmp_path / "crossed.duckdb")
    bowtie = shapely.to_wkb(shapely.Polygon([(2, 47), (2.02, 47.02), (2.02, 47), (2, 47.02)]))
    with store.database(copy, write=True) as connection:
        connection.execute("UPDATE stations SET geometry = ? WHERE station_id = 'X1001_0001'", [bytes(bowtie)])
    assert build_tiles(copy, tmp_path / "crossed.pmtiles").stat().st_size > 0


def test_the_mainland_is_shown_first_and_an_island_alone_is_shown_whole() -> None:
    paris, reunion = shapely.box(2.2, 48.8, 2.4, 48.9), shapely.box(55.2, -21.4, 55.8, -20.9)
    assert tiles.focus(np.array([paris, reunion])) == [2.2, 48.8, 2.4, 48.9]
    assert tiles.focus(np.array([reunion])) == [55.2, -21.4, 55.8, -20.9]


def test_slits_between_stations_are_not_borders_of_the_commune() -> None:
    gap = 5e-5  # degrees, some 5 m
    halves = np.array([shapely.box(0, 0, 1, 1), shapely.box(1 + gap, 0, 2, 1)])
    joined = tiles._joined(halves)
    assert joined.geom_type == "Polygon"
    assert joined.area == pytest.approx(2, rel=1e-3)


def test_the_fingerprint_follows_every_cell() -> None:
    one = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert tiles.fingerprint(one) == tiles.fingerprint(one.clone())
    assert tiles.fingerprint(one) != tiles.fingerprint(one.with_columns(b=pl.lit("x")))


def test_metadata_grow_without_touching_the_tiles(archive: Path, tmp_path: Path) -> None:
    copy = shutil.copy(archive, tmp_path / "copy.pmtiles")
    add_metadata(copy, note="é")
    assert read_metadata(copy) == read_metadata(archive) | {"note": "é"}
    assert copy.read_bytes()[127 : archive.stat().st_size] == archive.read_bytes()[127:]
