"""`isoloir forecast` from a station database, a scenario and a file of candidates."""

from __future__ import annotations

import csv
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.codes import Area
from isoloir.commands.forecast.candidates import read_candidates
from isoloir.commands.forecast.run import export, forecast, parse_type
from isoloir.commands.history import read_history, unplaced
from isoloir.errors import SettingsError, SourceError, StatsError
from isoloir.stats.blocs import blocs
from isoloir.stats.forecast import Target
from isoloir.stats.history import History
from isoloir.store import database, frame

TARGET = Target("legi", 1, date(2022, 6, 12))
SCENARIO = "[national]\nleft = 0.36\ncentre_right = 0.39\nfar_right = 0.23\nother = 0.02\nabstention = 0.54\n"


@pytest.fixture(scope="module")
def history(fiction_database: Path) -> History:
    with database(fiction_database) as connection:
        return read_history(connection, Area(), blocs())


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "scenario.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


def candidates_of(path: Path, code: str) -> pl.DataFrame:
    """Who stood in the first round of 2022, by a column of the turnout or the stations."""
    query = f"""SELECT DISTINCT {code} AS code, candidate, nuance FROM results r
        JOIN turnout t USING (station_id, election) JOIN stations s USING (station_id)
        WHERE election = '2022_legi_t1' AND s.valid_to IS NULL ORDER BY ALL"""
    with database(path) as connection:
        return frame(connection, query).select("code", "nuance")


def test_the_past_is_that_of_the_database(fiction_database: Path, history: History) -> None:
    query = """SELECT t.station_id, t.registered, t.voters, sum(r.votes) FILTER (r.nuance IN ('RN', 'REC')) AS votes,
        sum(r.votes) AS valid FROM turnout_today t JOIN results_today r USING (station_id, election)
        WHERE election = '2022_legi_t1' GROUP BY ALL ORDER BY 1"""
    with database(fiction_database) as connection:
        told = frame(connection, query)
    round_ = history.round("2022_legi_t1")
    assert round_ is not None
    assert round_.date == date(2022, 6, 12)
    rows = np.searchsorted(history.station_id, told["station_id"].to_numpy().astype(str))
    np.testing.assert_allclose(round_.abstention[rows], (1 - told["voters"] / told["registered"]).to_numpy())
    far_right = history.blocs.index("far_right")
    np.testing.assert_allclose(round_.shares[rows, far_right], (told["votes"] / told["valid"]).to_numpy())
    assert [r.date for r in history.rounds] == sorted(r.date for r in history.rounds)
    assert set(history.departement) == {"X1"}
    assert (history.constituency != "").all()
    assert np.isfinite(history.position).all(axis=1).mean() > 0.95


def test_a_forecast_is_a_table_of_shares(
    fiction_database: Path, history: History, scenario: Path, tmp_path: Path
) -> None:
    stood = tmp_path / "candidates.csv"
    candidates_of(fiction_database, "t.constituency_code").write_csv(stood)
    found = forecast(fiction_database, TARGET, scenario, stood)
    export(found, tmp_path / "F.parquet")
    table = pl.read_parquet(tmp_path / "F.parquet")
    parts = [f"{n}_{p}" for n in (*history.blocs, "abstention") for p in ("share", "low", "high")]
    assert table.columns == ["code", *parts, "grade"]
    assert table["code"].to_list() == history.station_id.tolist()
    assert (
        table.select(pl.sum_horizontal([f"{b}_share" for b in history.blocs]))
        .to_series()
        .is_between(0.999, 1.001)
        .all()
    )
    assert (
        table.select(pl.all_horizontal(pl.col(parts).is_between(0, 1) & pl.col(parts).is_not_nan())).to_series().all()
    )
    assert not found.whole
    assert not found.unknown.height
    truth = history.round("2022_legi_t1")
    assert truth is not None
    assert np.corrcoef(truth.shares[:, 0], table["left_share"].to_numpy())[0, 1] > 0.6
    part = forecast(fiction_database, TARGET, scenario, stood, Area.parse("X1001"))
    assert part.table.height == (history.commune == "X1001").sum()
    assert part.table.equals(table.filter(pl.col("code").str.starts_with("X1001")))


@pytest.mark.parametrize("form", ["station", "commune", "constituency", "no zeros", "three digits"])
def test_a_place_may_be_written_in_several_ways(
    form: str, fiction_database: Path, history: History, tmp_path: Path
) -> None:
    column = {"station": "r.station_id", "commune": "s.commune_code"}.get(form, "t.constituency_code")
    table = candidates_of(fiction_database, column)
    if form == "no zeros":
        table = table.with_columns(
            pl.col("code").str.slice(0, 2) + "-" + pl.col("code").str.slice(2).str.strip_chars_start("0")
        )
    if form == "three digits":
        table = table.with_columns(pl.col("code").str.slice(0, 2) + "0" + pl.col("code").str.slice(2))
    file = tmp_path / "candidates.csv"
    table.write_csv(file, separator=";" if form == "commune" else ",")
    standing, unknown = read_candidates(file, history, blocs())
    round_ = history.round("2022_legi_t1")
    assert round_ is not None
    told = (
        np.isin(history.station_id, table["code"].to_numpy()) if form == "station" else np.ones(history.stations, bool)
    )
    same = standing.stands(history.blocs) == round_.stood
    assert same[told].mean() > 0.99 if form != "commune" else same.mean() > 0.9
    assert (standing.count.sum(axis=1) > 0).all()
    assert unknown.is_empty()


