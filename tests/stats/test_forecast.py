"""The forecast: what it must do whatever the data, and that it learns what was planted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from isoloir.errors import StatsError
from isoloir.stats.forecast import Forecast, Scenario, Standing, Target, predict, read_scenario
from isoloir.stats.forecast.intervals import calibrate
from isoloir.stats.forecast.settle import settle
from isoloir.stats.history import Floats, History, Round

S = 600
BLOCS = ("left", "centre_right", "far_right", "other")
LEVEL = np.array([0.35, 0.38, 0.24, 0.03])
TARGET = Target("legi", 1, date(2022, 6, 12))
SCENARIO = Scenario.exact(np.array([0.30, 0.42, 0.26, 0.02, 0.50]))
DAYS = {
    "2012_pres_t1": date(2012, 4, 22),
    "2012_legi_t1": date(2012, 6, 10),
    "2017_pres_t1": date(2017, 4, 23),
    "2017_legi_t1": date(2017, 6, 11),
    "2022_pres_t1": date(2022, 4, 10),
    "2022_legi_t1": date(2022, 6, 12),
}


def shares_of(taste: Floats, level: Floats, rng: np.random.Generator, valid: Floats, noise: float = 0.1) -> Floats:
    weight = level * np.exp(taste + rng.normal(0, noise, taste.shape))
    share = weight / weight.sum(axis=1, keepdims=True)
    return np.array([rng.multinomial(int(n), p) for n, p in zip(valid, share, strict=True)]) / valid[:, None]


def a_country(seed: int = 1, names: tuple[str, ...] = tuple(DAYS)) -> History:
    """600 stations in 60 communes, 12 constituencies and 6 départements, whose tastes last."""
    rng = np.random.default_rng(seed)
    commune = np.arange(S) // 10
    taste = np.column_stack([rng.normal(0, 0.35, (60, 3))[commune] + rng.normal(0, 0.15, (S, 3)), np.zeros(S)])
    quiet = rng.normal(0, 0.25, 60)[commune]
    registered = rng.integers(400, 1400, S).astype(float)
    rounds = []
    for name in names:
        level = np.log(0.30 / 0.70) if "pres" in name else 0.0
        turnout = 1 / (1 + np.exp(level + quiet + rng.normal(0, 0.1, S)))
        voters = np.rint(registered * turnout)
        rounds.append(
            Round(
                election=name,
                type=name[5:9],
                date=DAYS[name],
                round=1,
                registered=registered,
                abstention=1 - voters / registered,
                shares=shares_of(taste, LEVEL, rng, voters),
                stood=np.ones((S, 4), bool),
                quality=np.full(S, "A"),
            )
        )
    return History(
        station_id=np.array([f"X{c:04d}_{i:04d}" for i, c in enumerate(commune)]),
        commune=np.array([f"X{c:04d}" for c in commune]),
        constituency=np.array([f"X1{c // 5:02d}" for c in commune]),
        departement=np.array([f"X{c // 10}" for c in commune]),
        position=np.column_stack([commune % 8 * 5.0, commune // 8 * 5.0]) + rng.normal(0, 0.5, (S, 2)),
        registered=registered,
        census=np.column_stack([taste[:, 0] + rng.normal(0, 0.2, S), rng.normal(0, 1, S)]),
        census_names=("workers_share", "income"),
        blocs=BLOCS,
        rounds=tuple(rounds),
    )


@pytest.fixture(scope="module")
def country() -> History:
    return a_country()


@pytest.fixture(scope="module")
def found(country: History) -> Forecast:
    return predict(country, TARGET, SCENARIO, draws=20)


def national(country: History, values: NDArray[np.float64]) -> Floats:
    """The nation's level of predicted shares."""
    voters = country.registered * (1 - values[:, -1])
    return np.append(
        voters @ values[:, :-1] / voters.sum(), country.registered @ values[:, -1] / country.registered.sum()
    )


