"""Outlines drawn from address points: a partition of each commune, in which addresses fall at their own station."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from isoloir.sources.reading import ADDRESSES, COMMUNES
from isoloir.stations.outlines import draw, settle_borders
from isoloir.stations.outlines.mesh import triangulate

_SPEC = importlib.util.spec_from_file_location(
    "outlines_benchmark", Path(__file__).parents[2] / "benchmarks/outlines.py"
)
assert _SPEC
assert _SPEC.loader
benchmark = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(benchmark)

SQUARE = shapely.box(2.0, 48.0, 2.01, 48.01)
L_SHAPE = shapely.Polygon([(2, 48), (2.02, 48), (2.02, 48.005), (2.005, 48.005), (2.005, 48.02), (2, 48.02)])
HOLED = SQUARE.difference(shapely.box(2.004, 48.004, 2.006, 48.006))
PARTS = shapely.MultiPolygon([SQUARE, shapely.box(2.012, 48.0, 2.02, 48.004)])
COMB = SQUARE.difference(shapely.box(2.003, 48.002, 2.004, 48.02)).difference(shapely.box(2.006, 47.9, 2.007, 48.008))


def addresses(points: list[tuple[str, float, float]], commune: str = "94001", **columns: float) -> pl.DataFrame:
    table = pl.DataFrame(points, schema=["station_code", "longitude", "latitude"], orient="row")
    table = table.with_columns(
        commune_code=pl.lit(commune),
        weight=pl.lit(columns.get("weight", 1.0)),
        score=pl.lit(columns.get("score", 0.9)),
        row=pl.int_range(2, pl.len() + 2),
    )
    return table.select(*ADDRESSES).cast(pl.Schema(ADDRESSES))


def communes(shape: shapely.Geometry, code: str = "94001") -> pl.DataFrame:
    row = {"commune_code": [code], "name": ["X"], "population": [10], "geometry": [shapely.to_wkb(shape)]}
    return pl.DataFrame(row, schema=COMMUNES)


def shapes(outlines: pl.DataFrame) -> np.ndarray:
    return shapely.from_wkb(outlines["geometry"].to_numpy())


def assert_partition(outlines: np.ndarray, commune: shapely.Geometry) -> None:
    assert shapely.is_valid(outlines).all()
    assert not shapely.is_empty(outlines).any()
    assert abs(shapely.area(outlines).sum() - commune.area) <= 1e-9 * commune.area
    assert shapely.union_all(outlines).symmetric_difference(commune).area <= 1e-9 * commune.area


def test_two_rows_of_houses_are_parted_by_the_street():
    step = np.arange(2.001, 2.0095, 0.0004)
    odd = [("0001", x, 48.0049) for x in step if abs(x - 2.005) > 0.0003]  # a gap in the row of odd numbers
    even = [("0002", x, 48.0051) for x in step]
    outlines = draw(addresses(odd + even), communes(SQUARE)).outlines
    assert outlines["station_code"].to_list() == ["0001", "0002"]
    assert_partition(shapes(outlines), SQUARE)
    first = shapes(outlines)[0]
    assert first.contains(shapely.Point(2.005, 48.00495))
    assert not first.contains(shapely.Point(2.005, 48.00505))
    assert outlines["quality"].to_list() == ["C", "C"]  # fewer than 50 points in the commune


POINTS = st.lists(
    st.tuples(
        st.sampled_from(["0001", "0002", "0003", "0004"]),
        st.one_of(st.floats(1.999, 2.021), st.sampled_from([2.002, 2.004, 2.008])),
        st.one_of(st.floats(47.999, 48.021), st.sampled_from([48.002, 48.004, 48.008])),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(POINTS, st.sampled_from([SQUARE, L_SHAPE, HOLED, PARTS, COMB]))
@example([("0001", 2.002, 48.002), ("0002", 2.002, 48.002)], SQUARE)
@example([("0001", 2.002, 48.002), ("0002", 2.004, 48.002), ("0003", 2.008, 48.002)], COMB)
@example(  # most of a station outside, but near, and one point inside
    [
        *[("0001", x, y) for x, y in ((2.0, 48.0), (2.0, 48.015625), (2.004, 48.008), (2.0117, 48.0039))],
        *[("0002", x, y) for x, y in ((2.0156, 48.00195), (2.0078, 48.0078))],
    ],
    L_SHAPE,
)
def test_outlines_are_a_partition_of_the_commune(points, commune):
    drawn = draw(addresses(points), communes(commune))
    outlines = drawn.outlines
    if not outlines.height:
        inside = [p for p in points if commune.intersects(shapely.Point(p[1:]))]
        assert not inside
        assert drawn.notices or not points
        return
    assert_partition(shapes(outlines), commune)
    assert shapely.coverage_is_valid(shapes(outlines))
    missing = {p[0] for p in points} - set(outlines["station_code"])
    values = {n.value for n in drawn.notices}
    assert {f"94001_{code}" for code in missing} <= values
    places: dict[tuple[float, float], set[str]] = {}
    for code, x, y in points:
        places.setdefault((round(x, 5), round(y, 5)), set()).add(code)
    for code in missing:  # a station misses only if all its points are far outside, or at others' addresses
        alone = [q for q, codes in places.items() if codes == {code}]
        assert not any(commune.buffer(-1e-5).contains(shapely.Point(q)) for q in alone)


def test_a_single_station_takes_the_whole_commune_and_an_unknown_commune_is_told():
    points = addresses([("0001", 2.002, 48.002)])
    whole = draw(points, communes(PARTS))
    assert whole.outlines["geometry"].to_list() == [shapely.to_wkb(PARTS)]
    assert whole.outlines["quality"].to_list() == ["B"]
    lost = draw(points, communes(SQUARE, "94002"))
    assert lost.outlines.height == 0
    assert [(n.row, n.value) for n in lost.notices] == [(2, "94001")]


def test_what_is_set_aside_is_told():
    points = [("0001", 2.002, 48.002 + 1e-4 * i) for i in range(30)] + [
        ("0002", 2.008, 48.002 + 1e-4 * i) for i in range(30)
    ]
    table = addresses([*points, ("0002", 2.3, 48.3), ("0001", 2.008, 48.002)])
    vague = pl.when(pl.col("row") == 2).then(0.2).otherwise("score").cast(pl.Float32)
    heavy = pl.when(pl.col("row") == 32).then(3.0).otherwise("weight").cast(pl.Float32)
    drawn = draw(table.with_columns(score=vague, weight=heavy), communes(SQUARE))
    told = {(n.what, n.row) for n in drawn.notices}
    assert told == {
        ("1 address points lie outside their commune", 62),
        ("1 address points lie far outside their commune and were set aside", 62),
        ("1 address points with a low geocoding score were set aside", 2),
        ("1 address points are at an address that another station has more of", 63),
    }
    assert drawn.outlines["points"].to_list() == [30, 30]
    assert drawn.outlines["quality"].to_list() == ["B", "B"]


def test_a_lone_point_among_another_stations_is_an_error_and_moves_no_border():
    grid = [(2 + 0.0005 * i, 48 + 0.0005 * j) for i in range(1, 20) for j in range(1, 20)]
    points = [("0001" if x < 2.005 else "0002", x, y) for x, y in grid]
    odd = [("0002" if (x, y) == grid[2 * 19 + 9] else code, x, y) for code, x, y in points]
    one, other = (draw(addresses(p), communes(SQUARE)).outlines for p in (points, odd))
    assert shapely.get_num_geometries(shapes(other)).tolist() == [1, 1]
    assert shapes(one)[0].symmetric_difference(shapes(other)[0]).area < 1e-3 * SQUARE.area


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=80, unique=True))
def test_the_mesh_is_delaunays(points):
    inner = np.array(points, dtype=float)
    x, y = np.concatenate([inner, [[-90, -90], [130, -90], [130, 130], [-90, 130]]]).T.copy()
    mesh = triangulate(x, y)
    corners = np.stack([x[mesh.triangles], y[mesh.triangles]], axis=2)
    areas = shapely.area(shapely.polygons(corners))
    assert (areas > 0).all()
    assert areas.sum() == 220 * 220
    assert len(mesh.triangles) == 2 * len(points) + 2
    expected = Delaunay(np.column_stack([x, y]))  # cocircular points allow several: the shortest edges agree
    assert {tuple(sorted(e)) for e in _shortest(mesh.edges, x, y)} <= {
        tuple(sorted(e))
        for e in np.concatenate(
            [expected.simplices[:, [0, 1]], expected.simplices[:, [1, 2]], expected.simplices[:, [0, 2]]]
        ).tolist()
    }


def _shortest(edges: np.ndarray, x: np.ndarray, y: np.ndarray) -> list[list[int]]:
    """The edge from each point to its nearest neighbour, where that is one point: in every Delaunay triangulation."""
    found = []
    for i in range(len(x)):
        mine = edges[(edges == i).any(axis=1)]
        length = np.hypot(x[mine[:, 0]] - x[mine[:, 1]], y[mine[:, 0]] - y[mine[:, 1]])
        if (length == length.min()).sum() == 1:
            found.append(mine[length.argmin()].tolist())
    return found


def test_borders_of_communes_move_to_their_addresses_and_stay_elsewhere():
    west, east = shapely.box(2, 48, 2.01, 48.02), shapely.box(2.01, 48, 2.02, 48.02)
    outlines = pl.concat([communes(west, "94001"), communes(east, "94002")])
    rows = 48.0 + 0.0002 * np.arange(8, 26)  # in the south, western houses stand 0.0006 degrees across the border
    mine = [("0001", x, y) for y in rows for x in (2.008, 2.009, 2.0098, 2.0102, 2.0106)]
    theirs = [("0001", x, y) for y in rows for x in (2.0112, 2.012, 2.013)]
    table = pl.concat([addresses(mine, "94001"), addresses(theirs, "94002")])
    settled = settle_borders(table, outlines)
    left, right = shapes(settled)
    assert left.is_valid
    assert right.is_valid
    assert all(left.contains(shapely.Point(p[1:])) for p in mine)
    assert all(right.contains(shapely.Point(p[1:])) for p in theirs)
    assert left.intersection(right).area < 1e-6 * west.area
    assert left.union(right).symmetric_difference(west.union(east)).area < 1e-6 * west.area
    north = shapely.box(2, 48.008, 2.02, 48.02)
    assert left.intersection(north).symmetric_difference(west.intersection(north)).area < 1e-6 * west.area
    exact = [("0001", x, y) for _, x, y in mine if x < 2.01] + [("0001", 2.0105, 48.002)]  # one error moves nothing
    same = settle_borders(pl.concat([addresses(exact, "94001"), addresses(theirs, "94002")]), outlines)
    assert same.equals(outlines)


@pytest.mark.parametrize("seed", [1, 2017])
def test_held_out_addresses_of_val_de_marne_fall_at_their_own_station(real_data, seed):
    table, outlines = benchmark.val_de_marne(real_data)
    own, commune = benchmark.held_out(table, outlines, seed)
    assert own >= 0.96
    assert commune >= 0.99


def test_the_outlines_of_val_de_marne_are_partitions(real_data):
    table, outlines = benchmark.val_de_marne(real_data)
    seen: list[tuple[int, int]] = []
    drawn = draw(table, outlines, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(k, 47) for k in range(1, 48)]
    assert drawn.outlines.height == 809
    ground = dict(zip(outlines["commune_code"], shapely.from_wkb(outlines["geometry"].to_numpy()), strict=True))
    for (code,), mine in drawn.outlines.group_by("commune_code"):
        assert_partition(shapes(mine), ground[code])
        assert shapely.coverage_is_valid(shapes(mine))
