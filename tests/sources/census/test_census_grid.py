from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.census.grid import cell_codes, read
from isoloir.sources.reading import Entry, Notice

HEADER = "idcar_200m,idcar_1km,i_est_200,lcog_geo,ind,men,men_pauv\n"
TO_GRID = pyproj.Transformer.from_crs(4326, 3035, always_xy=True)
CELL = "CRS3035RES200mN2885200E3760200"
PARIS = f"{CELL},CRS3035RES1000mN2885000E3760000,1,7512093048,12.5,6,1\n"
REST = "CRS3035RES200mN2885400E3760200,,0,93048,40,20,2\nCRS3035RES200mN2885600E3760200,,0,2A004,8,4,0\n"


def grid(file: Path, area: str = "france", **facts: Any) -> tuple[pl.DataFrame, list[Notice]]:
    reading = read(file, Entry(name=file.name, facts={"vintage": 2019} | facts), Area.parse(area))
    return reading.tables["census"].collect(), reading.notices


def write(folder: Path, text: str) -> Path:
    file = folder / "carreaux_200m.csv"
    file.write_text(text)
    return file


def test_a_cell_has_its_corner_its_commune_and_says_whether_it_was_imputed(tmp_path: Path) -> None:
    table, notices = grid(write(tmp_path, HEADER + PARIS + REST))
    assert table.row(0, named=True) == {
        "unit_code": CELL,
        "commune_code": "75056",
        "level": "grid",
        "vintage": 2019,
        "i_est_200": 1.0,
        "ind": 12.5,
        "men": 6.0,
        "men_pauv": 1.0,
        "x": 3760200.0,
        "y": 2885200.0,
    }
    assert len(table) == 3
    assert not notices


@pytest.mark.parametrize(("area", "cells"), [("75", 1), ("75056", 1), ("93", 2), ("93048", 2), ("2A", 1), ("69", 0)])
def test_a_cell_across_communes_is_read_for_each_of_them(tmp_path: Path, area: str, cells: int) -> None:
    assert len(grid(write(tmp_path, HEADER + PARIS + REST), area)[0]) == cells


def test_text_in_a_number_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    table, notices = grid(write(tmp_path, HEADER + PARIS + REST.replace(",40,", ",quarante,")))
    assert table["ind"].to_list() == [12.5, None, 8.0]
    assert [(n.row, n.value) for n in notices] == [(3, "quarante")]


def test_bad_and_repeated_cells_and_cells_nowhere_are_told(tmp_path: Path) -> None:
    wrong = "N2885,,0,93048,1,1,1\nCRS3035RES200mN2885800E3760200,,0,,1,1,1\n"
    table, notices = grid(write(tmp_path, HEADER + PARIS + PARIS + REST + wrong))
    assert len(table) == 3
    assert sorted(str(n.row) for n in notices) == ["2", "3", "6", "7"]


def test_missing_columns_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutChanged, match="lcog_geo"):
        grid(write(tmp_path, HEADER.replace("lcog_geo", "commune") + PARIS))
    with pytest.raises(SourceError, match="empty"):
        grid(write(tmp_path, ""))


def test_a_reduced_grid_is_named_from_the_centres_of_its_cells(tmp_path: Path) -> None:
    facts = {"epsg": 2975, "departement": "974", "rename": {"houhold": "men"}, "vintage": None}
    file = write(tmp_path, '"x","y","houhold"\n359500,7634300,5.07\n')
    table, _ = grid(file, "974", **facts)
    assert table.row(0)[0] == "CRS2975RES200mN7634200E359400"
    assert table.select("x", "y", "men").row(0) == (359400.0, 7634200.0, 5.07)
    assert grid(file, "75", **facts)[0].is_empty()


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.floats(-4, 7), st.floats(43, 50))
def test_the_cell_of_a_point_contains_it(longitude: float, latitude: float) -> None:
    code = cell_codes(np.array([longitude]), np.array([latitude]), 3035).item()
    y, x = (float(part) for part in code.removeprefix("CRS3035RES200mN").split("E"))
    px, py = TO_GRID.transform(longitude, latitude)
    assert x <= px < x + 200
    assert y <= py < y + 200
