"""Databases of real cities and of a real département, from the official files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.stations.build import build
from isoloir.store import database, frame


@pytest.fixture(scope="module", params=["75", "94", "44109", "13055"])
def made(request: pytest.FixtureRequest, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    path = tmp_path_factory.mktemp("real") / f"{request.param}.duckdb"
    build(Area.parse(request.param), real_data, path)
    return request.param, path


def ask(path: Path, query: str) -> pl.DataFrame:
    with database(path) as connection:
        return frame(connection, query)


ROUNDS = {"75": 9, "94": 7, "44109": 15, "13055": 8}
STATIONS_2017 = {"75": 896, "94": 813, "44109": 200, "13055": 480}


def test_every_round_at_hand_is_there_and_readable_on_the_stations_of_today(made: tuple[str, Path]) -> None:
    area, path = made
    for table in ("turnout", "turnout_today"):
        assert ask(path, f"SELECT count(DISTINCT election) FROM {table}").item() == ROUNDS[area]
    assert ask(path, "SELECT count(*) FROM turnout WHERE election = '2017_pres_t1'").item() == STATIONS_2017[area]
    assert ask(path, "SELECT count(*) FROM turnout_today WHERE quality IS NULL").item() == 0


def test_totals_of_2017_and_2022_are_those_of_the_files(made: tuple[str, Path], real_data: Path) -> None:
    area, path = made
    for year in (2017, 2022):
        file = real_data / f"results/france/presid-{year}-t2_bureaux_candidats.parquet"
        rows = pl.read_parquet(file).filter(pl.col("code").str.starts_with("75056" if area == "75" else area))
        expected = dict(rows.group_by("label").agg(pl.col("voix").sum()).iter_rows())
        query = f"SELECT candidate, sum(votes)::BIGINT FROM results WHERE election = '{year}_pres_t2' GROUP BY 1"
        assert dict(ask(path, query).iter_rows()) == expected


def test_sources_that_overlap_agree(made: tuple[str, Path]) -> None:
    rows = ask(made[1], "SELECT DISTINCT outcome FROM checks WHERE name LIKE 'agreement of%'")
    assert rows["outcome"].to_list() == ["ok"]


def test_variables_are_there_or_missing_with_a_reason(made: tuple[str, Path]) -> None:
    _, path = made
    have = ask(path, "SELECT DISTINCT variable FROM variables")["variable"]
    lacking = ask(path, "SELECT DISTINCT variable FROM missing WHERE reason <> ''")["variable"]
    assert len(have) >= 40
    assert len(set(have) | set(lacking)) >= 200


def test_most_stations_of_today_have_an_outline(made: tuple[str, Path]) -> None:
    total, outlined = ask(made[1], "SELECT count(*), count(geometry) FROM stations WHERE valid_to IS NULL").row(0)
    assert outlined >= 0.96 * total
