from __future__ import annotations

import datetime
import importlib.util
import itertools
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.errors import StationError
from isoloir.stations.identity import Lineage, link
from isoloir.stations.identity.assignment import UNMATCHED, assign
from isoloir.stations.identity.projection import project
from isoloir.stations.identity.sizes import Sizes, usual_growth
from tests.stations.towns import Maker, Town


def rounds(rows: list[tuple[str, str, str, int]]) -> pl.DataFrame:
    """(commune, station, election, registered) with 70 % of voters."""
    schema = {"commune_code": pl.String, "station_code": pl.String, "election": pl.String, "registered": pl.Int32}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.with_columns(voters=(pl.col("registered") * 0.7).cast(pl.Int32))


def follow(rows: list[tuple[str, str, str, int]], **more: pl.DataFrame) -> Lineage:
    turnout = rounds(rows)
    results = turnout.select("commune_code", "station_code", "election", candidate=pl.lit("X"), votes="voters")
    return link(turnout, results, **more)


def edges(lineage: Lineage) -> dict[tuple[str, str], tuple[float, str, str]]:
    return {
        (a, b): (round(share, 3), evidence, quality)
        for a, b, share, evidence, quality in lineage.edges.select(
            "from_id", "to_id", "share", "evidence", "quality"
        ).rows()
    }


