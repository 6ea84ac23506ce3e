"""Planted effects are found without bias, intervals cover, and nothing is found where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from isoloir.errors import StatsError
from isoloir.stats.measure import measure, smallest_visible
from isoloir.stats.measure.regression import Design

CAMPAIGNS = 300


def campaign(seed: int, effect: float, stations: int = 60) -> dict[str, np.ndarray]:
    """Stations of a past and a future, one in five drawn as control, four in five of the others visited, in part."""
    rng = np.random.default_rng(seed)
    past = rng.beta(4, 8, stations)
    past = past[np.argsort(-past)]
    strata = np.arange(stations) // 5
    untouched = np.clip(0.05 + 0.85 * past + rng.normal(0, 0.03, stations) * (0.5 + past), 0.02, 0.9)
    treated = np.ones(stations, bool)
    for stratum in range(stations // 5):
        treated[stratum * 5 + rng.integers(5)] = False
    share = treated * np.where(rng.random(stations) < 0.8, rng.uniform(0.5, 1, stations), 0)
    own = effect * rng.lognormal(0, 0.3, stations)
    outcome = np.clip(untouched + own * share, 0, 1)
    return {
        "outcome": outcome, "treated": treated, "share": share, "strata": strata, "earlier": past[:, None], "own": own,
    }  # fmt: skip


@pytest.fixture(scope="module", params=[0.0, 0.03])
def campaigns(request: pytest.FixtureRequest) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Of many campaigns the errors, whether intervals covered (by draw, by visits), and the chances."""
    errors, covered, chances = [], [], []
    for seed in range(CAMPAIGNS):
        data = campaign(seed, request.param)
        own, share, treated = data.pop("own"), data["share"], data["treated"]
        found = measure(**data, seed=seed, redraws=199)
        drawn, visited = (own * share)[treated].mean(), (own * share).sum() / share.sum()
        assert found.allocation is not None
        errors.append((found.intention.value - drawn, found.allocation.value - visited))
        covered.append(
            (
                found.intention.low <= drawn <= found.intention.high,
                found.allocation.low <= visited <= found.allocation.high,
            )
        )
        chances.append(found.chance)
    return request.param, np.array(errors), np.array(covered), np.array(chances)


def test_effects_are_found_without_bias(campaigns: tuple[float, np.ndarray, np.ndarray, np.ndarray]) -> None:
    _, errors, _, _ = campaigns
    noise = errors.std(axis=0) / np.sqrt(CAMPAIGNS)
    assert (np.abs(errors.mean(axis=0)) < 3 * noise).all()


def test_intervals_cover_nine_times_in_ten(campaigns: tuple[float, np.ndarray, np.ndarray, np.ndarray]) -> None:
    _, _, covered, _ = campaigns
    assert covered.mean(axis=0) == pytest.approx([0.9, 0.9], abs=0.035)  # two standard errors of 300 campaigns


def test_nothing_is_found_where_nothing_is(campaigns: tuple[float, np.ndarray, np.ndarray, np.ndarray]) -> None:
    effect, _, _, chances = campaigns
    if effect == 0:
        assert (chances <= 0.10).mean() < 0.135
        assert (chances <= 0.50).mean() == pytest.approx(0.5, abs=0.07)
    else:
        assert (chances <= 0.10).mean() > 0.5


def test_what_is_said_to_be_visible_is_seen_four_times_in_five() -> None:
    seen, promised = [], float(np.mean([measure(**_arrays(campaign(s, 0.0))).intention.visible for s in range(40)]))
    for seed in range(200):
        data = campaign(seed, 0.0)
        data["outcome"] = np.clip(data["outcome"] + promised * data["treated"], 0, 1)
        found = measure(**_arrays(data), redraws=1).intention
        seen.append(found.low > 0)
    assert np.mean(seen) == pytest.approx(0.8, abs=0.09)


