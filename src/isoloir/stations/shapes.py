"""Which outline each station version takes, where several sources or vintages give one, or the addresses draw one."""

from __future__ import annotations

import polars as pl

from isoloir.errors import SourceError
from isoloir.settings import settings
from isoloir.sources.geography.place import check_place
from isoloir.sources.reading import ADDRESSES, Notice
from isoloir.stations.inputs import Readings, notice_frame
from isoloir.stations.outlines import DRAWN, Drawn, draw, settle_borders
from isoloir.stations.workspace import Frames

COVERS = 0.95  # a set that matches this share of a commune's stations, and of its own outlines, counts as complete
SAME = 0.9  # a station that passed this share of its voters to another, and makes up this share of it, is its like
OFFICIAL = 60  # sources of this priority publish the outlines by which a city votes; the others derive theirs
DRAWN_PRIORITY = 50
SET = ["commune_code", "source", "vintage"]


def draw_shapes(readings: Readings) -> dict[str, pl.DataFrame]:
    """The `communes`, their borders leaving their addresses inside, and the outlines `drawn` from these.

    It needs no results, so that it can be done while the stations are followed; the rest is for `station_shapes`.
    """
    communes = readings.communes().collect()
    found = Drawn(pl.DataFrame(schema=DRAWN))
    if readings.parts["addresses"] and communes.height:
        addresses = readings.all("addresses").select(*ADDRESSES).collect(engine="streaming")
        threads = settings().threads or 2
        communes = settle_borders(addresses, communes, threads=threads)
        found = draw(addresses, communes, threads=threads)
    return {"communes": communes, "drawn": found.outlines, "draw_notices": notice_frame(found.notices)}


def station_shapes(
    readings: Readings, identity: Frames, drawn: Frames, keep_going: bool
) -> dict[str, pl.LazyFrame | pl.DataFrame]:
    """The outline (`shapes`) of each version, given or `drawn`, and the `shape_notices`.

    Raises SourceError where a file's outlines are not where their communes are, unless `keep_going`.
    """
    official, notices = _official(readings, readings.communes().collect(), keep_going)
    ours = (
        drawn["drawn"]
        .collect()
        .with_columns(
            vintage=pl.lit(address_year(readings), pl.Int16), source=pl.lit("drawn"), priority=pl.lit(DRAWN_PRIORITY)
        )
    )
    outlines = pl.concat([official, ours.select(official.columns)], how="vertical_relaxed")
    versions = identity["versions"].collect()
    shapes = attach(versions, outlines.filter(pl.col("geometry").is_not_null()))
    shapes = pl.concat([shapes, alone(versions, drawn["communes"].collect(), shapes)], how="vertical_relaxed")
    return {
        "shapes": inherit(shapes, versions, identity["edges"].collect()).sort("station_id"),
        "shape_notices": pl.concat([notice_frame(notices), drawn["draw_notices"].collect()]),
    }


def _official(readings: Readings, communes: pl.DataFrame, keep_going: bool) -> tuple[pl.DataFrame, list[Notice]]:
    """The outlines that files give, each file checked to be where its communes are."""
    columns = ["commune_code", "station_code", "vintage", "geometry", "source", "priority", "quality"]
    tables = [readings.all("outlines").with_columns(quality=pl.lit(None, pl.String)).select(columns).clear().collect()]
    notices = []
    for part in readings.parts["outlines"]:
        table = part.table.collect()
        try:
            notices += check_place(table, communes, part.file)
        except SourceError as error:
            if not keep_going:
                raise
            notices.append(Notice(part.file, f"not used: {error}", severity="error"))
            continue
        grade = "A" if part.source.priority >= OFFICIAL else "B"
        labels = {"source": part.source.id, "priority": part.source.priority, "quality": grade}
        tables.append(table.with_columns(**{k: pl.lit(v) for k, v in labels.items()}).select(columns))
    return pl.concat(tables, how="vertical_relaxed"), notices


def address_year(readings: Readings) -> int:
    """The year of the stations that addresses are given by."""
    return max((int(p.source.vintage[:4]) for p in readings.parts["addresses"]), default=0)


