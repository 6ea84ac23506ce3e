"""The only door to DuckDB, and atomic files: a reader never sees half of anything."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from isoloir.errors import StationError
from isoloir.settings import settings

Connection = duckdb.DuckDBPyConnection
_PIECE = 122_880  # rows: a row group of DuckDB; it stores such a piece as it comes, and rewrites others when it closes


@contextlib.contextmanager
def atomic(target: Path) -> Iterator[Path]:
    """A temporary path beside `target` that takes its place if the block succeeds, and vanishes if it does not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=f".part{target.suffix}", dir=target.parent)
    os.close(handle)
    part = Path(name)
    part.unlink()
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def sweep(target: Path) -> None:
    """Remove what killed runs of `atomic` left beside `target`; only while nobody else writes it."""
    for litter in target.parent.glob(f".{glob.escape(target.name)}.*.part{glob.escape(target.suffix)}*"):
        litter.unlink(missing_ok=True)


def write_text(text: str, target: Path) -> None:
    """Write UTF-8 text atomically."""
    with atomic(target) as part:
        part.write_text(text, encoding="utf-8", newline="")


def write_parquet(table: pl.LazyFrame | pl.DataFrame, target: Path) -> None:
    """Write a table atomically, streaming; packed lightly, for a stage is written once and read a few times."""
    with atomic(target) as part:
        table.lazy().sink_parquet(part, compression="lz4", row_group_size=_PIECE, maintain_order=True)


def sha256(file: Path) -> str:
    """The checksum of a file, hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def database(path: Path | None, *, write: bool = False) -> Iterator[Connection]:
    """Open a station database (in memory where `path` is None); raise StationError where it is not one."""
    config: dict[str, Any] = {"memory_limit": f"{settings().memory_gb}GB", "autoinstall_known_extensions": "false"}
    if settings().threads:
        config["threads"] = settings().threads
    if path is not None and not write and not path.exists():
        raise StationError(f"{path}: no such database; make it with `isoloir build` or `make demo`")
    try:
        connection = duckdb.connect(str(path or ":memory:"), read_only=bool(path) and not write, config=config)
    except duckdb.Error as error:
        raise StationError(f"{path}: not a database that can be opened ({str(error).splitlines()[0]})") from error
    try:
        connection.execute("SET enable_progress_bar = false")  # commands show their own progress
        yield connection
    finally:
        connection.close()


def register_stream(connection: Connection, name: str, table: pl.LazyFrame) -> None:
    """Give a query a table that Polars computes while it is read: once, in its order, and never whole in memory."""
    newest = pl.CompatLevel.newest()
    schema = pl.DataFrame(schema=table.collect_schema()).to_arrow(compat_level=newest).schema
    parts = (
        rows.to_arrow(compat_level=newest) for rows in table.collect_batches(maintain_order=True, chunk_size=_PIECE)
    )
    batches = (batch for part in parts for batch in part.to_batches())
    connection.register(name, pa.RecordBatchReader.from_batches(schema, batches))


def frame(connection: Connection, query: str, parameters: list[Any] | None = None) -> pl.DataFrame:
    """The rows of a query."""
    table = pl.from_arrow(connection.sql(query, params=parameters or []).to_arrow_table())
    assert isinstance(table, pl.DataFrame)
    return table
