"""Text files of results: what encoding they really have, and their lines cut into fields.

Every value stays text; a line keeps its number in the file.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl

from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.reading import Notice

OVERFLOW = "overflow"  # the column of whatever stands beyond the last known field of a line
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_KINDS = {  # what is often given in place of a text, by its first bytes, and what to do about it
    b"PK\x03\x04": "an archive (.zip) or a spreadsheet (.xlsx, .ods): unpack it, or save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet (.xls): save it as CSV",
    b"7z\xbc\xaf": "an archive (.7z): unpack it",
    b"Rar!": "an archive (.rar): unpack it",
    b"\x1f\x8b": "an archive (.gz): unpack it",
    b"PAR1": "a Parquet file: name it .parquet",
    b"%PDF": "a PDF document: look for the table that it was made from",
}
_DOUBLE = ("Ã©", "Ã¨", "Ã´", "Â°")  # é, è, ô and ° of UTF-8 that somebody took for Latin-1


def decode(file: Path) -> tuple[str, list[Notice]]:
    """The text of a file (or of the one file in a .zip); raise SourceError where there is none."""
    data = _bytes(file)
    if not data.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise SourceError("the file is empty; fetch it again", file=file)
    if data.lstrip()[:1] == b"<":
        raise SourceError("this is a web page, not the file; fetch it again", file=file, row=1)
    if kind := next((said for magic, said in _KINDS.items() if data.startswith(magic)), None):
        raise SourceError(f"not a text, but {kind}", file=file)
    if data.startswith(_UTF16):
        return _unify(data.decode("utf-16", errors="replace")), [Notice(file, "read as UTF-16", severity="info")]
    if b"\0" in data:
        row = data[: data.index(b"\0")].count(b"\n") + 1
        raise SourceError("zero bytes: not a text file, or a broken download; fetch it again", file=file, row=row)
    text = _unify(_decode(data))
    doubled = any(sign[0] in text for sign in _DOUBLE) and any(sign in text for sign in _DOUBLE)
    return _undo_double_encoding(text, file) if doubled else (text, [])


def split(text: str, file: Path, *, separator: str, width: int, skip: int) -> pl.DataFrame:
    """The fields of each line after the first `skip`, as columns `f0`, `f1`..., `overflow` and `row`.

    Blank lines are left out. A quote is a quote only where every line has an even number of them.
    """
    body = text[_line_start(text, skip) :]
    quoted = '"' in body and not any(line.count('"') % 2 for line in body.split("\n"))
    names = [f"f{i}" for i in range(width)] + [OVERFLOW]
    try:
        table = pl.read_csv(
            io.BytesIO((separator.join(names) + "\n" + body).encode()),
            separator=separator,
            infer_schema=False,
            quote_char='"' if quoted else None,
            truncate_ragged_lines=True,
            row_index_name="row",
            row_index_offset=skip + 1,
        )
    except pl.exceptions.NoDataError:
        table = pl.DataFrame(schema={"row": pl.UInt32} | dict.fromkeys(names, pl.String))
    except pl.exceptions.PolarsError as error:
        raise LayoutChanged(f"not a table of text ({str(error).splitlines()[0]})", file=file) from error
    return table.filter(~pl.all_horizontal(pl.col(names[:-1]).is_null() | (pl.col(names[:-1]) == "")))


def _line_start(text: str, skip: int) -> int:
    """Where the lines after the first `skip` begin."""
    start = 0
    for _ in range(skip):
        start = text.find("\n", start) + 1
        if not start:
            return len(text)
    return start


def refuse_cut_line(text: str, fields: int, last_fields: int, file: Path) -> None:
    """Raise SourceError where the last line has no end and fewer fields than it needs."""
    if not text.endswith("\n") and last_fields < fields:
        raise SourceError(
            f"the last line stops after {last_fields} of {fields} fields: the file is truncated; fetch it again",
            file=file,
            row=text.count("\n") + 1,
        )


def _bytes(file: Path) -> bytes:
    try:
        if file.suffix.lower() != ".zip":
            return file.read_bytes()
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.namelist() if not m.endswith("/") and not m.startswith("__MACOSX")]
            if len(members) != 1:
                raise SourceError(f"{len(members)} files in the archive; one was expected", file=file)
            return archive.read(members[0])
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"cannot be read ({error}); fetch it again", file=file) from error


def _decode(data: bytes) -> str:
    """UTF-8, else Windows-1252, which is Latin-1 with the œ of Phœnix, else Latin-1 itself."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _unify(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _undo_double_encoding(text: str, file: Path) -> tuple[str, list[Notice]]:
    for encoding in ("cp1252", "latin-1"):
        try:
            mended = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        return mended, [Notice(file, "accents were encoded twice; they were decoded twice", severity="info")]
    return text, [Notice(file, "accents look encoded twice (Ã©); names may be wrong")]
