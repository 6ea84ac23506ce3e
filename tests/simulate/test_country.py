"""The fictional département, written once and looked at from all sides."""

from __future__ import annotations

import filecmp
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from isoloir.errors import SettingsError
from isoloir.simulate.country import Summary, simulate


@pytest.fixture(scope="module")
def turnout(country: Path) -> pl.DataFrame:
    return pl.read_parquet(country / "elections" / "general_results.parquet")


@pytest.fixture(scope="module")
def votes(country: Path) -> pl.DataFrame:
    return pl.read_parquet(country / "elections" / "candidats_results.parquet")


def test_same_seed_same_bytes(country: Path, tmp_path: Path) -> None:
    simulate(tmp_path, "departement", 1, scale=0.3)
    files = sorted(p.relative_to(country) for p in country.rglob("*") if p.is_file())
    assert len(files) > 30
    assert files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    _, different, errors = filecmp.cmpfiles(country, tmp_path, [str(f) for f in files], shallow=False)
    assert (different, errors) == ([], [])


def test_other_seed_other_country(country: Path, tmp_path: Path) -> None:
    simulate(tmp_path, "departement", 2, scale=0.1)
    names = [pl.read_csv(f / "insee" / "FILO2021_DISP_COM.csv", separator=";")["LIBGEO"] for f in (country, tmp_path)]
    assert names[0].to_list()[:5] != names[1].to_list()[:5]


def test_france_grows_with_its_scale(tmp_path: Path) -> None:
    """Two départements of a hundred; their counts are two hundredths of France's."""
    told: list[tuple[str, float]] = []
    summary: Summary = simulate(tmp_path, "france", 1, lambda what, share: told.append((what, share)), scale=0.02)
    assert summary.counts["departements"] == 2
    for what, whole in {"communes": 34_900, "stations": 69_000, "addresses": 16e6, "true iris": 16_000}.items():
        assert summary.counts[what] == pytest.approx(whole * 0.02, rel=0.12), what
    assert summary.counts["rounds"] == 42
    assert summary.counts["turnout rows"] == pytest.approx(2_700_000 * 0.02, rel=0.1)
    assert summary.counts["candidate rows"] == pytest.approx(20e6 * 0.02, rel=0.1)
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    departements = pl.read_parquet(tmp_path / "register" / "table-bv-reu.parquet")["code_commune"].str.slice(0, 2)
    assert departements.n_unique() == 2


def test_size_and_folder_are_checked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="not a folder"):
        simulate(tmp_path / "file", "departement", 1)
    with pytest.raises(SettingsError, match="no size"):
        simulate(tmp_path, "europe", 1)  # type: ignore[arg-type]


def test_ballots_add_up(turnout: pl.DataFrame, votes: pl.DataFrame) -> None:
    assert turnout.filter(pl.col("inscrits") != pl.col("abstentions") + pl.col("votants")).is_empty()
    silent = pl.col("blancs").fill_null(0) + pl.col("nuls")
    assert turnout.filter(pl.col("votants") != silent + pl.col("exprimes")).is_empty()
    assert turnout.select("id_election", "id_brut_miom").is_duplicated().sum() == 0
    cast = votes.group_by("id_election", "id_brut_miom").agg(pl.col("voix").sum(), pl.col("nuance").is_null().all())
    both = turnout.join(cast, on=["id_election", "id_brut_miom"], how="full")
    persons = pl.col("id_election").str.contains("muni") & pl.col("nuance")
    assert both.filter(pl.col("voix").is_null() | pl.col("exprimes").is_null()).is_empty()
    assert both.filter(~persons & (pl.col("voix") != pl.col("exprimes"))).is_empty()
    assert both.filter(persons & (pl.col("voix") > pl.col("exprimes"))).height > 0  # panachage


def test_candidates_of_a_station_have_distinct_names(votes: pl.DataFrame) -> None:
    name = pl.coalesce("nom", "nom_tete_liste", "binome")
    assert votes.select("id_election", "id_brut_miom", name).is_duplicated().sum() == 0


def test_blank_ballots_are_counted_apart_since_2014(turnout: pl.DataFrame) -> None:
    apart = turnout.group_by("id_election").agg(pl.col("blancs").is_not_null().mean()).sort("id_election")
    by_round = dict(apart.iter_rows())
    assert set(by_round.values()) == {0.0, 1.0}
    assert by_round["2014_muni_t1"] == 0.0
    assert by_round["2014_euro_t1"] == 1.0


def test_calendar_is_whole(turnout: pl.DataFrame) -> None:
    stations = turnout.group_by("id_election").len()
    everywhere = stations.filter(pl.col("id_election").str.contains("pres|euro|regi|legi_t1|dpmt_t1"))
    assert everywhere["len"].min() >= 0.93 * everywhere["len"].max()  # type: ignore[operator]
    assert stations.height == 42


def test_national_shares_are_near_their_targets(votes: pl.DataFrame) -> None:
    share = votes.filter(pl.col("id_election") == "2022_pres_t1").group_by("nom").agg(pl.col("voix").sum())
    share = share.with_columns(pl.col("voix") / pl.col("voix").sum()).sort("voix", descending=True)
    assert set(share["nom"][:3]) == {"DAUMERAND", "QUESTRELIN", "RIBAUDENNE"}
    assert share["voix"].sum() == pytest.approx(1)


def test_votes_follow_the_census(country: Path, votes: pl.DataFrame) -> None:
    true = pl.read_parquet(country / "truth" / "variables.parquet").pivot("variable", values="value", index=None)
    degree = true.select("commune_code", "station_code", x=pl.col("P_NSCOL15P_SUP5") / pl.col("P_NSCOL15P"))
    far = votes.filter((pl.col("id_election") == "2022_pres_t1") & (pl.col("nom") == "QUESTRELIN"))
    both = far.join(degree, left_on=["code_commune", "code_bv"], right_on=["commune_code", "station_code"])
    assert len(both) == len(far)
    assert np.corrcoef(both["x"], both["ratio_voix_exprimes"])[0, 1] < -0.3
