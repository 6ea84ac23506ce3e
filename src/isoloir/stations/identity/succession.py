"""Which communes of one year are compared with which of a later one: a commune with itself, or after a merger or a
split with the others concerned."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from isoloir.sources.reading import CHANGES

LINK = {"commune_code": pl.String, "year": pl.Int32, "next_commune": pl.String, "next_year": pl.Int32}


def links(nodes: pl.DataFrame, steps: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """What precedes what: (commune_code, year, next_commune, next_year), the steps of each commune and its mergers.

    `nodes` is (commune_code, year): the complete years of every commune.
    """
    own = steps.select("commune_code", "year", next_commune="commune_code", next_year="next_year")
    changes = pl.concat([pl.DataFrame(schema=CHANGES), changes.select(list(CHANGES))]).filter(
        pl.col("from_code") != pl.col("to_code")
    )
    years = dict(nodes.group_by("commune_code").agg(pl.col("year").sort()).rows())
    rows = [*_mergers(years, changes), *_splits(years, changes)]
    return pl.concat([own, pl.DataFrame(rows, schema=LINK, orient="row")]).unique(maintain_order=True)


def _mergers(years: dict[str, list[int]], changes: pl.DataFrame) -> Iterable[tuple[str, int, str, int]]:
    """A commune that is seen no more goes on in the one that absorbed it, or in the one that absorbed that one."""
    gone = changes.filter(pl.col("kind").is_in(["merge", "recode"])).sort("date", "from_code", "to_code")
    into: dict[str, list[str]] = {}
    for old, new in zip(gone["from_code"], gone["to_code"], strict=True):
        into.setdefault(old, []).append(new)
    latest = max((y[-1] for y in years.values()), default=0)
    for old in into:
        if old not in years or years[old][-1] == latest:
            continue
        last, seen, ends = years[old][-1], {old}, into[old]
        while ends:
            later = [(new, y) for new in ends for y in years.get(new, ()) if y > last]
            if later:
                first = {new: min(y for n, y in later if n == new) for new, _ in later}
                yield from ((old, last, new, year) for new, year in first.items())
                break
            seen |= set(ends)
            ends = [e for end in ends for e in into.get(end, []) if e not in seen]


def _splits(years: dict[str, list[int]], changes: pl.DataFrame) -> Iterable[tuple[str, int, str, int]]:
    """A commune that appears comes out of the one that it was a part of."""
    parts = changes.filter(pl.col("kind") == "split").sort("date", "from_code", "to_code")
    earliest = min((y[0] for y in years.values()), default=0)
    for old, new in zip(parts["from_code"], parts["to_code"], strict=True):
        if old in years and new in years and years[new][0] > earliest:
            before = [y for y in years[old] if y < years[new][0]]
            if before:
                yield old, before[-1], new, years[new][0]


def divided(seen: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """The communes (commune_code) with more than one station in a year, or that merge with or come from others."""
    several = seen.group_by("commune_code", "year").len().filter(pl.col("len") > 1).select("commune_code")
    moved = links.filter(pl.col("commune_code") != pl.col("next_commune"))
    ends = [moved.select(commune_code=c) for c in ("commune_code", "next_commune")]
    return pl.concat([several, *ends]).unique().sort("commune_code")


def groups(links: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """The links to look at, with the number of the `group` that is decided at once.

    Quiet steps of communes that nobody joined or left are not among them.
    """
    arrivals = pl.len().over("next_commune", "next_year") > 1
    departures = pl.len().over("commune_code", "year") > 1
    quiet = pl.col("quiet").fill_null(False) & (pl.col("commune_code") == pl.col("next_commune"))
    table = links.join(
        steps.select("commune_code", "year", "next_year", "quiet"), on=["commune_code", "year", "next_year"], how="left"
    )
    table = table.filter(~quiet | arrivals | departures).drop("quiet")
    if table.is_empty():
        return table.with_columns(group=pl.lit(0, pl.Int32))
    before = table.select(pl.struct("commune_code", "year").rank("dense") - 1).to_series().to_numpy().astype(np.int64)
    after = (
        table.select(pl.struct("next_commune", "next_year").rank("dense") - 1).to_series().to_numpy().astype(np.int64)
    )
    after = after + before.max() + 1
    size = int(after.max()) + 1
    graph = coo_array((np.ones(len(before)), (before, after)), shape=(size, size))
    number = connected_components(graph, directed=False)[1][before]
    return table.with_columns(group=pl.Series(number, dtype=pl.Int32))