def alone(versions: pl.DataFrame, communes: pl.DataFrame, shapes: pl.DataFrame) -> pl.DataFrame:
    """The whole commune for a station of today that is alone in it and has no outline yet."""
    single = versions.filter(pl.col("valid_to").is_null()).filter(pl.len().over("commune_code") == 1)
    return (
        single.join(shapes, on="station_id", how="anti")
        .join(communes.filter(pl.col("geometry").is_not_null()), on="commune_code")
        .select(
            "station_id", "geometry", pl.lit("communes").alias("outline_source"),
            pl.lit(None, pl.Int16).alias("outline_vintage"), pl.lit("B").alias("quality"),
        )
    )  # fmt: skip


def attach(versions: pl.DataFrame, outlines: pl.DataFrame) -> pl.DataFrame:
    """Give each version the outline of the best set of its commune that was valid in its time.

    `versions` has station_id, commune_code, station_code, valid_from, valid_to (dates; valid_to null today);
    `outlines` has commune_code, station_code, vintage, geometry, source, priority, quality. A set is a source and a
    vintage. Complete sets come before incomplete ones, then higher priority, then later vintage, so that the stations
    of a commune share one set, and neighbours share their borders. Returns station_id, geometry, outline_source,
    outline_vintage, quality, for the versions that have one.
    """
    sets = outlines.select(*SET, "priority").unique()
    alive = versions.join(sets, on="commune_code").filter(_valid_in("vintage"))
    matched = alive.join(outlines.drop("priority"), on=[*SET, "station_code"])
    complete = _size(matched, "matched").join(_size(alive, "stations"), on=SET).join(_size(outlines, "drawn"), on=SET)
    # an outline that no station answers is as bad a sign as a station without an outline
    complete = complete.with_columns(complete=pl.col("matched") >= COVERS * pl.max_horizontal("stations", "drawn"))
    order = ["station_id", "complete", "priority", "vintage", "source"]
    return (
        matched.join(complete.select(*SET, "complete"), on=SET)
        .sort(order, descending=[False, True, True, True, False])
        .unique("station_id", keep="first", maintain_order=True)
        .select(
            "station_id", "geometry", pl.col("source").alias("outline_source"),
            pl.col("vintage").alias("outline_vintage"), "quality",
        )
    )  # fmt: skip


def _size(table: pl.DataFrame, name: str) -> pl.DataFrame:
    return table.group_by(SET).len(name)


def inherit(shapes: pl.DataFrame, versions: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Give a version without an outline that of its like before or after it, one grade lower, as far as it goes."""
    alike = _alike(versions, edges)
    links = pl.concat([alike, alike.select(from_id="to_id", to_id="from_id")])
    found = shapes.with_columns(inherited=pl.lit(False))
    while True:
        more = (
            found.join(links, left_on="station_id", right_on="from_id")
            .join(found, left_on="to_id", right_on="station_id", how="anti")
            .sort("station_id")
            .unique("to_id", keep="first", maintain_order=True)
        )
        if more.is_empty():
            return found
        lower = pl.col("quality").replace({"A": "C", "B": "C", "C": "D"})
        more = more.with_columns(station_id="to_id", quality=lower, inherited=pl.lit(True))
        found = pl.concat([found, more.select(found.columns)])


def _alike(versions: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Pairs of versions that are almost wholly made of each other."""
    size = versions.select(from_id="station_id", size="registered")
    weighed = edges.join(size, on="from_id").with_columns(came=pl.col("share") * pl.col("size"))
    part = pl.col("came") / pl.col("came").sum().over("to_id")
    return weighed.filter((pl.col("share") >= SAME) & (part >= SAME)).select("from_id", "to_id")


def _valid_in(year: str) -> pl.Expr:
    """Whether the version was in use in that year: from the year it appeared to the year before it went."""
    ended = pl.col("valid_to").dt.year()
    return (pl.col("valid_from").dt.year() <= pl.col(year)) & (ended.is_null() | (pl.col(year) < ended))
