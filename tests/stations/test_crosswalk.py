"""Sharing census units between stations: totals are kept, and addresses tell more than areas."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from isoloir.errors import StationError
from isoloir.stations.census.crosswalk import Method, apportion, crosswalk, place_stations, place_units
from isoloir.stations.census.evidence import (
    Evidence,
    by_addresses,
    by_area,
    by_cells,
    equal_area,
    find_cells,
    locatable,
    weigh_by_cells,
)
from isoloir.stations.census.locate import project

WEST, SOUTH = 2.0, 48.0


def stations(codes: list[str], registered: list[int] | None = None, commune: str = "X1001") -> pl.DataFrame:
    frame = pl.DataFrame({"commune_code": [commune] * len(codes), "station_code": codes})
    return place_stations(frame.with_columns(registered=pl.Series(registered or [500] * len(codes))))


def units(codes: list[str], commune: str = "X1001", geometry: list[shapely.Geometry] | None = None) -> pl.DataFrame:
    frame = pl.DataFrame({"unit_code": codes, "commune_code": [commune] * len(codes)})
    return frame if geometry is None else frame.with_columns(geometry=pl.Series(shapely.to_wkb(np.array(geometry))))


def addresses(rows: list[tuple[str, float, float, float]], commune: str = "X1001") -> pl.DataFrame:
    schema = {"station_code": pl.String, "longitude": pl.Float64, "latitude": pl.Float64, "weight": pl.Float32}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(commune_code=pl.lit(commune))


def box(x: float, y: float, width: float = 1.0, height: float = 1.0) -> shapely.Geometry:
    return shapely.box(WEST + x / 100, SOUTH + y / 100, WEST + (x + width) / 100, SOUTH + (y + height) / 100)


def here(x: float, y: float) -> tuple[float, float]:
    return WEST + x / 100, SOUTH + y / 100


def census(codes: list[str], **columns: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame({"unit_code": codes, "commune_code": "X1001", "level": "iris", "vintage": 2021, **columns})


TWO = ["X10010101", "X10010102"]


@pytest.fixture
def town():
    """Two IRIS side by side; station 0001 has three of the four addresses of the west and none of the east."""
    placed = stations(["0001", "0002"])
    outlined = place_units(units(TWO, geometry=[box(0, 0), box(1, 0)]), placed)
    rows = [("0001", *here(0.2, 0.2), 1.0), ("0001", *here(0.3, 0.3), 2.0), ("0002", *here(0.6, 0.6), 1.0)]
    rows += [("0002", *here(1.5, 0.5), 20.0), ("0001", *here(5, 5), 9.0), ("0009", *here(0.1, 0.1), 9.0)]
    return placed, outlined, locatable(addresses(rows), placed)


def test_a_unit_is_shared_by_the_weight_of_the_addresses_in_it(town):
    placed, outlined, points = town
    found = crosswalk(outlined, placed, by_addresses(points, outlined, placed), sparse_under=0)
    assert found.weights.toarray() == pytest.approx(np.array([[0.75, 0.0], [0.25, 1.0]]))
    assert found.method.tolist() == [Method.ADDRESSES, Method.ADDRESSES]
    table = apportion(census(TWO, P_POP=[100.0, 30.0], P_RP=[8.0, None]), found)
    assert table["P_POP"].to_list() == pytest.approx([75, 55])
    assert table["P_RP"].to_list() == pytest.approx([6, 2])


def test_a_handful_of_addresses_is_told_apart(town):
    placed, outlined, points = town
    found = crosswalk(outlined, placed, by_addresses(points, outlined, placed))
    assert found.method.tolist() == [Method.SPARSE, Method.ADDRESSES]
    assert found.fallen_back().rows() == [("X10010101", "X1001", "sparse")]


def test_areas_only_fill_what_addresses_leave_open(town):
    placed, outlined, points = town
    whole = equal_area(np.array([box(0, 0, 2, 1), box(1, 0, 1, 1)]))
    found = crosswalk(
        outlined, placed, by_addresses(points, outlined, placed), by_area(outlined, placed, whole), sparse_under=2
    )
    assert found.method.tolist() == [Method.ADDRESSES, Method.ADDRESSES]
    assert found.weights.toarray() == pytest.approx(np.array([[0.75, 0.0], [0.25, 1.0]]))


def test_without_addresses_by_area_then_by_registered_voters():
    placed = stations(["0001", "0002"], [300, 100])
    outlined = place_units(units(TWO, geometry=[box(0, 0, 1, 1), box(1, 0, 1, 1)]), placed)
    halves = equal_area(np.array([box(0, 0, 0.5, 1), box(0.5, 0, 0.5, 1)]))
    found = crosswalk(outlined, placed, None, by_area(outlined, placed, halves))
    assert found.method.tolist() == [Method.AREA, Method.COMMUNE]
    assert found.weights.toarray() == pytest.approx(np.array([[0.5, 0.75], [0.5, 0.25]]), abs=1e-4)


def test_a_commune_of_one_station_goes_there_whole():
    placed = stations(["0001"])
    found = crosswalk(place_units(units(["X10010000"]), placed), placed)
    assert found.weights.toarray().tolist() == [[1.0]]
    assert found.method.tolist() == [Method.WHOLE]


def test_units_of_a_commune_without_stations_are_reported_and_given_to_nobody():
    placed = stations(["0001"])
    found = crosswalk(place_units(units(["X10020000"], "X1002"), placed), placed)
    assert found.fallen_back()["method"].to_list() == ["nowhere"]
    assert found.weights.nnz == 0
    assert apportion(census(["X10020000"], P_POP=[5.0]), found)["P_POP"].to_list() == [None]


def test_units_follow_their_commune_into_the_one_it_was_merged_into():
    placed = stations(["0001"])
    changes = pl.DataFrame(
        {
            "from_code": ["X1009", "X1008"],
            "to_code": ["X1008", "X1001"],
            "date": ["2016-01-01", "2019-01-01"],
            "kind": ["merge", "merge"],
        }
    )
    placed_units = place_units(units(["X10090000"], "X1009"), placed, changes)
    assert placed_units["district"].to_list() == ["X1001"]
    assert crosswalk(placed_units, placed).method.tolist() == [Method.WHOLE]


def test_an_arrondissement_goes_to_the_stations_that_bear_its_number():
    placed = stations(["0101", "0102", "2001"], [10, 30, 60], "75056")
    shares = crosswalk(place_units(units(["75101", "75120"], "75056"), placed), placed).weights.toarray()
    assert shares == pytest.approx(np.array([[0.25, 0], [0.75, 0], [0, 1]]), abs=1e-6)
    marseille = stations(["0101", "1601"], commune="13055")
    assert marseille["district"].to_list() == ["13201", "13216"]
    assert stations(["0901"], commune="69123")["district"].to_list() == ["69389"]


def test_grid_cells_by_arithmetic():
    placed = stations(["0001", "0002"])
    x, y = np.array([4_321_010.0, 4_321_190.0, 4_321_250.0]), np.array([3_210_010.0, 3_210_199.0, 3_210_100.0])
    longitude, latitude = project(x, y, 3035, 4326)
    points = locatable(
        addresses([(s, a, b, 1.0) for s, a, b in zip(["0001", "0002", "0002"], longitude, latitude, strict=True)]),
        placed,
    )
    cells = ["CRS3035RES200mN3210000E4321000", "CRS3035RES200mN3210000E4321200", "CRS3035RES200mN3210200E4321000"]
    evidence = by_cells(find_cells(points, pl.Series(cells)), pl.Series(cells), placed)
    assert evidence.mass.toarray().tolist() == [[1, 0, 0], [1, 1, 0]]
    overseas = pl.Series(["CRS2975RES200mN7634200E359400", "no cell"])
    assert by_cells(find_cells(points, overseas), overseas, placed).mass.nnz == 0


def test_addresses_of_a_cell_weigh_what_its_households_do():
    placed = stations(["0001"])
    points = locatable(
        addresses([("0001", *here(x, 0), w) for x, w in ((0, 1.0), (1, 3.0), (2, 2.0), (3, 2.0))]), placed
    )
    points = points.with_columns(cell=pl.Series([0, 0, 1, -1]))
    weighed = weigh_by_cells(points, np.array([20.0, 4.0]))
    assert weighed["weight"].to_list() == pytest.approx([5, 15, 4, 8])  # outside: 24 households at 6 addresses, times 2
    assert weighed["addresses"].to_list() == [1, 3, 2, 2]
    assert weigh_by_cells(points, np.zeros(2))["weight"].to_list() == [1, 3, 2, 2]


def test_the_same_thing_twice_is_an_error():
    with pytest.raises(StationError, match="X1001_0001"):
        stations(["0001", "0001"])
    placed = stations(["0001"])
    with pytest.raises(StationError, match="X10010000"):
        crosswalk(place_units(units(["X10010000", "X10010000"]), placed), placed)


@given(
    st.integers(1, 6),
    st.integers(1, 8),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.5, 1.0]),
)
def test_totals_are_kept_whatever_the_weights(station_count: int, unit_count: int, seed: int, holes: float):
    """Random weights, many of them zero; units without addresses, without area; counts of any size, some unknown."""
    rng = np.random.default_rng(seed)
    placed = stations([f"{i:04}" for i in range(1, station_count + 1)], rng.integers(0, 3, station_count).tolist())
    names = [f"X1001{i:04}" for i in range(unit_count)]
    placed_units = place_units(units(names), placed)

    def evidence() -> Evidence:
        mass = rng.uniform(0, 1e3, (station_count, unit_count)) * (rng.random((station_count, unit_count)) > holes)
        return Evidence(pl.Series(names), sparse.csc_matrix(mass * (rng.random(unit_count) > holes)))

    found = crosswalk(placed_units, placed, evidence(), evidence())
    counts = [None if rng.random() < holes / 2 else float(10 ** rng.uniform(-3, 9)) for _ in names]
    table = apportion(census(names, P_POP=counts), found)
    known = [c for c in counts if c is not None]
    assert table["P_POP"].sum() == pytest.approx(sum(known), rel=1e-9)
    assert np.asarray(found.weights.sum(axis=0)).ravel() == pytest.approx(np.ones(unit_count), rel=1e-9)
    assert found.weights.min() >= 0
    assert table["P_POP"].is_null().all() == (not known)


def simulate_town(seed: int) -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray, pl.DataFrame, np.ndarray]:
    """Stations, IRIS, station outlines, addresses and the true number of workers in each station.

    People live in dense blocks; two stations share each IRIS along a diagonal, one gets most of the blocks.
    """
    rng = np.random.default_rng(seed)
    codes = [f"{i:04}" for i in range(1, 17)]
    placed = stations(codes)
    iris = [box(4 * i, 4 * j, 4, 4) for j in range(3) for i in range(3)]
    names = [f"X1001{i:04}" for i in range(1, 10)]
    outlined = place_units(units(names, geometry=iris), placed)
    outlines = np.array([box(3 * i, 3 * j, 3, 3) for j in range(4) for i in range(4)])
    blocks = rng.uniform(0.2, 11.8, (60, 2))
    people = rng.integers(20, 400, 60)
    where = np.repeat(blocks, people, axis=0) + rng.normal(0, 0.12, (people.sum(), 2))
    where = np.clip(where, 0.01, 11.99)
    station = (where[:, 0] // 3 + 4 * (where[:, 1] // 3)).astype(int)
    unit = (where[:, 0] // 4 + 3 * (where[:, 1] // 4)).astype(int)
    worker = rng.random(len(where)) < np.repeat(rng.uniform(0.05, 0.6, 60), people)
    counts = np.bincount(unit, worker, 9)
    points = [(codes[s], *here(*xy), 1.0) for s, xy in zip(station, where, strict=True)]
    table = census(names, C_POP15P_CS6=counts.tolist())
    return (
        placed,
        outlined,
        equal_area(outlines),
        (locatable(addresses(points), placed), table),
        np.bincount(station, worker, 16),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_addresses_beat_areas_where_dwellings_are_clustered(seed: int):
    placed, outlined, outlines, (points, table), truth = simulate_town(seed)
    error = {}
    for name, evidence in (
        ("addresses", (by_addresses(points, outlined, placed), None)),
        ("areas", (None, by_area(outlined, placed, outlines))),
    ):
        estimate = apportion(table, crosswalk(outlined, placed, *evidence))["C_POP15P_CS6"].fill_null(0).to_numpy()
        assert estimate.sum() == pytest.approx(truth.sum(), rel=1e-9)
        error[name] = np.abs(estimate - truth).sum()
    assert error["addresses"] < 0.85 * error["areas"]


def test_paris_2011_on_the_stations_of_2012(real_data: Path):
    """The reference of joelgombin/spReapportion: correlation of each category, totals conserved."""
    folder = real_data / "geometry"
    iris = geopandas.read_file(folder / "paris_iris_2013_epsg2154.geojson").to_crs(4326)
    outlines = geopandas.read_file(folder / "paris_stations_2012_epsg2154.geojson").to_crs(4326)
    table = pl.read_csv(real_data / "insee" / "paris_iris_rp2011_cs8.csv", schema_overrides={"IRIS": pl.String})
    expected = pl.read_csv(
        real_data / "insee" / "paris_cs8_on_stations_expected.csv", schema_overrides={"ID": pl.String}
    )
    named = pl.Series("ID", outlines["ID"].to_list())
    code = named.str.slice(3, 2) + named.str.slice(7, 2)
    placed = stations(code.to_list(), commune="75056")
    shapes = pl.DataFrame({"unit_code": iris["DCOMIRIS"].to_list(), "geometry": iris.geometry.to_wkb().to_list()})
    placed_units = place_units(table.select(unit_code="IRIS", commune_code=pl.lit("75056")), placed)
    areas = by_area(placed_units.join(shapes, on="unit_code"), placed, equal_area(np.array(outlines.geometry)))
    found = crosswalk(placed_units, placed, None, areas)
    shared = apportion(table.rename({"IRIS": "unit_code"}), found).with_columns(named)
    both = shared.join(expected, on="ID", suffix="_expected", validate="1:1")
    assert both.height == 867
    for column in table.columns[1:]:
        assert np.corrcoef(both[column], both[f"{column}_expected"])[0, 1] >= 0.99, column
        assert shared[column].sum() == pytest.approx(table[column].sum(), rel=1e-9), column
