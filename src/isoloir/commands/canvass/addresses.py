"""Where the doors of some stations are: the register's addresses, or a table of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.sources.geography.register import read_addresses
from isoloir.sources.reading import Entry

OWN = ("station_id", "street", "number", "place", "longitude", "latitude", "dwellings")
_REGISTER = {"key": "id_brut_bv_reu", "weight": "nb_adresses", "score": "geo_score"}
# "12 bis Rue des Lilas 94000 Créteil": number, street, postal code and commune
_ADDRESS = r"^\s*(?:(\d+\s?(?:bis|ter|quater|[A-Za-z]\b)?)\s+)?(.*?)\s+([0-9A-Z]{5}\s.*)$"


@dataclass(frozen=True)
class Doors:
    """One row a building: `OWN`."""

    table: pl.DataFrame
    unplaced: int  # addresses without a street, which are left out


def read_doors(file: Path, stations: list[str]) -> Doors:
    """The buildings of some stations; raise SourceError where the file is neither layout, or knows none of them."""
    columns = _scan(file).collect_schema().names()
    if set(OWN) <= set(columns):
        table, unplaced = _own(file), 0
    elif {"geo_adresse", _REGISTER["key"]} <= set(columns):
        table, unplaced = _register(file, stations)
    else:
        raise SourceError(
            f"has neither the columns {', '.join(OWN)} nor those of the register (geo_adresse, id_brut_bv_reu)",
            file=file,
        )
    mine = table.filter(pl.col("station_id").is_in(stations))
    if mine.is_empty():
        raise SourceError(f"has no address of the plan's stations ({stations[0]}...)", file=file)
    whole = mine.group_by("station_id", "place", "street", "number", maintain_order=True).agg(
        pl.mean("longitude", "latitude"), pl.sum("dwellings").clip(1)
    )
    return Doors(whole.sort("station_id", "street", "number"), unplaced)


def _scan(file: Path) -> pl.LazyFrame:
    try:
        found = pl.scan_parquet(file) if file.suffix == ".parquet" else pl.scan_csv(file, infer_schema=False)
        found.collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"cannot be read ({str(error).splitlines()[0]})", file=file) from error
    return found


def _own(file: Path) -> pl.DataFrame:
    types: dict[str, Any] = dict.fromkeys(("longitude", "latitude"), pl.Float64) | {"dwellings": pl.Int64}
    try:
        return _scan(file).select(pl.col(c).cast(types.get(c, pl.String)) for c in OWN).collect()
    except pl.exceptions.PolarsError as error:
        raise SourceError(f"holds something that is no number ({str(error).splitlines()[0]})", file=file) from error


def _register(file: Path, stations: list[str]) -> tuple[pl.DataFrame, int]:
    area = Area(communes=tuple(sorted({station.split("_")[0] for station in stations})))
    entry = Entry(name=file.name, facts=dict(_REGISTER))
    points = read_addresses(file, entry, area).tables["addresses"]
    texts = _scan(file).with_row_index("row", offset=1 if file.suffix == ".parquet" else 2).select("row", "geo_adresse")
    parts = pl.col("geo_adresse").str
    both = points.join(texts, on="row", how="left").select(
        station_id=pl.concat_str("commune_code", "station_code", separator="_"),
        number=parts.extract(_ADDRESS, 1).fill_null(""),
        street=parts.extract(_ADDRESS, 2),
        place=parts.extract(_ADDRESS, 3),
        longitude="longitude",
        latitude="latitude",
        dwellings=pl.col("weight").round().cast(pl.Int64),
    )
    table = both.collect()
    placed = table.filter(pl.col("street").is_not_null() & (pl.col("street") != ""))
    return placed, table.height - placed.height
