"""Walk sheets: what is on the map, what is refused, and that no name can change the page."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from drawn_country import UNDRAWN

from isoloir.errors import SettingsError, StationError
from isoloir.maps.turf_map import Shape, draw_turf
from isoloir.maps.walk import texts, write_walk_sheets

HEADER = "turf,station_id,name,commune,arm,share,doors,hours\n"


def shape(name: str, column: int) -> Shape:
    return Shape(name, shapely.box(2 + column * 0.01, 47, 2.01 + column * 0.01, 47.01))


def write(folder: Path, rows: str, header: str = HEADER) -> Path:
    plan = folder / "plan.csv"
    plan.write_text(header + rows, encoding="utf-8")
    return plan


def test_the_map_numbers_the_turf_and_hatches_the_control() -> None:
    drawing, near = draw_turf([shape(name, i) for i, name in enumerate("abcd")], ["b", "c"], ["a", "far"])
    assert near == ["a"]
    assert drawing.count("url(#hatch)") == 1
    assert ">1</text>" in drawing
    assert ">2</text>" in drawing
    assert ">3</text>" not in drawing
    assert drawing.count('fill="#e4e4e4"') == 2
    assert " m</text>" in drawing or " km</text>" in drawing


def test_a_turf_without_outline_says_so() -> None:
    with pytest.raises(StationError, match="nowhere"):
        draw_turf([shape("a", 0)], ["nowhere"], [])


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_plan_becomes_a_pdf(country: Path, tmp_path: Path, language: str) -> None:
    rows = "1,X1002_0003,,,treated,1,300,10.5\n1,X1002_0004,,,treated,0.5,150,5\n2,X1003_0001,,,treated,1,200,7\n"
    rows += ",X1002_0002,,,control,0,0,0\n"
    out = write_walk_sheets(country, write(tmp_path, rows), tmp_path / "walk.pdf", language)
    content = out.read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/Count 7/" in content  # two turfs: a map and a list for each turf, a page for each station
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plan.csv", "walk.pdf"]


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ("1,nobody,,,treated,1,10,1\n", HEADER, "nobody is no station"),
        (",X1002_0002,,,control,0,0,0\n", HEADER, "no turf in it"),
        ("", HEADER, "no turf in it"),
        ("X1002_0002\n", "station_id\n", "no column turf, arm, doors, hours"),
        ("one,X1002_0002,,,treated,1,10,1\n", HEADER, "not a plan"),
        ("", "", "not a plan"),
        (f"1,{UNDRAWN},,,treated,1,10,1\n", HEADER, "has an outline"),
    ],
)
def test_what_is_no_plan_is_refused(country: Path, tmp_path: Path, rows: str, header: str, said: str) -> None:
    plan = write(tmp_path, rows, header)
    with pytest.raises((SettingsError, StationError), match=said):
        write_walk_sheets(country, plan, tmp_path / "walk.pdf", "fr")
    assert not (tmp_path / "walk.pdf").exists()


def test_a_plan_that_is_not_there(country: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.csv"):
        write_walk_sheets(country, tmp_path / "none.csv", tmp_path / "walk.pdf", "fr")


def test_every_word_exists_in_both_languages() -> None:
    french, english = texts("fr"), texts("en")
    assert french.keys() == english.keys()
    assert all(text.strip() for text in (*french.values(), *english.values()))
