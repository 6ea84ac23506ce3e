"""What a spreadsheet would compute is told from text, and made text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoloir.formulas import as_text, is_formula

BAD = ["=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "＝1", "＋1", "－1", "＠x", "﹦1", "a;=1", "a,@x", "a|+1"]


@pytest.mark.parametrize("cell", [*BAD, "\t=1", "\rx", "\n=1", "  =1", "\u00a0=1", "a\t-1", "a; =1"])
def test_it_is_told_and_made_text(cell: str) -> None:
    assert is_formula(cell)
    assert "'" in as_text(cell)
    assert as_text(cell).replace("'", "") == cell  # nothing else changes


@pytest.mark.parametrize(
    "cell", ["", "Zoé", "Jean-Luc", "a@exemple.fr", "2 = 2", "tracter; coller", "12 - 14 rue X", "x, - y"]
)
def test_text_stays_as_it_is(cell: str) -> None:
    assert not is_formula(cell)
    assert as_text(cell) == cell


@given(st.text(alphabet="=+-@|;,'\t ab＝", max_size=12))
def test_what_was_made_text_begins_no_formula(cell: str) -> None:
    made = as_text(cell)
    assert not made.lstrip().startswith(tuple("=+-@|＝"))