def test_every_station_sums_to_one_and_the_nation_is_the_scenario(country: History, found: Forecast) -> None:
    assert found.mean.shape == found.low.shape == found.high.shape == (S, 5)
    assert np.isfinite(found.mean).all()
    np.testing.assert_allclose(found.mean[:, :-1].sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(national(country, found.mean), SCENARIO.mean, atol=1e-4)
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()
    assert (found.low >= 0).all()
    assert (found.high <= 1).all()


def test_draws_are_elections(found: Forecast) -> None:
    assert found.draws.shape == (20, S, 5)
    np.testing.assert_allclose(found.draws[:, :, :-1].sum(axis=2), 1, atol=1e-5)
    inside = (found.draws >= found.low) & (found.draws <= found.high)
    assert 0.8 < inside[:, :, :3].mean() < 0.97


def test_nothing_of_the_target_or_later_is_looked_at(country: History, found: Forecast) -> None:
    assert "2022_legi_t1" not in found.basis
    alone = replace(country, rounds=country.rounds[:-1])
    np.testing.assert_array_equal(predict(alone, TARGET, SCENARIO, draws=0).mean, found.mean)
    a_day_late = replace(TARGET, date=date(2022, 6, 13))
    np.testing.assert_array_equal(predict(country, a_day_late, SCENARIO, draws=0).mean, found.mean)


def test_the_same_seed_gives_the_same_draws(country: History, found: Forecast) -> None:
    again = predict(country, TARGET, SCENARIO, draws=20)
    np.testing.assert_array_equal(again.draws, found.draws)
    assert not np.array_equal(predict(country, TARGET, SCENARIO, seed=1, draws=20).draws, found.draws)


def test_it_beats_the_last_result_and_its_intervals_cover(country: History) -> None:
    truth = country.rounds[-1]
    level = national(country, np.column_stack([truth.shares, truth.abstention]))
    found = predict(country, TARGET, Scenario.exact(level), draws=0)
    actual = np.column_stack([truth.shares, truth.abstention])
    last = country.rounds[-2]
    before = np.column_stack([last.shares, last.abstention])
    uniform = before + level - national(country, before)
    for column in range(3):
        error, simple = np.abs(found.mean - actual)[:, column].mean(), np.abs(uniform - actual)[:, column].mean()
        assert error < 0.9 * simple
    inside = (actual >= found.low) & (actual <= found.high)
    assert 0.84 < inside[:, :3].mean() < 0.96
    assert 0.84 < inside[:, 4].mean() < 0.98


def test_a_bloc_without_a_candidate_gets_nothing_and_its_kin_gain(country: History) -> None:
    count = np.ones((S, 5), np.int8)
    gone = country.constituency == "X100"
    count[gone, 2] = 0  # no far right there
    thin = country.constituency == "X101"
    count[thin, 1] = 0  # half of the centre and right there
    options, held = (
        ("left", "centre", "national", "right", "other"),
        ("left", "centre_right", "far_right", "centre_right"),
    )
    history = replace(country, finer=dict(zip(options, (*held, "other"), strict=True)))
    standing = Standing(options, (*held, "other"), count)
    everybody = predict(history, TARGET, SCENARIO, draws=0)
    found = predict(history, TARGET, SCENARIO, standing, draws=4)
    assert (found.mean[gone, 2] == 0).all()
    assert (found.high[gone, 2] == 0).all()
    assert (found.draws[:, gone, 2] == 0).all()
    assert (found.mean[gone, 0] > everybody.mean[gone, 0]).all()
    assert (found.mean[thin, 1] < everybody.mean[thin, 1]).all()
    np.testing.assert_allclose(national(history, found.mean), SCENARIO.mean, atol=1e-3)


def test_a_range_of_the_scenario_widens_the_intervals(country: History, found: Forecast) -> None:
    table = {"left": [0.25, 0.35], "centre_right": [0.37, 0.47], "far_right": 0.26, "other": 0.02, "abstention": 0.50}
    wide = predict(country, TARGET, read_scenario(table, BLOCS), draws=0)
    assert ((wide.high - wide.low)[:, 0] > (found.high - found.low)[:, 0]).all()
    np.testing.assert_allclose((wide.high - wide.low)[:, 2], (found.high - found.low)[:, 2], atol=1e-9)


def test_a_station_without_a_past_takes_its_neighbours(country: History) -> None:
    new = 17

    def forget(values: Floats) -> Floats:
        out = values.copy()
        out[new] = np.nan
        return out

    rounds = tuple(
        replace(r, shares=forget(r.shares), abstention=forget(r.abstention), registered=forget(r.registered))
        for r in country.rounds
    )
    found = predict(replace(country, rounds=rounds, registered=forget(country.registered)), TARGET, SCENARIO, draws=0)
    assert found.grade[new] == "D"
    assert found.grade[new + 1] == "A"
    beside = found.mean[(country.commune == country.commune[new]) & (np.arange(S) != new)]
    assert np.isfinite(found.mean[new]).all()
    assert np.abs(found.mean[new] - beside.mean(axis=0)).max() < 0.06
    lost = replace(country, rounds=rounds, commune=np.where(np.arange(S) == new, "", country.commune))
    assert np.isfinite(predict(lost, TARGET, SCENARIO, draws=0).mean[new]).all()


def test_few_past_elections_are_said_and_widen(country: History, found: Forecast) -> None:
    poor = predict(replace(country, rounds=country.rounds[4:5]), TARGET, SCENARIO, draws=0)
    assert set(poor.unsure) == {*BLOCS, "abstention"}
    assert not set(found.unsure) & {"left", "abstention"}
    assert ((poor.high - poor.low).mean(axis=0)[:3] > (found.high - found.low).mean(axis=0)[:3]).all()


def test_without_any_result_there_is_no_forecast(country: History) -> None:
    with pytest.raises(StatsError, match="no election before 2022-06-12 has results"):
        predict(replace(country, rounds=()), TARGET, SCENARIO)


def test_a_bloc_nobody_voted_for_is_refused(country: History) -> None:
    def empty(shares: Floats) -> Floats:
        return np.column_stack([shares[:, :2], np.zeros(S), shares[:, 3]])

    nobody = replace(country, rounds=tuple(replace(r, shares=empty(r.shares)) for r in country.rounds))
    with pytest.raises(StatsError, match="nobody ever voted for 'far_right'"):
        predict(nobody, TARGET, SCENARIO)


def test_candidates_and_scenario_that_contradict_each_other_are_refused(country: History) -> None:
    count = np.ones((S, 4), np.int8)
    count[:, 2] = 0
    with pytest.raises(StatsError, match="'far_right', which has no candidate anywhere"):
        predict(country, TARGET, SCENARIO, Standing(BLOCS, BLOCS, count))
    count = np.ones((S, 4), np.int8)
    count[5] = 0
    with pytest.raises(StatsError, match=r"1 stations have no candidate.*X0000_0005"):
        predict(country, TARGET, SCENARIO, Standing(BLOCS, BLOCS, count))


GOOD: dict[str, object] = {"left": 0.3, "centre_right": 0.4, "far_right": 0.28, "other": 0.02, "abstention": 0.5}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"left": 0.5}, "sum to 1.200"),
        ({"other": None}, "sum to 0.980"),
        ({"abstention": None}, "abstention is missing"),
        ({"pirates": 0.1}, "'pirates' is no bloc"),
        ({"left": -0.1}, "between 0 and 1"),
        ({"left": float("nan")}, "between 0 and 1"),
        ({"left": [0.4, 0.2]}, "the lower one first"),
        ({"left": [0.1]}, "give a share"),
        ({"left": "30 %"}, "give a share"),
        ({"left": True}, "give a share"),
        ({"left": 30}, "between 0 and 1"),
        ({"left": [0.1, 0.2]}, "between 0.800 and 0.900"),
        ({"abstention": 1.2}, "between 0 and 1"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(change: dict[str, object], told: str) -> None:
    table = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(StatsError, match=told):
        read_scenario(table, BLOCS)


def test_a_scenario_may_have_ranges() -> None:
    scenario = read_scenario(GOOD | {"left": [0.28, 0.32]}, BLOCS)
    np.testing.assert_allclose(scenario.mean, [0.3, 0.4, 0.28, 0.02, 0.5])
    drawn = scenario.draw(100, np.random.default_rng(0))
    np.testing.assert_allclose(drawn[:, :-1].sum(axis=1), 1)
    assert drawn[:, 0].std() > 0.005


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(2, 40))
def test_raking_meets_both_margins(seed: int, blocs: int, stations: int) -> None:
    rng = np.random.default_rng(seed)
    weight = np.exp(rng.normal(0, 1, (stations, blocs)))
    level, voters = rng.dirichlet(np.ones(blocs) * 3), rng.uniform(10, 1000, stations)
    shares = settle(weight, level, voters)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(voters @ shares / voters.sum(), level, atol=1e-4)
    gone = weight.copy()
    gone[0, 0] = 0
    assert settle(gone, level, voters)[0, 0] == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.4))
def test_intervals_cover_errors_of_the_same_kind(seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)

    def errors(number: int) -> tuple[Floats, Floats, Floats]:
        mean, persons = rng.uniform(0.05, 0.6, number), np.exp(rng.normal(6, 0.8, number))
        variance = mean * (1 - mean)
        return rng.normal(0, np.sqrt(variance / persons + (spread * variance) ** 2)), mean, persons

    error, mean, persons = errors(8000)
    width = calibrate(error, mean, persons, rng.integers(0, 50, 8000).astype(float))
    error, mean, persons = errors(8000)
    inside = np.abs(error) <= width.half(mean, persons)
    assert 0.88 < inside.mean() < 0.92
    edges = np.searchsorted(width.edges, persons)
    assert all(0.85 < inside[edges == d].mean() < 0.95 for d in range(10))
