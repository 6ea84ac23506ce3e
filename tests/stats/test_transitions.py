"""Transitions: margins, bounds, seeds, bad input, planted truths and true tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.errors import StatsError
from isoloir.stats.transitions import Transitions, balance, bounds, estimate, estimate_many
from isoloir.stats.transitions.margins import rake
from isoloir.stats.transitions.matching import align_rows


def planted(seed: int, stations: int = 60, rows: int = 4, columns: int = 3, sway: float = 0.3) -> np.ndarray:
    """True tables (stations, R, C): each station sways every origin alike, and by itself."""
    rng = np.random.default_rng(seed)
    lift = rng.normal(0, 1.0, (rows, columns)) + 2 * np.eye(rows, columns)
    tables = np.zeros((stations, rows, columns))
    for u in range(stations):
        size = rng.multinomial(rng.integers(200, 1200), rng.dirichlet(np.full(rows, 4.0)))
        logits = lift + rng.normal(0, sway, columns)
        share = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        tables[u] = [rng.multinomial(n, p) for n, p in zip(size, share, strict=True)]
    return tables


def check(found: Transitions, x: np.ndarray, y: np.ndarray) -> None:
    """What must hold whatever the input."""
    np.testing.assert_allclose(found.tables.sum(2), x, atol=1e-6 * x.max())
    np.testing.assert_allclose(found.tables.sum(1), y, atol=1e-6 * x.max())
    assert (found.tables >= 0).all()
    np.testing.assert_allclose(found.shares.sum(1), 1, atol=1e-6)
    assert (found.share_low <= found.share_high).all()
    assert (found.bound_low - 1e-6 <= found.shares).all()
    assert (found.shares <= found.bound_high + 1e-6).all()
    assert (found.bound_low <= found.share_low).all()
    assert (found.share_high <= found.bound_high).all()
    for array in (found.shares, found.share_low, found.share_high, found.tables):
        assert np.isfinite(array).all()


def error(found: np.ndarray, true: np.ndarray) -> float:
    return float(50 * np.abs(found - true).sum() / true.sum())


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_margins_give_tables_that_match_them(data: st.DataObject) -> None:
    stations, rows, columns = (data.draw(st.integers(2, 6)) for _ in range(3))
    cells = st.lists(st.integers(0, 300), min_size=rows * columns, max_size=rows * columns)
    tables = np.array([data.draw(cells) for _ in range(stations)], dtype=float).reshape(stations, rows, columns)
    x, y = tables.sum(2), tables.sum(1)
    usable = (x.sum(0) > 0).all() and (y.sum(0) > 0).all() and (x.sum(1) > 0).sum() >= 2
    if not usable:
        with pytest.raises(StatsError):
            estimate(x, y)
        return
    found = estimate(x, y, groups=np.arange(stations) < 2 if (x[:2].sum() and x[2:].sum() and stations > 3) else None)
    check(found, x, y)
    low, high = bounds(x, y)
    true = tables.sum(0) / x.sum(0)[:, None]
    assert (low <= true + 1e-9).all()
    assert (true <= high + 1e-9).all()


def test_the_same_seed_gives_the_same_answer() -> None:
    tables = planted(1)
    x, y = tables.sum(2), tables.sum(1)
    one, two, other = estimate(x, y, seed=3), estimate(x, y, seed=3), estimate(x, y, seed=4)
    assert np.array_equal(one.share_low, two.share_low)
    assert np.array_equal(one.tables, two.tables)
    assert np.array_equal(one.tables, other.tables)
    assert not np.array_equal(one.share_low, other.share_low)


def test_planted_transitions_are_found_and_covered() -> None:
    errors, covered = [], []
    for seed in range(8):
        tables = planted(seed)
        found = estimate(tables.sum(2), tables.sum(1))
        true = tables.sum(0)
        chance = np.outer(true.sum(1), true.sum(0)) / true.sum()
        errors.append(error(found.votes, true) / error(chance, true))
        share = true / true.sum(1, keepdims=True)
        covered.append(((found.share_low <= share) & (share <= found.share_high)).mean())
    assert np.mean(errors) < 0.45
    assert np.mean(covered) > 0.85


def test_groups_are_pooled_and_returned() -> None:
    tables = planted(5, stations=90)
    x, y = tables.sum(2), tables.sum(1)
    groups = np.repeat(["a", "b", "c"], 30)
    found = estimate(x, y, groups=groups)
    check(found, x, y)
    assert list(found.by_group) == ["a", "b", "c"]
    for name, part in found.by_group.items():
        check(part, x[groups == name], y[groups == name])
        assert np.array_equal(part.tables, found.tables[groups == name])


def test_candidates_are_matched_with_parties_in_any_order() -> None:
    districts, orders = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        tables = planted(seed, rows=4, columns=4)
        order = rng.permutation(4)
        districts.append((tables.sum(2), tables.sum(1)[:, order]))
        orders.append(order)
    found = estimate_many(districts)
    right = sum((f.matched == order).sum() for f, order in zip(found, orders, strict=True))
    assert right >= 22
    for result, (x, y) in zip(found, districts, strict=True):
        check(result, x, y)


def test_rows_of_a_district_without_a_small_party_are_put_back_in_place() -> None:
    votes = [np.array([500.0, 3, 300, 2, 100]), np.array([450.0, 4, 330, 1, 90]), np.array([480.0, 310, 2, 95])]
    assert align_rows(votes)[2].tolist() == [0, 2, 3, 4]
    x = np.array([[50.0, 30, 20], [20, 50, 30], [60, 20, 20]])
    y = np.array([[60.0, 40], [30, 70], [65, 35]])
    found = estimate_many([(x, y), (x, y), (x[:, :2] + [[20, 0], [30, 0], [0, 20]], y)])
    assert [f.shares.shape for f in found] == [(3, 2), (3, 2), (2, 2)]


def test_raking_of_two_by_two_keeps_the_odds_ratio() -> None:
    table = np.array([[4.0, 1], [1, 4]])
    out = rake(table, np.array([30.0, 70]), np.array([50.0, 50]))
    assert out.sum(1) == pytest.approx([30, 70])
    assert out.sum(0) == pytest.approx([50, 50])
    assert out[0, 0] * out[1, 1] / (out[0, 1] * out[1, 0]) == pytest.approx(16)


def test_balance_scales_origins_to_the_voters_of_today() -> None:
    out = balance([[10, 30], [0, 0]], [[20, 60], [0, 0]])
    assert out.tolist() == [[20, 60], [0, 0]]
    with pytest.raises(StatsError, match="station 1 has 5 registered voters now and none before"):
        balance([[10, 30], [0, 0]], [[20, 60], [5, 0]])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([[1, 2], [3, 4]], [[1, 2], [3, 5]], "station 1 has 7 registered voters in the origins and 8"),
        ([[1, 2], [3, -4]], [[1, 2], [3, 5]], "station 1, option 1 holds -4"),
        ([[1, float("nan")], [3, 4]], [[1, 2], [3, 4]], "station 0, option 1 holds nan"),
        ([[1, 0], [3, 0]], [[1, 0], [1, 2]], "origins: nobody chose option 1"),
        ([[1, 1], [3, 1]], [[0, 2], [0, 4]], "destinations: nobody chose option 0"),
        ([[1, 2]], [[2, 1]], "one station with voters"),
        ([[1, 2], [0, 0]], [[2, 1], [0, 0]], "one station with voters"),
        ([[0, 0], [0, 0]], [[0, 0], [0, 0]], "no station has a registered voter"),
        ([[1, 2]], [[2, 1], [1, 1]], "1 stations in the origins and 2"),
        ([["a", "b"]], [[2, 1]], "counts of voters expected"),
        ([1, 2], [2, 1], "a table of stations by 2 options"),
    ],
)
def test_bad_margins_are_refused(x: object, y: object, message: str) -> None:
    with pytest.raises(StatsError, match=message):
        estimate(x, y)  # type: ignore[arg-type]


def test_bad_groups_and_districts_are_refused() -> None:
    good = [[10, 20], [20, 10]]
    with pytest.raises(StatsError, match="one label a station"):
        estimate(good, good, groups=["a"])
    with pytest.raises(StatsError, match="station 1 has no label"):
        estimate(good, good, groups=np.array(["a", None], dtype=object))
    with pytest.raises(StatsError, match="group 'b': no station has a registered voter"):
        estimate([*good, [0, 0]], [*good, [0, 0]], groups=["a", "a", "b"])
    with pytest.raises(StatsError, match="no district"):
        estimate_many([])
    with pytest.raises(StatsError, match="district 1: station 0"):
        estimate_many([(good, good), ([[1, 1], [1, 1]], [[1, 2], [1, 1]])])


def test_a_district_of_new_zealand_with_its_true_table(real_data: Path) -> None:
    """Sixteen districts of 2008 alone: the error stays far under independence and the intervals cover."""
    folder = real_data / "ecological"
    pairs, truths = [], []
    units = pl.read_parquet(folder / "new_zealand_2002_2014_units.parquet").filter(
        (pl.col("election") == "ei_NZ_2008") & (pl.col("district_no") <= 16)
    )
    true = pl.read_parquet(folder / "new_zealand_2002_2014_true_cross.parquet").filter(
        pl.col("election") == "ei_NZ_2008"
    )
    for number in range(1, 17):
        margin = {}
        for side in ("row", "col"):
            part = units.filter((pl.col("district_no") == number) & (pl.col("side") == side))
            margin[side] = np.zeros((part["unit"].max(), part["opt"].max()))
            margin[side][part["unit"] - 1, part["opt"] - 1] = part["votes"]
        cells = true.filter(pl.col("district_no") == number)
        table = np.zeros((margin["row"].shape[1], margin["col"].shape[1]))
        table[cells["row_opt"] - 1, cells["col_opt"] - 1] = cells["votes"]
        pairs.append((margin["row"], margin["col"]))
        truths.append(table)
    found = estimate_many(pairs)
    assert np.mean([error(f.votes, t) for f, t in zip(found, truths, strict=True)]) < 6.5
    covered = [
        ((f.share_low - 1e-9 <= s) & (s <= f.share_high + 1e-9)).mean()
        for f, s in ((f, t / t.sum(1, keepdims=True)) for f, t in zip(found, truths, strict=True))
    ]
    assert np.mean(covered) > 0.85


def test_an_option_missing_in_one_group_gets_no_voter_there() -> None:
    tables = planted(7, stations=40)
    tables[:20, :, 2] = 0
    x, y = tables.sum(2), tables.sum(1)
    found = estimate(x, y, groups=np.repeat(["without", "with"], 20))
    check(found, x, y)
    assert found.by_group["without"].votes[:, 2].max() == 0
    alone = estimate_many([(x[20:], y[20:])])
    check(alone[0], x[20:], y[20:])


def test_precincts_of_carolina_are_nearer_than_by_ipf(real_data: Path) -> None:
    table = pl.read_csv(real_data / "ecological" / "senc.csv")
    cells = [f"{race}{party}" for race in ("wh", "bl", "natam") for party in ("dem", "rep", "non")]
    true = table.select(cells).to_numpy().astype(float).reshape(-1, 3, 3)
    x, y = true.sum(2), true.sum(1)
    within = x[:, :, None] * y[:, None, :] / x.sum(1)[:, None, None]
    for groups in (None, table["county"].to_numpy()):
        assert error(estimate(x, y, groups=groups).tables, true) < 0.3 * error(within, true)


def test_the_simulated_country_is_known_better_than_by_least_squares(fiction: Path) -> None:
    """Least squares as it is usually done: negative shares cut, rows scaled to one."""
    truth = pl.read_parquet(fiction / "truth" / "transitions.parquet").filter(
        (pl.col("from_election") == "2017_pres_t1") & (pl.col("to_election") == "2022_pres_t1")
    )
    keys = [pl.concat_str("commune_code", "station_code"), pl.col("origin"), pl.col("destination")]
    codes = [truth.select(k.rank("dense") - 1).to_series().to_numpy() for k in keys]
    true = np.zeros([c.max() + 1 for c in codes])
    np.add.at(true, tuple(codes), truth["voters"].to_numpy())
    x, y = true.sum(2), true.sum(1)
    share = np.clip(np.linalg.lstsq(x, y, rcond=None)[0], 0, None)
    squares = share / share.sum(1, keepdims=True) * x.sum(0)[:, None]
    found = estimate(x, y)
    check(found, x, y)
    assert error(found.votes, true.sum(0)) < 0.8 * error(squares, true.sum(0))


def test_covariates_that_tell_of_the_place_bring_the_truth_nearer() -> None:
    """The place pulls every origin alike, before and now; what is not loyalty looks like it without the covariates."""
    without, within, noise = [], [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        stations, rows, columns = 120, 5, 5
        trait = rng.normal(0, 1, (stations, 2))
        pull = trait @ rng.normal(0, 0.35, (2, columns))
        mix = np.exp(rng.normal(0, 0.15, (stations, rows)) + pull)
        lift = rng.normal(0, 0.4, (rows, columns)) + 1.5 * np.eye(rows)
        share = np.exp(lift[None] + pull[:, None])
        tables = np.zeros((stations, rows, columns))
        for u in range(stations):
            size = rng.multinomial(800, mix[u] / mix[u].sum())
            tables[u] = [rng.multinomial(n, p / p.sum()) for n, p in zip(size, share[u], strict=True)]
        x, y, true = tables.sum(2), tables.sum(1), tables.sum(0)
        without.append(error(estimate(x, y).votes, true))
        found = estimate(x, y, covariates=trait * [1, 1000])
        check(found, x, y)
        within.append(error(found.votes, true))
        noise.append(error(estimate(x, y, covariates=rng.normal(size=(stations, 3))).votes, true))
    assert np.mean(within) < 0.85 * np.mean(without)
    assert np.mean(noise) < 1.05 * np.mean(without)


def test_covariates_without_a_difference_change_nothing() -> None:
    tables = planted(2)
    x, y = tables.sum(2), tables.sum(1)
    groups = np.arange(len(x)) % 2
    for none in (np.ones((len(x), 2)), np.zeros((len(x), 0))):
        np.testing.assert_allclose(
            estimate(x, y, groups, covariates=none).tables, estimate(x, y, groups).tables, atol=1e-6
        )


def test_bad_covariates_are_refused() -> None:
    good = [[10, 20], [20, 10]]
    with pytest.raises(StatsError, match="one row a station expected"):
        estimate(good, good, covariates=[[1.0]])
    with pytest.raises(StatsError, match="station 1 has no value of covariate 0"):
        estimate(good, good, covariates=[[1.0], [float("nan")]])
    with pytest.raises(StatsError, match="numbers expected"):
        estimate(good, good, covariates=[["a"], ["b"]])
