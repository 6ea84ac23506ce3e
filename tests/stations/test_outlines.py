"""Outlines drawn from address points: a partition of each commune, in which addresses fall at their own station."""

from __future__ import annotations

import numpy as np
import polars as pl
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from isoloir.sources.reading import ADDRESSES, COMMUNES
from isoloir.stations.outlines import draw

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
