"""Tables of IRIS, communes, stations: what is read, and what each way of being wrong gives."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.catalogue import catalogue
from isoloir.sources.census.population import read as read_population
from isoloir.sources.census.wide import read
from isoloir.sources.delimited import read_text
from isoloir.sources.reading import Entry, Notice

IRIS: dict[str, Any] = {"level": "iris", "key": "IRIS", "names": "census", "labels": ["COM", "TYP_IRIS", "LAB_IRIS"]}
HEADER = "IRIS;COM;TYP_IRIS;LAB_IRIS;P21_POP;P21_POP_ETR;C21_POP15P_CS1\n"
ROWS = "751200101;75120;H;1;2100,5;300;4\n940010101;94001;H;1;1800;20;0\n"


def census(file: Path, facts: dict[str, Any] = IRIS, area: str = "france") -> tuple[pl.DataFrame, list[Notice]]:
    reading = read(file, Entry(name=file.name, facts=facts), Area.parse(area))
    return reading.tables["census"].collect(), reading.notices


def write(folder: Path, text: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def test_an_iris_of_an_arrondissement_belongs_to_the_commune_that_votes(tmp_path: Path) -> None:
    table, _ = census(write(tmp_path, HEADER + ROWS))
    assert table.to_dicts() == [
        {"unit_code": "751200101", "commune_code": "75056", "level": "iris", "vintage": 2021}
        | {"P_POP": 2100.5, "C_POP15P_CS1": 4.0},
        {"unit_code": "940010101", "commune_code": "94001", "level": "iris", "vintage": 2021}
        | {"P_POP": 1800.0, "C_POP15P_CS1": 0.0},
    ]


def test_a_forbidden_column_is_not_in_the_table(tmp_path: Path) -> None:
    table, notices = census(write(tmp_path, HEADER + ROWS))
    assert not [c for c in table.columns if "ETR" in c]
    assert [n.value for n in notices if "24 mars 2005" in n.what] == ["P21_POP_ETR"]


def test_an_area_is_all_that_is_read(tmp_path: Path) -> None:
    table, _ = census(write(tmp_path, HEADER + ROWS), area="94")
    assert table["unit_code"].to_list() == ["940010101"]


def test_missing_codes_are_null_and_text_in_a_number_is_told(tmp_path: Path) -> None:
    rows = "940010101;94001;H;1;ns;1;s\n940010102;94001;H;1;douze;1;7\n940010103;94001;H;1;nan;1;8\n"
    table, notices = census(write(tmp_path, HEADER + rows))
    assert table["P_POP"].to_list() == [None, None, None]
    assert [(n.row, n.value) for n in notices if "no number" in n.what] == [(3, "douze"), (4, "nan")]


def test_many_bad_values_are_counted_not_listed(tmp_path: Path) -> None:
    rows = "".join(f"94001{i:04};94001;H;1;x;1;7\n" for i in range(50))
    _, notices = census(write(tmp_path, HEADER + rows))
    bad = [n for n in notices if "no number" in n.what]
    assert len(bad) == 21
    assert "50 in all" in bad[-1].what


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    rows = "940010101;94001;H;é;1800;20;0\r\n"
    table, _ = census(write(tmp_path, HEADER + rows, encoding=encoding))
    assert table["P_POP"].to_list() == [1800.0]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="empty"):
        census(write(tmp_path, ""))


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"row 3: the last row is cut"):
        census(write(tmp_path, HEADER + ROWS[:50]))


def test_a_row_with_other_fields_is_left_out_and_told(tmp_path: Path) -> None:
    rows = "940010101;94001;H;1;1800;20;0\n940010102;94001;H\n940010103;94001;H;1;5;6;7;8\n940010104;94001;H;1;9;0;0\n"
    table, notices = census(write(tmp_path, HEADER + rows))
    assert table["unit_code"].to_list() == ["940010101", "940010104"]
    assert [(n.row, n.value) for n in notices if "7 fields" in n.what] == [(3, "3 fields"), (4, "8 fields")]


def test_missing_and_unexpected_columns(tmp_path: Path) -> None:
    with pytest.raises(LayoutChanged, match="missing columns"):
        census(write(tmp_path, "CODE;P21_POP\n940010101;3\n"))
    _, notices = census(write(tmp_path, "IRIS;P21_POP;HUMEUR\n940010101;3;bonne\n"))
    assert [n.what for n in notices] == ["columns not used: HUMEUR"]


def test_a_code_that_is_no_iris_is_told(tmp_path: Path) -> None:
    table, notices = census(write(tmp_path, "IRIS;P21_POP\n940010101;3\nTotal;9\n10040101;5\n"))
    assert table["unit_code"].to_list() == ["940010101", "010040101"]  # a spreadsheet had eaten the zero
    assert [(n.row, n.value) for n in notices] == [(3, "Total")]


def test_a_unit_with_two_truths_is_set_aside_and_an_equal_repetition_is_not(tmp_path: Path) -> None:
    rows = "IRIS;P21_POP\n940010101;3\n940010101;4\n940010102;5\n940010102;5\n"
    table, notices = census(write(tmp_path, rows))
    assert table.select("unit_code", "P_POP").rows() == [("940010102", 5.0)]
    assert [n.row for n in notices if "several times" in n.what] == [2, 3]


def test_the_break_of_2022_is_told(tmp_path: Path) -> None:
    table, notices = census(write(tmp_path, "IRIS;C22_POP15P_STAT_GSEC13_23\n940010101;3\n"))
    assert table.columns[-1] == "C_POP15P_STAT_GSEC13_23"
    assert any("not comparable with CS1 to CS8" in n.what for n in notices)


def test_a_table_by_station_takes_the_codes_of_the_results(tmp_path: Path) -> None:
    facts = {"level": "station", "key": "BUREAU_ID", "names": "census", "labels": ["COUNT"]}
    rows = "BUREAU_ID;COUNT;P09_POP;P09_POP_FR\n21231_015;4;1721;1\n75120_015;2;900;1\n69381_101;1;5;1\n"
    table, _ = census(write(tmp_path, rows), facts)
    assert table["unit_code"].to_list() == ["21231_0015", "75056_2015", "69123_0101"]
    assert table["commune_code"].to_list() == ["21231", "75056", "69123"]


def test_parquet_is_read_and_a_broken_one_refused(tmp_path: Path) -> None:
    facts = {"level": "commune", "key": "code", "names": "listed", "vintage": 2022, "rename": {"population": "P_POP"}}
    file = tmp_path / "communes.parquet"
    pl.DataFrame({"code": ["75120", "2A004"], "population": [189805.0, 70000.0]}).write_parquet(file)
    table, _ = census(file, facts)
    assert table.select("unit_code", "commune_code", "vintage", "P_POP").rows() == [
        ("75120", "75056", 2022, 189805.0),
        ("2A004", "2A004", 2022, 70000.0),
    ]
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(SourceError, match="not a Parquet file"):
        census(file, facts)


def test_constituencies_have_no_commune_and_follow_the_area(tmp_path: Path) -> None:
    facts = {"level": "constituency", "key": "code", "names": "listed", "vintage": 2022, "rename": {"m": "DISP_MED"}}
    file = write(tmp_path, "code;m\n9401;21000\nZD02;15000\n7501;30000\n")
    assert census(file, facts)[0]["unit_code"].to_list() == ["9401", "97402", "7501"]
    assert census(file, facts, "974 94001")[0]["unit_code"].to_list() == ["9401", "97402"]


def test_populations_are_one_row_per_commune_and_year(tmp_path: Path) -> None:
    file = write(tmp_path, "codgeo;libgeo;p13_pop;p21_pop\n94001;X;100;110\n75120;Y;5;\nZZZ;Z;1;2\n")
    reading = read_population(file, Entry(name="p"), Area())
    table = reading.tables["census"].collect().sort("unit_code", "vintage")
    assert table.select("unit_code", "commune_code", "vintage", "P_POP").rows() == [
        ("75120", "75056", 2013, 5.0),
        ("75120", "75056", 2021, None),
        ("94001", "94001", 2013, 100.0),
        ("94001", "94001", 2021, 110.0),
    ]
    assert [(n.row, n.value) for n in reading.notices] == [(4, "ZZZ")]


def test_quoted_fields_may_hold_separators(tmp_path: Path) -> None:
    table, notices = read_text(write(tmp_path, 'a,b\n1,"x, y"\n2,z\n'))
    assert table.rows() == [(2, "1", "x, y"), (3, "2", "z")]
    assert not notices


@pytest.mark.parametrize("theme", ["population", "activity", "education", "housing", "households"])
def test_each_theme_of_the_census_has_a_source(theme: str) -> None:
    source = catalogue()[f"census_{theme}"]
    assert source.publisher == "INSEE"
    assert {e.facts["level"] for e in source.entries} == {"iris"}
    assert any("2021" in e.name and e.url for e in source.entries)