def _arrays(data: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {k: v for k, v in data.items() if k != "own"}


# The regression


def test_two_groups_give_welch() -> None:
    rng = np.random.default_rng(0)
    y, arm = rng.normal(0, 1, 30), np.repeat([0.0, 1.0], [10, 20])
    y[arm == 1] *= 3
    fit = Design(np.ones((30, 1)), np.arange(30)).fit(y, arm)
    parts = [y[arm == a].var(ddof=1) / (arm == a).sum() for a in (0, 1)]
    assert fit.value == pytest.approx(y[arm == 1].mean() - y[arm == 0].mean())
    assert fit.error == pytest.approx(np.sqrt(sum(parts)))  # HC2 in two groups is Welch's
    assert 1 < fit.freedom < 29


def test_stations_of_one_cluster_count_once() -> None:
    data = _arrays(campaign(3, 0.02))
    twice = {k: np.repeat(v, 2, axis=0) for k, v in data.items()}
    one = measure(**data).intention
    same = measure(**twice, clusters=np.repeat(np.arange(60), 2)).intention
    naive = measure(**twice).intention
    assert same.value == pytest.approx(one.value)
    assert same.error == pytest.approx(one.error, rel=0.05)
    assert naive.error < 0.8 * one.error


def test_the_earlier_result_makes_errors_smaller() -> None:
    data = _arrays(campaign(1, 0.02))
    blind = data | {"earlier": np.zeros((60, 0)), "strata": np.zeros(60, int)}
    assert measure(**data).intention.error < 0.8 * measure(**blind).intention.error


def test_the_smallest_visible_effect_is_two_quantiles() -> None:
    assert smallest_visible(1.0, 1e6) == pytest.approx(1.645 + 0.842, abs=1e-3)
    assert smallest_visible(2.0, 8) == pytest.approx(2 * (student.ppf(0.95, 8) + student.ppf(0.8, 8)))


# What is missing or wrong


def test_strata_without_both_arms_and_stations_without_results_are_left_out_and_counted() -> None:
    data = _arrays(campaign(0, 0.02))
    data["treated"][:5] = True
    data["outcome"][7] = np.nan
    found = measure(**data).intention
    assert found.left_out >= 6
    assert found.stations + found.left_out == 60
    assert np.isfinite([found.value, found.error, found.visible]).all()


def test_unknown_earlier_results_do_not_spread() -> None:
    data = _arrays(campaign(0, 0.02))
    data["earlier"][[3, 30]] = np.nan
    assert np.isfinite(measure(**data).intention.value)
    data["earlier"][:] = np.nan
    assert np.isfinite(measure(**data).intention.value)


def test_visits_that_do_not_follow_the_draw_tell_no_effect_of_a_visit() -> None:
    data = _arrays(campaign(0, 0.0))
    for share in (np.zeros(60), np.random.default_rng(0).random(60)):
        assert measure(**data | {"share": share}).allocation is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"treated": np.ones(60, bool)}, "both a station"),
        ({"outcome": np.full(60, np.nan)}, "both a station"),
        ({"outcome": np.full(60, 1.5)}, "share from 0 to 1"),
        ({"share": np.full(60, np.nan)}, "from 0 to 1"),
        ({"share": np.full(60, 1.2)}, "from 0 to 1"),
        ({"strata": np.arange(59)}, "of one length"),
        ({"earlier": np.eye(60)}, "do not differ|too few"),
    ],
)
def test_bad_input_is_refused(change: dict[str, np.ndarray], complaint: str) -> None:
    with pytest.raises(StatsError, match=complaint):
        measure(**_arrays(campaign(0, 0.0)) | change)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 12), st.integers(0, 1000), st.floats(0, 0.2))
def test_any_campaign_gives_figures_or_a_reason(strata: int, seed: int, effect: float) -> None:
    data = campaign(seed, effect, 5 * strata)
    try:
        found = measure(**_arrays(data), redraws=19)
    except StatsError:
        return
    for one in (found.intention, found.allocation):
        if one is not None:
            assert one.low <= one.value <= one.high
            assert np.isfinite([one.low, one.high, one.visible, one.freedom]).all()
    assert 0 < found.chance <= 1
