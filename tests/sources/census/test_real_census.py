"""Real tables of INSEE, where they are on this machine."""

from pathlib import Path

import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.sources.catalogue import Found, discover
from isoloir.sources.census.names import refuse
from isoloir.sources.reading import Reading


@pytest.fixture(scope="module")
def files(real_data: Path) -> dict[str, Found]:
    return {f.file.name: f for f in discover(real_data / "insee")[0]}


def read(found: Found, area: str = "france") -> Reading:
    return found.source.read(found.file, found.entry, Area.parse(area))


@pytest.mark.parametrize(
    ("name", "level", "vintages", "units", "variables"),
    [
        ("FILO2021_DEC_COM.csv", "commune", [2021], 34_929, 25),
        ("base-cc-filosofi-2012.csv", "commune", [2012], 36_587, 27),
        ("filosofi_2021_commune.parquet", "commune", [2021], 31_212, 9),
        ("rp_2022_commune.parquet", "commune", [2022], 34_848, 7),
        ("population_municipale_communes_france.csv", "commune", list(range(2013, 2024)), 34_995, 1),
        ("filosofi_2018_iris.csv", "iris", [2018], 12_395, 28),
        ("paris_iris_rp2011_cs8.csv", "iris", [2011], 992, 9),
        ("rp2009_on_stations.csv", "station", [2009], 4_987, 42),  # 4 codes twice: 8 rows set aside
        ("circo_socio.parquet", "constituency", [2022], 539, 10),
        ("reunion_grid_200m.csv", "grid", [None], 14_076, 4),
    ],
)
def test_every_table_is_read_whole(
    files: dict[str, Found], name: str, level: str, vintages: list[int | None], units: int, variables: int
) -> None:
    table = read(files[name]).tables["census"].collect()
    assert table["level"].unique().to_list() == [level]
    assert sorted(table["vintage"].unique().to_list()) == vintages
    assert table["unit_code"].n_unique() == units
    assert table.height == units * len(vintages)
    assert len(table.columns) == 4 + variables


def test_no_table_has_a_forbidden_column(files: dict[str, Found]) -> None:
    for found in files.values():
        reading = read(found)
        columns = reading.tables["census"].collect_schema().names()
        assert refuse(columns, found.file)[0] == set(), found.file.name
    told = [n for n in read(files["rp2009_on_stations.csv"]).notices if "24 mars 2005" in n.what]
    assert [n.value for n in told] == ["P09_POP_FR, P09_POP_ETR"]


def test_real_values_are_where_they_belong(files: dict[str, Found]) -> None:
    declared = read(files["FILO2021_DEC_COM.csv"]).tables["census"]
    paris = declared.filter(pl.col("unit_code") == "75056").collect()
    assert paris.select("DEC_MED", "DEC_PIMP", "DEC_GI").row(0) == (31_670.0, 69.0, 0.526)
    stations = read(files["rp2009_on_stations.csv"], "21231").tables["census"].collect()
    toulouse = stations.filter(pl.col("unit_code") == "21231_0015")
    assert toulouse.select("commune_code", "P_POP", "P_CHOM1564").row(0) == ("21231", 1721.0, 161.0)
    iris = read(files["paris_iris_rp2011_cs8.csv"]).tables["census"].collect()
    assert iris["C_POP15P_CS3"].sum() > 500_000
    assert set(iris["commune_code"]) == {"75056"}


def test_populations_add_up_to_the_country(files: dict[str, Found]) -> None:
    table = read(files["population_municipale_communes_france.csv"]).tables["census"]
    total = table.filter(pl.col("vintage") == 2021).select(pl.col("P_POP").sum()).collect().item()
    assert 67_000_000 < total < 68_500_000
