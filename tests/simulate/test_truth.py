"""The planted truth agrees with the files that were written."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest


@pytest.fixture(scope="module")
def registered(country: Path) -> pl.DataFrame:
    table = pl.read_parquet(country / "elections" / "general_results.parquet")
    return table.select(election="id_election", commune="code_commune", station="code_bv", size="inscrits")


@pytest.fixture(scope="module")
def lineage(country: Path) -> pl.DataFrame:
    return pl.read_parquet(country / "truth" / "lineage.parquet")


def test_registered_voters_are_conserved(lineage: pl.DataFrame, registered: pl.DataFrame) -> None:
    origin = ["from_election", "from_commune", "from_station"]
    moved = lineage.group_by(origin).agg(pl.col("registered", "share").sum())
    both = moved.join(registered, left_on=origin, right_on=["election", "commune", "station"], how="left")
    assert both.filter(pl.col("size").is_null() | (pl.col("size") != pl.col("registered"))).is_empty()
    assert both.filter((pl.col("share") - 1).abs() > 1e-12).is_empty()


def test_every_change_leads_to_a_station_that_votes(lineage: pl.DataFrame, registered: pl.DataFrame) -> None:
    goal = ["to_election", "to_commune", "to_station"]
    lost = lineage.join(registered, left_on=goal, right_on=["election", "commune", "station"], how="anti")
    assert lost.is_empty()


def test_communes_left_out_did_not_change(lineage: pl.DataFrame, registered: pl.DataFrame) -> None:
    for (before, after), rows in lineage.group_by("from_election", "to_election"):
        changed = {*rows["from_commune"], *rows["to_commune"]}
        quiet = registered.filter(~pl.col("commune").is_in(changed))
        names = [
            set(quiet.filter(pl.col("election") == e).select("commune", "station").rows()) for e in (before, after)
        ]
        assert names[0] == names[1]
        assert len(names[0]) > 10


def test_all_kinds_of_change_happen(lineage: pl.DataFrame) -> None:
    same_place = pl.col("from_commune") == pl.col("to_commune")
    whole = pl.col("share") == 1
    renumbered = lineage.filter(same_place & whole & (pl.col("from_station") != pl.col("to_station")))
    city = renumbered.group_by("from_commune", "to_election").len().sort("len").row(-1)
    assert city[1] == "2014_muni_t1"
    assert city[2] > 20
    assert lineage.filter(~whole).height > 10  # splits and boundaries that moved
    assert lineage.filter(~same_place).height > 3


def test_mergers_are_in_the_code_officiel(country: Path, lineage: pl.DataFrame) -> None:
    said = pl.read_csv(country / "geography" / "v_mvt_commune_2024.csv", infer_schema=False)
    pairs = said.filter(
        (pl.col("MOD") == "32") & (pl.col("TYPECOM_AP") == "COM") & (pl.col("COM_AV") != pl.col("COM_AP"))
    )
    seen = lineage.filter(pl.col("from_commune") != pl.col("to_commune")).select("from_commune", "to_commune").unique()
    assert set(pairs.select("COM_AV", "COM_AP").rows()) == set(seen.rows())
    years = pairs["DATE_EFF"].str.slice(0, 4).cast(pl.Int32)
    assert years.is_between(2016, 2019).all()


def test_stations_have_one_name_at_a_time(country: Path, registered: pl.DataFrame) -> None:
    spans = pl.read_parquet(country / "truth" / "stations.parquet")
    year = pl.col("first_election", "last_election").str.slice(0, 4).cast(pl.Int32)
    spans = spans.with_columns(year)
    for election, rows in registered.filter(pl.col("election").str.contains("pres_t1")).group_by("election"):
        when = int(str(election[0])[:4])
        alive = spans.filter((pl.col("first_election") <= when) & (pl.col("last_election") >= when))
        names = alive.select("commune_code", "station_code").rows()
        assert len(names) == len(set(names))
        assert set(names) == set(rows.select("commune", "station").rows())
        assert alive["true_id"].is_unique().all()


def test_transitions_have_the_margins_of_the_results(country: Path) -> None:
    cells = pl.read_parquet(country / "truth" / "transitions.parquet")
    votes = pl.read_parquet(country / "elections" / "candidats_results.parquet")
    votes = votes.select("id_election", "code_commune", "code_bv", "nom", "voix").filter(pl.col("voix") > 0)
    place = ["code_commune", "code_bv"]
    cells = cells.rename({"commune_code": "code_commune", "station_code": "code_bv"})
    reached = cells.group_by(*place, id_election="to_election", nom="destination").agg(pl.col("voters").sum())
    both = votes.join(reached, on=["id_election", *place, "nom"], how="inner")
    assert both.filter(pl.col("voters") != pl.col("voix")).is_empty()
    assert set(both["id_election"]) == {f"{y}_pres_t{t}" for y in (2007, 2012, 2017, 2022) for t in (1, 2)} - {
        "2007_pres_t1"
    }
    left = cells.filter(pl.col("to_election").str.contains("_t2"))
    left = left.group_by(*place, id_election="from_election", nom="origin").agg(pl.col("voters").sum())
    both = votes.join(left, on=["id_election", *place, "nom"], how="inner")
    assert both.filter(pl.col("voters") != pl.col("voix")).is_empty()
    assert both.height > 1000


def test_loyalty_differs_from_place_to_place(country: Path) -> None:
    cells = pl.read_parquet(country / "truth" / "transitions.parquet")
    same = cells.filter((pl.col("origin") == "QUESTRELIN") & (pl.col("to_election") == "2022_pres_t1"))
    kept = same.group_by("commune_code").agg(
        kept=pl.col("voters").filter(pl.col("destination") == "QUESTRELIN").sum() / pl.col("voters").sum(),
        size=pl.col("voters").sum(),
    )
    kept = kept.filter(pl.col("size") > 100)["kept"]
    assert 0.3 < kept.mean() < 0.95  # type: ignore[operator]
    assert kept.std() > 0.03  # type: ignore[operator]


def test_true_variables_add_up_to_the_iris(country: Path) -> None:
    true = pl.read_parquet(country / "truth" / "variables.parquet")
    for theme, column in {
        "evol-struct-pop": "P_POP65P",
        "activite-residents": "P_CHOM1564",
        "logement": "P_RP_LOCHLMV",
    }.items():
        official = pl.read_csv(country / "insee" / f"base-ic-{theme}-2021.CSV", separator=";")
        official = official.group_by("COM").agg(pl.col(f"P21{column[1:]}").sum().alias("official"))
        own = true.filter(pl.col("variable") == column).group_by("commune_code").agg(pl.col("value").sum())
        both = official.join(own, left_on="COM", right_on="commune_code", how="full")
        assert both.null_count().sum_horizontal().item() == 0
        assert both.filter((pl.col("official") - pl.col("value")).abs() > 0.01 + 1e-5 * pl.col("value")).is_empty()


def test_reserves_are_those_of_the_voters_who_then_voted(country: Path, registered: pl.DataFrame) -> None:
    told = pl.read_parquet(country / "truth" / "reserves.parquet").filter(pl.col("election") == "2024_legi_t1")
    votes = pl.read_parquet(country / "elections" / "candidats_results.parquet").filter(
        pl.col("id_election") == "2024_legi_t1"
    )
    assert told["votes"].sum() == pytest.approx(votes["voix"].sum(), rel=0.005)
    left = told.filter(pl.col("bloc") == "left")
    assert (left["persuadable"] <= left["votes"]).all()  # nobody can be won twice
    assert (left["persuadable"] > 0).all()
    size = registered.filter(pl.col("election") == "2024_legi_t1")
    by_station = told.group_by("commune_code", "station_code").agg(pl.col("votes", "mobilisable").sum())
    both = by_station.join(size, left_on=["commune_code", "station_code"], right_on=["commune", "station"])
    assert both.height == size.height
    assert (both["mobilisable"] <= both["size"] / 4).all()  # a chance p moves by p (1 - p) at most
    assert (left["walk_m"] >= 0).all()
    assert (left["addresses"] > 0).all()
