"""The population of each commune, year by year: one column per year (`p13_pop`) becomes one row per year."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import LayoutChanged
from isoloir.sources.delimited import list_notices, numbers, read_text, require
from isoloir.sources.reading import Entry, Reading

_YEAR = re.compile(r"p(\d\d)_pop", re.IGNORECASE)


def read(file: Path, _entry: Entry, area: Area) -> Reading:
    """The table `census`, level "commune", with the one variable P_POP for each year."""
    table, notices = read_text(file)
    require(table, ["codgeo"], file)
    years = {c: 2000 + int(m[1]) for c in table.columns if (m := _YEAR.fullmatch(c))}
    if not years:
        raise LayoutChanged(f"no column of a population (p21_pop); found {table.columns[1:13]}", file=file, row=1)
    unit = codes.commune("codgeo")
    lost = table.filter(unit.is_null()).select("row", pl.col("codgeo").fill_null("")).rows()
    twice = table.with_columns(unit_code=unit).filter(pl.col("unit_code").is_duplicated() & unit.is_not_null())
    known = table.with_columns(unit_code=unit, commune_code=codes.city(unit)).filter(unit.is_not_null())
    inside = known.unique("unit_code", keep="first", maintain_order=True).filter(area.contains("commune_code"))
    values, unread = numbers(inside, list(years), file)
    long = values.unpivot(list(years), index=["unit_code", "commune_code"], variable_name="year", value_name="P_POP")
    census = long.with_columns(level=pl.lit("commune"), vintage=pl.col("year").replace_strict(years)).drop("year")
    return Reading(
        {"census": census.lazy()},
        notices
        + list_notices(file, "codgeo is no code of a commune; the row was left out", lost)
        + list_notices(file, "this commune is there several times; the first row was kept", _shown(twice))
        + unread,
    )


def _shown(rows: pl.DataFrame) -> list[tuple[int, object]]:
    return rows.select("row", "codgeo").rows()
