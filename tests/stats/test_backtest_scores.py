"""Scores of predictions: against arithmetic done by hand, and what must hold for any input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from isoloir.errors import StatsError
from isoloir.stats.backtest.scores import (
    accuracy,
    closest_third,
    coverage,
    gain_curve,
    noise_floor,
    rank_correlation,
    rank_within,
    size_deciles,
)

RNG = np.random.default_rng(0)
SHARES = arrays(np.float64, st.integers(2, 60), elements=st.floats(0, 1))


def test_errors_are_those_done_by_hand() -> None:
    found = accuracy([0.1, 0.3, np.nan], [0.2, 0.3, 0.9], [100, 300, 1000])
    assert found.mae == pytest.approx(0.1 * 0.25)
    assert found.rmse == pytest.approx(np.sqrt(0.01 * 0.25))
    assert found.bias == pytest.approx(0.025)
    assert found.r2 == pytest.approx(1 - 0.0025 / (0.25 * 0.15**2 + 0.75 * 0.05**2))
    assert found.rank == pytest.approx(1)
    assert found.stations == 2


def test_a_truth_that_does_not_vary_has_no_r2_and_no_rank() -> None:
    found = accuracy([0.2, 0.2], [0.1, 0.3])
    assert np.isnan(found.r2)
    assert np.isnan(found.rank)
    assert found.mae == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("true", "predicted", "weights", "says"),
    [
        ([0.1], [0.1, 0.2], None, "one length"),
        ([np.nan], [0.1], None, "no station has a known result"),
        ([0.1, 0.2], [0.1, np.nan], None, "1 stations with a known result have no prediction, first number 1"),
        ([0.1, 0.2], [0.1, 0.2], [0, 0], "not all zero"),
        ([0.1, 0.2], [0.1, 0.2], [1, -1], "not negative"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    true: list[float], predicted: list[float], weights: object, says: str
) -> None:
    with pytest.raises(StatsError, match=says):
        accuracy(true, predicted, weights)


@settings(deadline=None)
@given(SHARES)
def test_a_perfect_prediction_has_no_error_and_ranks_are_symmetric(true: np.ndarray) -> None:
    found = accuracy(true, true)
    assert (found.mae, found.rmse, found.bias) == (0, 0, 0)
    assert np.isnan(found.r2) or found.r2 == 1
    other = true[::-1]
    both = rank_correlation(true, other), rank_correlation(other, true)
    assert np.isnan(both).all() or (both[0] == pytest.approx(both[1]) and -1 - 1e-9 <= both[0] <= 1 + 1e-9)


def test_ranks_within_departements_ignore_what_lies_between_them() -> None:
    level = np.repeat([0.0, 30.0], 20)
    wanted = np.tile(np.arange(20.0), 2)
    assert accuracy(level + wanted, level - wanted).rank > 0.3  # the départements differ in the right order
    assert rank_within(level + wanted, level - wanted, level) == pytest.approx(-1)
    assert np.isnan(rank_within(wanted, wanted, np.arange(40)))


def test_a_group_counts_by_its_voters() -> None:
    x = np.tile(np.arange(10.0), 2)
    p = np.concatenate([x[:10], -x[:10]])
    assert rank_within(x, p, np.repeat(["a", "b"], 10), np.repeat([3.0, 1.0], 10)) == pytest.approx(0.5)


@settings(deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=10, max_size=300))
def test_deciles_follow_size(sizes: list[int]) -> None:
    decile = size_deciles(sizes)
    order = np.argsort(sizes, kind="stable")
    assert (np.diff(decile[order]) >= 0).all()
    assert decile.min() == 0
    assert decile.max() <= 9
    assert all(len({d for d, s in zip(decile, sizes, strict=True) if s == size}) == 1 for size in set(sizes))


def test_a_station_without_size_is_refused() -> None:
    with pytest.raises(StatsError, match="number 1"):
        size_deciles([10, 0, 5])


def test_coverage_counts_weight_and_width() -> None:
    found = coverage([0.1, 0.5, np.nan], [0.0, 0.6, 0.0], [0.2, 0.8, 0.1], [300, 100, 50])
    assert found.share == pytest.approx(0.75)
    assert found.width == pytest.approx(0.2)
    with pytest.raises(StatsError, match="ends before it begins"):
        coverage([0.1], [0.3], [0.2])


def test_the_floor_is_the_error_of_one_who_knows_every_probability() -> None:
    p, n = RNG.uniform(0.1, 0.6, 20_000), RNG.integers(50, 1500, 20_000)
    drawn = RNG.binomial(n, p) / n
    assert noise_floor(drawn, n) == pytest.approx(accuracy(drawn, p).rmse, rel=0.03)


def test_the_closest_third_is_chosen_by_places_not_by_stations() -> None:
    shares = np.array([[0.9, 0.1], [0.1, 0.9], [0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.6, 0.4]])
    places = np.array(["even", "even", "safe", "safe", "middling", "middling"])
    assert closest_third(shares, np.ones(6), places).tolist() == [True, True, False, False, False, False]
    with pytest.raises(StatsError, match="two blocs"):
        closest_third(shares[:, :1], np.ones(6), places)


def test_a_place_with_one_bloc_is_no_close_race() -> None:
    shares = np.array([[1.0, 0.0], [0.9, 0.1]])
    assert closest_third(shares, np.ones(2), np.array(["alone", "two"])).tolist() == [False, True]


def test_the_gain_curve_reaches_what_its_stations_hold() -> None:
    curve = gain_curve([50, 30, 20, 0, 0], [5, 4, 3, 2, 1])
    assert curve.at(0.2) == pytest.approx(0.5)
    assert curve.at(0.4) == pytest.approx(0.8)
    assert curve.at(1) == pytest.approx(1)
    by_door = gain_curve([50, 50], [2, 1], cost=[300, 100])
    assert by_door.at(0.75) == pytest.approx(0.5)


@settings(deadline=None)
@given(SHARES)
def test_equal_scores_are_visited_together(gain: np.ndarray) -> None:
    gain = gain + 0.01
    assert gain_curve(gain, np.zeros(gain.size)).at(0.2) == pytest.approx(0.2)
    best = gain_curve(gain, gain)
    assert best.at(0.2) >= 0.2 - 1e-9
    assert (np.diff(best.gain) >= 0).all()


def test_no_gain_is_refused() -> None:
    for gain, score, cost in (([0, 0], [1, 2], None), ([1, 2], [1, 2], [1, 0]), ([1, 2], [1], None)):
        with pytest.raises(StatsError):
            gain_curve(gain, score, cost)
