"""The figures of the map are those of the database, and say nothing where nothing is known."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from drawn_country import ELECTION, HOSTILE, HOSTILE_COMMUNE, PAST, ROUNDS, SIDE, SOUTH, UNDRAWN, UNRANKED, WEST

from isoloir import store
from isoloir.errors import StationError
from isoloir.maps.areas import departements, title
from isoloir.maps.database import READ, check, reading
from isoloir.maps.figures import first_stations, label, overview
from isoloir.maps.places import search
from isoloir.maps.sheet import station_sheet


@pytest.fixture
def connection(country: Path) -> Iterator[store.Connection]:
    with reading(country) as opened:
        yield opened


def test_overview_counts_stations_of_today(connection: store.Connection) -> None:
    area = overview(connection)
    assert area["counts"] | {"registered": None} == {
        "stations": 25, "outlined": 24, "communes": 4, "ranked": 24, "registered": None
    }  # fmt: skip
    assert area["rounds"] == list(ROUNDS)
    assert area["ranking"] == {"target": "left", "election": ELECTION, "label": {"fr": "gauche", "en": "left"}}


def test_levels_are_fifths_with_falling_scores(connection: store.Connection) -> None:
    found = overview(connection)["levels"]
    assert [f["level"] for f in found] == [1, 2, 3, 4, 5]
    assert sum(f["stations"] for f in found) == 24
    assert all(a["score_low"] >= b["score_high"] for a, b in pairwise(found))


def test_a_sheet_holds_every_round_the_latest_first(connection: store.Connection) -> None:
    sheet = station_sheet(connection, "X1002_0003")
    assert sheet is not None
    assert (sheet["name"], sheet["commune"]) == (HOSTILE, HOSTILE_COMMUNE)
    assert [r["election"] for r in sheet["rounds"]] == list(reversed(ROUNDS))
    last = sheet["rounds"][0]
    assert last["turnout_share"] == pytest.approx(last["voters"] / last["registered"])
    assert sum(r["votes"] for r in last["results"]) == last["valid_votes"]
    assert sum(r["vote_share"] for r in last["results"]) == pytest.approx(1)
    assert {r["candidate"]: r["bloc"] for r in last["results"]} == {"MÉLENCHON": "left", "DUPONT-<I>": "centre_right"}
    assert sheet["bounds"] == pytest.approx([WEST + 2 * SIDE, SOUTH + SIDE, WEST + 3 * SIDE, SOUTH + 2 * SIDE])


def test_the_arithmetic_of_the_ranking_holds(connection: store.Connection) -> None:
    ranking = (station_sheet(connection, "X1001_0001") or {})["ranking"]
    assert ranking["score"] == pytest.approx(ranking["abstention_share"] * ranking["support_share"])
    assert 1 <= ranking["rank"] <= ranking["ranked"] == 24


def test_past_rounds_carry_their_grade(connection: store.Connection) -> None:
    rounds = (station_sheet(connection, "X1001_0001") or {})["rounds"]
    assert {r["election"]: r["quality"] for r in rounds} == {ROUNDS[0]: "B", ROUNDS[1]: "A", ROUNDS[2]: "A"}
    assert rounds[-1]["blank"] is None  # counted with the spoiled ones in that round


def test_a_station_without_ranking_or_outline_says_null(connection: store.Connection) -> None:
    unranked = station_sheet(connection, UNRANKED) or {}
    assert unranked["ranking"]["level"] is None
    assert unranked["ranking"]["score"] is None
    empty = next(r for r in unranked["rounds"] if r["election"] == ELECTION)
    assert empty["turnout_share"] is None
    assert [r["vote_share"] for r in empty["results"]] == [None, None]
    assert (station_sheet(connection, UNDRAWN) or {})["bounds"] is None


def test_a_sheet_is_json_without_nan(connection: store.Connection) -> None:
    for (station_id,) in store.frame(connection, "SELECT station_id FROM stations").iter_rows():
        json.dumps(station_sheet(connection, station_id), allow_nan=False)


def test_variables_are_the_latest_beside_their_commune(connection: store.Connection) -> None:
    found = {v["variable"]: v for v in (station_sheet(connection, "X1001_0001") or {})["variables"]}
    assert (found["population"]["value"], found["population"]["vintage"]) == (1250, 2021)
    assert found["population"]["commune"] == pytest.approx(1250)
    assert found["income_median"]["value"] is None
    assert list(found) == ["population", "unemployment_share", "income_median", "mystery <u>"]


def test_the_past_of_a_station(connection: store.Connection) -> None:
    past = (station_sheet(connection, "X1001_0001") or {})["lineage"]
    assert [(p["from_id"], p["share"], p["evidence"], p["quality"]) for p in past] == [(PAST, 0.75, "split", "C")]
    assert (station_sheet(connection, "X1001_0003") or {})["lineage"] == []


@pytest.mark.parametrize("station_id", ["", "x", "X1001_0001'; DROP TABLE stations; --", PAST])
def test_an_unknown_or_past_station_has_no_sheet(connection: store.Connection, station_id: str) -> None:
    assert station_sheet(connection, station_id) is None


def test_the_table_starts_with_the_first_rank(connection: store.Connection) -> None:
    found = first_stations(connection, 5)
    assert [s["level"] for s in found] == [1] * 5
    assert [s["rank"] for s in found] == sorted(s["rank"] for s in found)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("evry vieux", ("commune", "X1003", None)),
        ("ÉVRY-LE", ("commune", "X1003", None)),
        ("bourg", ("commune", "X1001", None)),
        ("x1003_0002", ("station", "X1003", "X1003_0002")),
        ("bourg b7", ("station", "X1001", UNDRAWN)),
        ("<script>", ("station", "X1002", "X1002_0003")),
    ],
)
def test_search(connection: store.Connection, asked: str, expected: tuple[str, str, str | None]) -> None:
    first = search(connection, asked)[0]
    assert (first["kind"], first["commune_code"], first["station_id"]) == expected
    assert (first["bounds"] is None) == (first["station_id"] == UNDRAWN)


@pytest.mark.parametrize("asked", ["", "   ", "%", "zzzz", "' OR 1=1 --", "a " * 500])
def test_search_that_finds_nothing(connection: store.Connection, asked: str) -> None:
    assert search(connection, asked) == [] or asked.startswith("a ")


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        ("94", "Val-de-Marne"),
        ("france", "France"),
        ("X1", "X1"),
        ("X1003", "Évry-le-Vieux"),
        ("01 02 03 04 05", "Ain, Aisne, Allier + 2"),
        ("not an area", "not an area"),
    ],
)
def test_the_title_of_an_area(connection: store.Connection, area: str, expected: str) -> None:
    assert title(connection, area) == expected


def test_every_departement_has_a_name() -> None:
    assert {"01", "2A", "2B", "75", "94", "974", "976"} <= set(departements())


def test_a_target_that_is_no_bloc_keeps_its_name() -> None:
    assert label("MACRON") == {"fr": "MACRON", "en": "MACRON"}


def test_check_accepts_the_country(country: Path) -> None:
    check(country)


def test_check_names_what_is_missing(country: Path, tmp_path: Path) -> None:
    with pytest.raises(StationError, match="no such database"):
        check(tmp_path / "nowhere.duckdb")
    text = tmp_path / "text.duckdb"
    text.write_text("not a database at all " * 50)
    with pytest.raises(StationError, match="not a database"):
        check(text)
    for drop, said in (
        ("DROP TABLE ranking", "isoloir rank"),
        ("ALTER TABLE stations DROP COLUMN quality", "no quality in stations"),
        ("DROP TABLE variables", "no table variables"),
    ):
        copy = shutil.copy(country, tmp_path / "copy.duckdb")
        with store.database(copy, write=True) as connection:
            connection.execute(drop)
        with pytest.raises(StationError, match=said):
            check(copy)


def test_what_the_map_reads_is_in_the_drawn_country(country: Path) -> None:
    with reading(country) as connection:
        for table, columns in READ.items():
            assert columns <= set(store.frame(connection, f"SELECT * FROM {table} LIMIT 0").columns)
