"""Counts and joins on real official files, where they are on this machine."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
import shapely

from isoloir import codes
from isoloir.codes import Area
from isoloir.sources.catalogue import Found, discover
from isoloir.sources.geography.communes import read_former
from isoloir.sources.geography.matching import match_codes
from isoloir.sources.geography.place import check_place
from isoloir.sources.reading import Reading


@pytest.fixture(scope="module")
def files(real_data: Path) -> dict[str, Found]:
    found = [f for part in ("geometry", "insee", "administrative") for f in discover(real_data / part)[0]]
    return {f.file.name: f for f in found}


def read(found: Found, area: str = "france") -> Reading:
    return found.source.read(found.file, found.entry, Area.parse(area))


def stations_of(file: Path) -> pl.DataFrame:
    parts = pl.col("code").str.split_exact("_", 1)
    commune, station = codes.commune(parts.struct.field("field_0")), codes.station(parts.struct.field("field_1"))
    return pl.read_parquet(file).select(commune_code=commune, station_code=station)


@pytest.mark.parametrize(
    ("name", "count", "repaired"),
    [
        ("paris_stations_2017.geojson", 896, 0),
        ("paris_stations_2012_epsg2154.geojson", 867, 0),
        ("marseille_stations_2012_epsg2154.geojson", 477, 3),  # 478 outlines, two of one station
        ("nantes_stations_2014.geojson", 209, 2),
        ("dep04_stations_2022.geojson", 260, 0),  # 261 features, one without geometry
        ("datagouv_contours_schema_sample.geojson", 7, 0),
    ],
)
def test_outlines_of_cities(files: dict[str, Found], name: str, count: int, repaired: int) -> None:
    reading = read(files[name])
    table = reading.tables["outlines"].collect()
    assert table.select("commune_code", "station_code").is_unique().all()
    assert table.height == count
    assert sum("repaired" in n.what for n in reading.notices) == repaired
    assert shapely.is_valid(shapely.from_wkb(table["geometry"].to_numpy())).all()


def test_outlines_of_paris_are_those_of_its_results(files: dict[str, Found], real_data: Path) -> None:
    results = stations_of(real_data / "results/france/presid-2017-t1_bureaux_territoires.parquet")
    results = results.filter(pl.col("commune_code") == "75056")
    outlines = read(files["paris_stations_2017.geojson"]).tables["outlines"].collect()
    assert results.height == 896
    assert set(match_codes(outlines, results)["rule"]) == {"code"}
    assert match_codes(outlines, results).height == 896


def test_outlines_of_france_join_the_results_and_are_in_their_communes(
    files: dict[str, Found], real_data: Path
) -> None:
    reading = read(files["france_stations_2022_outlines.parquet"])
    outlines = reading.tables["outlines"].collect()
    results = stations_of(real_data / "results/france/presid-2022-t1_bureaux_territoires.parquet")
    matched = match_codes(outlines, results)
    assert results.height == 69_682
    assert outlines.height == 68_265
    assert matched.height == 68_264
    assert dict(matched["rule"].value_counts().iter_rows()) == {"code": 68_263, "last": 1}
    communes = read(files["communes.csv.lzma"]).tables["communes"].collect()
    assert check_place(outlines, communes, files["communes.csv.lzma"].file) == []
    assert any("only the first was kept" in n.what and "10386_0001 (30" in str(n.value) for n in reading.notices)


def test_addresses_of_the_val_de_marne(files: dict[str, Found]) -> None:
    table = read(files["val_de_marne_address_points.parquet"]).tables["addresses"].collect()
    assert table.height == 143_238
    assert table.null_count().row(0) == (0,) * 7
    assert table["longitude"].is_between(2.3, 2.7).all()


def test_polling_places_of_paris(files: dict[str, Found]) -> None:
    reading = read(files["paris_polling_places_2017.csv"])
    table = reading.tables["venues"].collect()
    assert table.height == 896
    assert table.filter(pl.col("station_code") == "0107").select("name").item() == (
        "COLLEGE D'ENSEIGNEMENT SECONDAIRE POQUELIN"
    )
    assert not reading.notices


def test_iris_of_paris_and_lyon(files: dict[str, Found]) -> None:
    paris = read(files["paris_iris_2013_epsg2154.geojson"]).tables["units"].collect()
    lyon = read(files["lyon_iris_2012.geojson"]).tables["units"].collect()
    assert (paris.height, lyon.height) == (992, 358)
    assert paris["commune_code"].unique().to_list() == ["75056"]
    west, south, east, north = shapely.total_bounds(shapely.from_wkb(paris["geometry"].to_numpy()))
    assert (round(west, 1), round(south, 1), round(east, 1), round(north, 1)) == (2.2, 48.8, 2.5, 48.9)


def test_communes_and_former_communes(files: dict[str, Found]) -> None:
    table = read(files["communes.csv.lzma"]).tables["communes"].collect()
    assert table.height == 34_875 + 45
    assert table["geometry"].null_count() == 8
    assert table.filter(pl.col("commune_code").str.starts_with("751")).height == 20
    former, _ = read_former(files["communes.csv.lzma"].file, Area())
    assert former.join(table, on="commune_code").is_empty()
    assert former.height > 1_000


def test_changes_of_communes_since_1999(files: dict[str, Found]) -> None:
    table = read(files["commune_changes_cogugaison.parquet"]).tables["commune_changes"].collect()
    kinds = dict(table["kind"].value_counts().iter_rows())
    assert kinds["split"] == 30
    assert kinds["recode"] == 5
    assert ("73062", "73010", date(2016, 1, 1), "merge") in table.rows()
    assert ("14697", "14472", date(2014, 1, 7), "recode") in table.rows()
    assert table.select("from_code", "to_code", "date").is_unique().all()


def test_constituencies(files: dict[str, Found]) -> None:
    outlines = read(files["circonscriptions_legislatives.csv.lzma"]).tables["constituencies"].collect()
    pairs = read(files["commune_circo.json"]).tables["constituencies"].collect()
    assert outlines.height == 577
    assert outlines["geometry"].null_count() == 11
    assert set(pairs["constituency_code"]) == set(outlines["constituency_code"])
    assert pairs.filter(pl.col("commune_code") == "75056").height == 18
