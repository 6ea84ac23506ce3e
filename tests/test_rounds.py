"""Which source is kept where several give the same round of the same commune."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isoloir.sources.reading import RESULTS, TURNOUT, Entry, Source
from isoloir.stations.inputs import Part, Readings
from isoloir.stations.rounds import kept_results, kept_rounds


def source(name: str, priority: int) -> Source:
    title = {"fr": name, "en": name}
    return Source(name, title, "p", "l", "https://x", "a:b", "2022", (Entry("*"),), priority=priority)


def turnout(*rows: tuple[str, str, str, int, int]) -> pl.LazyFrame:
    full = [(c, s, e, None, r, v, 0, 0, v, n) for n, (c, s, e, r, v) in enumerate(rows, 2)]
    return pl.LazyFrame(full, schema=TURNOUT, orient="row")


def results(*rows: tuple[str, str, str, str, str | None, int]) -> pl.LazyFrame:
    full = [(c, s, e, who, None, nuance, None, votes, n) for n, (c, s, e, who, nuance, votes) in enumerate(rows, 2)]
    return pl.LazyFrame(full, schema=RESULTS, orient="row")


@pytest.fixture
def kept() -> dict[str, pl.DataFrame]:
    nation, town = source("nation", 70), source("town", 50)
    t1 = "2022_pres_t1"
    parts = {
        "turnout": [
            Part(
                town,
                Path("town_a.csv"),
                turnout(("75056", "0101", t1, 100, 80), ("75056", "0101", "2014_euro_t1", 90, 40)),
            ),
            Part(town, Path("town_b.csv"), turnout(("75056", "0201", t1, 200, 150), ("75056", "0101", t1, 100, 80))),
            Part(nation, Path("nation.csv"), turnout(("75056", "0101", t1, 100, 81), ("44109", "0001", t1, 50, 20))),
        ],
        "results": [
            Part(town, Path("town_a.csv"), results(("75056", "0101", t1, "DURAND", "SOC", 50))),
            Part(
                nation,
                Path("nation.csv"),
                results(("75056", "0101", t1, "DURAND", None, 50), ("44109", "0001", t1, "PETIT", None, 9)),
            ),
        ],
    }
    readings = Readings(parts, pl.DataFrame())
    rounds = kept_rounds(readings)
    return {k: v.collect() for k, v in {**rounds, "results": kept_results(readings, rounds)}.items()}


def test_the_higher_priority_is_kept_for_the_whole_round_of_a_commune(kept: dict[str, pl.DataFrame]) -> None:
    rows = kept["turnout"].select("commune_code", "station_code", "election", "voters", "source").sort(pl.all()).rows()
    assert rows == [
        ("44109", "0001", "2022_pres_t1", 20, "nation"),
        ("75056", "0101", "2014_euro_t1", 40, "town"),
        ("75056", "0101", "2022_pres_t1", 81, "nation"),
    ]


def test_two_sources_are_compared_station_by_station(kept: dict[str, pl.DataFrame]) -> None:
    row = kept["agreement"].filter(pl.col("table") == "turnout").row(0, named=True)
    assert (row["both"], row["equal"], row["only_kept"], row["only_compared"]) == (1, 0, 0, 1)
    assert row["example"] == "75056 0101 2022_pres_t1: 100/81/81 against 100/80/80"
    assert kept["agreement"].filter(pl.col("table") == "results")["equal"].to_list() == [1]


def test_a_station_in_two_files_of_a_source_counts_once() -> None:
    town = source("town", 50)
    file = turnout(("75056", "0101", "2022_pres_t1", 100, 80))
    parts = {"turnout": [Part(town, Path("a"), file), Part(town, Path("b"), file)], "results": []}
    assert kept_rounds(Readings(parts, pl.DataFrame()))["turnout"].collect().height == 1


def test_a_presidential_candidate_takes_the_nuance_that_another_source_gives(kept: dict[str, pl.DataFrame]) -> None:
    assert dict(kept["results"].select("candidate", "nuance").rows()) == {"DURAND": "SOC", "PETIT": None}
