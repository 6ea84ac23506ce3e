"""How a file names its stations: the columns, pattern and templates of its .toml, read into canonical codes.

    key = ["CODCOM", "IDBURO"]                      columns, joined by "|"; one name, or several
    pattern = '^(\\d\\d)0(\\d{3})\\|(.+)$'             default: commune, "_" or "-", station
    commune = "{1}{2}"                              default "{1}"; may be a constant: "75056"
    station = "{3}"                                 default "{2}"; "{1:2}{2:2}" pads each part with zeros to 2 digits

The arrondissements of Paris, Lyon and Marseille number their stations from 1; the city puts the arrondissement in
front: station 15 of the 20th arrondissement of Paris is `75056_2015`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl

from isoloir import codes
from isoloir.sources.delimited import list_notices, require
from isoloir.sources.reading import Notice

PATTERN = r"^([0-9A-Za-z]{4,5})[_-](.+)$"
_SLOT = re.compile(r"\{(\d)(?::(\d))?\}")


def read_keys(table: pl.DataFrame, facts: dict[str, Any], file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """Add commune_code and station_code to a table that has `row`; rows whose key is no station go to notices."""
    columns = [facts["key"]] if isinstance(facts["key"], str) else list(facts["key"])
    require(table, columns, file)
    key = pl.concat_str([pl.col(c).cast(pl.String) for c in columns], separator="|")
    groups = key.str.extract_groups(facts.get("pattern", PATTERN))
    commune = codes.commune(_fill(groups, facts.get("commune", "{1}")))
    station = codes.station(_fill(groups, facts.get("station", "{2}")))
    read = table.with_columns(**canonical(commune, station))
    lost = pl.col("commune_code").is_null() | pl.col("station_code").is_null()
    shown = read.filter(lost).select("row", key.fill_null(""))
    notices = list_notices(file, f"{' '.join(columns)} names no station; the row was left out", shown.rows())
    return read.filter(~lost), notices


def canonical(commune: pl.Expr, station: pl.Expr) -> dict[str, pl.Expr]:
    """The commune that votes and the code that the station has in it, from clean codes."""
    city = codes.city(commune)
    short = (city != commune) & station.str.contains("^00[0-9]{2}$")
    lyon = commune.str.starts_with("6938")
    arrondissement = pl.when(lyon).then("0" + commune.str.slice(4)).otherwise(commune.str.slice(3))
    return {
        "commune_code": city,
        "station_code": pl.when(short).then(arrondissement + station.str.slice(2)).otherwise(station),
    }


def _fill(groups: pl.Expr, template: str) -> pl.Expr:
    """The text of a template whose slots are groups of the pattern; null where the pattern does not match."""
    parts: list[pl.Expr] = [pl.when(groups.struct.field("1").is_not_null()).then(pl.lit(""))]
    start = 0
    for slot in _SLOT.finditer(template):
        parts.append(pl.lit(template[start : slot.start()]))
        part = groups.struct.field(slot[1])
        parts.append(part.str.pad_start(int(slot[2]), "0") if slot[2] else part)
        start = slot.end()
    return pl.concat_str([*parts, pl.lit(template[start:])])
