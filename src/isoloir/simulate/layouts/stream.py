"""Files that grow by one département at a time."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq


class ParquetStream:
    """One or more row groups per table written; the first table sets the schema."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.rows = path, 0
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pl.DataFrame) -> None:
        """Append rows; an empty table only sets the schema."""
        arrow: pa.Table = table.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, arrow.schema, compression="zstd", compression_level=1)
        self._writer.write_table(arrow)
        self.rows += len(table)

    def close(self) -> None:
        """Write the footer."""
        if self._writer is not None:
            self._writer.close()


class TextStream:
    """A delimited file; `head` is its first line or lines, in the file's encoding."""

    def __init__(self, path: Path, head: str, encoding: str = "utf-8", separator: str = ";"):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.encoding, self.separator, self.rows = path, encoding, separator, 0
        self._file = path.open("wb")
        self._file.write(head.encode(encoding))

    def write(self, table: pl.DataFrame, decimals: int | None = None) -> None:
        """Append rows, without quotes and with nothing for null."""
        text = table.write_csv(
            include_header=False,
            separator=self.separator,
            quote_style="never",
            float_precision=decimals,
            line_terminator="\r\n" if self.encoding == "latin-1" else "\n",
        )
        self._file.write(text.encode(self.encoding))
        self.rows += len(table)

    def close(self) -> None:
        """Flush."""
        self._file.close()