def test_what_a_file_of_candidates_says_wrongly_is_named(history: History, tmp_path: Path) -> None:
    file = tmp_path / "candidates.csv"
    file.write_text(
        f"code,nuance\n{history.constituency[0]},NUP\n9999,RN\n{history.constituency[0]},ZZZ\n", encoding="utf-8"
    )
    _, unknown = read_candidates(file, history, blocs())
    assert unknown.rows() == [(3, "9999", "RN"), (4, str(history.constituency[0]), "ZZZ")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("place,nuance\nX101,RN\n", r"candidates\.csv, row 1: missing columns \['code'\]; found \['place', 'nuance'\]"),
        ("code,nuance\n9999,RN\n", r"candidates\.csv, row 2: no row names a place .*\(value '9999, RN'\)"),
        ("code,nuance\n", "no candidate at all"),
        ("code,nuance\n,\n", "no candidate at all"),
        ("", "the file is empty"),
        ("code,nuance\nX101,RN\nX101,RN,PARTI\nX101,NUP\n", r"row 3: the header has 2 fields.*'3 fields'"),
        ("code,nuance\nX101,RN\nX101\n", r"row 3: the last row is cut"),
        ("code,nuance\nX101,R\0N\n", r"row 2: zero bytes"),
        (None, "no such file"),
    ],
)
def test_a_file_of_candidates_that_cannot_be_is_refused_in_one_line(
    text: str | None, told: str, history: History, tmp_path: Path
) -> None:
    file = tmp_path / "candidates.csv"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=told) as error:
        read_candidates(file, history, blocs())
    assert "\n" not in str(error.value)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_file_of_candidates_is_read_or_refused(history: History, data: st.DataObject) -> None:
    """Whatever is in the cells: every station has somebody who stands, or one line says what is wrong."""
    seats = sorted(set(history.constituency.tolist()))
    cell = st.one_of(
        st.sampled_from([*seats, *history.station_id[:3], "RN", "NUP", "ENS", "", " "]), st.text(max_size=6)
    )
    rows = data.draw(st.lists(st.tuples(cell, cell), max_size=6))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "candidates.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("code", "nuance"), *rows])
        try:
            standing, unknown = read_candidates(file, history, blocs())
        except SourceError as error:
            assert str(file) in str(error)  # noqa: PT017
            assert "\n" not in str(error)  # noqa: PT017
            return
    assert (standing.count.sum(axis=1) > 0).all()
    assert unknown.height <= len(rows)


def test_a_scenario_file_that_cannot_be_is_named(fiction_database: Path, tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    for text, error, told in (
        ("left = 0.3", SettingsError, r"\[national\] is missing"),
        ("[national", SettingsError, "not a scenario"),
        (SCENARIO.replace("0.54", "1.0"), StatsError, r"scenario\.toml: .*abstention = 1\.0; nobody would vote"),
        (SCENARIO.replace("0.36", "0.46"), StatsError, r"scenario\.toml: .*sum to 1\.100"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(error, match=told):
            forecast(fiction_database, TARGET, file)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *(("legislative", "legi"), ("Législatives", "legi"), ("legi", "legi"), ("présidentielle", "pres")),
        *(("euro", "euro"), ("europeennes", "euro"), ("departmental", "dpmt"), ("municipales", "muni")),
    ],
)
def test_types_are_written_in_french_in_english_or_as_codes(word: str, kind: str) -> None:
    assert parse_type(word) == kind


def test_another_type_is_refused() -> None:
    with pytest.raises(SettingsError, match="'senate' is no type of election"):
        parse_type("senate")


def test_candidates_in_no_bloc_are_named() -> None:
    rows = [
        ("2001_muni_t1", "AYRAULT", None, 40),
        ("2001_muni_t1", "AUTRE", "XYZ", 60),
        ("2022_legi_t1", "ELLE", "RN", 9),
    ]
    rows += [("2022_pres_t1", "MACRON", None, 50)]
    table = pl.DataFrame(rows, schema=["election", "candidate", "nuance", "votes"], orient="row")
    with database(None) as connection:
        connection.register("results", table)
        found = unplaced(connection, blocs())
    assert found["candidate"].to_list() == ["AUTRE", "AYRAULT"]
