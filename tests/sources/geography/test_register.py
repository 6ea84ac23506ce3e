"""The addresses and stations of the electoral register."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.catalogue import catalogue
from isoloir.sources.geography.register import read_addresses, read_stations
from isoloir.sources.reading import Entry, Notice

FACTS = {"key": "id_brut_bv_reu", "weight": "nb_adresses", "score": "geo_score"}
ADDRESSES = pl.DataFrame(
    {
        "code_commune_ref": ["01001", "01001", "75120", "94001", "94001"],
        "id_brut_bv_reu": ["01001_1", "01001_1", "75120_15", "94001_2", "rien"],
        "geo_adresse": ["x"] * 5,
        "geo_score": [0.9, 0.8, 0.7, 0.6, 0.5],
        "longitude": [5.0, 5.1, 2.4, None, 2.4],
        "latitude": [46.0, 46.1, 48.8, 48.7, 48.7],
        "nb_adresses": [3, 1, 2, 1, 1],
    }
)
STATIONS = pl.DataFrame(
    {
        "id_brut_reu": ["01001_1", "75120_15", "94001_2"],
        "id_brut_miom": ["01001_0007", "75056_2099", None],
        "libelle_reu": ["Mairie", "École", "Gymnase"],
        "num_voie_reu": ["3", None, "1"],
        "voie_reu": ["place Neuve", "rue Haxo", "avenue Foch"],
        "cp_reu": ["01400", "75020", "94000"],
        "commune_reu": ["Abergement", "Paris", "Ablon"],
    }
)


def addresses(file: Path, area: str = "france", **facts: Any) -> tuple[pl.DataFrame, list[Notice]]:
    reading = read_addresses(file, Entry(name=file.name, facts=FACTS | facts), Area.parse(area))
    return reading.tables["addresses"].collect(), reading.notices


@pytest.fixture
def register(tmp_path: Path) -> Path:
    file = tmp_path / "table-adresses-reu.parquet"
    ADDRESSES.write_parquet(file)
    return file


def test_addresses_have_a_station_a_point_a_weight_and_their_row(register: Path) -> None:
    table, _ = addresses(register)
    assert table.select("commune_code", "station_code", "longitude", "latitude", "weight", "row").rows() == [
        ("01001", "0001", 5.0, 46.0, 3.0, 1),
        ("01001", "0001", 5.1, 46.1, 1.0, 2),
        ("75056", "2015", 2.4, 48.8, 2.0, 3),
    ]
    assert table["score"].to_list() == pytest.approx([0.9, 0.8, 0.7])


def test_addresses_without_a_point_or_a_station_are_told(register: Path) -> None:
    _, notices = addresses(register)
    assert [(n.row, n.value) for n in notices] == [(5, "rien, 1 addresses"), (4, "94001_2")]


@pytest.mark.parametrize(
    ("area", "rows"), [("01", 2), ("01001", 2), ("75", 1), ("75056", 1), ("75120", 1), ("94", 0), ("69123", 0)]
)
def test_only_the_area_is_read(register: Path, area: str, rows: int) -> None:
    assert len(addresses(register, area)[0]) == rows


def test_the_ministry_names_stations_where_its_table_lies_beside(register: Path) -> None:
    STATIONS.write_parquet(register.parent / "table-bv-reu.parquet")
    table, _ = addresses(register)
    assert table["station_code"].to_list() == ["0007", "0007", "2099"]


def test_two_columns_may_name_the_station_and_the_weight_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "x_address_points.parquet"
    points = {"commune_code": ["94001"], "station_code": ["12"], "longitude": [2.4], "latitude": [48.7]}
    pl.DataFrame(points).write_parquet(file)
    table, _ = addresses(file, key=["commune_code", "station_code"])
    assert table.select("commune_code", "station_code", "weight", "score").rows() == [("94001", "0012", 1.0, None)]


def test_a_delimited_register_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "table-adresses-reu.csv"
    ADDRESSES.write_csv(file)
    table, _ = addresses(file)
    assert table["station_code"].to_list() == ["0001", "0001", "2015"]
    assert table["row"].to_list() == [2, 3, 4]


def test_missing_columns_cut_and_empty_files_are_refused(register: Path) -> None:
    whole = register.read_bytes()
    register.write_bytes(whole[:-30])
    with pytest.raises(SourceError, match="table-adresses-reu"):
        addresses(register)
    register.write_bytes(b"")
    with pytest.raises(SourceError, match="table-adresses-reu"):
        addresses(register)
    ADDRESSES.drop("longitude").write_parquet(register)
    with pytest.raises(LayoutChanged, match=r"missing columns \['longitude'\]"):
        addresses(register)


def test_stations_are_venues_with_an_address(tmp_path: Path) -> None:
    file = tmp_path / "table-bv-reu.parquet"
    STATIONS.write_parquet(file)
    reading = read_stations(file, Entry(name=file.name, facts={"vintage": 2022}), Area())
    assert reading.tables["venues"].collect().rows() == [
        ("01001", "0007", "Mairie", "3 place Neuve 01400 Abergement", 2022),
        ("75056", "2099", "École", "rue Haxo 75020 Paris", 2022),
        ("94001", "0002", "Gymnase", "1 avenue Foch 94000 Ablon", 2022),
    ]


def test_a_renamed_register_is_known_by_its_columns() -> None:
    assert set(catalogue()["reu_addresses"].recognise) <= set(ADDRESSES.columns)
    assert set(catalogue()["reu_stations"].recognise) <= set(STATIONS.columns)


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("12 Rue de la Paix 75002 Paris", "Rue de la Paix"),
        ("12 bis Rue de la Paix 75002 Paris", "Rue de la Paix"),
        ("7 B Allée du 8 Mai 1945 94000 Créteil", "Allée du 8 Mai 1945"),
        ("7ter Chemin Neuf, 2A004 Ajaccio", "Chemin Neuf"),
        ("Le Bourg 01001 L'Abergement", "Le Bourg"),
        ("01001 L'Abergement", None),
        ("", None),
        (None, None),
    ],
)
def test_the_streets_of_a_station(tmp_path: Path, address: str | None, street: str | None) -> None:
    file = tmp_path / "table-adresses-reu.parquet"
    ADDRESSES.head(2).with_columns(geo_adresse=pl.lit(address, pl.String)).write_parquet(file)
    reading = read_addresses(file, Entry(name=file.name, facts=FACTS | {"address": "geo_adresse"}), Area())
    rows = reading.tables["streets"].collect().rows()
    assert rows == ([] if street is None else [("01001", "0001", street, 4.0)])


def test_a_register_without_texts_has_no_streets(register: Path) -> None:
    reading = read_addresses(register, Entry(name=register.name, facts=FACTS), Area())
    assert reading.tables["streets"].collect().is_empty()
