"""INSEE's grid of 200 m cells: households, people, incomes and dwellings in squares of a projection.

A cell is named by its lower left corner in metres: `CRS3035RES200mN2471400E3761600` is the square from
x = 3,761,600 and y = 2,471,400 in EPSG:3035. Finding the cell of a point is arithmetic, see `cell_codes`: no outlines
are needed. The columns keep INSEE's names (`ind`, `men`, `men_pauv`, `ind_0_3`...), with `x` and `y` of the corner.

`i_est_200` is 1 where the values were imputed because fewer than 11 households live there (four cells in five, one
person in five): such a value is no fact about its cell and may only be added to others (rule STAT-01).
`lcog_geo` lists the communes that a cell lies in; `commune_code` is the first, and a cell is read for each of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.sources.census.names import refuse
from isoloir.sources.delimited import list_notices, numbers, read_table, require
from isoloir.sources.geography.place import transformer
from isoloir.sources.reading import Entry, Notice, Reading

SIZE_M = 200
_CODE = r"^CRS([0-9]{4,5})RES200mN([0-9]+)E([0-9]+)$"
_FULL = ("idcar_200m", "i_est_200", "lcog_geo", "ind", "men")
_TEXT = ("idcar_200m", "idcar_1km", "idcar_nat", "lcog_geo")


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """The table `census`, level "grid"; the full layout, or a reduced one of `x`, `y` (centres) and a few counts."""
    facts = entry.facts
    table, notices = _read_small(file, facts, area) if "epsg" in facts else _read_full(file, area)
    forbidden, refusal = refuse(table.columns, file)
    table = table.drop(*forbidden).with_columns(pl.col("unit_code").str.extract_groups(_CODE).alias("corner"))
    placed = pl.col("corner").struct.field("1").is_not_null()
    bad = table.filter(~placed).select("row", pl.col("unit_code").fill_null("")).rows()
    cells, twice = _keep_first(table.filter(placed))
    cells = cells.with_columns(
        level=pl.lit("grid"),
        vintage=pl.lit(facts.get("vintage"), pl.Int16),
        x=pl.col("corner").struct.field("3").cast(pl.Float64),
        y=pl.col("corner").struct.field("2").cast(pl.Float64),
    ).drop("corner", "row")
    return Reading(
        {"census": cells.lazy()},
        notices
        + refusal
        + list_notices(file, "this is no code of a 200 m cell; the row was left out", bad)
        + list_notices(file, "this cell is there several times; the first row was kept", twice),
    )


def cell_codes(
    longitude: np.ndarray[Any, Any], latitude: np.ndarray[Any, Any], epsg: int, size_m: int = SIZE_M
) -> pl.Series:
    """The code of the cell that each point lies in; `epsg` is that of the grid (the number after CRS in its codes)."""
    x, y = transformer(4326, epsg).transform(longitude, latitude)
    corners = pl.DataFrame({"x": np.floor(x / size_m) * size_m, "y": np.floor(y / size_m) * size_m})
    return corners.select(_name_cell(pl.col("x"), pl.col("y"), epsg, size_m)).to_series()


def _name_cell(x: pl.Expr, y: pl.Expr, epsg: int, size_m: int = SIZE_M) -> pl.Expr:
    return pl.format(f"CRS{epsg}RES{size_m}mN{{}}E{{}}", y.cast(pl.Int64), x.cast(pl.Int64)).alias("unit_code")


def _read_full(file: Path, area: Area) -> tuple[pl.DataFrame, list[Notice]]:
    """Typed and streaming, which takes a second for France; the slow way only to say where a value is no number."""
    try:
        scan = _scan(file)
        counts = [c for c in scan.collect_schema().names() if c not in (*_TEXT, "row")]
        cells = scan.filter(_starts_in(area)).collect(engine="streaming")
        notices: list[Notice] = []
    except pl.exceptions.PolarsError:
        text, notices = read_table(file)
        text = text.rename(str.lower)
        require(text, list(_FULL), file)
        counts = [c for c in text.columns if c not in (*_TEXT, "row")]
        cells, unread = numbers(text.filter(_starts_in(area)), counts, file)
        notices += unread
    communes = _communes_of(cells["lcog_geo"], area)
    inside = cells.join(communes, on="lcog_geo", maintain_order="left")
    nowhere = cells.join(communes, on="lcog_geo", how="anti").select("row", pl.col("lcog_geo").fill_null("")).rows()
    if area.everything:
        notices += list_notices(file, "lcog_geo names no commune; the row was left out", nowhere)
    return inside.select("row", pl.col("idcar_200m").alias("unit_code"), "commune_code", *counts), notices


def _starts_in(area: Area) -> pl.Expr:
    """A quick filter that keeps every cell of the area, and some others."""
    cities = [codes.ARRONDISSEMENTS[c][0][:3] for c in area.communes if c in codes.ARRONDISSEMENTS]
    parts = [*area.departements, *area.communes, *cities]
    return pl.lit(True) if area.everything else pl.col("lcog_geo").str.contains_any(parts)


def _communes_of(lists: pl.Series, area: Area) -> pl.DataFrame:
    """For each list of communes that touches the area, the one that votes for the first of them."""
    unique = lists.unique().drop_nulls().to_frame()
    each = unique.with_columns(code=pl.col("lcog_geo").str.extract_all(r"[0-9A-Z]{5}"))
    exploded = each.with_columns(first=pl.col("code").list.first()).explode("code")
    touching = exploded.filter(area.contains(codes.commune("code"))).unique("lcog_geo")
    return touching.select("lcog_geo", commune_code=codes.city(codes.commune("first")))


def _keep_first(table: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[int, object]]]:
    if table["unit_code"].n_unique() == len(table):
        return table, []
    twice = table.filter(pl.col("unit_code").is_duplicated()).select("row", "unit_code").rows()
    return table.unique("unit_code", keep="first", maintain_order=True), twice


def _scan(file: Path) -> pl.LazyFrame:
    try:
        with file.open("rb") as stream:
            header = stream.readline().decode("utf-8-sig", "replace").strip()
    except OSError as error:
        raise SourceError(f"cannot be read ({error})", file=file) from error
    if not header:
        raise SourceError("the file is empty; fetch it again", file=file)
    separator = max(";,\t", key=header.count)
    names = [c.strip(' "').lower() for c in header.split(separator)]
    require(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), list(_FULL), file)
    types = {c: pl.String if c in _TEXT else pl.Float64 for c in names}
    return pl.scan_csv(file, separator=separator, schema=types, row_index_name="row", row_index_offset=2)


def _read_small(file: Path, facts: dict[str, Any], area: Area) -> tuple[pl.DataFrame, list[Notice]]:
    table, notices = read_table(file)
    rename = facts["rename"]
    require(table, ["x", "y", *rename], file)
    values, unread = numbers(table, ["x", "y", *rename], file)
    extra = [c for c in table.columns if c not in {"row", "x", "y", *rename}]
    notices += [Notice(file, f"columns not used: {', '.join(extra)}", severity="info")] if extra else []
    departement = facts["departement"]
    near = departement in area.departements or any(c.startswith(departement) for c in area.communes)
    corner = ((pl.col("x") / SIZE_M).floor() * SIZE_M, (pl.col("y") / SIZE_M).floor() * SIZE_M)
    named = values.filter(area.everything or near).select(
        "row",
        _name_cell(*corner, facts["epsg"]),
        pl.lit(None, pl.String).alias("commune_code"),
        *(pl.col(c).alias(n) for c, n in rename.items()),
    )
    return named, notices + unread
