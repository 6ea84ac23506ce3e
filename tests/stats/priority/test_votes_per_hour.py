"""Votes per hour: the formula, the split that adds up, the chance to be among the best, and who gets no place."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.errors import StatsError
from isoloir.stats.priority import Ground, Outlook, effects, prioritise
from isoloir.stats.priority.access import estimate_access
from isoloir.stats.priority.choice import choose, fill
from isoloir.stats.priority.effects import Drawn
from isoloir.stats.priority.gain import gather, votes_per_hour

NAN = np.nan


def drawn(**values: float) -> Drawn:
    """One draw of everything, plain numbers unless said."""
    plain = {
        "persuasion": 0.1, "mobilisation": 0.02, "registration": 0.0, "closeness": 0.0, "marginal_slope": 0.5,
        "marginal_level": 1.0, "opening": 0.5, "talk_minutes": 2.0, "knock_minutes": 1.0, "walk_km_h": 4.0,
        "setup_hours": 0.0, "scatter": 0.0, "station_spread": 0.0,
    }  # fmt: skip
    return Drawn(**{f.name: np.array([(plain | values)[f.name]]) for f in fields(Drawn)})


def outlook(turnout: list[float], support: list[float], opponent: list[float] | None = None) -> Outlook:
    other = [0.0] * len(support) if opponent is None else opponent
    return Outlook(*(np.array([row], dtype=float) for row in (turnout, support, other)))


def ground(registered: list[float], density: float = 2000.0) -> Ground:
    size = np.array(registered, dtype=float)
    return Ground(size, np.full_like(size, 1.4), np.full_like(size, 1.4), np.full_like(size, density))


def many(stations: int, draws: int = 200, seed: int = 0, spread: float = 0.1) -> tuple[Outlook, Ground]:
    rng = np.random.default_rng(seed)
    shape = (draws, stations)
    level = rng.uniform(0.3, 0.6, (3, stations))
    parts = [np.clip(mean + spread * 0.1 * rng.normal(size=shape), 0.01, 0.99) for mean in level]
    size = rng.uniform(300, 1200, stations)
    return Outlook(*parts), Ground(
        size, np.full(stations, NAN), np.full(stations, NAN), rng.uniform(50, 9000, stations)
    )


def test_persuasion_and_mobilisation_by_hand() -> None:
    one = drawn()
    land, ahead = ground([1000.0, 1000.0]), outlook([0.6, 0.6], [0.4, 0.2], [0.3, 0.3])
    rng = np.random.default_rng(0)
    access = estimate_access(land, one, rng)
    inputs = gather(ahead, access, land.registered, None, one, rng)
    found = votes_per_hour(inputs, one)
    reached = 0.5 * 60 / access.minutes[0]  # voters behind opened doors, an hour
    assert found["persuasion"][0] == pytest.approx(reached * 0.1 * 0.6 * np.array([0.6, 0.8]))
    # among marginal voters: half way from the mean (0.3) to the station's own share; the opponent has 0.3 everywhere
    assert found["mobilisation"][0] == pytest.approx(reached * 0.02 * 0.4 * (np.array([0.35, 0.25]) - 0.3))
    assert not found["registration"].any()


def test_doors_an_hour_are_those_that_campaigns_report() -> None:
    for density, low, high in ((6000.0, 20, 35), (30.0, 8, 25)):
        one = drawn(talk_minutes=2.5, knock_minutes=0.7, opening=0.48, scatter=0.3, walk_km_h=3.5)
        land = ground([1000.0], density)
        access = estimate_access(land, one, np.random.default_rng(0))
        doors = float((access.doors / (access.minutes * 1000 / 60))[0, 0])
        assert low <= doors <= high


def test_registration_counts_those_who_moved() -> None:
    ahead, land = many(20)
    without = prioritise(ahead, land, effects(), "legi")
    with_it = prioritise(ahead, land, effects(), "legi", badly_registered=np.full(20, 0.2))
    assert not without.channels["registration"].any()
    assert np.abs(with_it.channels["registration"]).max() > 0


def test_where_turnout_is_the_aim_nobody_is_an_opponent() -> None:
    ahead, land = many(30)
    aim = Outlook(ahead.turnout, np.ones_like(ahead.support), np.zeros_like(ahead.opponent))
    found = prioritise(aim, land, effects(), "legi")
    assert not found.channels["persuasion"].any()
    assert (found.channels["mobilisation"] > 0).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(0, 10_000), st.sampled_from(["legi", "pres", "euro"]))
def test_the_split_adds_up_exactly(stations: int, seed: int, kind: str) -> None:
    ahead, land = many(stations, draws=50, seed=seed)
    found = prioritise(ahead, land, effects(), kind, seed=seed)
    total = found.median + np.sum(list(found.parts.values()), axis=0)
    assert total == pytest.approx(found.rate.mean(axis=0), abs=1e-12)
    assert sum(found.spread.values()) == pytest.approx(1.0 if stations > 1 else 0.0)
    assert sum(found.channels.values()) == pytest.approx(found.rate.mean(axis=0))
    assert (found.low <= found.high).all()
    assert np.isfinite(found.rate).all()


def test_a_factor_that_is_the_same_everywhere_explains_nothing() -> None:
    ahead, land = many(40)
    same = Ground(np.full(40, 800.0), land.voters_per_door, land.voters_per_address, land.density)
    found = prioritise(ahead, same, effects(), "legi")
    assert found.parts["size"] == pytest.approx(np.zeros(40))
    assert np.abs(found.parts["density"]).max() > 0.01


def test_the_same_seed_gives_the_same_ranking() -> None:
    ahead, land = many(50)
    one, two, other = (prioritise(ahead, land, effects(), "legi", seed=s) for s in (3, 3, 4))
    assert (one.rate == two.rate).all()
    assert (one.rate != other.rate).any()


def test_tiny_and_unreachable_stations_get_no_place_and_take_no_hours() -> None:
    ahead, _ = many(6)
    land = ground([900.0, 40.0, 1000.0, 800.0, 99.0, 700.0])
    reachable = np.array([True, True, True, False, True, True])
    found = prioritise(ahead, land, effects(), "legi", reachable=reachable)
    special = [False, True, False, True, True, False]
    assert ((found.rank == 0) == special).all()
    assert ((found.grade == "special") == special).all()
    assert not found.probability[special].any()
    assert not found.choice.taken[special].any()
    assert sorted(found.rank[found.rank > 0]) == [1, 2, 3]
    with pytest.raises(StatsError, match="nothing to rank"):
        prioritise(ahead, land, effects(), "legi", reachable=np.zeros(6, bool))


def test_stations_that_cannot_be_told_apart_are_said_to_be_so() -> None:
    rng = np.random.default_rng(0)
    draws = np.clip(0.5 + 0.1 * rng.normal(size=(400, 60)), 0.01, 0.99)  # alike but for the noise of the forecast
    same = Outlook(draws, draws[:, ::-1], np.full_like(draws, 0.2))
    land = ground([800.0] * 60)
    found = prioritise(same, land, effects(), "legi")
    assert not found.choice.apart
    assert set(found.grade) == {"undecided"}
    sure = np.linspace(0.2, 0.8, 60)[None, :] + np.zeros((400, 1))
    clear = prioritise(Outlook(sure, np.full_like(sure, 0.3), np.full_like(sure, 0.2)), land, effects(), "legi")
    assert clear.choice.skill > found.choice.skill


# The choice


def test_hours_go_to_the_best_rates_first_and_ties_share() -> None:
    rate, hours = np.array([3.0, 1.0, 2.0, 2.0, -1.0]), np.array([2.0, 5.0, 4.0, 4.0, 1.0])
    assert fill(rate, hours, 6.0) == pytest.approx([1, 0, 0.5, 0.5, 0])
    assert fill(rate, hours, 1e9) == pytest.approx([1, 1, 1, 1, 0])  # never a station that loses votes
    assert fill(-rate[:4], hours[:4], 6.0) == pytest.approx(np.zeros(4))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 5), st.floats(0.1, 50)), min_size=1, max_size=30), st.floats(0.1, 500))
def test_the_budget_is_spent_and_no_other_use_brings_more(stations: list[tuple[float, float]], budget: float) -> None:
    rate, hours = np.array(stations).T
    share = fill(rate, hours, budget)
    assert ((share >= 0) & (share <= 1 + 1e-9)).all()
    assert (share * hours).sum() == pytest.approx(min(budget, hours.sum()))
    best = (share * hours * rate).sum()
    rng = np.random.default_rng(0)
    for _ in range(5):  # any other order of filling
        order = rng.permutation(len(rate))
        left, other = budget, 0.0
        for station in order:
            spent = min(left, hours[station])
            other += spent * rate[station]
            left -= spent
        assert other <= best * (1 + 1e-9)


def test_probabilities_add_up_to_the_hours_that_there_are() -> None:
    rng = np.random.default_rng(2)
    rate, hours = rng.gamma(3, 1, (500, 40)), np.full((500, 40), 10.0)
    found = choose(rate, hours, 100.0)
    assert found.probability.sum() == pytest.approx(10.0)
    assert found.skill < 0.3


def test_draws_without_any_effect_rank_nothing() -> None:
    rate, hours = np.zeros((10, 5)), np.ones((10, 5))
    found = choose(rate, hours, 2.0)
    assert found.probability == pytest.approx(np.full(5, 0.4))
    assert not found.apart


@pytest.mark.parametrize("budget", [0.0, -3.0, NAN, np.inf])
def test_hours_must_be_positive(budget: float) -> None:
    with pytest.raises(StatsError, match="positive number of hours"):
        choose(np.ones((3, 2)), np.ones((3, 2)), budget)


def test_bad_shares_are_refused_and_never_become_nan() -> None:
    ahead, land = many(5)
    for name in ("turnout", "support", "opponent"):
        for wrong in (1.2, -0.1, NAN):
            values = {f: getattr(ahead, f).copy() for f in ("turnout", "support", "opponent")}
            values[name][0, 0] = wrong
            with pytest.raises(StatsError, match=name):
                prioritise(Outlook(**values), land, effects(), "legi")
    with pytest.raises(StatsError, match="empty ones"):
        prioritise(ahead, ground([500.0, 0.0, 500.0, 500.0, 500.0]), effects(), "legi")
    with pytest.raises(StatsError, match="badly registered"):
        prioritise(ahead, land, effects(), "legi", badly_registered=np.full(5, 3.0))


def test_nobody_supports_and_everybody_does() -> None:
    flat = np.full((100, 5), 0.5)
    for support in (0.0, 1.0 - 1e-9):
        found = prioritise(
            Outlook(flat, np.full_like(flat, support), np.full_like(flat, 0.1)), ground([500.0] * 5), effects(), "legi"
        )
        assert np.isfinite(found.rate).all()
        assert np.isfinite(list(found.parts.values())).all()
