"""Points in outlines: the fast search gives what shapely gives."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from isoloir.stations.census.locate import locate, project

SQUARES = np.array([shapely.box(i % 2, i // 2, i % 2 + 1, i // 2 + 1) for i in range(4)])


def test_each_point_of_a_tiling_is_in_exactly_one_outline_borders_included():
    x, y = (a.ravel() for a in np.meshgrid(np.arange(0, 2, 0.25), np.arange(0, 2, 0.25)))
    found = locate(x, y, SQUARES)
    assert np.array_equal(found, np.floor(x) + 2 * np.floor(y))


def test_holes_islands_and_points_outside():
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))
    both = np.array([shapely.union(ring, shapely.box(20, 0, 21, 1)), shapely.box(4, 4, 5, 5)])
    x, y = (
        np.array([1.0, 3.0, 4.5, 20.5, 15.0, np.nan, 1.0, 1.0]),
        np.array([1.0, 3.0, 4.5, 0.5, 0.5, 1.0, 99.0, -99.0]),
    )
    assert locate(x, y, both).tolist() == [0, -1, 1, 0, -1, -1, -1, -1]


def test_a_group_sees_its_own_outlines_only():
    x, y = np.full(4, 0.5), np.full(4, 0.5)
    found = locate(x, y, np.array([SQUARES[0], SQUARES[0]]), [0, 1, 2, -1], [0, 1])
    assert found.tolist() == [0, 1, -1, -1]


def test_an_outline_of_no_group_holds_nothing():
    assert locate(np.full(2, 0.5), np.full(2, 0.5), SQUARES[:2], [0, 0], [-1, 0]).tolist() == [-1, -1]


def test_empty_and_missing_outlines_hold_nothing():
    outlines = np.array([None, shapely.Polygon(), SQUARES[0], shapely.Point(0.5, 0.5)])
    assert locate(np.array([0.5]), np.array([0.5]), outlines).tolist() == [2]
    assert locate(np.array([0.5]), np.array([0.5]), outlines[:2]).tolist() == [-1]
    assert locate(np.empty(0), np.empty(0), SQUARES).tolist() == []


@given(st.integers(0, 2**32 - 1))
def test_random_outlines_as_shapely_finds_them(seed):
    rng = np.random.default_rng(seed)
    centres, angles = rng.uniform(0, 10, (6, 2)), np.sort(rng.uniform(0, 2 * np.pi, (6, 9)), axis=1)
    radius = rng.uniform(0.2, 3, (6, 9))
    stars = np.stack([centres[:, :1] + radius * np.cos(angles), centres[:, 1:] + radius * np.sin(angles)], axis=-1)
    outlines = shapely.polygons(stars)
    outlines = outlines[shapely.is_valid(outlines)]
    x, y = rng.uniform(-1, 11, (2, 300))
    point, outline = shapely.STRtree(outlines).query(shapely.points(x, y), predicate="within")
    expected = np.full(300, 99)
    np.minimum.at(expected, point, outline)
    assert np.array_equal(locate(x, y, outlines), np.where(expected == 99, -1, expected))


def test_paris_as_shapely_finds_it(real_data: Path):
    outlines = np.array(geopandas.read_file(real_data / "geometry" / "paris_iris_2013_epsg2154.geojson").geometry)
    west, south, east, north = shapely.total_bounds(outlines)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(west, east, 50_000), rng.uniform(south, north, 50_000)
    point, outline = shapely.STRtree(outlines).query(shapely.points(x, y), predicate="within")
    expected = np.full(len(x), -1)
    expected[point] = outline
    assert np.array_equal(locate(x, y, outlines), expected)


def test_projection_puts_easting_first():
    x, y = project(np.array([10.0]), np.array([52.0]), 4326, 3035)
    assert x == pytest.approx([4_321_000], abs=1e-6)  # the origin of EPSG:3035
    assert y == pytest.approx([3_210_000], abs=1e-6)
    assert all(len(a) == 0 for a in project(np.empty(0), np.empty(0), 4326, 3035))
