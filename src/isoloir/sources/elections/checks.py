"""Whether the figures of a file can be true: sums, stations given twice, columns that were swapped.

Nothing is mended here: a doubt becomes a notice with the row and what it says.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import polars as pl

from isoloir.codes import departement
from isoloir.sources.delimited import EXAMPLES, list_notices
from isoloir.sources.reading import Notice

STATION = ["commune_code", "station_code", "election"]
# How far the log of the ratio of two candidates strays from its national value from one place to another (standard
# deviation). Between départements it was 0.46 in 2017 and 0.49 in 2022; overseas and abroad strays most.
STRAY = 0.8
ODDS = 9.2  # log of 10,000 to 1: what it takes to say that two columns are swapped
LARGE_COMMUNE = 5000  # votes from which a commune is looked at by itself
COUNTRYWIDE = 10  # départements from which a table is its own evidence of how candidates do elsewhere


def check(turnout: pl.LazyFrame, results: pl.LazyFrame, file: Path) -> list[Notice]:
    """Everything doubtful in tables of turnout and results (either may be empty), as notices about `file`."""
    counts = turnout.select(*STATION, "registered", "voters", "valid_votes", "row", id=_station_id())
    counted = counts.collect(engine="streaming")
    sums = _sums(results) if counted.height else _sums(results.head(0))
    notices = _impossible_counts(counted, file) + _stations_twice(counted, file)
    if counted.height and sums.height:
        notices += _wrong_sums(counted, sums, file) + _one_sided(counted, sums, results, file)
    return notices + find_swaps(results, file)


def find_swaps(results: pl.LazyFrame, file: Path) -> list[Notice]:
    """Pairs of candidates whose votes are probably in each other's column, by département and by large commune.

    With `N` the log of the ratio of their votes nationwide and `L` the same here, an honest column has `L` near `N`
    and a swapped one near `-N`. Both with a normal spread s, the log odds of swapped against honest are `-2 L N / s²`
    (s² is `STRAY`² and the noise of counting). First presidential rounds only: their candidates are many, and the
    same everywhere; national votes are those of the first rounds since 2002, or for another round those of the table
    itself where it covers enough of the country.
    """
    votes = (
        results.filter(pl.col("election").str.ends_with("_pres_t1"))
        .group_by("election", "commune_code", "candidate")
        .agg(pl.col("votes").sum())
        .collect(engine="streaming")
        .with_columns(departement=departement("commune_code"), key=plain_name(pl.col("candidate")))
    )
    if votes.is_empty():
        return []
    national = _national(votes)
    if votes["commune_code"].n_unique() == 1:
        return _swap_notices(_swapped_pairs(votes, "commune_code", national), file)
    many = pl.col("votes").sum().over("election", "commune_code") >= LARGE_COMMUNE
    large = votes.filter(many & (pl.col("departement") != "ZZ"))  # abroad, a commune is an embassy: anything goes
    pairs = [_swapped_pairs(votes, "departement", national), _swapped_pairs(large, "commune_code", national)]
    return _swap_notices(pl.concat(pairs), file)


def _station_id() -> pl.Expr:
    """A number for a station and round: millions of them are compared faster, in less memory, than three texts."""
    return pl.col("commune_code").hash(1) ^ pl.col("station_code").hash(2) ^ pl.col("election").hash(3)


def _sums(results: pl.LazyFrame) -> pl.DataFrame:
    """Of each station and round: all votes and those of the first candidate."""
    return (
        results.group_by(id=_station_id())
        .agg(pl.col("votes").sum().alias("sum"), pl.col("votes").max().alias("most"))
        .collect(engine="streaming")
    )


def _impossible_counts(counts: pl.DataFrame, file: Path) -> list[Notice]:
    more = {
        ("voters", "registered"): "more voters than registered",
        ("valid_votes", "voters"): "more votes than voters",
    }
    notices = []
    for (many, few), what in more.items():
        rows = counts.filter(pl.col(many) > pl.col(few))
        notices += list_notices(file, what, _shown(rows, many, few))
    return notices


def _stations_twice(counts: pl.DataFrame, file: Path) -> list[Notice]:
    twice = counts.filter(pl.col("id").is_duplicated())
    return list_notices(file, "the same station more than once in a round", _shown(twice, "registered"))


def _wrong_sums(counts: pl.DataFrame, sums: pl.DataFrame, file: Path) -> list[Notice]:
    both = counts.join(sums, on="id").filter(pl.col("sum") != pl.col("valid_votes"))
    # Where voters may mix lists (small communes), all votes are more than ballots, but no candidate's are.
    free = pl.col("election").str.contains("_muni_") & (pl.col("sum") > pl.col("valid_votes"))
    mixed = both.filter(free & (pl.col("most") <= pl.col("valid_votes")))
    times = pl.col("sum") / pl.col("valid_votes")
    again = (times == times.round()) & (times > 1)
    wrong = both.join(mixed, on="id", how="anti")
    notices = list_notices(
        file, "the votes of a station are there more than once", _shown(wrong.filter(again), "sum", "valid_votes")
    )
    notices += list_notices(
        file, "votes do not add up to the valid votes", _shown(wrong.filter(~again), "sum", "valid_votes")
    )
    if mixed.height:
        what = f"{mixed.height} stations of municipal rounds have more votes than ballots, as where lists can be mixed"
        notices.append(Notice(file, what, severity="info"))
    return notices


def _one_sided(counts: pl.DataFrame, sums: pl.DataFrame, results: pl.LazyFrame, file: Path) -> list[Notice]:
    """Stations of a round that only one of the two tables has, where both have the round."""
    lone = counts.join(sums, on="id", how="anti").filter(pl.col("valid_votes") > 0)
    if lone.height:
        rounds = results.select(pl.col("election").unique()).collect(engine="streaming")
        lone = lone.join(rounds, on="election", how="semi")
    notices = list_notices(file, "valid votes, but no candidate's", _shown(lone, "valid_votes"))
    ids = sums.join(counts, on="id", how="anti")["id"]
    if len(ids):
        votes = results.filter(
            _station_id().is_in(ids.implode()), pl.col("election").is_in(counts["election"].unique().implode())
        )
        orphans = votes.group_by(STATION).agg(pl.col("votes").sum(), pl.col("row").min()).collect(engine="streaming")
        notices += list_notices(file, "votes, but no turnout", _shown(orphans, "votes"))
    return notices


def _shown(rows: pl.DataFrame, *columns: str) -> list[tuple[int, object]]:
    """Line and content of each row: `44109_0101 2007_pres_t1: voters 512, registered 500`."""
    said = pl.format("{}_{} {}: " + ", ".join(f"{c} {{}}" for c in columns), *(pl.col(c) for c in (*STATION, *columns)))
    return rows.sort("row").select("row", said).rows()


def _national(here: pl.DataFrame) -> pl.DataFrame:
    """Votes of each candidate nationwide: (election, key, national)."""
    text = resources.files("isoloir.sources.elections").joinpath("presidential_first_rounds.csv").read_bytes()
    known = pl.read_csv(text).select(
        "election", key=plain_name(pl.col("candidate")), national=pl.col("votes").cast(pl.Int64)
    )
    wide = here.filter(pl.col("departement").n_unique().over("election") >= COUNTRYWIDE)
    own = wide.join(known, on="election", how="anti").group_by("election", "key").agg(national=pl.col("votes").sum())
    return pl.concat([known, own.cast({"national": pl.Int64})])


def _swapped_pairs(votes: pl.DataFrame, place: str, national: pl.DataFrame) -> pl.DataFrame:
    """Pairs of candidates of a place that are more likely swapped than not: (place, a, b, their votes and odds)."""
    at = ["election", place]
    total = votes.group_by(*at, "key").agg(pl.col("candidate").first(), pl.col("votes").sum())
    shares = total.join(national, on=["election", "key"]).with_columns(
        share=pl.col("votes") / pl.col("votes").sum().over(at),
        national_share=pl.col("national") / pl.col("national").sum().over(at),
        votes=pl.col("votes") + 0.5,  # none at all is still a finite doubt
    )
    pairs = shares.join(shares, on=at, suffix="_b").filter(pl.col("national") > pl.col("national_b"))
    here = (pl.col("votes") / pl.col("votes_b")).log()
    nationwide = (pl.col("national") / pl.col("national_b")).log()
    spread = STRAY**2 + 1 / pl.col("votes") + 1 / pl.col("votes_b")
    odds = (-2 * here * nationwide / spread).alias("odds")
    return pairs.with_columns(odds).filter(pl.col("odds") > ODDS).sort("odds", descending=True).rename({place: "place"})


def _swap_notices(pairs: pl.DataFrame, file: Path) -> list[Notice]:
    """Each candidate in one pair of a place at most, the likeliest."""
    notices: list[Notice] = []
    taken: set[tuple[str, str, str]] = set()
    for p in pairs.rows(named=True):
        names = {(p["election"], p["place"], p["key"]), (p["election"], p["place"], p["key_b"])}
        if names & taken:
            continue
        taken |= names
        what = (
            f"{p['election']} in {p['place']}: {p['candidate']} has {p['share']:.2%} and {p['candidate_b']} "
            f"{p['share_b']:.2%}, nationwide {p['national_share']:.2%} and {p['national_share_b']:.2%}; "
            "their columns are almost certainly swapped (left as they are)"
        )
        notices.append(Notice(file, what, value=f"{p['candidate']} / {p['candidate_b']}"))
    return notices[:EXAMPLES]


def plain_name(name: pl.Expr) -> pl.Expr:
    """A name without accents, spaces and hyphens, as sources differ in them."""
    return name.str.normalize("NFD").str.to_uppercase().str.replace_all("[^A-Z]", "")
