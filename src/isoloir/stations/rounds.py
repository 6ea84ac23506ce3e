"""Which source is kept for each round of each commune, and whether the others agree with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from isoloir.sources.reading import Source

COUNTS = ("registered", "voters", "valid_votes")


@dataclass(frozen=True)
class Part:
    """One table of one file, as read."""

    source: Source
    file: Path
    table: pl.LazyFrame


def choose(parts: list[Part]) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Keep, for each round of each commune, the part of highest priority; say which part gave what.

    Returns the kept rows with a column `source`, and the frame (election, commune_code, source, file, kept).
    """
    ordered = sorted(parts, key=lambda p: (-p.source.priority, p.source.id, p.file.name))
    taken: pl.DataFrame | None = None
    kept, ledger = [], []
    for part in ordered:
        groups = part.table.select("election", "commune_code").unique().collect(engine="streaming")
        fresh = groups if taken is None else groups.join(taken, on=["election", "commune_code"], how="anti")
        kept.append(_rows(part, groups, fresh))
        ledger.append(_ledger(part, groups, fresh))
        taken = fresh if taken is None else pl.concat([taken, fresh])
    return pl.concat(kept), pl.concat(ledger).sort("election", "commune_code", "source", "file")


def _rows(part: Part, groups: pl.DataFrame, fresh: pl.DataFrame) -> pl.LazyFrame:
    """The rows of the fresh groups: whole rounds by a filter, the rest by a join."""
    table = part.table.with_columns(source=pl.lit(part.source.id))
    if fresh.height == groups.height:
        return table
    size = groups.group_by("election").len().join(fresh.group_by("election").len("fresh"), on="election", how="left")
    whole = size.filter(pl.col("len") == pl.col("fresh"))["election"].to_list()
    mixed = size.filter((pl.col("fresh") > 0) & (pl.col("fresh") < pl.col("len")))["election"].to_list()
    rows = table.filter(pl.col("election").is_in(whole))
    if not mixed:
        return rows
    some = fresh.lazy().filter(pl.col("election").is_in(mixed))
    return pl.concat([rows, table.join(some, on=["election", "commune_code"], how="semi")])


def _ledger(part: Part, groups: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    return groups.join(fresh.with_columns(kept=pl.lit(True)), on=["election", "commune_code"], how="left").with_columns(
        pl.col("kept").fill_null(False), source=pl.lit(part.source.id), file=pl.lit(part.file.name)
    )


def agreement(parts: list[Part], ledger: pl.DataFrame, key: list[str], value: list[str]) -> pl.DataFrame:
    """Compare every part that was not kept with the rows that were, station by station.

    Returns one row per round, source kept and source compared: stations compared, equal, missing here or there, and
    an example of a difference.
    """
    lost = ledger.filter(~pl.col("kept"))
    if lost.is_empty():
        return pl.DataFrame(schema=AGREEMENT)
    tables = {(p.source.id, p.file.name): p.table for p in parts}
    pairs = lost.join(
        ledger.filter("kept").select("election", "commune_code", by="source", by_file="file"),
        on=["election", "commune_code"],
    )
    rows = []
    for (source, file, by, by_file), group in pairs.group_by(["source", "file", "by", "by_file"], maintain_order=True):
        scope = group.select("election", "commune_code").lazy()
        on = ["election", "commune_code"]
        there = tables[str(source), str(file)].join(scope, on=on, how="semi").select(*key, *value)
        here = tables[str(by), str(by_file)].join(scope, on=on, how="semi").select(*key, *value)
        rows.append(_compare(here, there, key, value).with_columns(kept=pl.lit(by), compared=pl.lit(source)))
    return (
        pl.concat(rows)
        .group_by("election", "kept", "compared")
        .agg(pl.sum("both", "equal", "only_kept", "only_compared"), pl.col("example").drop_nulls().first())
        .select(*AGREEMENT)
        .sort("election", "kept", "compared")
    )


AGREEMENT = {
    "election": pl.String,
    "kept": pl.String,
    "compared": pl.String,
    "both": pl.UInt32,
    "equal": pl.UInt32,
    "only_kept": pl.UInt32,
    "only_compared": pl.UInt32,
    "example": pl.String,
}


def _compare(here: pl.LazyFrame, there: pl.LazyFrame, key: list[str], value: list[str]) -> pl.DataFrame:
    other = [f"{v}_compared" for v in value]
    joined = (
        here.with_columns(_here=True)
        .join(there.with_columns(_there=True), on=key, how="full", coalesce=True, suffix="_compared")
        .with_columns(both=pl.col("_here") & pl.col("_there"))
        .with_columns(
            both=pl.col("both").fill_null(False),
            # what one source does not give is no disagreement
            same=pl.all_horizontal(pl.col(a).eq(pl.col(b)).fill_null(True) for a, b in zip(value, other, strict=True)),
        )
    )
    shown = pl.format(
        "{}: {} against {}",
        pl.concat_str(key, separator=" "),
        *(
            pl.concat_str([pl.col(c).cast(pl.String).fill_null("?") for c in columns], separator="/")
            for columns in (value, other)
        ),
    )
    return (
        joined.group_by("election")
        .agg(
            pl.col("both").sum(),
            (pl.col("both") & pl.col("same")).sum().alias("equal"),
            pl.col("_there").is_null().sum().alias("only_kept"),
            pl.col("_here").is_null().sum().alias("only_compared"),
            shown.filter(pl.col("both") & ~pl.col("same")).first().alias("example"),
        )
        .collect(engine="streaming")
    )


def fill_nuances(results: pl.LazyFrame, parts: list[Part]) -> pl.LazyFrame:
    """Give a presidential candidate the nuance that any source gives him in the same round.

    Only presidential rounds: elsewhere two candidates of the same name may stand in two constituencies.
    """
    known = (
        pl.concat([p.table.select("election", "candidate", "nuance") for p in parts])
        .filter(pl.col("election").str.contains("_pres_") & pl.col("nuance").is_not_null())
        .unique()
        .group_by("election", "candidate")
        .agg(pl.col("nuance").min().alias("_nuance"), pl.len())
        .filter(pl.col("len") == 1)
        .drop("len")
    )
    joined = results.join(known, on=["election", "candidate"], how="left", maintain_order="left")
    return joined.with_columns(nuance=pl.coalesce("nuance", "_nuance")).drop("_nuance")
