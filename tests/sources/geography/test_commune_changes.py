"""Mergers, splits and recodings from both generations of INSEE's history."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.errors import LayoutChanged
from isoloir.sources.geography.changes import read_historiq, read_mvt
from isoloir.sources.reading import Entry, Reading

MVT = (
    "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
    "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP\n"
)


def mvt(folder: Path, *rows: str) -> Reading:
    """Rows are written `MOD date TYPE code TYPE code`."""
    lines = []
    for row in rows:
        mod, day, type_before, before, type_after, after = row.split()
        lines.append(f"{mod},{day},{type_before},{before},0,A,A,A,{type_after},{after},0,B,B,B\n")
    file = folder / "v_mvt_commune_2024.csv"
    file.write_text(MVT + "".join(lines))
    return read_mvt(file, Entry(name=file.name), Area())


def changes(reading: Reading) -> list[tuple[str, str, date, str]]:
    return reading.tables["commune_changes"].collect().rows()


def historiq(folder: Path, *rows: tuple[str, ...], area: str = "france") -> Reading:
    """Rows are DEPCOM, MOD, EFF and then, where they matter, COMECH, DEPANC, C_LOFF, C_LANC."""
    names = ["DEPCOM", "MOD", "EFF", "COMECH", "DEPANC", "C_LOFF", "C_LANC"]
    padded = [(*r, *[None] * (len(names) - len(r))) for r in rows]
    file = folder / "historiq.parquet"
    pl.DataFrame(padded, schema=dict.fromkeys(names, pl.String), orient="row").write_parquet(file)
    return read_historiq(file, Entry(name=file.name), Area.parse(area))


def test_a_new_commune_swallows_the_old_ones_and_not_itself(tmp_path: Path) -> None:
    reading = mvt(
        tmp_path,
        "32 2016-01-01 COM 73010 COM 73010",
        "32 2016-01-01 COM 73062 COM 73010",
        "32 2016-01-01 COM 73062 COMD 73062",
    )
    assert changes(reading) == [("73062", "73010", date(2016, 1, 1), "merge")]
    assert not reading.notices


def test_restored_and_recoded_communes(tmp_path: Path) -> None:
    reading = mvt(
        tmp_path,
        "21 2014-01-01 COM 76108 COM 76095",
        "41 2018-01-01 COM 49144 COM 44225",
        "50 2014-01-07 COM 14697 COM 14472",
    )
    assert [(a, b, k) for a, b, _, k in changes(reading)] == [
        ("76108", "76095", "split"),
        ("14697", "14472", "recode"),
        ("49144", "44225", "recode"),
    ]


@pytest.mark.parametrize("mod", ["10", "34", "35", "70"])
def test_events_that_move_no_voter_are_left_aside(tmp_path: Path, mod: str) -> None:
    reading = mvt(tmp_path, f"{mod} 2016-01-01 COM 73062 COM 73010")
    assert changes(reading) == []
    assert not reading.notices


def test_what_happened_before_1999_is_left_aside(tmp_path: Path) -> None:
    assert changes(mvt(tmp_path, "31 1972-09-29 COM 73016 COM 73010")) == []


def test_unknown_events_and_bad_codes_are_told(tmp_path: Path) -> None:
    reading = mvt(tmp_path, "99 2016-01-01 COM 73062 COM 73010", "31 2016-13-01 COM 73062 COM 73010")
    assert changes(reading) == []
    assert [(n.row, n.value) for n in reading.notices] == [(2, "99"), (3, "73062 73010 2016-13-01")]


def test_a_history_without_its_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "v_mvt_commune_2024.csv"
    file.write_text("MOD,DATE\n32,2016-01-01\n")
    with pytest.raises(LayoutChanged, match="DATE_EFF"):
        read_mvt(file, Entry(name=file.name), Area())


def test_the_old_history_gives_the_same_changes(tmp_path: Path) -> None:
    reading = historiq(
        tmp_path,
        ("73010", "331", "2016-01-01", "73010"),
        ("73062", "331", "2016-01-01", "73010"),
        ("73010", "341", "2016-01-01", "73062"),
        ("76095", "210", "2014-01-01", "76108"),
        ("76108", "230", "2014-01-01", "76095"),
        ("44225", "411", "2018-01-01", None, "49144"),
        ("14010", "500", "2014-01-07", None, None, "14472", "14697"),
        ("14067", "500", "2014-01-07", None, None, "14472", "14697"),
        ("01186", "100", "2007-08-15"),
        ("01440", "350", "2015-01-01", "01283"),
    )
    assert [(a, b, k) for a, b, _, k in changes(reading)] == [
        ("76108", "76095", "split"),
        ("14697", "14472", "recode"),
        ("73062", "73010", "merge"),
        ("49144", "44225", "recode"),
    ]


def test_a_code_that_was_only_delegated_does_not_merge_again(tmp_path: Path) -> None:
    """49101 became a new commune in 2013 and merged in 2016; 14188 was never more than a delegated commune."""
    reading = historiq(
        tmp_path,
        ("49101", "341", "2013-01-01", "49380"),
        ("49101", "333", "2016-01-01", "49018"),
        ("14188", "333", "2017-01-01", "14579"),
    )
    assert changes(reading) == [("49101", "49018", date(2016, 1, 1), "merge")]


def test_an_area_has_the_changes_that_touch_it(tmp_path: Path) -> None:
    rows = (("44225", "411", "2018-01-01", None, "49144"), ("73062", "331", "2016-01-01", "73010"))
    for area, count in (("44", 1), ("49", 1), ("73010", 1), ("75", 0)):
        assert len(changes(historiq(tmp_path, *rows, area=area))) == count
