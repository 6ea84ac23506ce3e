"""The files have the names and headers of the official ones, and the readers know them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
import shapely

from isoloir.sources import catalogue

GENERAL = (
    "id_election, id_brut_miom, code_departement, libelle_departement, code_canton, libelle_canton, code_commune, "
    "libelle_commune, code_circonscription, libelle_circonscription, code_bv, inscrits, abstentions, votants, blancs, "
    "nuls, exprimes, ratio_abstentions_inscrits, ratio_votants_inscrits, ratio_blancs_inscrits, ratio_blancs_votants, "
    "ratio_nuls_inscrits, ratio_nuls_votants, ratio_exprimes_inscrits, ratio_exprimes_votants"
)
CANDIDATES = (
    "id_election, id_brut_miom, code_departement, code_commune, code_bv, no_panneau, voix, ratio_voix_inscrits, "
    "ratio_voix_exprimes, nuance, sexe, nom, prenom, liste, libelle_abrege_liste, libelle_etendu_liste, "
    "nom_tete_liste, binome"
)
ADDRESSES = (
    "code_commune_ref, reconstitution_code_commune, id_brut_bv_reu, id, geo_adresse, geo_type, geo_score, longitude, "
    "latitude, api_line, nb_bv_commune, nb_adresses"
)
STATIONS = (
    "id_brut_reu, id_brut_insee, code_commune, code, libelle_reu, num_voie_reu, voie_reu, cp_reu, commune_reu, "
    "nb_adresses_initial, nb_adresses_final, id_brut_miom"
)
WIDE = (
    "Code du département;Libellé du département;Code de la circonscription;Libellé de la circonscription;"
    "Code de la commune;Libellé de la commune;Code du b.vote;Inscrits;Abstentions;% Abs/Ins;Votants;% Vot/Ins;Blancs;"
    "% Blancs/Ins;% Blancs/Vot;Nuls;% Nuls/Ins;% Nuls/Vot;Exprimés;% Exp/Ins;% Exp/Vot;N°Panneau;Sexe;Nom;Prénom;"
    "Voix;% Voix/Ins;% Voix/Exp"
)
GRID = (
    "idcar_200m, idcar_1km, idcar_nat, i_est_200, i_est_1km, lcog_geo, ind, men, men_pauv, men_1ind, men_5ind, "
    "men_prop, men_fmp, ind_snv, men_surf, men_coll, men_mais, log_av45, log_45_70, log_70_90, log_ap90, log_inc, "
    "log_soc, ind_0_3, ind_4_5, ind_6_10, ind_11_17, ind_18_24, ind_25_39, ind_40_54, ind_55_64, ind_65_79, ind_80p, "
    "ind_inc"
)
INCOME = "IRIS DISP_TP6021 DISP_INCERT21 DISP_Q121 DISP_MED21 DISP_Q321 DISP_EQ21 DISP_D121"


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("elections/general_results.parquet", GENERAL),
        ("elections/candidats_results.parquet", CANDIDATES),
        ("register/table-adresses-reu.parquet", ADDRESSES),
        ("register/table-bv-reu.parquet", STATIONS),
    ],
)
def test_parquet_columns(country: Path, file: str, columns: str) -> None:
    assert pq.read_schema(country / file).names == columns.split(", ")


def test_every_file_is_known_to_a_source(country: Path) -> None:
    found, notices = catalogue.discover(country)
    assert [str(n) for n in notices] == []
    files = {p for p in country.rglob("*") if p.is_file() and "truth" not in p.parts}
    assert {f.file for f in found} == files
    assert len(files) == 31


def test_wide_files_are_latin_1_with_unlabelled_blocks(country: Path) -> None:
    presidential = (country / "elections" / "PR17_BVot_T1_FE.txt").read_bytes().decode("latin-1").split("\r\n")
    assert presidential[0] == WIDE
    fields = presidential[1].split(";")
    assert len(fields) == 21 + 11 * 7
    assert fields[21:25] == ["1", "M", "DAUMERAND", "Julien"]
    legislative = country / "elections" / "legislatives-2022" / "resultats-par-niveau-burvot-t1-france-entiere.txt"
    head = legislative.read_bytes().decode("latin-1").split("\r\n")[0]
    assert head == WIDE.replace("Prénom;Voix", "Prénom;Nuance;Voix")


def test_percentages_are_those_of_the_ministry(country: Path) -> None:
    lines = (country / "elections" / "PR17_BVot_T2_FE.txt").read_bytes().decode("latin-1").splitlines()[1:]
    for line in lines:
        f = line.split(";")
        registered, abstentions = int(f[7]), int(f[8])
        assert f[9] == f"{100 * abstentions / registered + 1e-9:.2f}".replace(".", ",")


def test_long_files_start_after_seventeen_lines(country: Path) -> None:
    lines = (country / "elections" / "PR07_Bvot_T1T2.txt").read_bytes().decode("latin-1").split("\r\n")
    assert all(line.count(";") < 12 for line in lines[:17])
    fields = lines[17].split(";")
    assert len(fields) == 13
    assert fields[:2] == ["1", "X1"]
    assert {line.split(";")[0] for line in lines[17:-1]} == {"1", "2"}


def test_numbered_files(country: Path) -> None:
    file = country / "elections" / "legislatives-2024" / "resultats-definitifs-par-bureau-de-vote-t1.csv"
    table = pl.read_csv(file, separator=";", infer_schema=False)
    assert table.columns[:6] == [
        "Code département",
        "Libellé département",
        "Code commune",
        "Libellé commune",
        "Code BV",
        "Inscrits",
    ]
    assert table.columns[19:28] == [
        "Numéro de panneau 1", "Nuance candidat 1", "Nom candidat 1", "Prénom candidat 1", "Sexe candidat 1", "Voix 1",
        "% Voix/inscrits 1", "% Voix/exprimés 1", "Elu 1",
    ]  # fmt: skip
    assert set(table["Sexe candidat 1"]) <= {"MASCULIN", "FEMININ"}
    assert table["% Votants"].str.contains(r"^\d+,\d\d%$").all()


def test_second_round_is_where_the_first_decided_nothing(country: Path) -> None:
    votes = pl.read_parquet(country / "elections" / "candidats_results.parquet")
    first = votes.filter(pl.col("id_election") == "2024_legi_t1")
    second = votes.filter(pl.col("id_election") == "2024_legi_t2")
    assert set(second["nom"]) <= set(first["nom"])
    assert second["nom"].n_unique() < first["nom"].n_unique()


def test_register_codes_have_no_leading_zero(country: Path) -> None:
    addresses = pl.read_parquet(country / "register" / "table-adresses-reu.parquet")
    stations = pl.read_parquet(country / "register" / "table-bv-reu.parquet")
    assert set(addresses["id_brut_bv_reu"]) == set(stations["id_brut_reu"])
    codes = stations["id_brut_reu"].str.split("_").list.get(1)
    assert not codes.str.starts_with("0").any()
    assert {"4.1", "69A", "E11"} <= set(codes)
    bad = (addresses["geo_score"] < 0.6).mean()
    assert 0.01 < float(bad) < 0.04  # type: ignore[arg-type]


def test_census_headers(country: Path) -> None:
    insee = country / "insee"
    for theme in (
        "evol-struct-pop",
        "activite-residents",
        "diplomes-formation",
        "logement",
        "couples-familles-menages",
    ):
        for year in (2012, 2021):
            head = (insee / f"base-ic-{theme}-{year}.CSV").read_text().split("\n")[0].split(";")
            assert head[:4] == ["IRIS", "COM", "TYP_IRIS", "LAB_IRIS"]
            assert all(c[1:3] == str(year)[2:] for c in head[4:])
            assert len(set(head)) == len(head)
    grid = (insee / "carreaux_200m.csv").read_text().split("\n")[0]
    assert grid == GRID.replace(", ", ",")
    income = (insee / "BASE_TD_FILO_IRIS_2021_DISP.csv").read_text().split("\n")[0]
    assert income.split(";")[:8] == INCOME.split()


def test_census_tables_are_consistent(country: Path) -> None:
    table = pl.read_csv(country / "insee" / "base-ic-evol-struct-pop-2021.CSV", separator=";")
    for parts, whole in {
        ("P21_POPH", "P21_POPF"): "P21_POP",
        ("P21_POP0019", "P21_POP2064", "P21_POP65P"): "P21_POP",
        tuple(f"C21_POP15P_CS{i}" for i in range(1, 9)): "C21_POP15P",
        ("P21_PMEN", "P21_PHORMEN"): "P21_POP",
    }.items():
        assert table.select((pl.sum_horizontal(parts) - pl.col(whole)).abs().max()).item() < 0.01
    assert (table["IRIS"].str.slice(0, 5) == table["COM"]).all()
    whole = table.filter(pl.col("IRIS").str.ends_with("0000"))
    assert set(whole["TYP_IRIS"]) == {"Z"}


def test_secrecy_and_imputation(country: Path) -> None:
    commune = pl.read_csv(country / "insee" / "FILO2021_DISP_COM.csv", separator=";", infer_schema=False)
    assert 0 < (commune["D121"] == "s").sum() < len(commune)
    assert commune.filter(pl.col("TP6021") != "s")["TP6021"].str.contains(r"^\d+,\d$").all()
    grid = pl.read_csv(country / "insee" / "carreaux_200m.csv")
    assert (grid["i_est_200"] == (grid["men"] < 11).cast(pl.Int64)).mean() > 0.99  # type: ignore[operator]
    corner = grid["idcar_200m"].str.extract_groups(r"^CRS3035RES200mN(\d+)E(\d+)$").struct.unnest()
    assert (corner.cast(pl.Int64).to_numpy() % 200 == 0).all()
    people = pl.read_csv(country / "insee" / "base-ic-evol-struct-pop-2021.CSV", separator=";")["P21_POP"].sum()
    assert grid["ind"].sum() == pytest.approx(people, rel=0.02)


def test_outlines_are_planar(country: Path) -> None:
    communes = gpd.read_file(country / "geography" / "communes.geojson")
    iris = gpd.read_parquet(country / "geography" / "contours-iris.parquet")
    assert (communes.crs.to_epsg(), iris.crs.to_epsg()) == (4326, 2154)
    assert communes["code"].is_unique
    for shapes in (communes.geometry.to_numpy(), iris.geometry.to_numpy()):
        assert shapely.is_valid(shapes).all()
        assert shapely.coverage_is_valid(shapes)
        united = shapely.coverage_union_all(shapes)
        assert united.geom_type == "Polygon"
        assert len(united.interiors) == 0
    grouped = iris.dissolve("code_insee").geometry
    metres = communes.set_index("code").to_crs(2154).geometry.loc[grouped.index]
    assert np.allclose(grouped.area, metres.area, rtol=1e-4)


def test_nothing_lies_on_real_land(country: Path) -> None:
    west, south, east, north = gpd.read_file(country / "geography" / "communes.geojson").total_bounds
    assert -18 < west < east < -5.5
    assert 43.9 < south < north < 49.7


def test_addresses_lie_in_their_commune(country: Path) -> None:
    communes = gpd.read_file(country / "geography" / "communes.geojson").set_index("code").geometry
    addresses = pl.read_parquet(country / "register" / "table-adresses-reu.parquet")
    place = communes.index.get_indexer(addresses["code_commune_ref"].to_list())
    shapes, x, y = communes.to_numpy()[place], addresses["longitude"].to_numpy(), addresses["latitude"].to_numpy()
    inside = shapely.contains_xy(shapes, x, y)
    assert 0.99 < inside.mean() < 1.0
