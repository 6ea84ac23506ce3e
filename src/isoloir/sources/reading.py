"""What a reader gives back: typed tables, and a notice for everything that it could not take as it stands.

Every table that a reader can give is declared here, once. A reader takes the columns it knows, reports those it did
not expect, and drops nothing in silence: a row that it cannot place becomes a `Notice` naming file, row and value.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError

# One row per station and round. `row` is the line of the file, as a text editor counts it (the header is line 1).
TURNOUT = {
    "commune_code": pl.String,
    "station_code": pl.String,
    "election": pl.String,
    "constituency_code": pl.String,  # "7501", or null where the file does not say
    "registered": pl.Int32,
    "voters": pl.Int32,
    "blank": pl.Int32,  # null where the round counted blank and spoiled together (then `spoiled` holds both)
    "spoiled": pl.Int32,
    "valid_votes": pl.Int32,
    "row": pl.UInt32,
}
# One row per station, round and candidate (or list). `candidate` is the family name or the head of the list.
RESULTS = {
    "commune_code": pl.String,
    "station_code": pl.String,
    "election": pl.String,
    "candidate": pl.String,
    "first_name": pl.String,
    "nuance": pl.String,
    "panel": pl.Int16,
    "votes": pl.Int32,
    "row": pl.UInt32,
}
# One row per geocoded address of the electoral register. `weight` is the number of addresses at the point.
ADDRESSES = {
    "commune_code": pl.String,
    "station_code": pl.String,
    "longitude": pl.Float64,
    "latitude": pl.Float64,
    "weight": pl.Float32,
    "score": pl.Float32,
    "row": pl.UInt32,
}
# The streets of each station, with the addresses of the register that lie in them.
STREETS = {"commune_code": pl.String, "station_code": pl.String, "street": pl.String, "addresses": pl.Float64}
# Outlines are WKB, EPSG:4326.
OUTLINES = {
    "commune_code": pl.String,
    "station_code": pl.String,
    "vintage": pl.Int16,
    "geometry": pl.Binary,
    "row": pl.UInt32,
}
COMMUNES = {"commune_code": pl.String, "name": pl.String, "population": pl.Int32, "geometry": pl.Binary}
# `kind` is "merge" (from_code disappears into to_code), "split" (to_code comes out of from_code) or "recode".
CHANGES = {"from_code": pl.String, "to_code": pl.String, "date": pl.Date, "kind": pl.String}
CONSTITUENCIES = {"constituency_code": pl.String, "commune_code": pl.String, "geometry": pl.Binary}
# Outlines of IRIS (level "iris") or of grid cells (level "grid").
UNITS = {
    "unit_code": pl.String,
    "commune_code": pl.String,
    "level": pl.String,
    "name": pl.String,
    "geometry": pl.Binary,
}
VENUES = {
    "commune_code": pl.String,
    "station_code": pl.String,
    "vintage": pl.Int16,
    "name": pl.String,
    "address": pl.String,
    "longitude": pl.Float64,
    "latitude": pl.Float64,
}
# Wide: these keys, then one Float64 column per variable, under INSEE's name without the year's digits
# (`P21_CHOM1564` and `P09_CHOM1564` are both `P_CHOM1564`; `DISP_MED21` is `DISP_MED`; the year is `vintage`).
CENSUS_KEYS = {"unit_code": pl.String, "commune_code": pl.String, "level": pl.String, "vintage": pl.Int16}

TABLES: dict[str, dict[str, Any]] = {
    "turnout": TURNOUT,
    "results": RESULTS,
    "addresses": ADDRESSES,
    "streets": STREETS,
    "outlines": OUTLINES,
    "communes": COMMUNES,
    "commune_changes": CHANGES,
    "constituencies": CONSTITUENCIES,
    "units": UNITS,
    "venues": VENUES,
    "census": CENSUS_KEYS,
}


@dataclass(frozen=True)
class Notice:
    """Something in a file that was set aside, mended or doubted; it ends in the table `checks`."""

    file: Path
    what: str
    row: int | None = None
    value: str | None = None
    severity: Literal["info", "warning", "error"] = "warning"

    def __str__(self) -> str:
        row = "" if self.row is None else f", row {self.row}"
        value = "" if self.value is None else f" (value {self.value!r})"
        return f"{self.file.name}{row}: {self.what}{value}"


@dataclass(frozen=True)
class Entry:
    """A file of a source: what it is called at its publisher, where it is, and what the reader must know of it."""

    name: str  # a pattern (fnmatch, case ignored), matched against the end of the path
    url: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    areas: tuple[str, ...] = ()  # what `fetch` needs it for; empty: everybody
    facts: dict[str, Any] = field(default_factory=dict)  # election, vintage, columns...: passed to the reader


@dataclass(frozen=True)
class Source:
    """A `.toml` of this folder, read."""

    id: str
    title: dict[str, str]  # {"fr": ..., "en": ...}
    publisher: str
    licence: str
    page: str
    reader: str  # "isoloir.sources.elections.national:read"
    vintage: str
    entries: tuple[Entry, ...]
    recognise: tuple[str, ...] = ()  # header columns by which a renamed file is known
    priority: int = 50  # where two sources give the same round of the same commune, the higher one is kept

    def read(self, file: Path, entry: Entry, area: Area) -> Reading:
        """Run the reader; it may raise SourceError, and so may whoever evaluates its tables (within `evaluated`)."""
        module, function = self.reader.split(":")
        with evaluated(file):
            reading: Reading = getattr(importlib.import_module(module), function)(file, entry, area)
            for name, table in reading.tables.items():
                reading.tables[name] = conform(table, name, file)
        return reading


@dataclass
class Reading:
    """The tables of one file (lazy where the file is large), and the notices about it."""

    tables: dict[str, pl.LazyFrame]
    notices: list[Notice] = field(default_factory=list)


@contextlib.contextmanager
def evaluated(file: Path) -> Iterator[None]:
    """Raise SourceError, naming the file and what is wrong, where its values are of another kind than they must be."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        told = " ".join(dict.fromkeys(line.strip() for line in str(error).splitlines()[:4] if line.strip()))
        raise SourceError(f"values that cannot be read: {told}; fetch it again, or mend it", file=file) from error


def conform(table: pl.LazyFrame, name: str, file: Path) -> pl.LazyFrame:
    """Give a table its declared columns, order and types; a missing optional column is null."""
    schema, have = TABLES[name], table.collect_schema().names()
    extra = [c for c in have if c not in schema]
    if extra and name != "census":
        raise LayoutChanged(f"the reader gave unknown columns {extra} in {name}", file=file)
    known = [(pl.col(c) if c in have else pl.lit(None)).cast(t).alias(c) for c, t in schema.items()]
    return table.select(*known, *(pl.col(c).cast(pl.Float64) for c in extra))


def expect_columns(have: list[str], wanted: list[str], file: Path, optional: tuple[str, ...] = ()) -> list[Notice]:
    """Raise LayoutChanged where a wanted column is missing; report those that nobody expected."""
    missing = [c for c in wanted if c not in have]
    if missing:
        raise LayoutChanged(f"missing columns {missing}; found {have[:12]}", file=file, row=1)
    extra = [c for c in have if c not in wanted and c not in optional]
    return [Notice(file, f"columns not used: {', '.join(extra)}", severity="info")] if extra else []
