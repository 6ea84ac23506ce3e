from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.errors import LayoutChanged
from isoloir.sources.keys import read_keys

FILE = Path("stations.csv")
PARIS_2012 = {"key": "ID", "pattern": r"^750(\d\d)00(\d\d)$", "commune": "75056", "station": "{1}{2}"}
MARSEILLE = {"key": "ID", "pattern": r"^132\d\d(\d{4})$", "commune": "13055", "station": "{1}"}
NANTES = {
    "key": ["CODCOM", "IDBURO"],
    "pattern": r"^(\d\d)0(\d{3})\|(.+)$",
    "commune": "{1}{2}",
    "station": "{3}",
}
PARIS_2017 = {"key": "id_bv", "pattern": r"^(\d+)-(\d+)$", "commune": "75056", "station": "{1:2}{2:2}"}


@pytest.mark.parametrize(
    ("facts", "values", "code"),
    [
        ({"key": "code"}, ["04036_2"], "04036_0002"),
        ({"key": "code"}, ["4036_2"], "04036_0002"),
        ({"key": "code"}, ["ZA101_12"], "97101_0012"),
        ({"key": "code"}, ["31555_069A"], "31555_069A"),
        ({"key": "code"}, ["14118_04.1"], "14118_04.1"),
        ({"key": "code"}, ["75120_015"], "75056_2015"),
        ({"key": "code"}, ["75120_2015"], "75056_2015"),
        ({"key": "code"}, ["69381_101"], "69123_0101"),
        ({"key": "code"}, ["69389_1"], "69123_0901"),
        ({"key": "code"}, ["13205_7"], "13055_0507"),
        ({"key": "code"}, ["13216_1612"], "13055_1612"),
        (PARIS_2012, ["750060019"], "75056_0619"),
        (PARIS_2017, ["19-5"], "75056_1905"),
        (MARSEILLE, ["132161612"], "13055_1612"),
        (NANTES, [440109, "0101"], "44109_0101"),
    ],
)
def test_every_way_of_naming_a_station_gives_the_code_of_the_results(
    facts: dict[str, Any], values: list[Any], code: str
) -> None:
    columns = [facts["key"]] if isinstance(facts["key"], str) else facts["key"]
    table = pl.DataFrame({"row": [1]} | {c: [v] for c, v in zip(columns, values, strict=True)})
    read, notices = read_keys(table, facts, FILE)
    assert ["_".join(r) for r in read.select("commune_code", "station_code").rows()] == [code]
    assert not notices


@pytest.mark.parametrize("text", ["", "Total", "94001", "94001_", "1E+11_2", None])
def test_what_names_no_station_is_left_out_and_told(text: str | None) -> None:
    table = pl.DataFrame({"row": [7], "code": [text]}, schema={"row": pl.UInt32, "code": pl.String})
    read, notices = read_keys(table, {"key": "code"}, FILE)
    assert read.is_empty()
    assert [n.row for n in notices] == [7]


def test_a_missing_column_is_a_changed_layout() -> None:
    with pytest.raises(LayoutChanged, match=r"missing columns \['code'\]"):
        read_keys(pl.DataFrame({"row": [1], "other": ["x"]}), {"key": "code"}, FILE)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.integers(1, 20), st.integers(1, 99))
def test_the_stations_of_paris_never_collide(arrondissement: int, station: int) -> None:
    table = pl.DataFrame(
        {"row": [1, 2], "code": [f"751{arrondissement:02}_{station}", f"75056_{arrondissement}{station:02}"]}
    )
    read, _ = read_keys(table, {"key": "code"}, FILE)
    assert read["station_code"].to_list() == [f"{arrondissement:02}{station:02}"] * 2
