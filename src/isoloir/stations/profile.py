"""The census variables of the stations: of today, and of the past where an outline says which ground was theirs."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir.sources.reading import ADDRESSES, CENSUS_KEYS, UNITS, Notice
from isoloir.stations.census.candidates import Table
from isoloir.stations.census.estimates import Estimates, estimate
from isoloir.stations.inputs import Readings, notice_frame
from isoloir.stations.recoded import STATION, codes_today
from isoloir.stations.shapes import address_year
from isoloir.stations.workspace import Frames

CODED_LATER = 3  # a census of 2009 is published in 2012, for the stations of that time


def station_variables(readings: Readings, identity: Frames, shapes: Frames) -> dict[str, pl.DataFrame]:
    """The tables `variables`, `missing` (of today's stations, with the reason) and `variable_notices`."""
    census = _Census(readings, identity)
    versions = identity["versions"].collect().join(shapes["shapes"].collect(), on="station_id", how="left")
    today = versions.filter(pl.col("valid_to").is_null())
    found = census.estimate(today, _addresses(readings, identity, today))
    parts = [_named(found, today)]
    for year in _past_years(versions):
        alive = versions.filter(
            (pl.col("valid_from").dt.year() <= year) & (pl.col("valid_to").dt.year() >= year).fill_null(True)
        )
        done = pl.concat(parts).select("station_id").unique()
        new = alive.join(done, on="station_id", how="anti").filter(~pl.col("inherited"))
        alive = alive.join(new.select("commune_code").unique(), on="commune_code", how="semi")
        if new.height:
            alive = alive.unique(STATION, keep="last", maintain_order=True)
            past = _named(census.estimate(alive, None, year), alive)
            parts.append(past.join(new.select("station_id"), on="station_id", how="semi"))
    return {
        "variables": pl.concat(parts).sort("variable", "station_id"),
        "missing": found.missing,
        "variable_notices": notice_frame(Notice(Path("census"), text, severity="info") for text in found.notices),
    }


class _Census:
    """The census tables and their units, collected once for every year that is asked about."""

    def __init__(self, readings: Readings, identity: Frames) -> None:
        self.identity = identity
        self.tables = [(part.source.id, part.table.collect()) for part in readings.parts["census"]]
        units = readings.all("units").select(*UNITS).collect()
        self.units = units if units.height else None
        self.changes = readings.all("commune_changes").drop("source", "priority").collect()

    def estimate(self, stations: pl.DataFrame, addresses: pl.DataFrame | None, year: int | None = None) -> Estimates:
        wanted = stations.select(*STATION, "registered", "geometry")
        return estimate(wanted, self._codedcodes_today(stations), addresses, self.units, self.changes, year=year)

    def _codedcodes_today(self, stations: pl.DataFrame) -> list[Table]:
        """The tables; one that is by station is brought to the codes of the wanted stations."""
        tables = []
        for source, rows in self.tables:
            if rows.height and rows["level"][0] == "station":
                codes = codes_today(self.identity, stations, (rows["vintage"].to_list()[0] or 0) + CODED_LATER)
                tables.append(Table(_recoded(rows, codes), source))
            else:
                tables.append(Table(rows, source))
        return tables


def _recoded(rows: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """A table of counts by station under other codes; stations that became one are added up."""
    named = rows.with_columns(station_code=pl.col("unit_code").str.split("_").list.last()).join(codes, on=STATION)
    named = named.with_columns(commune_code="commune", unit_code=pl.concat_str("commune", "code", separator="_"))
    counts = [c for c in rows.columns if c not in CENSUS_KEYS]
    total = [pl.when(pl.col(c).is_not_null().any()).then(pl.col(c).sum()).alias(c) for c in counts]
    return named.group_by(list(CENSUS_KEYS), maintain_order=True).agg(total).select(rows.columns)


def _addresses(readings: Readings, identity: Frames, today: pl.DataFrame) -> pl.DataFrame | None:
    """Address points under the codes of today: those of a station that became another one follow it."""
    if not readings.parts["addresses"]:
        return None
    renamed = codes_today(identity, today, address_year(readings))
    renamed = renamed.filter((pl.col("commune") != pl.col("commune_code")) | (pl.col("code") != pl.col("station_code")))
    addresses = readings.all("addresses").select(*ADDRESSES)
    if renamed.is_empty():
        return addresses.collect(engine="streaming")
    return (
        addresses.join(renamed.lazy(), on=STATION, how="left", maintain_order="left")
        .with_columns(
            commune_code=pl.coalesce("commune", "commune_code"), station_code=pl.coalesce("code", "station_code")
        )
        .select(*ADDRESSES)
        .collect(engine="streaming")
    )


def _named(found: Estimates, stations: pl.DataFrame) -> pl.DataFrame:
    ids = stations.select(*STATION, "station_id")
    return found.values.join(ids, on=STATION).select("station_id", "variable", "value", "vintage", "quality", "source")


def _past_years(versions: pl.DataFrame) -> list[int]:
    """The years in which a version that has its own outline ended, latest first."""
    ended = versions.filter(~pl.col("inherited"))["valid_to"].drop_nulls().dt.year()
    return ended.unique().sort(descending=True).to_list()
