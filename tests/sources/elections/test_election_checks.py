"""Figures that cannot be true are doubted, and those that can are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.sources.elections.checks import check, find_swaps
from isoloir.sources.reading import RESULTS, TURNOUT, Notice

FILE = Path("somewhere.csv")


def turnout(*rows: dict[str, Any]) -> pl.LazyFrame:
    usual = {"commune_code": "01001", "station_code": "0001", "election": "2017_pres_t1", "row": 2}
    usual |= {"registered": 500, "voters": 400, "valid_votes": 390}
    return pl.DataFrame([usual | row for row in rows], schema=TURNOUT).lazy()


def results(*votes: int, **also: Any) -> pl.LazyFrame:
    usual = {"commune_code": "01001", "station_code": "0001", "election": "2017_pres_t1", "row": 2} | also
    rows = [usual | {"candidate": f"C{i}", "votes": n} for i, n in enumerate(votes)]
    return pl.DataFrame(rows, schema=RESULTS).lazy()


def told(notices: list[Notice]) -> list[tuple[str, int | None, str | None]]:
    return [(n.what, n.row, n.value) for n in notices]


def test_figures_that_add_up_are_not_doubted() -> None:
    assert check(turnout({}), results(200, 190), FILE) == []


@pytest.mark.parametrize(
    ("row", "votes", "what", "value"),
    [
        ({"voters": 501}, (390,), "more voters than registered", "01001_0001 2017_pres_t1: voters 501, registered 500"),
        (
            {"valid_votes": 401},
            (401,),
            "more votes than voters",
            "01001_0001 2017_pres_t1: valid_votes 401, voters 400",
        ),
        ({}, (200, 191), "votes do not add up to the valid votes", "01001_0001 2017_pres_t1: sum 391, valid_votes 390"),
        (
            {},
            (390, 390),
            "the votes of a station are there more than once",
            "01001_0001 2017_pres_t1: sum 780, valid_votes 390",
        ),
    ],
)
def test_impossible_figures(row: dict[str, Any], votes: tuple[int, ...], what: str, value: str) -> None:
    assert told(check(turnout(row), results(*votes), FILE)) == [(what, 2, value)]


def test_a_station_given_twice() -> None:
    notices = check(turnout({"row": 2}, {"row": 7, "registered": 501}), results(390), FILE)
    assert [(n.row, n.what) for n in notices] == [(r, "the same station more than once in a round") for r in (2, 7)]


def test_mixed_lists_are_told_once_and_only_for_municipal_rounds() -> None:
    rows = [{"election": "2020_muni_t1", "station_code": f"{i:04d}", "row": i} for i in range(2, 60)]
    votes = pl.concat(
        [results(300, 350, 250, election="2020_muni_t1", station_code=f"{i:04d}", row=i) for i in range(2, 60)]
    )
    [notice] = check(turnout(*rows), votes, FILE)
    assert (notice.severity, notice.row) == ("info", None)
    assert notice.what.startswith("58 stations")
    # One candidate with more votes than there are ballots is not a mixed list.
    [notice] = check(turnout(rows[0]), results(391, 10, election="2020_muni_t1", station_code="0002"), FILE)
    assert notice.severity == "warning"


def test_stations_that_one_table_lacks() -> None:
    rows = turnout({}, {"station_code": "0002", "row": 3})
    votes = pl.concat([results(390), results(10, station_code="0003", row=9)])
    assert [(n.what, n.row) for n in check(rows, votes, FILE)] == [
        ("valid votes, but no candidate's", 3),
        ("votes, but no turnout", 9),
    ]


def test_one_table_alone_is_checked_alone() -> None:
    assert check(turnout({}), pl.LazyFrame(schema=RESULTS), FILE) == []
    assert check(pl.LazyFrame(schema=TURNOUT), results(1, 2), FILE) == []


def test_many_doubts_of_one_kind_are_counted() -> None:
    rows = turnout(*({"voters": 900, "valid_votes": 390, "station_code": f"{i:04d}", "row": i} for i in range(2, 102)))
    notices = check(rows, pl.LazyFrame(schema=RESULTS), FILE)
    assert len(notices) == 21
    assert "100 in all" in notices[-1].what


# Shares of 2007 in percent, as they were in the country.
SHARES = {"SARKOZY": 31.18, "ROYAL": 25.87, "BAYROU": 18.57, "LE PEN": 10.44, "BESANCENOT": 4.08, "DE VILLIERS": 2.23}
SHARES |= {"BUFFET": 1.93, "VOYNET": 1.57, "LAGUILLER": 1.33, "BOVÉ": 1.32, "NIHOUS": 1.15, "SCHIVARDI": 0.34}


def city(shares: dict[str, float], voters: int = 100_000) -> pl.LazyFrame:
    rows = [
        {"commune_code": "44109", "station_code": "0001", "election": "2007_pres_t1", "candidate": c, "row": 2,
         "votes": round(voters * p / 100)}
        for c, p in shares.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=RESULTS).lazy()


def test_swapped_columns_are_found_and_left() -> None:
    swapped = SHARES | {"LE PEN": SHARES["NIHOUS"], "NIHOUS": SHARES["LE PEN"]}
    [notice] = find_swaps(city(swapped), FILE)
    assert notice.value == "LE PEN / NIHOUS"
    assert "44109" in notice.what
    assert "left as they are" in notice.what


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-0.7, 0.7), min_size=12, max_size=12))
def test_places_that_vote_otherwise_are_not_swapped(strays: list[float]) -> None:
    # Each candidate up to twice as strong or half as strong as in the country.
    shares = {c: p * 2.718281828**s for (c, p), s in zip(SHARES.items(), strays, strict=True)}
    assert find_swaps(city(shares), FILE) == []


def test_a_second_round_says_nothing_of_swaps() -> None:
    votes = city({"ROYAL": 10.0, "SARKOZY": 90.0}).with_columns(election=pl.lit("2007_pres_t2"))
    assert find_swaps(votes, FILE) == []


def test_a_round_of_the_future_is_its_own_evidence() -> None:
    def place(n: int, shares: dict[str, float]) -> pl.LazyFrame:
        return city(shares).with_columns(commune_code=pl.lit(f"{n:02d}001"), election=pl.lit("2032_pres_t1"))

    honest = [place(n, SHARES) for n in range(1, 15)]
    swapped = SHARES | {"SARKOZY": SHARES["VOYNET"], "VOYNET": SHARES["SARKOZY"]}
    assert find_swaps(pl.concat(honest), FILE) == []
    notices = find_swaps(pl.concat([*honest, place(16, swapped)]), FILE)
    assert {n.value for n in notices} == {"SARKOZY / VOYNET"}
