"""Tables with one row per IRIS, commune, station or constituency and one column per variable.

What a .toml says: `level`; `key` (the column of the unit, for stations see `isoloir.sources.keys`); `names`, how
columns are named: "census", "filosofi" (with `prefix`) or "listed" (only those of `rename`, with `vintage`); `labels`,
columns that are known and not needed.

`commune_code` is the commune that votes: the IRIS and the figures of the 20th arrondissement of Paris have the
commune_code 75056, and the arrondissement's own code stays in `unit_code`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import LayoutChanged
from isoloir.sources.census.names import BREAK, name_census, name_filosofi, refuse
from isoloir.sources.delimited import list_notices, numbers, read_table, require
from isoloir.sources.geography.constituencies import constituency, in_area
from isoloir.sources.keys import read_keys
from isoloir.sources.reading import Entry, Notice, Reading

_KEYS = ["unit_code", "commune_code", "level", "vintage"]


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """The figures of a file, as the table `census`."""
    facts = entry.facts
    table, notices = read_table(file)
    require(table, [facts["key"]] if isinstance(facts["key"], str) else list(facts["key"]), file)
    forbidden, refusal = refuse(table.columns, file)
    year, names = _name(table.columns, forbidden, facts, file)
    units, unplaced = _place(table.select("row", *_used(table, facts, names)), facts, file)
    units, repeated = _keep_single(units.filter(_inside(area, facts)), file)
    values, unread = numbers(units, list(names), file)
    return Reading(
        {"census": values.select(*_keys(facts, year), *(pl.col(c).alias(n) for c, n in names.items())).lazy()},
        notices + refusal + _unused(table, facts, names, forbidden, file) + unplaced + repeated + unread,
    )


def _name(columns: list[str], forbidden: set[str], facts: dict[str, Any], file: Path) -> tuple[int, dict[str, str]]:
    wanted = [c for c in columns if c not in forbidden]
    if facts["names"] == "listed":
        names = {c: n for c, n in facts["rename"].items() if c in wanted}
        if not names:
            raise LayoutChanged(f"none of the columns {list(facts['rename'])} is there", file=file, row=1)
        return facts["vintage"], names
    naming = name_census(wanted, file) if facts["names"] == "census" else name_filosofi(wanted, facts["prefix"], file)
    if len(set(naming[1].values())) < len(naming[1]):
        raise LayoutChanged(f"two columns mean the same variable: {sorted(naming[1])[:12]}", file=file, row=1)
    return naming


def _used(table: pl.DataFrame, facts: dict[str, Any], names: dict[str, str]) -> list[str]:
    keys = [facts["key"]] if isinstance(facts["key"], str) else list(facts["key"])
    return [c for c in table.columns if c in keys or c in names]


def _place(table: pl.DataFrame, facts: dict[str, Any], file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """Add unit_code and commune_code; rows without them go to notices."""
    if facts["level"] == "station":
        keyed, notices = read_keys(table, facts, file)
        return keyed.with_columns(unit_code=codes.station_key(pl.col("commune_code"), pl.col("station_code"))), notices
    text = pl.col(facts["key"]).cast(pl.String).str.strip_chars(" ").str.to_uppercase()
    unit = {
        "iris": text.str.pad_start(9, "0").str.extract(r"^([0-9A-Z]{9})$"),
        "commune": codes.commune(text),
        "constituency": constituency(text),
    }[facts["level"]]
    commune = codes.commune(unit.str.slice(0, 5)) if facts["level"] != "constituency" else pl.lit(None, pl.String)
    read = table.with_columns(unit_code=unit).with_columns(commune_code=codes.city(commune))
    lost = pl.col("unit_code").is_null() | (pl.col("commune_code").is_null() & (facts["level"] != "constituency"))
    shown = read.filter(lost).select("row", pl.col(facts["key"]).cast(pl.String).fill_null(""))
    what = f"{facts['key']} is no code of a {facts['level']}; the row was left out"
    return read.filter(~lost), list_notices(file, what, shown.rows())


def _keep_single(table: pl.DataFrame, file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """Equal rows count once; where rows of one unit differ, none of them is kept, for nobody knows which is right."""
    if table["unit_code"].is_unique().all():
        return table, []
    table = table.unique(subset=[c for c in table.columns if c != "row"], keep="first", maintain_order=True)
    twice = pl.col("unit_code").is_duplicated()
    what = "this unit is there several times with different figures; none was kept"
    return table.filter(~twice), list_notices(file, what, table.filter(twice).select("row", "unit_code").rows())


def _inside(area: Area, facts: dict[str, Any]) -> pl.Expr:
    of_constituency = facts["level"] == "constituency"
    return in_area(area, pl.col("unit_code")) if of_constituency else area.contains("commune_code")


def _keys(facts: dict[str, Any], year: int) -> list[pl.Expr]:
    return [
        pl.col("unit_code"),
        pl.col("commune_code"),
        pl.lit(facts["level"]).alias("level"),
        pl.lit(year, pl.Int16).alias("vintage"),
    ]


def _unused(
    table: pl.DataFrame, facts: dict[str, Any], names: dict[str, str], forbidden: set[str], file: Path
) -> list[Notice]:
    known = {"row", *_used(table, facts, names), *facts.get("labels", ()), *forbidden}
    extra = [c for c in table.columns if c not in known]
    notices = [Notice(file, f"columns not used: {', '.join(extra)}", severity="info")] if extra else []
    if any("STAT_GSEC" in n for n in names.values()):
        notices.append(Notice(file, BREAK, severity="info"))
    return notices
