"""Which source is kept for each round of each commune, and whether the others agree with it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import polars as pl

from isoloir.sources.elections.checks import check, plain_name
from isoloir.sources.reading import TABLES
from isoloir.stations.inputs import Part, Readings, notice_frame
from isoloir.stations.workspace import Frames

STATION = ["commune_code", "station_code", "election"]
ROUND = ["election", "commune_code"]
KEYS = {"turnout": STATION, "results": [*STATION, "candidate", "first_name", "nuance", "panel"]}
COUNTS = {"turnout": ["registered", "voters", "valid_votes"], "results": ["votes"]}
PLAIN = plain_name(pl.col("candidate"))
LEDGER = {"election": pl.String, "commune_code": pl.String, "source": pl.String, "kept": pl.Boolean}
AGREEMENT = {
    "table": pl.String,
    "election": pl.String,
    "kept": pl.String,
    "compared": pl.String,
    "both": pl.UInt32,
    "equal": pl.UInt32,
    "only_kept": pl.UInt32,
    "only_compared": pl.UInt32,
    "example": pl.String,
}


def kept_rounds(readings: Readings) -> Frames:
    """The kept `turnout` and `results`, the `coverage` by each source, and the `agreement` between sources."""
    kept, coverage, compared = {}, [], []
    for name in ("turnout", "results"):
        sources = by_source(readings.parts[name], KEYS[name])
        if name == "results":
            sources = fill_nuances(sources)
        kept[name], ledger = choose(sources, name)
        compared.append(agreement(sources, ledger, name))
        coverage.append(
            ledger.group_by("election", "source", "kept").len("communes").select(pl.lit(name).alias("table"), pl.all())
        )
    return {**kept, "coverage": pl.concat(coverage).sort(pl.all()).lazy(), "agreement": pl.concat(compared).lazy()}


def doubtful(readings: Readings) -> dict[str, pl.DataFrame]:
    """What cannot be true in a file of results, or hardly: the table `round_notices`."""
    tables: dict[tuple[str, Path], dict[str, pl.LazyFrame]] = {}
    for name in ("turnout", "results"):
        for part in readings.parts[name]:
            tables.setdefault((part.source.id, part.file), {})[name] = part.table
    frames = [notice_frame([]).with_columns(source=pl.lit(None, pl.String))]
    for (source, file), found in tables.items():
        turnout, results = (found.get(name, pl.LazyFrame(schema=TABLES[name])) for name in ("turnout", "results"))
        frames.append(notice_frame(check(turnout, results, file)).with_columns(source=pl.lit(source)))
    return {"round_notices": pl.concat(frames)}


def by_source(parts: list[Part], key: list[str]) -> dict[str, pl.LazyFrame]:
    """One table per source, highest priority first; a station that two files of a source give is taken once."""
    ordered = sorted(parts, key=lambda p: (-p.source.priority, p.source.id, p.file.name))
    merged = {}
    for source, group in groupby(ordered, key=lambda p: p.source.id):
        tables = [part.table for part in group]
        merged[source] = pl.concat(tables)
        if len(tables) > 1 and sum(_groups(t).height for t in tables) > _groups(merged[source]).height:
            merged[source] = merged[source].unique(key, keep="first", maintain_order=True)
    return merged


def choose(sources: dict[str, pl.LazyFrame], name: str) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Keep, for each round of each commune, the first source that has it.

    Returns the kept rows with a column `source`, and who had what: (election, commune_code, source, kept).
    """
    kept = [pl.LazyFrame(schema=TABLES[name] | {"source": pl.String})]
    ledger = [pl.DataFrame(schema=LEDGER)]
    taken = ledger[0].select(ROUND)
    for source, table in sources.items():
        groups = _groups(table)
        fresh = groups.join(taken, on=ROUND, how="anti")
        taken = pl.concat([taken, fresh])
        kept.append(_only(table, groups, fresh).with_columns(source=pl.lit(source)))
        marked = groups.join(fresh.with_columns(kept=pl.lit(True)), on=ROUND, how="left")
        ledger.append(marked.select(*ROUND, pl.lit(source).alias("source"), pl.col("kept").fill_null(False)))
    return pl.concat(kept), pl.concat(ledger)


def _groups(table: pl.LazyFrame) -> pl.DataFrame:
    return table.select(ROUND).unique().collect(engine="streaming")


def _only(table: pl.LazyFrame, groups: pl.DataFrame, fresh: pl.DataFrame) -> pl.LazyFrame:
    """The rows of the fresh groups: whole rounds by a filter, which is cheap, the rest by a join."""
    if fresh.height == groups.height:
        return table
    size = groups.group_by("election").len().join(fresh.group_by("election").len("fresh"), on="election")
    whole = size.filter(pl.col("len") == pl.col("fresh"))["election"].to_list()
    some = fresh.filter(~pl.col("election").is_in(whole))
    return pl.concat([table.filter(pl.col("election").is_in(whole)), _within(table, some)])


