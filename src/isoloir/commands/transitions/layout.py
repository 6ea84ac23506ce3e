"""Files of margins: read, checked, and their keys made comparable."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir.errors import SourceError
from isoloir.sources.delimited import read_table, require

KEYS = ["election", "district_no", "unit", "side", "opt"]
_SIDES = ("row", "col")


def read_layout(file: Path) -> tuple[pl.DataFrame, dict[str, pl.DataType]]:
    """Columns election, district_no, unit, side, opt, votes of a .parquet or .csv file, and option (null if not given).

    Keys are whole numbers where all of their column are, else text; votes are floats. Also the types of the keys as
    the file has them (those of a .csv are as read). Raises SourceError naming the row, the election, the district and
    the unit of the first figure that cannot be used.
    """
    if not file.is_file():
        raise SourceError("no such file", file=file)
    table, notices = read_table(file)
    lost = [notice for notice in notices if notice.row is not None]
    if lost:
        raise SourceError(lost[0].what, file=file, row=lost[0].row, value=lost[0].value)
    require(table, [*KEYS, "votes"], file)
    if table.is_empty():
        raise SourceError("no row at all", file=file)
    types = {name: table.schema[name] for name in KEYS}
    table = table.with_columns(_plain(table[name]) for name in KEYS)
    if file.suffix.lower() != ".parquet":
        types = {name: table.schema[name] for name in KEYS}
    for name in KEYS:
        _refuse(table, pl.col(name).is_null(), f"no {name}", name, file)
    if "option" not in table.columns:
        table = table.with_columns(option=pl.lit(None))
    table = table.with_columns(
        pl.col("side").cast(pl.String).str.to_lowercase(),
        pl.col("option").cast(pl.String).str.strip_chars()
        if "option" in table.columns
        else pl.lit(None).alias("option"),
        votes=pl.col("votes").cast(pl.Float64, strict=False),
        given=pl.col("votes"),
    )
    _refuse(table, ~pl.col("side").is_in(_SIDES), "side is row or col", "side", file)
    _refuse(
        table,
        ~(pl.col("votes").is_finite() & (pl.col("votes") >= 0)).fill_null(False),
        "votes is a number, zero or more",
        "given",
        file,
    )
    _refuse(table, ~pl.struct(KEYS).is_first_distinct(), "an earlier row has the same keys", "opt", file)
    return table.select(*KEYS, "votes", "option"), types


def _plain(keys: pl.Series) -> pl.Series:
    """Whole numbers, else text without spaces around it."""
    if keys.dtype.is_integer():
        return keys
    text = keys.cast(pl.String).str.strip_chars()
    text = pl.select(pl.when(text != "").then(text)).to_series().rename(keys.name)
    if keys.dtype.is_float():
        text = text.str.strip_suffix(".0")
    whole = text.cast(pl.Int64, strict=False)
    same = whole.null_count() == text.null_count() and (whole.cast(pl.String) == text).all()
    return whole if same and len(text) > text.null_count() else text


def _refuse(table: pl.DataFrame, wrong: pl.Expr, what: str, column: str, file: Path) -> None:
    """Raise SourceError for the first row where something is wrong."""
    rows = table.filter(wrong)
    if rows.is_empty():
        return
    first = rows.row(0, named=True)
    where = ", ".join(f"{name} {first[name]}" for name in KEYS if first[name] is not None)
    raise SourceError(f"{what} ({where})", file=file, row=first["row"], value=first[column])
