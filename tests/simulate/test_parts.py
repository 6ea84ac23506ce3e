"""The pieces that the country is made of."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from isoloir.simulate import people, voters
from isoloir.simulate.census_columns import THEMES
from isoloir.simulate.geography import country_box, draw_territory
from isoloir.simulate.names import FAMILY, commune_names, departement_names, draw_family
from isoloir.simulate.plan import make_plan
from isoloir.simulate.rounds import BLOCS, calendar
from isoloir.simulate.stations import cut


@given(st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0, 3))
@settings(max_examples=60, deadline=None)
def test_cut_makes_compact_balanced_parts(parts: int, seed: int, angle: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 1000, (2, 40 * parts))
    weight = rng.uniform(0.5, 1.5, len(x))
    group = cut(x, y, weight, parts, angle)
    sizes = np.bincount(group, weight, parts)
    assert len(np.unique(group)) == parts
    assert sizes.max() < 1.35 * sizes.mean()
    hulls = [shapely.convex_hull(shapely.multipoints(np.c_[x, y][group == g])) for g in range(parts)]
    tree = shapely.STRtree(hulls)
    a, b = tree.query(hulls, predicate="intersects")
    assert (a == b).all()  # straight cuts: the parts do not interlock


def test_cut_never_asks_for_more_parts_than_places() -> None:
    assert sorted(cut(np.arange(3.0), np.zeros(3), np.ones(3), 10)) == [0, 1, 2]


def test_cells_cover_the_country_once() -> None:
    land = draw_territory(make_plan("france", 0.02), 3)
    assert shapely.is_valid(land.cells).all()
    assert shapely.coverage_is_valid(land.cells)
    assert (
        land.tree.query(shapely.get_coordinates(shapely.centroid(land.cells)))[1] == np.arange(len(land.cells))
    ).mean() > 0.99
    assert len(np.unique(land.code)) == len(land.code)


def test_mergers_join_neighbours_of_one_departement() -> None:
    land = draw_territory(make_plan("france", 0.02), 3)
    members = np.flatnonzero(land.merged_in > 0)
    chiefs = land.merged_into[members]
    assert len(np.unique(chiefs)) == land.plan.mergers
    assert (land.departement[members] == land.departement[chiefs]).all()
    assert (land.merged_into[chiefs] == chiefs).all()
    assert len(np.unique(land.at(2030))) == land.plan.communes


@pytest.mark.parametrize("size", ["departement", "france"])
def test_plans_have_the_sizes_asked_for(size: str) -> None:
    plan = make_plan(size)  # type: ignore[arg-type]
    stations = plan.communes - plan.divided + plan.divided_stations
    assert stations == {"departement": 500, "france": 69_000}[size]
    assert len(set(plan.codes)) == len(plan.codes)
    assert all(code[0] in "WXY" for code in plan.codes)


def test_france_lies_in_the_ocean() -> None:
    """Kilometres from its edge to the nearest real land: Scilly, Ushant, Cape Finisterre, Cape Ortegal, Mizen Head."""
    box = shapely.segmentize(shapely.box(*country_box(make_plan("france"))), 5_000)
    land = [(-6.35, 49.9), (-5.13, 48.46), (-9.3, 42.9), (-7.9, 43.77), (-9.8, 51.45)]
    x, y = Transformer.from_crs(4326, 3035, always_xy=True).transform(*np.array(land).T)
    assert shapely.distance(box, shapely.points(x, y)).min() > 50_000


def test_draws_have_the_margins_of_their_origins() -> None:
    counts = np.array([[40, 0, 60], [500, 300, 200]])
    pull = np.array([[8.0, 1.0], [1.0, 8.0], [1.0, 1.0]])
    same = pull > 2
    silent = np.full((3, 3), 0.1)
    out, table = np.zeros((2, 5), dtype=np.int64), np.zeros((1, 3, 5), dtype=np.int64)
    weight, ones = np.array([[1.0, 1.0], [1.0, 0.0]]), np.ones(2)
    voters.draw_choices(counts, pull, same, silent, weight, ones, ones, np.zeros(2, dtype=np.int64), 7, out, table)
    assert out.sum(axis=1).tolist() == [100, 1000]
    assert table[0].sum(axis=1).tolist() == counts.sum(axis=0).tolist()
    assert table[0].sum(axis=0).tolist() == out.sum(axis=0).tolist()
    assert out[1, 1] == 0  # nobody votes for who does not stand
    skipped = np.zeros((2, 5), dtype=np.int64)
    voters.draw_choices(counts, pull, same, silent, weight, ones, ones, np.array([-1, 0]), 7, skipped, table)
    assert skipped.sum(axis=1).tolist() == [0, 1000]


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4), st.integers(0, 120), st.integers(0, 2**40))
@settings(max_examples=60, deadline=None)
def test_newcomers_and_leavers(counts: list[int], registered: int, seed: int) -> None:
    table = np.array([counts], dtype=np.int64)
    voters.adjust(table, np.array([registered]), seed)
    assert table.sum() == registered
    assert (table >= 0).all()
    if registered >= sum(counts):
        assert table[0, :3].tolist() == counts[:3]
    else:
        assert (table[0] <= counts).all()


def test_matrices_reach_the_national_figures() -> None:
    matrices = voters.scale_matrices(calendar(), 1)
    assert set(matrices) == {r.election for r in calendar()}
    assert all(np.isfinite(m.pull).all() and (m.pull >= 0).all() for m in matrices.values())


def test_calendar() -> None:
    rounds = calendar()
    assert len(rounds) == 42
    assert [r.year for r in rounds] == sorted(r.year for r in rounds)
    assert {r.type for r in rounds} == {"pres", "legi", "euro", "regi", "dpmt", "cant", "muni"}
    for round_ in rounds:
        assert {b for o in round_.options for b in o.blocs.split("+")} <= set(BLOCS)
        assert sum(o.share for o in round_.options) <= 100.5
        assert round_.after in ("", round_.election.replace("_t2", "_t1"))


def test_columns_are_sums_of_atoms() -> None:
    known = set(people.atoms())
    names = [name for theme in THEMES for name in theme.columns]
    assert len(set(names)) > 200
    for theme in THEMES:
        for parts in theme.columns.values():
            assert parts
            assert set(parts) <= known


def test_names_are_distinct() -> None:
    names = commune_names(700, np.random.default_rng(1))
    assert len(set(names)) == 700
    assert len(set(departement_names(100))) == 100
    assert len(set(FAMILY)) == len(FAMILY)


def test_nobody_stands_against_a_namesake() -> None:
    drawn = draw_family(200, 20, np.random.default_rng(1))
    assert all(len(set(unit)) == 20 for unit in drawn.tolist())
    assert len(np.unique(drawn)) == len(FAMILY)
