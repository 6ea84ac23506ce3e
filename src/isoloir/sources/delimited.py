"""Tables as publishers really write them: any usual encoding and separator, every value as text; or Parquet.

A row that has more or fewer fields than the header is left out with a notice; a file whose last row is cut is refused.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl

from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.elections.text import decode
from isoloir.sources.reading import Notice

EXAMPLES = 20  # notices of one kind about one file; the rest is counted
MISSING = (
    "",
    "nd",
    "ns",
    "so",
    "s",
    "NA",
    "N/A",
    "null",
)  # INSEE: not available, not significant, not relevant, secret


def read_text(file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """The table of a delimited file, with its line numbers in `row`; raise SourceError where it is empty or cut."""
    text, notices = decode(file)
    separator = _separator(text)
    wrong, expected = _uneven_rows(text, separator)
    lines = text.count("\n") + (not text.endswith("\n"))
    if wrong and wrong[-1][0] == lines and wrong[-1][1] < expected:
        raise SourceError("the last row is cut: the file is incomplete; fetch it again", file=file, row=lines)
    try:
        table = pl.read_csv(
            io.BytesIO(text.encode()),
            separator=separator,
            infer_schema=False,
            truncate_ragged_lines=True,
            row_index_name="row",
            row_index_offset=2,
        )
    except pl.exceptions.PolarsError as error:
        raise SourceError(f"not a delimited table ({str(error).splitlines()[0]})", file=file) from error
    table = table.rename({c: c.strip() for c in table.columns})
    what = f"the header has {expected} fields, this row another number; it was left out"
    notices += list_notices(file, what, [(row, f"{fields} fields") for row, fields in wrong if fields])
    return table.filter(~pl.col("row").is_in([row for row, _ in wrong])), notices


def read_table(file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """A Parquet or delimited file with its row numbers in `row`."""
    if file.suffix.lower() != ".parquet":
        return read_text(file)
    try:
        return pl.read_parquet(file).with_row_index("row", offset=1), []
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"not a Parquet file ({str(error).splitlines()[0]})", file=file) from error


def numbers(table: pl.DataFrame, columns: list[str], file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """Columns of text as Float64 (decimal point or comma); codes for missing become null, anything else a notice."""
    given = [c for c in columns if table.schema[c] == pl.String]
    easy = table.select(pl.col(c).cast(pl.Float64, strict=False) for c in given)
    easy = easy.select(c for c in given if easy[c].null_count() == table[c].null_count() and _all_finite(easy[c]))
    text = table.select(_plain(pl.col(c)) for c in given if c not in easy.columns)
    values = text.select(_finite(pl.col(c).cast(pl.Float64, strict=False)) for c in text.columns)
    failed = [c for c in text.columns if values[c].null_count() > text[c].null_count()]
    notices = []
    for column in failed:
        bad = table.filter(values[column].is_null() & text[column].is_not_null()).select("row", column)
        notices += list_notices(file, f"{column} is no number; taken as missing", bad.rows())
    others = table.select(pl.col(c).cast(pl.Float64) for c in columns if table.schema[c] != pl.String)
    return table.with_columns(*easy, *values, *others), notices


def list_notices(file: Path, what: str, rows: list[tuple[int, object]]) -> list[Notice]:
    """A notice for each of the first rows, and one that counts the rest."""
    notices = [Notice(file, what, row=row, value=str(value) or None) for row, value in rows[:EXAMPLES]]
    if len(rows) > EXAMPLES:
        notices.append(Notice(file, f"{what} ({len(rows) - EXAMPLES} more rows, {len(rows)} in all)"))
    return notices


def require(table: pl.DataFrame, columns: list[str], file: Path) -> None:
    """Raise LayoutChanged where a column is missing."""
    missing = [c for c in columns if c not in table.columns]
    if missing:
        found = [c for c in table.columns if c != "row"]
        raise LayoutChanged(f"missing columns {missing}; found {found[:12]}", file=file, row=1)


def _separator(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(";,\t", key=header.count)


def _uneven_rows(text: str, separator: str) -> tuple[list[tuple[int, int]], int]:
    """The line and number of fields of each row that has not as many as the header, and that number."""
    if '"' in text:
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        counts = [len(row) for row in reader]
    else:
        lines = text.removesuffix("\n").split("\n")
        counts = [line.count(separator) + 1 if line else 0 for line in lines]
    return [(i, n) for i, n in enumerate(counts, 1) if n != counts[0]], counts[0]


def _all_finite(values: pl.Series) -> bool:
    return bool(values.is_finite().all())


def _finite(value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_finite()).then(value)


def _plain(column: pl.Expr) -> pl.Expr:
    text = column.str.strip_chars(" \u00a0\u202f").str.replace(",", ".", literal=True)
    return pl.when(~text.is_in(MISSING)).then(text)