def _within(table: pl.LazyFrame, groups: pl.DataFrame) -> pl.LazyFrame:
    """The rows of some rounds of some communes; the rounds are sifted first, which a file does without decoding."""
    rounds = groups["election"].unique().to_list()
    return table.filter(pl.col("election").is_in(rounds)).join(groups.lazy(), on=ROUND, how="semi")


def agreement(sources: dict[str, pl.LazyFrame], ledger: pl.DataFrame, name: str) -> pl.DataFrame:
    """Compare every source that was not kept with the one that was, station by station.

    Returns one row per round and pair of sources: stations (or candidates) that both have, how many are equal, how
    many only one of them has, and an example of a difference.
    """
    lost = ledger.filter(~pl.col("kept"))
    pairs = lost.drop("kept").join(ledger.filter("kept").select(*ROUND, by="source"), on=ROUND)
    rows = [pl.DataFrame(schema=AGREEMENT)]
    for (source, by), group in pairs.group_by(["source", "by"], maintain_order=True):
        scope = group.select(ROUND)
        here, there = (_within(sources[str(s)], scope) for s in (by, source))
        if name == "results":
            here, there = _same_names(here, there)
        key = [*STATION, *(["candidate"] if name == "results" else [])]
        found = _compare(here, there, key, COUNTS[name])
        labels = {"table": name, "kept": by, "compared": source}
        rows.append(found.with_columns(**{k: pl.lit(v) for k, v in labels.items()}).select(*AGREEMENT))
    return pl.concat(rows).sort("table", "election", "kept", "compared")


def _same_names(here: pl.LazyFrame, there: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Both with candidates' names without accents and hyphens, if it is these that make them differ."""
    names = [t.select(pl.col("candidate").unique()).collect(engine="streaming")["candidate"] for t in (here, there)]
    if set(names[0]) == set(names[1]):
        return here, there
    plain = pl.col("candidate").replace(
        dict(pl.concat(names).unique().to_frame().select("candidate", p=PLAIN).iter_rows())
    )
    return here.with_columns(plain), there.with_columns(plain)


def _compare(here: pl.LazyFrame, there: pl.LazyFrame, key: list[str], value: list[str]) -> pl.DataFrame:
    other = [f"{v}_compared" for v in value]
    joined = (
        here.select(*key, *value, _here=True)
        .join(there.select(*key, *value, _there=True), on=key, how="full", coalesce=True, suffix="_compared")
        .collect(engine="streaming")
    )
    # what one source does not give is no disagreement
    same = pl.all_horizontal(pl.col(a).eq(pl.col(b)).fill_null(True) for a, b in zip(value, other, strict=True))
    both = pl.col("_here").is_not_null() & pl.col("_there").is_not_null()
    counts = joined.group_by("election").agg(
        both=both.sum(),
        equal=(both & same).sum(),
        only_kept=pl.col("_there").is_null().sum(),
        only_compared=pl.col("_here").is_null().sum(),
    )
    figures = [
        pl.concat_str([pl.col(c).cast(pl.String).fill_null("?") for c in cs], separator="/") for cs in (value, other)
    ]
    shown = pl.format("{}: {} against {}", pl.concat_str(key, separator=" "), *figures)
    unlike = joined.filter(both & ~same).group_by("election").agg(example=shown.min())
    return counts.join(unlike, on="election", how="left")


def fill_nuances(sources: dict[str, pl.LazyFrame]) -> dict[str, pl.LazyFrame]:
    """Give a presidential candidate the nuance that any source gives him in the same round.

    Only presidential rounds: elsewhere two candidates of the same name may stand in two constituencies.
    """
    who = ["election", "candidate"]
    presidential = pl.col("election").str.contains("_pres_")
    named = [
        table.filter(presidential).select(*who, "nuance").unique().collect(engine="streaming")
        for table in sources.values()
    ]
    known = pl.concat([pl.DataFrame(schema=dict.fromkeys((*who, "nuance"), pl.String)), *named]).drop_nulls()
    known = known.group_by(who).agg(pl.col("nuance").unique()).filter(pl.col("nuance").list.len() == 1)
    known = known.select(*who, known_nuance=pl.col("nuance").list.first())
    lacking = [table["nuance"].has_nulls() and table.join(known, on=who, how="semi").height > 0 for table in named]
    return {
        source: table.join(known.lazy(), on=who, how="left", maintain_order="left")
        .with_columns(nuance=pl.coalesce("nuance", "known_nuance"))
        .drop("known_nuance")
        if lacks
        else table
        for (source, table), lacks in zip(sources.items(), lacking, strict=True)
    }
