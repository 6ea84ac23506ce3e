"""Holding out elections: the baselines in worlds that obey them, and that nobody sees what is held out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.errors import StatsError
from isoloir.stats.backtest.baselines import BASELINES, raked
from isoloir.stats.backtest.question import Answer, Floats, Question
from isoloir.stats.backtest.reach import reach
from isoloir.stats.backtest.sample import sample_of
from isoloir.stats.backtest.sizes import by_size
from isoloir.stats.backtest.summary import comparable, evidence, table
from isoloir.stats.backtest.trial import Mode, Trial, ask, hold_out, scores
from isoloir.stats.history import History, Round

RNG = np.random.default_rng(1)
S, COMMUNES = 240, 40
BLOCS = ("left", "centre", "right")
REGISTERED = RNG.integers(80, 1500, S).astype(float)
BASE = RNG.dirichlet((8, 6, 6), S)
QUIET = RNG.uniform(0.2, 0.4, S)
YEARS = {
    "2012_pres_t1": 0,
    "2014_euro_t1": 1,
    "2017_pres_t1": 2,
    "2017_legi_t1": 3,
    "2022_pres_t1": 4,
    "2022_legi_t1": 5,
}


def round_of(election: str, shares: Floats, abstention: Floats, stood: np.ndarray | None = None) -> Round:
    year, kind, number = election.split("_")
    return Round(
        election=election,
        type=kind,
        date=date(int(year), 4 if kind == "pres" else 6, int(number[1])),
        round=int(number[1]),
        registered=REGISTERED,
        abstention=abstention,
        shares=shares,
        stood=np.ones(shares.shape, bool) if stood is None else stood,
        quality=np.full(S, "A"),
    )


def country(rounds: list[Round]) -> History:
    commune = np.arange(S) % COMMUNES
    return History(
        station_id=np.array([f"X1{c:03d}_{i:04d}" for i, c in enumerate(commune)]),
        commune=np.array([f"X1{c:03d}" for c in commune]),
        constituency=np.array([f"X1-{c % 5}" for c in commune]),
        departement=np.where(commune < 20, "X1", "X2"),
        position=RNG.uniform(0, 1, (S, 2)),
        registered=REGISTERED,
        census=RNG.normal(size=(S, 3)),
        census_names=("a", "b", "c"),
        blocs=BLOCS,
        rounds=tuple(rounds),
    )


def swinging(noise: float = 0.0) -> History:
    """Stations keep their distance to the nation, which moves; noise of so many points beside."""
    out = []
    for number, election in enumerate(YEARS):
        move = np.array([0.02, -0.01, -0.01]) * number
        shares = np.clip(BASE + move + RNG.normal(0, noise, BASE.shape), 0.001, None)
        out.append(round_of(election, shares / shares.sum(axis=1, keepdims=True), QUIET + 0.05 * number))
    return country(out)


def error(trial: Trial, method: str) -> float:
    return float(np.nanmax(np.abs(trial.answers[method].mean - trial.truth)))


def test_swings_are_exact_where_every_station_moves_alike() -> None:
    trial = ask(swinging(), "2022_legi_t1", BASELINES)
    assert error(trial, "uniform_swing") < 0.01  # who counts as a voter differs a little from who registered
    assert error(trial, "composite") < 0.01
    assert error(trial, "same_as_last") > 0.02


def test_a_proportional_swing_is_exact_where_shares_are_multiplied() -> None:
    grown = BASE * [1.3, 1.0, 0.8]
    grown /= grown.sum(axis=1, keepdims=True)
    history = country([round_of("2017_pres_t1", BASE, QUIET), round_of("2022_pres_t1", grown, QUIET * 1.2)])
    trial = ask(history, "2022_pres_t1", BASELINES)
    assert error(trial, "proportional_swing") < 0.001
    assert error(trial, "uniform_swing") > 0.005


def test_repeating_is_exact_where_nothing_changes_and_of_the_type_where_only_that_repeats() -> None:
    same = country([round_of(e, BASE, QUIET) for e in ("2017_pres_t1", "2022_pres_t1")])
    assert error(ask(same, "2022_pres_t1", BASELINES), "same_as_last") < 1e-9
    other = BASE[::-1]
    kinds = country(
        [
            round_of("2017_legi_t1", BASE, QUIET),
            round_of("2022_pres_t1", other, QUIET),
            round_of("2022_legi_t1", BASE, QUIET),
        ]
    )
    trial = ask(kinds, "2022_legi_t1", BASELINES)
    assert error(trial, "last_of_type") < 1e-9
    assert error(trial, "same_as_last") > 0.1


def test_the_commune_mean_is_exact_where_communes_are_of_one_mind() -> None:
    commune = np.arange(S) % COMMUNES
    shares = BASE[commune]
    history = country([round_of(e, shares, QUIET[commune]) for e in ("2017_pres_t1", "2022_pres_t1")])
    assert error(ask(history, "2022_pres_t1", BASELINES), "commune_mean") < 1e-6


def test_the_regression_learns_that_distances_shrink() -> None:
    mean = BASE.mean(axis=0)
    rounds = [round_of(e, mean + (BASE - mean) * 0.7**n, QUIET) for n, e in enumerate(YEARS)]
    trial = ask(country(rounds), "2022_legi_t1", BASELINES)
    assert error(trial, "lagged_ridge") < error(trial, "uniform_swing") / 3


@pytest.mark.parametrize("mode", ["rolling", "leave-one-out"])
def test_nobody_sees_what_is_held_out(mode: Mode) -> None:
    history = swinging(0.03)
    second = round_of("2022_legi_t2", BASE[::-1].copy(), QUIET)
    hidden = [replace(r, shares=r.shares[::-1].copy()) if r.election == "2022_legi_t1" else r for r in history.rounds]
    one, _ = hold_out(replace(history, rounds=(*history.rounds, second)), "2022_legi_t1", mode)
    two, _ = hold_out(replace(history, rounds=(*hidden, second)), "2022_legi_t1", mode)
    assert not {r.election for r in one.history.rounds} & {"2022_legi_t1", "2022_legi_t2"}
    two = replace(two, national=one.national)
    for name, method in BASELINES.items():
        first, again = method(one), method(two)
        assert first is not None
        assert again is not None
        np.testing.assert_array_equal(first.mean, again.mean, err_msg=name)


def test_what_comes_later_is_there_only_when_asked_for() -> None:
    history = swinging()
    assert len(hold_out(history, "2017_pres_t1", "rolling")[0].history.rounds) == 2
    assert len(hold_out(history, "2017_pres_t1", "leave-one-out")[0].history.rounds) == 5


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_every_baseline_answers_everywhere_and_obeys_who_stands(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rounds = []
    for election in YEARS:
        stood = rng.random((S, 3)) < 0.8
        stood[:, 0] |= ~stood.any(axis=1)
        shares = np.where(stood, rng.dirichlet((3, 3, 3), S) + 1e-3, 0)
        shares /= shares.sum(axis=1, keepdims=True)
        unknown = rng.random(S) < 0.1
        shares[unknown] = np.nan
        rounds.append(round_of(election, shares, np.where(unknown, np.nan, QUIET), stood))
    trial = ask(country(rounds), "2022_legi_t1", BASELINES)
    national = trial.question.national
    assert national.sum() == pytest.approx(1 + national[-1])
    for name, answer in trial.answers.items():
        assert answer.mean.shape == (S, 4), name
        assert np.isfinite(answer.mean).all(), name
        assert ((answer.mean >= 0) & (answer.mean <= 1 + 1e-9)).all(), name
        assert (answer.mean[:, :-1][~trial.question.stands] == 0).all(), name
        np.testing.assert_allclose(answer.mean[:, :-1].sum(axis=1), 1, err_msg=name)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_raked_shares_meet_stations_and_the_nation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares, weights = rng.dirichlet((2, 2, 2, 2), 80), rng.uniform(50, 900, 80)
    stands = rng.random(shares.shape) < 0.85
    stands[:, 0] = True
    wanted = rng.dirichlet((5, 5, 5, 5)) * 0.8 + 0.05
    national = wanted * np.where([True, *[True] * 3], 1, 0)
    found = raked(shares, stands, national, weights)
    np.testing.assert_allclose(found.sum(axis=1), national.sum())
    assert (found[~stands] == 0).all()
    if stands.mean() > 0.9:
        np.testing.assert_allclose(weights @ found / weights.sum(), national, atol=2e-3)


def test_a_round_of_one_city_is_no_level_for_the_country() -> None:
    history = swinging()
    city = np.arange(S) % COMMUNES == 0
    partial = round_of("2020_euro_t1", np.where(city[:, None], BASE[::-1], np.nan), np.where(city, QUIET, np.nan))
    rounds = sorted((*history.rounds, partial), key=lambda r: r.date)
    question, _ = hold_out(replace(history, rounds=tuple(rounds)), "2022_pres_t1")
    assert question.earlier()[0].election == "2017_legi_t1"


def test_what_cannot_be_held_out_is_refused() -> None:
    history = swinging()
    blank = [replace(r, shares=np.full_like(r.shares, np.nan)) if r.type == "euro" else r for r in history.rounds]
    for election, says in (
        ("1999_euro_t1", "no 1999_euro_t1"),
        ("2012_pres_t1", "first election"),
        ("2014_euro_t1", "no result"),
    ):
        with pytest.raises(StatsError, match=says):
            hold_out(replace(history, rounds=tuple(blank)), election)
    with pytest.raises(StatsError, match="no method"):
        ask(history, "2022_pres_t1", {"mute": lambda _question: None})


def test_a_bloc_is_judged_only_where_it_stands() -> None:
    history = swinging(0.02)
    stood = np.ones((S, 3), bool)
    stood[: S // 2, 2] = False
    last = history.rounds[-1]
    shares = np.where(stood, last.shares, 0)
    history = replace(
        history,
        rounds=(*history.rounds[:-1], replace(last, shares=shares / shares.sum(axis=1, keepdims=True), stood=stood)),
    )
    found = {(s.method, s.column): s for s in scores(ask(history, "2022_legi_t1", BASELINES))}
    assert found["composite", "right"].everywhere.stations == S - S // 2
    assert found["composite", "left"].everywhere.stations == S


def sure(question: Question) -> Answer:
    """A method whose intervals are right by construction: the composite, and a width from sizes alone."""
    said = BASELINES["composite"](question)
    assert said is not None
    half = np.full_like(said.mean, 0.05)
    return Answer(said.mean, said.mean - half, said.mean + half)


def test_scores_by_size_see_that_small_stations_are_harder() -> None:
    history = swinging()
    last = history.rounds[-1]
    drawn = np.stack([RNG.multinomial(max(int(n * 0.6), 1), p) for n, p in zip(REGISTERED, last.shares, strict=True)])
    noisy = replace(last, shares=drawn / drawn.sum(axis=1, keepdims=True))
    trial = ask(replace(history, rounds=(*history.rounds[:-1], noisy)), "2022_legi_t1", {"composite": sure})
    found = by_size([trial], "composite", "blocs")
    assert (np.diff(found.registered) > 0).all()
    assert found.rmse[0] > 2 * found.rmse[9]
    assert found.cover[0] < found.cover[9]
    np.testing.assert_allclose(found.width, 0.1)
    np.testing.assert_allclose(found.rmse, found.floor, rtol=0.5)  # the nation is known: chance is what is left
    assert np.isnan(by_size([trial], "absent", "blocs").rmse).all()


def test_size_earns_nothing_where_a_station_costs_its_voters() -> None:
    flat = np.tile([0.4, 0.3, 0.3], (S, 1))
    history = country([round_of(e, flat, np.full(S, 0.3)) for e in ("2017_pres_t1", "2022_pres_t1")])
    found = reach(ask(history, "2022_pres_t1", BASELINES), "left", "composite")
    assert found is not None
    assert found.by_voter["perfect"].at(0.2) == pytest.approx(0.2, abs=0.01)
    assert found.by_voter["composite"].at(0.2) == pytest.approx(0.2, abs=0.01)
    assert found.by_station["size"].at(0.2) == pytest.approx(found.by_station["perfect"].at(0.2), abs=0.01)
    assert found.by_station["size"].at(0.2) > 0.3


def test_no_reserve_where_nobody_voted_for_the_bloc() -> None:
    none = np.column_stack([np.zeros(S), BASE[:, 1:] / BASE[:, 1:].sum(axis=1, keepdims=True)])
    history = country([round_of(e, none, QUIET) for e in ("2017_pres_t1", "2022_pres_t1")])
    assert reach(ask(history, "2022_pres_t1", BASELINES), "left", "composite") is None


def test_means_are_of_the_elections_that_all_could_predict() -> None:
    history = swinging(0.02)
    every = [s for e in list(YEARS)[1:] for s in scores(ask(history, e, BASELINES))]
    same = comparable(every)
    assert {s.election for s in same} == {
        "2017_pres_t1",
        "2022_pres_t1",
        "2022_legi_t1",
    }  # others have no earlier of their type
    mae = table(same, "mae")
    assert set(mae) == set(BASELINES)
    assert mae["composite"]["left"] == pytest.approx(
        np.mean([s.everywhere.mae for s in same if (s.method, s.column) == ("composite", "left")])
    )
    found = evidence(same, [], "composite")
    assert found.contests == 3 * 4
    assert found.rival in BASELINES
    assert found.closer == pytest.approx(1 - sum(mae["composite"].values()) / sum(mae[found.rival].values()))
    assert np.isnan(found.cover)


def test_a_sample_keeps_whole_communes() -> None:
    history = swinging()
    part = sample_of(history, 60)
    assert 60 <= len(part.station_id) <= 66
    assert all((part.commune == c).sum() == (history.commune == c).sum() for c in set(part.commune))
    assert part.rounds[0].shares.shape == (len(part.station_id), 3)
    assert len(sample_of(history, 10_000).station_id) == S
    with pytest.raises(StatsError):
        sample_of(history, 0)


def test_a_method_that_refuses_is_told_and_the_others_answer() -> None:
    def refuse(_question: Question) -> Answer | None:
        raise StatsError("too little is known")

    trial = ask(swinging(), "2022_legi_t1", {"proud": refuse, **BASELINES})
    assert trial.refused == {"proud": "too little is known"}
    assert set(trial.answers) == set(BASELINES)


def test_where_nobody_is_known_to_stand_the_usual_ones_do() -> None:
    history = swinging()
    last = history.rounds[-1]
    stood = np.tile([True, True, False], (S, 1))
    stood[:10] = False
    shares = np.where(stood, last.shares, 0)
    shares = np.where(stood.any(axis=1)[:, None], shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-9), np.nan)
    history = replace(history, rounds=(*history.rounds[:-1], replace(last, shares=shares, stood=stood)))
    trial = ask(history, "2022_legi_t1", BASELINES)
    assert trial.question.stands[:10].tolist() == [[True, True, False]] * 10
    assert np.isnan(trial.truth[:10, :3]).all()
