"""Transitions between two rounds of a database: margins, truth, files, pictures, words."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.image import imread
from typer.testing import CliRunner

from isoloir.cli import app
from isoloir.codes import Area
from isoloir.commands.transitions.rounds import ABSTENTION, BLANK, NEW, SPECIAL, read_margins
from isoloir.commands.transitions.run import Flows, export, infer_rounds
from isoloir.errors import SettingsError, StatsError
from isoloir.stats.blocs import blocs
from isoloir.store import database

BEFORE, AFTER = "2017_pres_t1", "2022_pres_t1"


@pytest.fixture(scope="module")
def flows(fiction_database: Path) -> Flows:
    return infer_rounds(fiction_database, BEFORE, AFTER)


def test_margins_hold_every_registered_voter_of_the_second_round(flows: Flows, fiction_database: Path) -> None:
    margins = flows.margins
    np.testing.assert_allclose(margins.origins.sum(1), margins.destinations.sum(1), rtol=1e-9)
    with database(fiction_database) as connection:
        registered, voters = connection.execute(
            "SELECT sum(registered), sum(voters) FROM turnout_today WHERE election = ?", [AFTER]
        ).fetchall()[0]
    total = dict(zip(margins.columns, margins.destinations.sum(0), strict=True))
    assert margins.destinations.sum() == pytest.approx(registered)
    assert total[ABSTENTION] == pytest.approx(registered - voters, rel=1e-6)
    assert margins.rows[-3:] == [ABSTENTION, BLANK, NEW]
    assert margins.columns[-2:] == [ABSTENTION, BLANK]
    assert margins.census is not None
    assert np.isfinite(margins.census).all()
    assert len(set(margins.groups.tolist())) > 1  # constituencies
    assert str(margins.area) == "X1"


def test_the_truth_is_nearer_than_without_the_census_and_covered(flows: Flows, fiction: Path) -> None:
    truth = (
        pl.read_parquet(fiction / "truth" / "transitions.parquet")
        .filter((pl.col("from_election") == BEFORE) & (pl.col("to_election") == AFTER))
        .with_columns(pl.col("origin", "destination").replace({"blank": BLANK, "spoiled": BLANK}))
        .group_by("origin", "destination")
        .agg(true=pl.col("voters").sum())
    )
    both = flows.table.filter(pl.col("group").is_null()).join(truth, on=["origin", "destination"], how="left")
    both = both.with_columns(pl.col("true").fill_null(0)).filter(pl.col("origin") != NEW)  # those who left are unknown
    share = pl.col("true") / pl.col("true").sum().over("origin")
    covered = both.select(share.is_between("share_low", "share_high").mean()).item()
    error = both.select(50 * (pl.col("voters") - pl.col("true")).abs().sum() / pl.col("true").sum()).item()
    assert covered > 0.85
    assert error < 13


def test_groups_add_up_to_the_whole(flows: Flows) -> None:
    table = flows.table
    groups = table.filter(pl.col("group").is_not_null()).group_by("origin", "destination").agg(pl.col("voters").sum())
    whole = table.filter(pl.col("group").is_null()).join(groups, on=["origin", "destination"], suffix="_groups")
    np.testing.assert_allclose(whole["voters"], whole["voters_groups"], rtol=1e-6, atol=1e-6)
    for name in ("voters", "share", "share_low", "share_high", "bound_low", "bound_high"):
        assert table[name].is_finite().all()


def test_a_round_of_many_candidates_is_read_by_blocs(fiction_database: Path) -> None:
    with database(fiction_database) as connection:
        margins = read_margins(connection, AFTER, "2022_legi_t1", Area(), None, blocs())
        also = read_margins(connection, AFTER, "2022_legi_t1", Area(), "blocs", blocs())
    assert "left" in margins.columns
    assert "left" not in margins.rows
    assert also.rows[0] == "left"
    assert NEW not in margins.rows  # nobody registers between April and June


def test_impossible_stations_are_left_out_and_named(fiction_database: Path, tmp_path: Path) -> None:
    file = tmp_path / "spoilt.duckdb"
    shutil.copy(fiction_database, file)
    with database(file, write=True) as connection:
        station = connection.execute("SELECT min(station_id) FROM turnout WHERE election = ?", [AFTER]).fetchall()[0][0]
        connection.execute(
            "UPDATE turnout SET voters = registered + 50 WHERE election = ? AND station_id = ?", [AFTER, station]
        )
        margins = read_margins(connection, BEFORE, AFTER, Area(), None, blocs())
    assert station not in margins.station_id
    assert any(station in notice for notice in margins.notices)


def test_rounds_that_are_not_there_are_named(fiction_database: Path) -> None:
    with pytest.raises(StatsError, match="no station of france has results of 2031_pres_t1; this database has 2007"):
        infer_rounds(fiction_database, BEFORE, "2031_pres_t1")
    with pytest.raises(StatsError, match="no station of 75"):
        infer_rounds(fiction_database, BEFORE, AFTER, Area(("75",)))
    with pytest.raises(SettingsError, match="names no election"):
        infer_rounds(fiction_database, BEFORE, "2022")


def test_a_folder_gets_picture_and_tables(flows: Flows, tmp_path: Path) -> None:
    files = export(flows, tmp_path / "flows")
    assert sorted(f.suffix for f in files) == [".csv", ".parquet", ".png", ".svg"]
    picture = imread(tmp_path / "flows" / "transitions.png")
    assert picture.std() > 0.1
    svg = (tmp_path / "flows" / "transitions.svg").read_text(encoding="utf-8")
    for side, counts in (
        (flows.margins.rows, flows.margins.origins),
        (flows.margins.columns, flows.margins.destinations),
    ):
        big = counts.sum(0) >= 0.02 * counts.sum()
        assert [name for name in np.array(side)[big] if name not in SPECIAL and name.title() not in svg] == []
    assert pl.read_parquet(tmp_path / "flows" / "transitions.parquet").equals(flows.table)
    assert pl.read_csv(tmp_path / "flows" / "transitions.csv").height == flows.table.height
    export(flows, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text(encoding="utf-8") == svg


def test_the_command_prints_doubt_and_refuses_what_makes_no_sense(fiction_database: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    asked = ["transitions", "--database", str(fiction_database), "--from", AFTER, "--to", "2022_pres_t2"]
    done = run(app, [*asked, "--area", "X1", "--out", str(tmp_path / "t.csv")])
    assert done.exit_code == 0, done.output
    assert "90 %" in done.output
    assert (tmp_path / "t.csv").exists()
    for wrong in (asked[:-2], [*asked[:1], "--margins", "m.parquet"], [*asked, "--margins", "m.parquet"]):
        assert isinstance(run(app, wrong).exception, SettingsError)
