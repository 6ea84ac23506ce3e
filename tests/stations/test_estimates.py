"""Each station's variables: the best table at hand, a grade, a reason for what is missing; the planted truth."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely

from isoloir.codes import Area
from isoloir.simulate.country import simulate
from isoloir.sources.catalogue import discover
from isoloir.stations.census.candidates import Table
from isoloir.stations.census.crosswalk import apportion, crosswalk, place_stations, place_units
from isoloir.stations.census.estimates import VALUES, Estimates, estimate
from isoloir.stations.census.evidence import by_addresses, by_area, equal_area, find_cells, locatable, weigh_by_cells
from isoloir.stations.census.variables import variables
from isoloir.stations.outlines import draw

KEY = ["commune_code", "station_code"]


def stations(*codes: str, commune: str = "X1001") -> pl.DataFrame:
    return pl.DataFrame({"commune_code": commune, "station_code": list(codes), "registered": 500})


def table(level: str, units: list[str], vintage: int | None = 2021, commune: str = "X1001", **columns) -> Table:
    keys = {"unit_code": units, "commune_code": commune, "level": level, "vintage": vintage}
    typed = pl.DataFrame(keys | columns, schema_overrides={"vintage": pl.Int16})
    return Table(typed.with_columns(pl.col(list(columns)).cast(pl.Float64)), f"{level} table")


def rows(found: Estimates, variable: str) -> list[tuple]:
    return found.values.filter(pl.col("variable") == variable).select("station_code", "value", "quality").rows()


def test_the_figures_of_a_commune_of_one_station_are_its_own():
    found = estimate(stations("0001"), [table("iris", ["X10010000"], P_POP=[800.0], P_POPF=[420.0])])
    assert found.values.schema == VALUES
    assert rows(found, "population") == [("0001", 800.0, "B")]
    assert rows(found, "women_share") == [("0001", 0.525, "B")]


def test_the_figures_of_a_commune_of_two_stations_are_little_evidence():
    found = estimate(stations("0001", "0002"), [table("commune", ["X1001"], P_POP=[800.0], P_POPF=[400.0])])
    assert rows(found, "population") == [("0001", pytest.approx(400), "D"), ("0002", pytest.approx(400), "D")]
    assert rows(found, "women_share") == [("0001", 0.5, "D"), ("0002", 0.5, "D")]


def test_nothing_is_told_of_fewer_than_eleven_people():
    found = estimate(stations("0001"), [table("commune", ["X1001"], P_CHOM1564=[5.0], P_ACT1564=[10.9])])
    assert rows(found, "unemployment_share") == []
    reason = found.missing.filter(pl.col("variable") == "unemployment_share")["reason"].item()
    assert "too few" in reason
    found = estimate(stations("0001"), [table("commune", ["X1001"], P_CHOM1564=[5.0], P_ACT1564=[11.0])])
    assert rows(found, "unemployment_share") == [("0001", pytest.approx(5 / 11), "B")]


def test_every_variable_has_a_value_or_a_reason():
    found = estimate(stations("0001", "0002"), [table("commune", ["X1001"], P_POP=[800.0])])
    told = set(found.values["variable"]) | set(found.missing["variable"])
    assert told == {v.name for v in variables()}
    reason = found.missing.filter(pl.col("variable") == "vacant_share")["reason"].item()
    assert reason == "no table at hand has P_LOG, P_LOGVAC (INSEE base-ic-logement; grille de 200 m)"


def test_the_better_grade_wins_then_the_newer_vintage_and_stale_tables_only_fill():
    tables = [
        table("commune", ["X1001"], 2012, P_POP=[700.0]),
        table("commune", ["X1001"], 2018, P_POP=[800.0], P_POPF=[400.0]),
        table("station", ["X1001_0001"], 2019, P_POP=[450.0]),
    ]
    found = estimate(stations("0001", "0002"), tables)
    assert rows(found, "population") == [("0001", 450.0, "C"), ("0002", pytest.approx(400), "D")]
    assert found.values.filter(pl.col("variable") == "population")["vintage"].to_list() == [2019, 2018]
    then = estimate(stations("0001", "0002"), tables[:2], year=2011)
    assert [v for _, v, _ in rows(then, "population")] == pytest.approx([350, 350])


def test_a_mean_of_medians_says_so_and_loses_a_grade():
    outline = shapely.box(2.0, 48.0, 2.02, 48.01)
    halves = [shapely.box(2.0, 48.0, 2.01, 48.01), shapely.box(2.01, 48.0, 2.02, 48.01)]
    codes = ["X10010101", "X10010102"]
    units = pl.DataFrame({"unit_code": codes, "commune_code": "X1001", "geometry": list(shapely.to_wkb(halves))})
    points = pl.DataFrame(
        {
            "commune_code": "X1001",
            "station_code": ["0001", "0001", "0002"],
            "longitude": [2.005, 2.015, 2.015],
            "latitude": 48.005,
            "weight": [20.0, 20.0, 20.0],
        }
    )
    tables = [table("iris", codes, DISP_MED=[10_000.0, 40_000.0]), table("iris", codes, P_MEN=[100.0, 400.0])]
    there = stations("0001", "0002").with_columns(geometry=pl.lit(shapely.to_wkb(outline)))
    found = estimate(there, tables, points, units)
    assert rows(found, "income_median") == [("0001", pytest.approx(30_000), "C"), ("0002", pytest.approx(40_000), "C")]
    assert "mean of iris values" in found.values.filter(pl.col("variable") == "income_median")["source"][0]
    assert rows(found, "households") == [("0001", pytest.approx(300), "B"), ("0002", pytest.approx(200), "B")]


def test_secret_incomes_stay_unknown_unless_the_commune_tells():
    secret = table("iris", ["X10010000"], DISP_MED=[None])
    found = estimate(stations("0001"), [secret])
    assert rows(found, "income_median") == []
    assert "secret" in found.missing.filter(pl.col("variable") == "income_median")["reason"].item()
    found = estimate(stations("0001"), [secret, table("commune", ["X1001"], DISP_MED=[21_000.0])])
    assert rows(found, "income_median") == [("0001", pytest.approx(21_000), "B")]


def test_shares_that_cannot_be_are_not_told():
    found = estimate(stations("0001"), [table("commune", ["X1001"], P_CHOM1564=[50.0], P_ACT1564=[20.0])])
    assert rows(found, "unemployment_share") == []
    assert "inconsistent" in found.missing.filter(pl.col("variable") == "unemployment_share")["reason"].item()


def test_a_city_and_its_arrondissements_are_not_added_up():
    there = stations("0101", "0102", "0201", commune="75056")
    both = table("commune", ["75056", "75101", "75102"], commune="75056", P_POP=[900.0, 400.0, 500.0])
    assert [v for _, v, _ in rows(estimate(there, [both]), "population")] == pytest.approx([200, 200, 500])
    whole = table("commune", ["75056"], 2022, commune="75056", P_LOG=[300.0], P_LOGVAC=[30.0])
    assert rows(estimate(there, [both, whole]), "vacant_share") == [(c, 0.1, "D") for c in ("0101", "0102", "0201")]


def test_imputed_cells_cost_a_grade_and_a_grid_without_a_year_is_read():
    cell = "CRS3035RES200mN3210000E4321000"
    points = pl.DataFrame(
        {
            "commune_code": "X1001",
            "station_code": ["0001", "0002"],
            "longitude": 10.0005,
            "latitude": 52.0005,
            "weight": 1.0,
        }
    )
    for imputed, grade in ((0.0, "B"), (1.0, "C")):
        grid = table("grid", [cell], None, None, men=[40.0], men_prop=[30.0], i_est_200=[imputed])
        found = estimate(stations("0001", "0002"), [grid], points)
        assert rows(found, "owners_share") == [("0001", 0.75, grade), ("0002", 0.75, grade)]
        assert found.values["vintage"].null_count() > 0


def test_columns_on_origin_are_left_out_and_told():
    found = estimate(stations("0001"), [table("commune", ["X1001"], P_POP=[800.0], P_POP_ETR=[90.0])])
    assert any("P_POP_ETR" in notice for notice in found.notices)


def test_without_any_table_every_variable_is_missing():
    found = estimate(stations("0001", "0002"), [])
    assert found.values.is_empty()
    assert found.missing.height == len(variables())
    assert found.missing["stations"].unique().to_list() == [2]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame | list]:
    """A quarter of a fictional département: its tables as the readers give them, and the planted truth."""
    folder = tmp_path_factory.mktemp("country")
    simulate(folder, "departement", seed=11, scale=0.25)
    tables: dict[str, list] = {"census": []}
    for file in discover(folder)[0]:
        if file.source.id.startswith(("ministry", "aggregated")):
            continue
        for name, frame in file.source.read(file.file, file.entry, Area()).tables.items():
            tables.setdefault(name, []).append(
                Table(frame.collect(), file.source.id) if name == "census" else frame.collect()
            )
    truth = pl.read_parquet(folder / "truth" / "variables.parquet").pivot("variable", index=KEY, values="value")
    return {name: parts if name == "census" else pl.concat(parts) for name, parts in tables.items()} | {
        "truth": truth.sort(KEY)
    }


def test_addresses_beat_areas_on_the_planted_truth_and_the_grid_helps(country):
    truth = country["truth"]
    there = place_stations(truth.select(KEY).with_columns(registered=500))
    drawn = draw(country["addresses"], country["communes"]).outlines.select(*KEY, "geometry")
    outlines = equal_area(
        shapely.from_wkb(there.join(drawn, on=KEY, how="left", maintain_order="left")["geometry"].to_numpy())
    )
    census = next(t.rows for t in country["census"] if "P_POP1564" in t.rows.columns and t.rows["vintage"][0] == 2021)
    cells = next(t.rows for t in country["census"] if t.rows["level"][0] == "grid").select("unit_code", size="men")
    units = place_units(census.select("unit_code", "commune_code"), there)
    shapes = place_units(country["units"], there)
    points = locatable(country["addresses"], there)
    weighed = weigh_by_cells(find_cells(points, cells["unit_code"]), cells["size"].to_numpy())
    evidence = {
        "grid": (by_addresses(weighed, shapes, there), None),
        "addresses": (by_addresses(points, shapes, there), None),
        "areas": (None, by_area(shapes, there, outlines)),
    }
    counts = ["P_POP1564", "P_CHOM1564", "P_ACT1524", "P_SAL15P_CDD"]
    divided = truth["commune_code"].is_in(
        units.filter(~pl.col("unit_code").str.ends_with("0000"))["commune_code"].implode()
    )
    error = {}
    for name, (addresses, areas) in evidence.items():
        table = apportion(census, crosswalk(units, there, addresses, areas))
        for column in counts:
            assert table[column].sum() == pytest.approx(census[column].sum(), rel=1e-9)
        wrong = table.select(counts).fill_null(0).to_numpy() - truth.select(counts).to_numpy()
        error[name] = np.abs(wrong[divided.to_numpy()]).sum(axis=0)
    assert (error["addresses"] < 0.6 * error["areas"]).all()
    assert (error["grid"] < 0.8 * error["addresses"]).all()


def test_estimates_follow_the_planted_truth(country):
    truth = country["truth"].with_columns(pl.exclude(KEY).cast(pl.Float64))
    found = estimate(
        truth.select(KEY).with_columns(registered=500), country["census"], country["addresses"], country["units"]
    )
    counted = found.values["variable"].n_unique()
    assert counted >= 150
    several = truth.filter(pl.len().over("commune_code") > 1)
    for name in (
        "unemployment_share",
        "commute_transit_share",
        "social_housing_share",
        "age_18_24_share",
        "population",
    ):
        (variable,) = [v for v in variables() if v.name == name]
        value = variable.compute(truth.columns, variables().terms).value
        both = several.select(*KEY, truth=value).join(found.values.filter(pl.col("variable") == name), on=KEY)
        assert both.height > 50
        assert np.corrcoef(both["truth"], both["value"])[0, 1] > 0.9, name