def changes(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    table = pl.DataFrame(rows, schema=["from_code", "to_code", "date", "kind"], orient="row")
    return table.with_columns(pl.col("date").str.to_date())


def right(lineage: Lineage, town: Town) -> float:
    """The share of the registered voters of 2012 who are carried to the right station of 2017."""
    projection = project(lineage, "2017_pres_t1")
    names = lineage.members.filter(pl.col("commune_code") == town.truth["commune_code"][0])
    old = names.filter(pl.col("election") == "2012_pres_t1").select(old="station_code", from_id="station_id")
    new = names.filter(pl.col("election") == "2017_pres_t1").select(new="station_code", to_id="station_id")
    table = town.truth.join(old, on="old").join(new, on="new")
    table = table.join(projection.select("from_id", "to_id", found="share"), on=["from_id", "to_id"], how="left")
    carried = (pl.min_horizontal("share", pl.col("found").fill_null(0)) * pl.col("registered")).sum()
    return float(table.select(carried / (pl.col("share") * pl.col("registered")).sum()).item())


def test_a_station_that_stays_is_one_version_without_edges() -> None:
    lineage = follow(
        [("94001", s, e, n) for s, n in (("0001", 800), ("0002", 900)) for e in ("2012_pres_t1", "2017_pres_t1")]
    )
    assert lineage.versions["station_id"].to_list() == ["94001_0001", "94001_0002"]
    assert lineage.versions["valid_from"].unique().to_list() == [datetime.date(2012, 4, 22)]
    assert lineage.versions["valid_to"].null_count() == 2
    assert lineage.edges.is_empty()
    assert lineage.members.height == 4


def test_all_stations_merged_into_one_is_exact() -> None:
    lineage = follow(
        [
            ("94001", "0001", "2012_pres_t1", 300),
            ("94001", "0002", "2012_pres_t1", 200),
            ("94001", "0001", "2017_pres_t1", 510),
        ]
    )
    assert edges(lineage) == {
        ("94001_0001~2012", "94001_0001"): (1.0, "merged", "B"),
        ("94001_0002", "94001_0001"): (1.0, "merged", "B"),
    }
    closed = lineage.versions.filter(pl.col("station_id") == "94001_0002")
    assert closed["valid_to"].to_list() == [datetime.date(2017, 4, 22)]


def test_one_station_cut_in_two_is_shared_by_size() -> None:
    lineage = follow(
        [
            ("94001", "0001", "2012_pres_t1", 1000),
            ("94001", "0001", "2017_pres_t1", 600),
            ("94001", "0002", "2017_pres_t1", 400),
        ]
    )
    assert edges(lineage) == {
        ("94001_0001~2012", "94001_0001"): (0.6, "split", "C"),
        ("94001_0001~2012", "94001_0002"): (0.4, "split", "C"),
    }


def test_merged_communes_keep_their_stations() -> None:
    rows = [("01001", "0001", "2012_pres_t1", 812), ("01002", "0001", "2012_pres_t1", 95)]
    rows += [("01001", "0001", "2017_pres_t1", 820), ("01001", "0002", "2017_pres_t1", 97)]
    lineage = follow(
        rows, changes=changes(("01002", "01001", "2016-01-01", "merge"), ("01001", "01001", "2016-01-01", "merge"))
    )
    found = edges(lineage)
    assert found[("01002_0001", "01001_0002")][0] == 1.0
    assert project(lineage).filter(pl.col("from_id") == "01001_0001")["to_id"].to_list() == ["01001_0001"]


def test_a_commune_that_vanishes_without_a_change_has_no_edge_and_a_notice() -> None:
    rows = [("01001", "0001", e, 812) for e in ("2012_pres_t1", "2017_pres_t1")] + [
        ("01002", "0001", "2012_pres_t1", 95)
    ]
    lineage = follow(rows)
    assert lineage.edges.is_empty()
    assert any("01002" in n.what for n in lineage.notices)
    assert project(lineage)["to_id"].to_list() == ["01001_0001"]


def test_a_commune_split_off_comes_from_its_former_commune() -> None:
    rows = [("01001", "0001", "2012_pres_t1", 800), ("01001", "0002", "2012_pres_t1", 300)]
    rows += [("01001", "0001", "2017_pres_t1", 805), ("01009", "0001", "2017_pres_t1", 298)]
    lineage = follow(rows, changes=changes(("01001", "01009", "2014-01-01", "split")))
    assert project(lineage).select("from_id", "to_id").rows() == [
        ("01001_0001", "01001_0001"),
        ("01001_0002", "01009_0001"),
        ("01009_0001", "01009_0001"),
    ]


def test_a_round_of_half_the_cantons_closes_nothing() -> None:
    rows = [("94001", f"{k:04d}", e, 800 + 30 * k) for k in range(1, 9) for e in ("2010_regi_t1", "2012_pres_t1")]
    rows += [("94001", f"{k:04d}", "2011_cant_t1", 800 + 30 * k) for k in range(1, 5)]
    lineage = follow(rows)
    assert lineage.versions.height == 8
    assert lineage.edges.is_empty()


def test_a_station_with_the_same_code_and_another_size_is_graded() -> None:
    rows = [("94001", f"{k:04d}", e, 800 + 30 * k) for k in range(1, 9) for e in ("2012_pres_t1", "2017_pres_t1")]
    rows = [(c, s, e, 1500 if (s, e) == ("0003", "2017_pres_t1") else n) for c, s, e, n in rows]
    assert edges(follow(rows)) == {("94001_0003~2012", "94001_0003"): (1.0, "same_code", "C")}


def test_outlines_decide_where_they_are_known() -> None:
    """Four squares in a row; the two in the middle are renumbered and the last one is cut in two."""
    squares = {k: shapely.box(2 + 0.01 * k, 48, 2.01 + 0.01 * k, 48.01) for k in range(4)}
    old = {f"{k + 1:04d}": squares[k] for k in range(4)}
    halves = shapely.box(2.03, 48, 2.035, 48.01), shapely.box(2.035, 48, 2.04, 48.01)
    new = {"0001": squares[0], "0003": squares[1], "0002": squares[2], "0004": halves[0], "0005": halves[1]}
    shapes = [("94001", c, v, shapely.to_wkb(g)) for v, side in ((2012, old), (2017, new)) for c, g in side.items()]
    schema = {"commune_code": pl.String, "station_code": pl.String, "vintage": pl.Int16, "geometry": pl.Binary}
    outlines = pl.DataFrame(shapes, schema=schema, orient="row")
    rows = [("94001", s, "2012_pres_t1", 1000) for s in old]
    rows += [("94001", s, "2017_pres_t1", 500 if s in ("0004", "0005") else 1000) for s in new]
    found = edges(follow(rows, outlines=outlines))
    assert found["94001_0002~2012", "94001_0003"] == (1.0, "outline_overlap", "B")
    assert found["94001_0003~2012", "94001_0002"] == (1.0, "outline_overlap", "B")
    assert found["94001_0004~2012", "94001_0005"] == (0.5, "outline_overlap", "C")


@pytest.fixture(scope="module")
def renumbered() -> list[tuple[Lineage, list[Town]]]:
    """Three areas of quiet towns to learn from and four others: three renumbered, one of them large, with events."""
    return [drawn(seed) for seed in (7, 8, 9)]


def drawn(seed: int) -> tuple[Lineage, list[Town]]:
    maker = Maker(seed)
    towns = [
        maker.town("94100", 120, renumber="random", events=3),
        maker.town("94101", 45, renumber="random", events=1),
    ]
    towns += [maker.town("94102", 25, renumber="order", events=1), maker.town("94103", 60, events=3)]
    everything = towns + [maker.town(f"942{k:02d}", 30) for k in range(12)]
    return link(pl.concat(t.turnout for t in everything), pl.concat(t.results for t in everything)), towns


def test_renumbered_towns_are_followed(renumbered: list[tuple[Lineage, list[Town]]]) -> None:
    shares = [right(lineage, t) for lineage, towns in renumbered for t in towns]
    voters = [t.truth.unique("old")["registered"].sum() for _, towns in renumbered for t in towns]
    assert np.average(shares, weights=voters) >= 0.97, shares
    assert min(shares) > 0.9, shares


def test_quiet_towns_have_no_edges(renumbered: list[tuple[Lineage, list[Town]]]) -> None:
    for lineage, _ in renumbered:
        assert lineage.edges.filter(pl.col("from_id").str.starts_with("942")).is_empty()


def test_a_renumbered_town_alone_is_followed_too() -> None:
    """Without other towns to learn from, the profiles have to explain themselves."""
    town = Maker(3).town("94100", 80, renumber="random")
    lineage = link(town.turnout, town.results)
    assert right(lineage, town) >= 0.9


def test_codes_that_remain_but_mean_other_places_are_found() -> None:
    """All codes are the same before and after; they were dealt again at random."""
    town = Maker(5).town("94100", 40, renumber="random")
    old = town.turnout.filter(pl.col("election") == "2012_pres_t1")["station_code"].sort()
    new = town.turnout.filter(pl.col("election") == "2017_pres_t1")["station_code"].sort()
    recode = dict(zip(new, old, strict=True))
    later = pl.col("election").str.slice(0, 4).cast(pl.Int32) >= 2014
    dealt = pl.when(later).then(pl.col("station_code").replace(recode)).otherwise("station_code")
    town = Town(
        town.turnout.with_columns(station_code=dealt),
        town.results.with_columns(station_code=dealt),
        town.truth.with_columns(pl.col("new").replace(recode)),
    )
    assert right(link(town.turnout, town.results), town) >= 0.9


def swapped(town: Town) -> Town:
    """The same town, in which the first two codes are exchanged from 2014 on."""
    first, second = town.truth["old"].unique().sort()[:2]
    recode = {first: second, second: first}
    later = pl.col("election").str.slice(0, 4).cast(pl.Int32) >= 2014
    dealt = pl.when(later).then(pl.col("station_code").replace(recode)).otherwise("station_code")
    return Town(
        town.turnout.with_columns(station_code=dealt),
        town.results.with_columns(station_code=dealt),
        town.truth.with_columns(pl.col("new").replace(recode)),
    )


def test_two_stations_of_a_small_town_that_exchange_their_codes_are_noticed() -> None:
    """Others teach what stays the same; the towns that keep their codes keep their versions."""
    maker = Maker(11)
    others = [maker.town(f"942{k:02d}", 8 if k % 2 else 20) for k in range(14)]
    towns = [swapped(maker.town(f"943{k:02d}", 3)) for k in range(6)]
    everything = [*others, *towns]
    lineage = link(pl.concat(t.turnout for t in everything), pl.concat(t.results for t in everything))
    shares = [right(lineage, t) for t in towns]
    assert np.mean(shares) > 0.9, shares
    kept = [right(lineage, t) for t in others]
    assert min(kept) > 0.999, kept


def test_near_equal_stations_that_may_have_exchanged_their_codes_are_never_graded_as_sure() -> None:
    """Nothing but noise tells two stations apart: whatever is said of them, no wrong move is graded A or B."""
    maker = Maker(12, dimensions=1)
    others = [maker.town(f"942{k:02d}", 20) for k in range(6)]
    town = swapped(maker.town("94300", 2))
    turnout = pl.concat([t.turnout for t in [*others, town]])
    lineage = link(turnout, pl.concat([t.results for t in [*others, town]]))
    moves = lineage.edges.filter(pl.col("from_id").str.starts_with("94300"))
    assert moves.filter(pl.col("quality").is_in(["A", "B"])).is_empty()


def test_sizes_are_as_steady_as_those_of_stations_that_stayed() -> None:
    rng = np.random.default_rng(0)
    steady = 0.01 * rng.standard_t(2, 2000)
    sizes = Sizes.learn(steady, 5)
    assert 0.008 < sizes.scale < 0.012
    assert Sizes.learn(steady[:10], 5) == Sizes.usual(5)
    assert sizes.cost(np.array([0.0]))[0] < sizes.cost(np.array([0.1]))[0]
    assert sizes.cost(np.array([0.03]))[0] == pytest.approx(sizes.cost_of(0.03))


def test_the_growth_of_a_commune_is_that_of_most_of_its_stations() -> None:
    steps = np.array([0.02, 0.021, 0.019, 0.02, 0.5, -0.7])
    assert usual_growth(steps, np.ones(6), 0.003) == pytest.approx(0.02, abs=0.002)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_an_assignment_is_the_best_there_is(seed: int) -> None:
    """Against every way to pair three stations with four, each of which may stay alone."""
    rng = np.random.default_rng(seed)
    cost, null = rng.normal(0, 4, (3, 4)), rng.normal(0, 1, 4)
    worth = cost - null - UNMATCHED
    rows, columns = assign(cost, null)
    choices = itertools.product([None, 0, 1, 2, 3], repeat=3)
    single = [c for c in choices if len([j for j in c if j is not None]) == len({j for j in c if j is not None})]
    best = min(sum(worth[i, j] for i, j in enumerate(c) if j is not None) for c in single)
    assert worth[rows, columns].sum() == pytest.approx(best)


def test_nothing_is_made_up_where_stations_cannot_be_told_apart() -> None:
    """Twelve stations of one size and one opinion, renumbered: any assignment would be a guess."""
    rows = [("94001", f"{k:04d}", "2012_pres_t1", 1000) for k in range(1, 13)]
    rows += [("94001", f"{(k * 7) % 12 + 101:04d}", "2017_pres_t1", 1000) for k in range(1, 13)]
    lineage = follow(rows)
    sure = lineage.edges.filter(pl.col("quality") != "D")
    assert sure.is_empty()


towns = st.lists(
    st.lists(st.tuples(st.integers(1, 8), st.integers(50, 2000)), min_size=1, max_size=8, unique_by=lambda s: s[0]),
    min_size=1,
    max_size=4,
)


@given(towns, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_weights_of_any_history(history: list[list[tuple[int, int]]], random) -> None:
    """Shares are shares, no voter is carried twice, and the order of rows does not matter."""
    days = ("2007_pres_t1", "2012_pres_t1", "2017_pres_t1", "2022_pres_t1")
    rows = [
        ("94001", f"{code:04d}", day, size) for day, year in zip(days, history, strict=False) for code, size in year
    ]
    lineage = follow(rows)
    sums = lineage.edges.group_by("from_id").agg(pl.col("share").sum())["share"]
    assert lineage.edges["share"].is_between(0, 1).all()
    assert (sums <= 1 + 1e-9).all()
    for reference in (*days[: len(history)], None):
        carried = project(lineage, reference)
        assert (carried.group_by("from_id").agg(pl.col("share").sum())["share"] <= 1 + 1e-9).all()
        assert set(carried["quality"]) <= set("ABCD")
    random.shuffle(rows)
    again = follow(rows)
    assert again.edges.equals(lineage.edges)
    assert again.versions.equals(lineage.versions)
    assert again.members.equals(lineage.members)


@given(st.integers(0, 1000))
@settings(max_examples=5, deadline=None)
def test_projection_conserves_voters_where_everything_is_linked(seed: int) -> None:
    size = np.random.default_rng(seed).integers(200, 1500, 3)
    rows = [("94001", f"{k + 1:04d}", "2012_pres_t1", int(size[k])) for k in range(3)]
    rows += [("94001", "0001", "2017_pres_t1", int(size.sum()))]
    rows += [("94001", f"{k + 1:04d}", "2022_pres_t1", int(size[k])) for k in range(3)]
    lineage = follow(rows)
    counts = rounds(rows).join(lineage.members, on=["commune_code", "station_code", "election"])
    for reference in (2012, 2017, 2022, None):
        carried = project(lineage, reference).join(counts, left_on="from_id", right_on="station_id")
        totals = carried.group_by("election").agg((pl.col("registered") * pl.col("share")).sum())["registered"]
        assert totals.to_numpy() == pytest.approx(size.sum())


def test_projection_is_the_identity_when_nothing_changed() -> None:
    rows = [("94001", s, e, n) for s, n in (("0001", 800), ("0002", 900)) for e in ("2012_pres_t1", "2017_pres_t1")]
    same = project(follow(rows))
    assert same.rows() == [("94001_0001", "94001_0001", 1.0, "A"), ("94001_0002", "94001_0002", 1.0, "A")]


def test_a_year_before_all_results_is_refused() -> None:
    lineage = follow([("94001", "0001", "2012_pres_t1", 300)])
    with pytest.raises(StationError, match="1998"):
        project(lineage, 1998)


def test_paris_agrees_with_the_overlap_of_its_outlines(real_data: Path) -> None:
    """Codes, sizes and profiles alone, on real files, against polygons that the lineage does not see."""
    measured = lineage_benchmark().paris(real_data)
    assert measured["whole stations"] > 0.9
    assert measured["whole stations"] > measured["same code"] + 0.05


def test_nantes_is_solved_by_its_outlines(real_data: Path) -> None:
    """Drawn again and renumbered between 2012 and 2017: rounds that no link was made from go together."""
    rows = lineage_benchmark().nantes(real_data)
    for name in ("Le Pen 2012", "Turnout 2012"):
        assert rows[name]["carried"] > 0.8
        assert rows[name]["shuffled"] < 0.25
        assert rows[name]["stations"] >= 190


def lineage_benchmark() -> ModuleType:
    file = Path(__file__).parents[2] / "benchmarks" / "lineage.py"
    spec = importlib.util.spec_from_file_location("lineage_benchmark", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
