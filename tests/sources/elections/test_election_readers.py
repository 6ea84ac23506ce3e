# ruff: noqa: E501 (lines of official files are as long as they are)
"""Each layout of election results, written small: as it should be, and broken in every way that was met."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from isoloir.codes import Area, Election
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.catalogue import catalogue, discover
from isoloir.sources.reading import Notice

Read = tuple[dict[str, pl.DataFrame], list[Notice]]


def read(file: Path, area: str = "france") -> Read:
    """Read a file as a build does: found by name or header, then by the reader of its source."""
    [found] = [f for f in discover(file.parent)[0] if f.file == file]
    reading = found.source.read(file, found.entry, Area.parse(area))
    return {name: table.collect() for name, table in reading.tables.items()}, reading.notices


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode(encoding))
    return file


def said(notices: list[Notice]) -> list[tuple[int | None, str | None]]:
    return [(n.row, n.value) for n in notices if n.severity != "info"]


def stations(table: pl.DataFrame) -> list[str]:
    return [f"{c}_{s}" for c, s in table.select("commune_code", "station_code").rows()]


# --- the ministry until 2014: long, no header

PREAMBLE = "".join(f"-- ligne {i} : explication à lire;ou non\r\n" for i in range(17))
LONG = """1;01;1;L'Abergement-Clémenciat;1;600;500;490;1;SARKOZY;Nicolas;SARK;300
1;01;1;L'Abergement-Clémenciat;1;600;500;490;2;ROYAL;Ségolène;ROYA;190
1;ZA;101;Les Abymes;0E11;800;400;390;1;SARKOZY;Nicolas;SARK;200
1;ZA;101;Les Abymes;0E11;800;400;390;2;ROYAL;Ségolène;ROYA;190
2;01;1;L'Abergement-Clémenciat;1;601;510;500;1;SARKOZY;Nicolas;SARK;280
2;01;1;L'Abergement-Clémenciat;1;601;510;500;2;ROYAL;Ségolène;ROYA;220
"""


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig", "utf-16"])
def test_long_files_hold_both_rounds(tmp_path: Path, encoding: str) -> None:
    tables, notices = read(write(tmp_path, "PR07_Bvot_T1T2.txt", PREAMBLE + LONG, encoding))
    turnout, results = tables["turnout"], tables["results"]
    assert said(notices) == []
    assert turnout["election"].to_list() == ["2007_pres_t1", "2007_pres_t1", "2007_pres_t2"]
    assert stations(turnout) == ["01001_0001", "97101_0E11", "01001_0001"]
    assert turnout["spoiled"].to_list() == [10, 10, 10]
    assert turnout["blank"].null_count() == 3
    assert results["votes"].to_list() == [300, 190, 200, 190, 280, 220]
    assert results["first_name"][1] == "Ségolène"
    assert results["nuance"].null_count() == 6  # the code of a presidential candidate is no nuance
    assert results["row"].to_list() == [18, 19, 20, 21, 22, 23]


def test_long_files_of_fifteen_fields_know_the_constituency(tmp_path: Path) -> None:
    line = "1;75;056;Paris;01;12;0101;900;700;690;7;DUPONT;Jeanne;DVG;{}\n"
    tables, _ = read(write(tmp_path, "LG12_Bvot_T1T2.txt", line.format(690)))
    assert tables["turnout"].row(0, named=True)["constituency_code"] == "7501"
    assert tables["results"].row(0, named=True)["nuance"] == "DVG"
    assert tables["results"]["election"][0] == "2012_legi_t1"


def test_odd_lines_of_a_long_file_are_set_aside(tmp_path: Path) -> None:
    broken = LONG + "1;01;2;Ailleurs;0,00E+00;10;9;8;1;SARKOZY;Nicolas;SARK;8\n3;01;1;X;1;1;1;1;1;A;B;C;1\n"
    broken += "1;01;4;Ici;2;dix;9;8;1;SARKOZY;Nicolas;SARK;8\n1;01;4;Ici;2;10;9;8;2;ROYAL;Ségolène;ROYA;rien\n\n"
    tables, notices = read(write(tmp_path, "PR07_Bvot_T1T2.txt", PREAMBLE + broken, "latin-1"))
    assert said(notices) == [
        (25, "3;01;1;X;1;1;1;1;1;A;B;C;1"),
        (24, "01 2 0,00E+00"),
        (26, "dix"),
        (27, "rien"),
    ]
    assert tables["turnout"].filter(pl.col("row") == 26)["registered"].to_list() == [None]
    assert tables["results"]["votes"].sum() == 1380 + 8


def test_a_long_file_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutChanged, match="13 or 15 fields"):
        read(write(tmp_path, "PR07_Bvot_T1T2.txt", PREAMBLE))


# --- the ministry from 2017: wide, the block of the first candidate labelled

FIXED = (
    "Code du département;Libellé du département;Code de la circonscription;Libellé de la circonscription;"
    "Code de la commune;Libellé de la commune;Code du b.vote;Inscrits;Abstentions;% Abs/Ins;Votants;% Vot/Ins;"
    "Blancs;% Blancs/Ins;% Blancs/Vot;Nuls;% Nuls/Ins;% Nuls/Vot;Exprimés;% Exp/Ins;% Exp/Vot"
)
PRESIDENTIAL = FIXED + ";N°Panneau;Sexe;Nom;Prénom;Voix;% Voix/Ins;% Voix/Exp"
LEGISLATIVE = FIXED + ";N°Panneau;Sexe;Nom;Prénom;Nuance;Voix;% Voix/Ins;% Voix/Exp"
WIDE_NAME = "elections/presidentielle-2022/resultats-par-niveau-burvot-t1-france-entiere.txt"


def station(
    place: str, *candidates: str, counts: str = "500;100;20,00;400;80,00;10;2,00;2,50;5;1,00;1,25;385;77,00;96,25"
) -> str:
    departement, commune, code = place.split()
    return ";".join([departement, "X", "05", "5ème circonscription", commune, "Y", code, counts, *candidates])


MACRON = "1;M;MACRON;Emmanuel;200;40,00;51,95"
LE_PEN = "2;F;LE PEN;Marine;185;37,00;48,05"
WIDE = (
    "\r\n".join([PRESIDENTIAL, station("01 004 0001", MACRON, LE_PEN), station("31 555 069A", MACRON, LE_PEN)]) + "\r\n"
)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_wide_files_repeat_the_block_without_labels(tmp_path: Path, encoding: str) -> None:
    tables, notices = read(write(tmp_path, WIDE_NAME, WIDE, encoding))
    turnout, results = tables["turnout"], tables["results"]
    assert notices == []
    assert stations(turnout) == ["01004_0001", "31555_069A"]
    counts = turnout.select("registered", "voters", "blank", "spoiled", "valid_votes", "constituency_code", "row")
    assert counts.row(0) == (500, 400, 10, 5, 385, "0105", 2)
    assert results.filter(station_code="0001").select("candidate", "first_name", "nuance", "panel", "votes").rows() == [
        ("MACRON", "Emmanuel", None, 1, 200),
        ("LE PEN", "Marine", None, 2, 185),
    ]
    assert set(results["election"]) == {"2022_pres_t1"}


def test_text_encoded_twice_is_decoded_twice(tmp_path: Path) -> None:
    doubled = WIDE.encode("utf-8").decode("latin-1")
    tables, notices = read(write(tmp_path, WIDE_NAME, doubled))
    assert tables["turnout"].height == 2
    assert ["twice" in n.what for n in notices] == [True]


def test_legislative_files_have_the_nuance_and_uneven_lines(tmp_path: Path) -> None:
    one = "3;F;OU\u0152UVRARD;Zoé;NUP;385;77,00;100,00"
    lines = [
        LEGISLATIVE,
        station("01 004 0001", one),
        station("ZM 510 0002", "1;M;A;B;ENS;200;1;1", "2;M;C;D;RN;185;1;1"),
    ]
    file = write(tmp_path, WIDE_NAME.replace("presidentielle", "legislatives"), "\n".join(lines) + "\n", "cp1252")
    tables, notices = read(file)
    assert notices == []
    assert tables["results"]["nuance"].to_list() == ["NUP", "ENS", "RN"]
    assert tables["results"]["candidate"][0] == "OUŒUVRARD"
    assert tables["turnout"]["commune_code"].to_list() == ["01004", "97610"]
    assert tables["turnout"]["constituency_code"].to_list() == ["0105", "97605"]


def test_blocks_that_are_all_labelled(tmp_path: Path) -> None:
    block = PRESIDENTIAL.removeprefix(FIXED + ";").split(";")
    header = FIXED.split(";") + [f"{name}_{i}" for i in (1, 2) for name in block]
    row = station("01 004 0001", MACRON, LE_PEN).split(";")
    table = pl.DataFrame([row], schema=header, orient="row")
    table.write_parquet(tmp_path / "ministry_presid-2022-t2_raw.parquet")
    tables, _ = read(tmp_path / "ministry_presid-2022-t2_raw.parquet")
    assert tables["results"]["votes"].to_list() == [200, 185]
    assert set(tables["results"]["election"]) == {"2022_pres_t2"}


def test_lines_that_stop_after_the_votes(tmp_path: Path) -> None:
    text = WIDE.replace(";37,00;48,05", "")
    tables, notices = read(write(tmp_path, WIDE_NAME, text))
    assert notices == []
    assert tables["results"]["votes"].sum() == 2 * 385


def test_an_area_keeps_its_own_stations(tmp_path: Path) -> None:
    tables, _ = read(write(tmp_path, WIDE_NAME, WIDE), "31")
    assert stations(tables["turnout"]) == ["31555_069A"]
    assert stations(tables["results"]) == ["31555_069A"] * 2


def test_what_a_wide_file_can_have_wrong_in_a_row(tmp_path: Path) -> None:
    counts = "500;100;20,00;400;80,00;x;2,00;2,50;5;1,00;1,25;385;77,00;96,25"
    lines = [
        station("01 004 0001", MACRON, LE_PEN, counts=counts),
        station("01 004 0,00E+00", MACRON, LE_PEN),
        station("01 ??? 0003", MACRON, LE_PEN),
        station("01 004 0004", "1;M;MACRON;Emmanuel;;40,00;51,95", "2;F;;;185;37,00;48,05"),
        station("01 004 0005", "1;M;MACRON;Emmanuel;-3;40,00;51,95", "2;F;LE PEN;Marine;1 850;37,00;48,05"),
    ]
    file = write(tmp_path, WIDE_NAME, "\n".join([PRESIDENTIAL, *lines]) + "\n", "latin-1")
    tables, notices = read(file)
    assert said(notices) == [
        (3, "01 004 0,00E+00"),
        (4, "01 ??? 0003"),
        (2, "x"),
        (6, "-3"),
        (5, "185"),
        (5, "MACRON"),
    ]
    assert all(n.file == file for n in notices)
    assert tables["turnout"].row(0, named=True)["blank"] is None
    assert tables["results"].filter(station_code="0005")["votes"].to_list() == [1850]


def test_many_bad_rows_are_counted_not_listed(tmp_path: Path) -> None:
    lines = [station("01 004 0,00E+00", MACRON) for _ in range(100)]
    _, notices = read(write(tmp_path, WIDE_NAME, "\n".join([PRESIDENTIAL, *lines]) + "\n"))
    assert len(notices) == 21
    assert "100 in all" in notices[-1].what


@pytest.mark.parametrize("cut", [3, 40])
def test_a_truncated_wide_file_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(SourceError, match=r"row 3: the last line stops .* truncated"):
        read(write(tmp_path, WIDE_NAME, WIDE.rstrip()[: -len(LE_PEN) - cut]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("\ufeff\r\n", "empty"),
        ("<!DOCTYPE html><html></html>", "web page"),
        (WIDE[:300] + "\0\0\0", "zero bytes"),
        (PRESIDENTIAL + "\n", "nothing below the header"),
        (WIDE.replace("Inscrits", "Electeurs", 1), r"missing columns \['inscrits'\]"),
        (WIDE.replace(";Voix;", ";Suffrages;", 1), r"missing columns \['voix'\]"),
    ],
)
def test_a_wide_file_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(write(tmp_path, WIDE_NAME, text))


def test_an_extra_column_is_reported(tmp_path: Path) -> None:
    text = WIDE.replace("Exprimés;", "Exprimés;Météo;", 1).replace(";385;", ";385;beau;")
    tables, notices = read(write(tmp_path, WIDE_NAME, text))
    assert [n.what for n in notices] == ["columns not used: Météo"]
    assert sorted(tables["results"]["votes"]) == [185, 185, 200, 200]


def test_a_renamed_file_is_known_by_its_header(tmp_path: Path) -> None:
    tables, _ = read(write(tmp_path, "ville_legislatives_2022_tour2.csv", WIDE))
    assert set(tables["turnout"]["election"]) == {"2022_legi_t2"}


def test_a_renamed_file_that_does_not_tell_its_round_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="which round"):
        read(write(tmp_path, "resultats.csv", WIDE))


# --- the ministry from 2024: numbered

NUMBERED = """"Code département";"Libellé département";"Code commune";"Libellé commune";"Code BV";Inscrits;Votants;"% Votants";Abstentions;"% Abstentions";Exprimés;"% Exprimés/inscrits";"% Exprimés/votants";Blancs;"% Blancs/inscrits";"% Blancs/votants";Nuls;"% Nuls/inscrits";"% Nuls/votants";"Numéro de panneau 1";"Nuance candidat 1";"Nom candidat 1";"Prénom candidat 1";"Sexe candidat 1";"Voix 1";"% Voix/inscrits 1";"% Voix/exprimés 1";"Elu 1";"Numéro de panneau 2";"Nuance candidat 2";"Nom candidat 2";"Prénom candidat 2";"Sexe candidat 2";"Voix 2";"% Voix/inscrits 2";"% Voix/exprimés 2";"Elu 2"
"971";Guadeloupe;"97101";"Les Abymes";"0001";238;182;"76,47%";56;"23,53%";171;"71,85%";"93,96%";10;"4,20%";"5,49%";1;"0,42%";"0,55%";2;ENS;"LE GAC";Didier;MASCULIN;124;"52,10%";"72,51%";élu;3;RN;DONVAL;Martine;FEMININ;47;"19,75%";"27,49%";
"25";Doubs;"25388";Montbéliard;"0E11";238;182;"76,47%";56;"23,53%";182;"71,85%";"93,96%";0;"4,20%";"5,49%";0;"0,42%";"0,55%";2;ENS;"LE GAC; dit LE GRAND";Didier;MASCULIN;182;"52,10%";"72,51%";élu;;;;;;;;;
"""


def test_numbered_files(tmp_path: Path) -> None:
    tables, notices = read(
        write(tmp_path, "elections/legislatives-2024/resultats-definitifs-par-bureau-de-vote-t2.csv", NUMBERED)
    )
    assert notices == []
    assert stations(tables["turnout"]) == ["97101_0001", "25388_0E11"]
    assert tables["results"].sort("row", "panel").select("candidate", "nuance", "panel", "votes", "row").rows() == [
        ("LE GAC", "ENS", 2, 124, 2),
        ("DONVAL", "RN", 3, 47, 2),
        ("LE GAC; DIT LE GRAND", "ENS", 2, 182, 3),
    ]


def test_numbered_files_of_lists(tmp_path: Path) -> None:
    header = "Code localisation;Libellé localisation;Code département;Libellé département;Code commune;Libellé commune;Code BV;Inscrits;Votants;Exprimés;Blancs;Nuls;Numéro de panneau 1;Nuance liste 1;Libellé abrégé de liste 1;Libellé de liste 1;Voix 1;% Voix/inscrits 1;% Voix/exprimés 1;Sièges 1"
    row = "Hexagone;X;01;Ain;01001;Y;0001;100;50;45;3;2;4;LENS;BESOIN D'EUROPE;Besoin d'Europe;45;45,00%;100,00%;"
    tables, notices = read(
        write(tmp_path, "elections/europeennes-2024/resultats-definitifs-par-bureau-de-vote.csv", f"{header}\n{row}\n")
    )
    assert notices == []
    assert tables["results"].row(0, named=True)["candidate"] == "BESOIN D'EUROPE"
    assert tables["results"]["election"].to_list() == ["2024_euro_t1"]


# --- aggregated elections, both generations of the header

NEW_VOTES = "id_election;id_brut_miom;code_departement;code_commune;code_bv;no_panneau;voix;ratio_voix_inscrits;ratio_voix_exprimes;nuance;sexe;nom;prenom;liste;libelle_abrege_liste;libelle_etendu_liste;nom_tete_liste;binome"
OLD_VOTES = "id_election;id_brut_miom;Code du département;Code de la commune;Code du b.vote;N°Panneau;Libellé Abrégé Liste;Libellé Etendu Liste;Nom Tête de Liste;Voix;% Voix/Ins;% Voix/Exp;Sexe;Nom;Prénom;Nuance;Binôme;Liste"
NEW_TURNOUT = "id_election;id_brut_miom;code_departement;libelle_departement;code_canton;libelle_canton;code_commune;libelle_commune;code_circonscription;libelle_circonscription;code_bv;inscrits;abstentions;votants;blancs;nuls;exprimes;ratio_abstentions_inscrits"
VOTES = """2022_pres_t1;75056_0101;75;75056;0101;3;120;1;1;;M;MACRON;Emmanuel;;;;;
2019_euro_t1;ZA101_0E11;ZA;97101;0E11;5;30;1;1;LREM;;;;;RENAISSANCE;RENAISSANCE SOUTENUE PAR;LOISEAU Nathalie;
2021_dpmt_t1;14118_04.1;14;14118;04.1;;40;1;1;BC-UGE;;;;;;;;M. LE ROY Jean et Mme A
2020_muni_t1;01160_0002;01;;;2;50;1;1;LDVC;F;DUPONT;Anne;;;;;
2020_muni_t1;01160_0003;01;01160;0,00E+00;2;50;1;1;LDVC;F;DUPONT;Anne;;;;;
2020_muni_t1;;01;01160;0004;2;beaucoup;1;1;LDVC;F;DUPONT;Anne;;;;;
later;01160_0005;01;01160;0005;2;50;1;1;LDVC;F;DUPONT;Anne;;;;;
2017_pres_t1;75112_0007;75;75112;0007;1;9;1;1;;M;FILLON;François;;;;;
"""  # fmt: skip


def as_parquet(folder: Path, name: str, header: str, rows: str, counts: list[str]) -> Path:
    table = pl.read_csv(f"{header}\n{rows}".encode(), separator=";", infer_schema=False)
    file = folder / "elections" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    table.with_columns(pl.col(counts).cast(pl.Int64, strict=False)).write_parquet(file)
    return file


@pytest.mark.parametrize("form", ["csv", "latin-1", "parquet"])
def test_aggregated_votes(tmp_path: Path, form: str) -> None:
    if form == "parquet":
        file = as_parquet(tmp_path, "candidats_results.parquet", NEW_VOTES, VOTES, ["voix", "no_panneau"])
    else:
        file = write(tmp_path, "candidats.csv", f"{NEW_VOTES}\n{VOTES}", "utf-8" if form == "csv" else "latin-1")
    tables, notices = read(file)
    got = (
        tables["results"]
        .sort("row")
        .select("election", "commune_code", "station_code", "candidate", "first_name", "nuance", "votes")
    )
    assert got.rows() == [
        ("2022_pres_t1", "75056", "0101", "MACRON", "Emmanuel", None, 120),
        ("2019_euro_t1", "97101", "0E11", "LOISEAU NATHALIE", None, "LREM", 30),
        ("2021_dpmt_t1", "14118", "04.1", "M. LE ROY JEAN ET MME A", None, "BC-UGE", 40),
        ("2020_muni_t1", "01160", "0002", "DUPONT", "Anne", "LDVC", 50),
        ("2020_muni_t1", "01160", "0003", "DUPONT", "Anne", "LDVC", 50),  # its id knew the station
        ("2017_pres_t1", "75056", "1207", "FILLON", "François", None, 9),  # the 12th arrondissement numbers from 1
    ]
    first = 2 if form != "parquet" else 1
    # Parquet cannot hold a count that is a word: there it was null before we read it.
    unread = "DUPONT" if form == "parquet" else "beaucoup"
    assert said(notices) == [(first + 6, "later 01160_0005 01160 0005"), (first + 5, unread)]


def test_aggregated_votes_of_the_old_header(tmp_path: Path) -> None:
    rows = "2014_muni_t1;01001_0001;1;1;1;2;DIVERS;DIVERS ET VARIES;DURAND Paul;77;1;1;;;;LDIV;;\n2017_pres_t2;ZN818_0050;ZN;818;0050;1;;;;88.0;1;1;M;MACRON;Emmanuel;;;\n"
    tables, notices = read(write(tmp_path, "votes.csv", f"{OLD_VOTES}\n{rows}"))
    assert said(notices) == []
    got = tables["results"].sort("row").select("commune_code", "station_code", "candidate", "first_name", "votes")
    assert got.rows() == [("01001", "0001", "DURAND PAUL", None, 77), ("98818", "0050", "MACRON", "Emmanuel", 88)]


TURNOUT = """2022_pres_t1;75056_0101;75;Paris;;;75056;Paris;01;1re;0101;900;200;700;10;5;685;22.2
2007_pres_t1;ZM601_0001;ZM;Mayotte;;;97601;Acoua;;;0001;900;200;700;;;685;22.2
2022_legi_t1;01160_0002;01;Ain;;;01160;Ferney;0103;3e;0002;12x;200;700;10;5;685;22.2
"""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_aggregated_turnout(tmp_path: Path, form: str) -> None:
    counts = ["inscrits", "votants", "blancs", "nuls", "exprimes"]
    if form == "parquet":
        file = as_parquet(tmp_path, "general_results.parquet", NEW_TURNOUT, TURNOUT, counts)
    else:
        file = write(tmp_path, "general.csv", f"{NEW_TURNOUT}\n{TURNOUT}")
    tables, notices = read(file)
    turnout = tables["turnout"].sort("row")
    assert stations(turnout) == ["75056_0101", "97601_0001", "01160_0002"]
    assert turnout["constituency_code"].to_list() == ["7501", None, "0103"]
    assert turnout["registered"].to_list() == [900, 900, None]
    assert turnout["spoiled"].to_list() == [5, 15, 5]
    assert said(notices) == ([(4, "12x")] if form == "csv" else [])


@pytest.mark.parametrize("area", ["75", "971", "01", "14118", "75112", "2A"])
def test_the_area_of_aggregated_votes(tmp_path: Path, area: str) -> None:
    file = as_parquet(tmp_path, "candidats_results.parquet", NEW_VOTES, VOTES, ["voix", "no_panneau"])
    everything, _ = read(file)
    inside, _ = read(file, area)
    wanted = everything["results"].filter(Area.parse(area).contains("commune_code"))
    assert inside["results"].sort("row").equals(wanted.sort("row"))


def test_aggregated_turnout_without_a_needed_column(tmp_path: Path) -> None:
    text = f"{NEW_TURNOUT}\n{TURNOUT}".replace("votants", "voyants", 1)
    with pytest.raises(LayoutChanged, match=r"missing columns \['votants'\]"):
        read(write(tmp_path, "general.csv", text))


def test_an_empty_aggregated_file(tmp_path: Path) -> None:
    for name in ("general_results.parquet", "candidats_results.parquet"):
        with pytest.raises(SourceError, match="not a whole file"):
            read(write(tmp_path, f"elections/{name}", ""))


# --- tidy national tables


def national(folder: Path, what: str, table: dict[str, list[Any]]) -> Path:
    file = folder / f"presid-2022-t1_bureaux_{what}.parquet"
    pl.DataFrame(table).write_parquet(file)
    return file


def test_national_tables(tmp_path: Path) -> None:
    codes = ["25388_0E11", "ZA101_0001", "84007_322b", "01001_0,00E+00"]
    counts = {c: [10.0, 20.0, 30.5, 40.0] for c in ("inscrits", "votants", "exprimes", "blancs", "nuls")}
    turnout, notices = read(national(tmp_path, "territoires", {"maille": ["bureaux"] * 4, "code": codes} | counts))
    assert stations(turnout["turnout"]) == ["25388_0E11", "97101_0001", "84007_322B"]
    assert turnout["turnout"]["registered"].to_list() == [10, 20, None]
    assert said(notices) == [(4, "01001_0,00E+00"), *[(3, "30.5")] * 5]
    votes = {"code": codes[:2], "label": ["LE_PEN", "Mélenchon"], "nuance": ["RN", ""], "voix": [1, 2], "new": [0, 0]}
    results, notices = read(national(tmp_path, "candidats", votes))
    assert results["results"].select("candidate", "votes", "row").rows() == [("LE PEN", 1, 1), ("MÉLENCHON", 2, 2)]
    assert [n.what for n in notices] == ["columns not used: new"]


def test_turnout_in_an_archive(tmp_path: Path) -> None:
    file = tmp_path / "legis-2017-t1_turnout.csv.zip"
    row = station("ZX 701 0001")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata_bureaux.csv", f'"";{FIXED}\n"1";{row}\n')
    tables, notices = read(file)
    assert notices == []
    assert stations(tables["turnout"]) == ["97701_0001"]
    assert "results" not in tables
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(SourceError, match="cannot be read"):
        read(file)


# --- cities

NANTES = '''"BUREAU_DE_VOTE","INSCRITS","PROCURATIONS","VOTANTS","NULS","EXPRIMES","DE_VILLIERS","ROYAL"
" 0101 - Bureau de vote 0101","961","32","707","1","706","306","400"
" 0102 - Bureau de vote 0102","961","","707","1","706","306","quatre"
" sans numéro","1","","1","1","1","1","1"
"","","","","","","",""
'''  # fmt: skip


def test_nantes(tmp_path: Path) -> None:
    tables, notices = read(write(tmp_path, "x_PRESIDENTIELLE2007_T1_NANTES_STBL.csv", NANTES, "utf-8-sig"))
    assert stations(tables["turnout"]) == ["44109_0101", "44109_0102"]
    assert tables["results"].sort("row").select("candidate", "votes").rows() == [
        ("DE VILLIERS", 306),
        ("ROYAL", 400),
        ("DE VILLIERS", 306),
    ]
    assert said(notices) == [(4, "sans numéro"), (3, "quatre")]
    assert set(tables["results"]["election"]) == {"2007_pres_t1"}


def test_nothing_of_nantes_is_elsewhere(tmp_path: Path) -> None:
    tables, _ = read(write(tmp_path, "x_PRESIDENTIELLE2007_T1_NANTES_STBL.csv", NANTES), "75")
    assert tables["turnout"].is_empty()
    assert tables["results"].is_empty()


def test_a_column_that_is_never_a_candidate(tmp_path: Path) -> None:
    tables, notices = read(
        write(tmp_path, "x_PRESIDENTIELLE2007_T1_NANTES.csv", NANTES.replace("DE_VILLIERS", "ABSTENTIONS"))
    )
    assert set(tables["results"]["candidate"]) == {"ROYAL"}
    assert [n.what for n in notices if n.severity == "info"] == ["columns not used: ABSTENTIONS"]


def test_paris_codes_are_arrondissement_and_number(tmp_path: Path) -> None:
    header = "CodeArrdt;CodeBV;CodeCirco;CodeInsee;Inscrits;Votants;Exprimés;Liste;Voix;Blancs;Nuls;Procurations"
    rows = "20;76;6;75120;1592;672;655;LARROUTUROU;30;14;3;29\n20;76;6;75120;1592;672;655;LEPAGE;625;14;3;29\n"
    for encoding in ("utf-8", "latin-1"):
        tables, notices = read(write(tmp_path, "paris/europeennes-2014.csv", f"{header}\n{rows}", encoding))
        assert notices == []
        turnout = tables["turnout"].row(0, named=True)
        assert (turnout["commune_code"], turnout["station_code"], turnout["constituency_code"]) == (
            "75056",
            "2076",
            "7506",
        )
        assert (turnout["blank"], turnout["spoiled"], turnout["valid_votes"]) == (14, 3, 655)
        assert tables["turnout"].height == 1
        assert tables["results"]["votes"].to_list() == [30, 625]


def test_marseille_lists_stand_in_some_sectors_only(tmp_path: Path) -> None:
    text = (
        'bdv,inscrits,Nuls,MARSEILLE UNIE,"A GAUCHE, L HUMAIN",Total Résultat\n101,100,4,,50,50\n1609,100,4,20,10,30\n'
    )
    tables, notices = read(write(tmp_path, "marseille/municipales-2014-t1.csv", text))
    assert notices == []
    assert stations(tables["turnout"]) == ["13055_0101", "13055_1609"]
    assert tables["turnout"]["voters"].to_list() == [54, 34]
    assert tables["results"].height == 3


# --- TopoJSON


def topology(**changes: Any) -> dict[str, Any]:
    def a_round(votes: int) -> dict[str, Any]:
        candidates = [{"numero_panneau": 3, "nom": "MACRON", "prenom": "Emmanuel", "nuance": "REM", "voix": votes}]
        return {
            "circonscription": 1,
            "inscrits": 100,
            "votants": 60,
            "blancs": 4,
            "exprimes": votes,
            "candidats": candidates,
        }

    properties = {
        "presidentielle-1": a_round(50),
        "presidentielle-2": a_round(51),
        "legislatives-1": a_round(52),
        "legislatives-2": None,
        "departement": "75",
        "commune": "056",
        "bureau": "0110",
    } | changes
    square = [[2.0, 48.0], [2.1, 48.0], [2.1, 48.1], [2.0, 48.1], [2.0, 48.0]]
    geometry = {"type": "Polygon", "arcs": [[0]], "properties": properties}
    return {
        "type": "Topology",
        "arcs": [square],
        "objects": {"secteurs": {"type": "GeometryCollection", "geometries": [geometry]}},
    }


TOPOJSON = "topojson-2017/75A01/topology.json"


def test_topojson_gives_rounds_and_outlines(tmp_path: Path) -> None:
    tables, notices = read(write(tmp_path, TOPOJSON, json.dumps(topology())))
    assert notices == []
    assert tables["turnout"].select("election", "valid_votes", "spoiled", "constituency_code").rows() == [
        ("2017_pres_t1", 50, 6, "7501"),
        ("2017_pres_t2", 51, 5, "7501"),
        ("2017_legi_t1", 52, 4, "7501"),
    ]
    assert tables["results"]["votes"].to_list() == [50, 51, 52]
    outline = tables["outlines"].row(0, named=True)
    assert (outline["commune_code"], outline["station_code"], outline["vintage"]) == ("75056", "0110", 2017)
    assert outline["geometry"][:5] == b"\x01\x03\x00\x00\x00"


def test_topojson_that_cannot_be_used(tmp_path: Path) -> None:
    whole = json.dumps(topology())
    without_round = {
        k: v
        for k, v in topology()["objects"]["secteurs"]["geometries"][0]["properties"].items()
        if k != "legislatives-1"
    }
    lost = topology()
    lost["objects"]["secteurs"]["geometries"][0]["properties"] = without_round
    broken = {
        "": "empty",
        whole[:200]: "not whole JSON",
        "{}": "no layer",
        json.dumps(lost): "no round 'legislatives-1'",
    }
    for text, message in broken.items():
        with pytest.raises(SourceError, match=message):
            read(write(tmp_path, TOPOJSON, text))


def test_a_topojson_station_without_code(tmp_path: Path) -> None:
    tables, notices = read(write(tmp_path, TOPOJSON, json.dumps(topology(bureau="0,00E+00"))))
    assert said(notices) == [(1, "75 056 0,00E+00")]
    assert all(table.is_empty() for table in tables.values())


# --- the descriptions


def test_every_description_names_its_address_and_its_rounds() -> None:
    mine = [s for s in catalogue().values() if ".elections." in s.reader]
    assert len(mine) == 10
    for source in mine:
        assert source.page.startswith("https://")
        assert source.title["fr"]
        assert source.title["en"]
        for entry in source.entries:
            assert entry.url is None or entry.url.startswith("https://")
            if "election" in entry.facts:
                Election.parse(entry.facts["election"] + ("_t1" if source.id == "ministry_long" else ""))
