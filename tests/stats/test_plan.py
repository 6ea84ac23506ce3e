"""Turfs in one piece with the same doors, hours that add up, and a control drawn fairly."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.errors import StatsError
from isoloir.stats.plan import Field, Plan, make_plan, read_neighbours
from isoloir.stats.plan.control import draw_control
from isoloir.stats.plan.field import is_connected, pieces

SIDE = 600.0  # metres


def town(across: int, up: int, seed: int = 0, away: float = 1000.0) -> Field:
    """A chessboard of stations, the start to its south-west."""
    rng = np.random.default_rng(seed)
    squares = [
        shapely.box(away + x * SIDE, away + y * SIDE, away + (x + 1) * SIDE, away + (y + 1) * SIDE)
        for y in range(up)
        for x in range(across)
    ]
    count = len(squares)
    doors = rng.uniform(300, 800, count)
    hours = doors / rng.uniform(18, 30, count)
    middle = shapely.centroid(squares)
    place = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    return Field(doors, hours, hours * rng.uniform(0.05, 0.8, count), place, read_neighbours(squares))


def doors_of(plan: Plan) -> np.ndarray:
    return np.array([sum(turf.doors.values()) for turf in plan.turfs])


def test_neighbours_share_a_border_or_nearly() -> None:
    gap = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(12, 0, 13, 1), shapely.box(90, 0, 91, 1)]
    assert read_neighbours(gap) == [frozenset({1, 2}), frozenset({0, 2}), frozenset({0, 1}), frozenset()]


def test_pieces() -> None:
    links = read_neighbours([shapely.box(x * 100, 0, x * 100 + 100, 1) for x in (0, 1, 2, 5, 6)])
    assert pieces(range(5), links) == [[0, 1, 2], [3, 4]]
    assert pieces([0, 2, 3], links) == [[0], [2], [3]]
    assert is_connected([], links)


@pytest.mark.parametrize("control", [True, False])
@pytest.mark.parametrize(("hours", "teams"), [(60.0, 1), (400.0, 6), (1500.0, 12)])
def test_a_plan_keeps_its_promises(hours: float, teams: int, control: bool) -> None:
    field = town(16, 12)
    plan = make_plan(field, hours, teams, control, seed=5)
    assert 0.97 * hours <= plan.hours <= hours
    assert len(plan.turfs) == teams
    assert doors_of(plan) == pytest.approx(np.full(teams, doors_of(plan)[0]))
    assert all(turf.whole for turf in plan.turfs)
    given_doors = np.zeros(len(field.doors))
    for turf in plan.turfs:
        for station, doors in turf.doors.items():
            given_doors[station] += doors
    assert (given_doors <= field.doors * (1 + 1e-9)).all()
    assert plan.share == pytest.approx(given_doors / field.doors)
    assert not plan.share[list(plan.control)].any()
    assert bool(plan.control) == control


def test_hours_go_where_they_count() -> None:
    field = town(16, 12, seed=1)
    plan = make_plan(field, 400, 6, control=False)
    rate = (field.votes @ plan.share) / (field.hours @ plan.share)
    assert rate > 1.2 * field.votes.sum() / field.hours.sum()


def test_the_same_seed_gives_the_same_plan_and_another_one_another_draw() -> None:
    field = town(12, 10)
    plans = [make_plan(field, 400, 5, seed=s) for s in (1, 1, 2)]
    assert plans[0].control == plans[1].control
    assert plans[0].turfs == plans[1].turfs
    assert plans[0].control != plans[2].control


def test_each_station_is_left_alone_one_time_in_five() -> None:
    territories = [list(range(13)), list(range(13, 24))]
    rate = np.linspace(1, 0, 24)
    alone = np.zeros(24)
    for seed in range(3000):
        stratum, control = draw_control(territories, rate, np.random.default_rng(seed))
        alone[list(control)] += 1
        assert set(stratum) == set(range(24))
    assert alone / 3000 == pytest.approx(np.full(24, 0.2), abs=0.03)


def test_strata_are_five_of_a_kind_with_one_control() -> None:
    rate = np.random.default_rng(0).random(40)
    stratum, control = draw_control([list(range(20)), list(range(20, 40))], rate, np.random.default_rng(1))
    for number in set(stratum.values()):
        members = [s for s in stratum if stratum[s] == number]
        assert len(members) == 5
        assert len(control & set(members)) == 1
        assert len({s < 20 for s in members}) == 1  # of one territory
        block = [s for s in range(40) if (s < 20) == (members[0] < 20)]
        places = sorted(sorted(block, key=lambda s: -rate[s]).index(m) for m in members)
        assert places == list(range(places[0], places[0] + 5))  # neighbours in the ranking


def test_the_start_matters() -> None:
    near, far = town(16, 12, seed=2, away=500.0), town(16, 12, seed=2, away=60_000.0)
    plans = [make_plan(field, 300, 4, seed=0) for field in (near, far)]
    travel = [sum(t.travel_hours for t in plan.turfs) for plan in plans]
    assert travel[1] > 3 * travel[0]
    assert doors_of(plans[1]).sum() < doors_of(plans[0]).sum()


def test_more_hours_than_doors_do_all_doors() -> None:
    field = town(3, 3)
    plan = make_plan(field, 10_000, 2, control=False)
    assert plan.share == pytest.approx(np.ones(9))


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 9), st.integers(3, 9), st.integers(0, 500), st.integers(1, 6), st.floats(40, 600), st.booleans())
def test_any_town(across: int, up: int, seed: int, teams: int, hours: float, control: bool) -> None:
    field = town(across, up, seed)
    try:
        plan = make_plan(field, hours, teams, control, seed)
    except StatsError:
        return
    assert plan.hours <= hours * (1 + 1e-9)
    assert doors_of(plan) == pytest.approx(np.full(teams, doors_of(plan)[0]), rel=1e-6)
    assert ((plan.share >= 0) & (plan.share <= 1)).all()
    assert not plan.share[list(plan.control)].any()


@pytest.mark.parametrize(
    ("hours", "teams", "complaint"),
    [
        (0.0, 2, "positive number"),
        (float("nan"), 2, "positive number"),
        (50.0, 0, "at least one"),
        (0.01, 1, "do not reach the first door"),
    ],
)
def test_what_cannot_be_planned_is_refused(hours: float, teams: int, complaint: str) -> None:
    with pytest.raises(StatsError, match=complaint):
        make_plan(town(4, 4), hours, teams)


def test_a_field_that_brings_nothing_is_refused() -> None:
    field = town(3, 3)
    with pytest.raises(StatsError, match="nothing to plan"):
        make_plan(Field(field.doors, field.hours, -field.votes, field.place, field.neighbours), 50, 1)
    unknown = field.votes.copy()
    unknown[2] = np.nan
    with pytest.raises(StatsError, match="all of them known"):
        make_plan(Field(field.doors, field.hours, unknown, field.place, field.neighbours), 50, 1)
