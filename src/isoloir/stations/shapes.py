"""Which outline each station version takes, where several sources or vintages give one."""

from __future__ import annotations

import polars as pl

COVERS = 0.95  # a set of outlines that covers this share of a commune's stations counts as complete


def attach(versions: pl.DataFrame, outlines: pl.DataFrame) -> pl.DataFrame:
    """Give each version the outline of the best set of its commune that was valid in its time.

    `versions` has station_id, commune_code, station_code, valid_from, valid_to (dates; valid_to null today);
    `outlines` has commune_code, station_code, vintage, geometry, source, priority, quality. A set is a source and a
    vintage. Complete sets come before incomplete ones, then higher priority, then later vintage, so that the stations
    of a commune share one set, and neighbours share their borders. Returns station_id, geometry, outline_source,
    outline_vintage, quality, for the versions that have one.
    """
    sets = outlines.select("commune_code", "source", "vintage", "priority").unique()
    alive = versions.join(sets, on="commune_code").filter(_valid_in("vintage"))
    matched = alive.join(
        outlines.select("commune_code", "station_code", "source", "vintage", "quality", "geometry"),
        on=["commune_code", "station_code", "source", "vintage"],
    )
    coverage = (
        alive.group_by("commune_code", "source", "vintage")
        .len("stations")
        .join(
            matched.group_by("commune_code", "source", "vintage").len("covered"),
            on=["commune_code", "source", "vintage"],
        )
        .select("commune_code", "source", "vintage", complete=pl.col("covered") >= COVERS * pl.col("stations"))
    )
    return (
        matched.join(coverage, on=["commune_code", "source", "vintage"])
        .sort("station_id", "complete", "priority", "vintage", "source", descending=[False, True, True, True, False])
        .unique("station_id", keep="first", maintain_order=True)
        .select(
            "station_id",
            "geometry",
            pl.col("source").alias("outline_source"),
            pl.col("vintage").alias("outline_vintage"),
            "quality",
        )
    )


def _valid_in(year: str) -> pl.Expr:
    """Whether the version was in use in that year: from the year it appeared to the year before it went."""
    ended = pl.col("valid_to").dt.year()
    return (pl.col("valid_from").dt.year() <= pl.col(year)) & (ended.is_null() | (pl.col(year) < ended))
