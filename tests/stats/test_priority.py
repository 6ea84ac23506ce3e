"""The index of 2012, its parts, ranks and levels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoloir.errors import StatsError
from isoloir.stats.priority import ordinary, po_index


def test_the_index_is_abstention_times_support() -> None:
    found = po_index([1000.0], [800.0], [780.0], [390.0])
    assert found.abstention_share[0] == pytest.approx(0.2)
    assert found.support_share[0] == pytest.approx(0.5)
    assert found.score[0] == pytest.approx(0.1)


def test_ties_share_a_rank_and_unknown_stations_have_none() -> None:
    found = po_index([100.0] * 4, [50.0, 50.0, 90.0, np.nan], [50.0, 50.0, 90.0, 40.0], [25.0, 25.0, 9.0, 20.0])
    assert found.rank.tolist() == [1, 1, 3, 0]
    assert found.level[3] == 0
    assert np.isnan(found.score[3])


def test_an_empty_station_has_no_score() -> None:
    found = po_index([0.0, 100.0], [0.0, 50.0], [0.0, 50.0], [0.0, 10.0])
    assert found.rank.tolist() == [0, 1]


def test_a_station_of_few_voters_or_votes_is_not_for_ranking() -> None:
    registered, valid = np.array([99.0, 800.0, 282.0]), np.array([60.0, 600.0, 2.0])
    assert ordinary(registered, valid).tolist() == [False, True, False]
    assert ordinary(registered[::2], valid[::2]).all(), "where all are small they are ranked among themselves"


@pytest.mark.parametrize(
    "counts",
    [
        ([100.0], [50.0, 2.0], [50.0], [10.0]),
        ([100.0], [50.0], [50.0], [-1.0]),
        ([0.0], [0.0], [0.0], [0.0]),
        ([], [], [], []),
    ],
)
def test_what_cannot_be_ranked_is_refused(counts: tuple[list[float], ...]) -> None:
    with pytest.raises(StatsError):
        po_index(*counts)


@given(st.lists(st.tuples(st.integers(1, 3000), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=200))
def test_levels_are_fifths_in_the_order_of_the_score(rows: list[tuple[int, float, float]]) -> None:
    registered = np.array([r[0] for r in rows], float)
    voters = np.maximum(registered * [r[1] for r in rows], 1e-9)
    found = po_index(registered, voters, voters, voters * [r[2] for r in rows])
    order = np.argsort(-found.score, kind="stable")
    assert (np.diff(found.level[order]) >= 0).all()
    assert (found.level >= 1).all()
    assert (found.level <= 5).all()
    assert found.rank.min() == 1
    # no level holds more than its fifth, unless ties fill it
    for level in range(1, 6):
        distinct = np.unique(found.rank[found.level == level])
        assert len(distinct) <= -(-len(rows) // 5)
