"""What is too small is hidden, and so is what a subtraction would give back; stations alike are alike."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoloir.maps.alike import find_alike
from isoloir.maps.disclosure import FLOOR, choose_hidden


def hidden(households: dict[str, float | None], commune: str = "X1") -> set[str]:
    table = pl.DataFrame(
        {"station_id": list(households), "commune_code": commune, "households": list(households.values())},
        schema={"station_id": pl.String, "commune_code": pl.String, "households": pl.Float64},
    )
    return set(choose_hidden(table)["station_id"])


@pytest.mark.parametrize(
    ("households", "expected"),
    [
        ({"a": 300, "b": 400}, set()),
        ({"a": 11, "b": 400}, set()),
        ({"a": 10, "b": 400, "c": 12}, {"a", "c"}),  # a alone would be the commune's total less the others
        ({"a": 6, "b": 7, "c": 500}, {"a", "b"}),  # together they are enough
        ({"a": 3}, {"a"}),
        ({"a": 0, "b": 200}, set()),  # nobody lives there
        ({"a": None, "b": 200}, set()),
    ],
)
def test_the_smallest_are_hidden_and_never_alone(households: dict[str, float | None], expected: set[str]) -> None:
    assert hidden(households) == expected


@given(st.lists(st.floats(0, 2000), max_size=12))
def test_what_is_hidden_cannot_be_subtracted(sizes: list[float]) -> None:
    named = {f"s{i}": size for i, size in enumerate(sizes)}
    gone = hidden(named)
    assert all(not 0 < size < FLOOR for name, size in named.items() if name not in gone)
    together = sum(named[name] for name in gone)
    shown = [name for name, size in named.items() if size > 0 and name not in gone]
    assert not gone or together >= FLOOR or not shown


def test_alike_is_near_and_never_oneself() -> None:
    features = np.array([[0.0, 1], [0.1, 1], [5, 9], [5.1, 9], [np.nan, 1]])
    found = find_alike(features, 2)
    assert found[0, 0] == 1
    assert found[2, 0] == 3
    assert all(own not in row for own, row in enumerate(found))


def test_the_same_everywhere_and_too_few() -> None:
    found = find_alike(np.zeros((3, 2)), 5)
    assert [sorted(row[row >= 0]) for row in found] == [[1, 2], [0, 2], [0, 1]]
    assert (find_alike(np.full((1, 2), np.nan), 5) == -1).all()
