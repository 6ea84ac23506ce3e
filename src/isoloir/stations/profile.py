"""The census variables of the stations: of today, and of the past where an outline says which ground was theirs."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir.sources.reading import ADDRESSES, UNITS, Notice
from isoloir.stations.candidates import Table
from isoloir.stations.estimates import Estimates, estimate
from isoloir.stations.inputs import Readings, notice_frame
from isoloir.stations.shapes import SAME, address_year
from isoloir.stations.workspace import Frames

STATION = ["commune_code", "station_code"]


def station_variables(readings: Readings, identity: Frames, shapes: Frames) -> dict[str, pl.DataFrame]:
    """The tables `variables`, `missing` (of today's stations, with the reason) and `variable_notices`."""
    versions = identity["versions"].collect().join(shapes["shapes"].collect(), on="station_id", how="left")
    today = versions.filter(pl.col("valid_to").is_null())
    found = _estimate(readings, today, _addresses_today(readings, identity, today))
    parts = [_named(found, today)]
    for year in _past_years(versions):
        alive = versions.filter(
            (pl.col("valid_from").dt.year() <= year) & (pl.col("valid_to").dt.year() >= year).fill_null(True)
        )
        done = pl.concat(parts).select("station_id").unique()
        new = alive.join(done, on="station_id", how="anti").filter(pl.col("geometry").is_not_null())
        alive = alive.join(new.select("commune_code").unique(), on="commune_code", how="semi")
        if new.height:
            past = _estimate(readings, alive.unique(STATION, keep="last", maintain_order=True), None)
            parts.append(_named(past, alive).join(new.select("station_id"), on="station_id", how="semi"))
    return {
        "variables": pl.concat(parts).sort("variable", "station_id"),
        "missing": found.missing,
        "variable_notices": notice_frame(Notice(Path("census"), text, severity="info") for text in found.notices),
    }


def _estimate(readings: Readings, stations: pl.DataFrame, addresses: pl.DataFrame | None) -> Estimates:
    units = readings.all("units").select(*UNITS).collect()
    changes = readings.all("commune_changes").drop("source", "priority").collect()
    return estimate(
        stations.select(*STATION, "registered", "geometry"),
        [Table(part.table.collect(), part.source.id) for part in readings.parts["census"]],
        addresses,
        units if units.height else None,
        changes,
    )


def _named(found: Estimates, stations: pl.DataFrame) -> pl.DataFrame:
    ids = stations.select(*STATION, "station_id")
    return found.values.join(ids, on=STATION).select("station_id", "variable", "value", "vintage", "quality", "source")


def _past_years(versions: pl.DataFrame) -> list[int]:
    """The years in which a version that has an outline ended, latest first."""
    ended = versions.filter(pl.col("geometry").is_not_null())["valid_to"].drop_nulls().dt.year()
    return ended.unique().sort(descending=True).to_list()


def _addresses_today(readings: Readings, identity: Frames, today: pl.DataFrame) -> pl.DataFrame | None:
    """Address points under the codes of today: those of a station that became another one follow it."""
    if not readings.parts["addresses"]:
        return None
    year = address_year(readings)
    members = identity["members"].filter(pl.col("election").str.slice(0, 4).cast(pl.Int32) <= year)
    then = members.sort("election").unique(STATION, keep="last").select(*STATION, "station_id").collect()
    newest = pl.col("reference") == pl.col("reference").max()
    moved = (
        identity["map"].filter(newest & (pl.col("share") >= SAME)).select(station_id="from_id", to_id="to_id").collect()
    )
    code = today.select(to_id="station_id", commune="commune_code", code="station_code")
    renamed = then.join(moved, on="station_id").join(code, on="to_id").select(*STATION, "commune", "code")
    renamed = renamed.filter((pl.col("commune") != pl.col("commune_code")) | (pl.col("code") != pl.col("station_code")))
    addresses = readings.all("addresses").select(*ADDRESSES)
    if renamed.is_empty():
        return addresses.collect(engine="streaming")
    return (
        addresses.join(renamed.lazy(), on=STATION, how="left")
        .with_columns(
            commune_code=pl.coalesce("commune", "commune_code"), station_code=pl.coalesce("code", "station_code")
        )
        .select(*ADDRESSES)
        .collect(engine="streaming")
    )
