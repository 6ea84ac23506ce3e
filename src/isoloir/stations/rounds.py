"""Which source is kept for each round of each commune, and whether the others agree with it."""

from __future__ import annotations

from collections.abc import Iterator
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
LEDGER = {
    "election": pl.String,
    "commune_code": pl.String,
    "source": pl.String,
    "files": pl.UInt32,
    "kept": pl.Boolean,
}
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
    """Who has what, decided once: `coverage` and `agreement` of the sources, the kept `turnout`, the key to the rest.

    Results are ten times as many as all other rows: they stay where they were read. `ledger` says which of them are
    kept and `nuances` what they lack, for `kept_results`.
    """
    ledgers = {name: ledger(readings.parts[name]) for name in KEYS}
    sources = {name: by_source(readings.parts[name], ledgers[name], KEYS[name]) for name in KEYS}
    coverage = [
        rows.group_by("election", "source", "kept").len("communes").select(pl.lit(name).alias("table"), pl.all())
        for name, rows in ledgers.items()
    ]
    compared = [agreement(sources[name], ledgers[name], name) for name in KEYS]
    return {
        "turnout": keep(sources["turnout"], ledgers["turnout"], "turnout"),
        "ledger": ledgers["results"].lazy(),
        "nuances": lacking_nuances(sources["results"]).lazy(),
        "coverage": pl.concat(coverage).sort(pl.all()).lazy(),
        "agreement": pl.concat(compared).lazy(),
    }


def kept_results(readings: Readings, rounds: Frames) -> pl.LazyFrame:
    """The kept results with their source, out of the files as they were read; `rounds` is what `kept_rounds` gave."""
    ledger, nuances = rounds["ledger"].collect(), rounds["nuances"].collect()
    sources = by_source(readings.parts["results"], ledger, KEYS["results"])
    return keep(fill_nuances(sources, nuances), ledger, "results")


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


def ledger(parts: list[Part]) -> pl.DataFrame:
    """Which source has which round of which commune: (election, commune_code, source, files, kept).

    The first source by priority is kept; `files` is how many of the source's files have it.
    """
    rows = [pl.DataFrame(schema=LEDGER)]
    for source, group in _grouped(parts):
        have = [part.table.select(ROUND).unique().collect(engine="streaming") for part in group]
        counted = pl.concat(have).group_by(ROUND, maintain_order=True).agg(files=pl.len())
        taken = rows[-1] if len(rows) == 2 else pl.concat(rows)
        fresh = counted.join(taken.select(ROUND), on=ROUND, how="anti").select(*ROUND, kept=True)
        marked = counted.join(fresh, on=ROUND, how="left", maintain_order="left")
        rows.append(marked.with_columns(pl.col("kept").fill_null(False), source=pl.lit(source)).select(*LEDGER))
    return pl.concat(rows)


def by_source(parts: list[Part], ledger: pl.DataFrame, key: list[str]) -> dict[str, pl.LazyFrame]:
    """One table per source, highest priority first; a station that two files of a source give is taken once."""
    several = ledger.filter(pl.col("files") > 1)["source"].unique()
    merged = {source: pl.concat([part.table for part in group]) for source, group in _grouped(parts)}
    return {
        source: table.unique(key, keep="first", maintain_order=True) if source in several else table
        for source, table in merged.items()
    }


def _grouped(parts: list[Part]) -> Iterator[tuple[str, list[Part]]]:
    ordered = sorted(parts, key=lambda p: (-p.source.priority, p.source.id, p.file.name))
    return ((source, list(group)) for source, group in groupby(ordered, key=lambda p: p.source.id))


def keep(sources: dict[str, pl.LazyFrame], ledger: pl.DataFrame, name: str) -> pl.LazyFrame:
    """The rows of each source that the ledger keeps, with a column `source`."""
    kept = [pl.LazyFrame(schema=TABLES[name] | {"source": pl.String})]
    for source, table in sources.items():
        own = ledger.filter(pl.col("source") == source)
        kept.append(_only(table, own, own.filter("kept")).with_columns(source=pl.lit(source)))
    return pl.concat(kept)


def _only(table: pl.LazyFrame, groups: pl.DataFrame, fresh: pl.DataFrame) -> pl.LazyFrame:
    """The rows of the fresh groups: whole rounds by a filter, which is cheap, the rest by a join."""
    if fresh.height == groups.height:
        return table
    size = groups.group_by("election").len().join(fresh.group_by("election").len("fresh"), on="election")
    whole = size.filter(pl.col("len") == pl.col("fresh"))["election"].sort().to_list()
    some = fresh.filter(~pl.col("election").is_in(whole)).select(ROUND)
    parts = [table.filter(pl.col("election").is_in(whole)), *([_within(table, some)] if some.height else [])]
    return pl.concat(parts)


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
    pairs = lost.select(*ROUND, "source").join(ledger.filter("kept").select(*ROUND, by="source"), on=ROUND)
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


def lacking_nuances(sources: dict[str, pl.LazyFrame]) -> pl.DataFrame:
    """The nuances of presidential candidates that a source lacks: (source, election, candidate, known_nuance).

    Only presidential rounds: elsewhere two candidates of the same name may stand in two constituencies.
    """
    who = ["election", "candidate"]
    presidential = pl.col("election").str.contains("_pres_", literal=True)
    named = {
        source: table.filter(presidential).select(*who, "nuance").unique().collect(engine="streaming")
        for source, table in sources.items()
    }
    empty = pl.DataFrame(schema=dict.fromkeys((*who, "nuance"), pl.String))
    known = pl.concat([empty, *named.values()]).drop_nulls()
    known = known.group_by(who).agg(pl.col("nuance").unique()).filter(pl.col("nuance").list.len() == 1)
    known = known.select(*who, known_nuance=pl.col("nuance").list.first()).sort(who)
    rows = [pl.DataFrame(schema=dict.fromkeys(("source", *who, "known_nuance"), pl.String))]
    for source, table in named.items():
        lacking = table.filter(pl.col("nuance").is_null()).select(who)
        rows.append(known.join(lacking, on=who, how="semi").select(pl.lit(source).alias("source"), pl.all()))
    return pl.concat(rows)


def fill_nuances(sources: dict[str, pl.LazyFrame], nuances: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """Give candidates the nuances that their source lacks and another has."""
    filled = {}
    for source, table in sources.items():
        known = nuances.filter(pl.col("source") == source).drop("source").lazy()
        lacking = known.limit(1).collect().height > 0
        joined = table.join(known, on=["election", "candidate"], how="left", maintain_order="left")
        both = joined.with_columns(nuance=pl.coalesce("nuance", "known_nuance")).drop("known_nuance")
        filled[source] = both if lacking else table
    return filled
