"""Strict reading of delimited text: a header, then rows with the line where each begins; what is wrong is said."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from isoloir.field.imports import vcards
from isoloir.field.imports.encoding import Bytes, Lines, binary, look
from isoloir.field.imports.faults import BadFile, Refusal, refuse
from isoloir.language import say

MOST_COLUMNS = 1_000
LONGEST_NAME = 200
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r"\ufeff?\"?sep=.\"?\s*", re.IGNORECASE)  # a line for Excel alone

Cells = list[str]
Rows = Iterator[tuple[int, Cells | Refusal]]


class _Reader(Protocol):
    """What `csv.reader` gives."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> Cells: ...


@dataclass(frozen=True)
class Table:
    """An open file: its columns, and its rows in one pass; a row that cannot be read stands as its refusal."""

    bytes: Bytes
    header: tuple[str, ...]
    rows: Rows
    cards: bool = False
    delimiter: str = ","


@contextmanager
def opened(source: Path | BinaryIO, name: str = "", seen: Bytes | None = None) -> Iterator[Table]:
    """Open a table or a file of vCards; raise BadFile where it is none. `seen` spares looking at the bytes again."""
    with binary(source, name) as (stream, called):
        found = seen or look(stream, called)
        lines = Lines(stream, found)
        try:
            first = next(iter(lines), "")
            if vcards.begins(first):
                yield _cards(lines, found)
            else:
                yield _table(lines, first, found)
        finally:
            lines.let_go()


def _cards(lines: Lines, found: Bytes) -> Table:
    """vCards tell their columns nowhere: they are read once for them, and once for the people."""
    lines.again()
    header = vcards.header(lines, found.name)
    lines.again()
    return Table(found, header, vcards.rows(lines, header, found.name), cards=True)


def _table(lines: Lines, first: str, found: Bytes) -> Table:
    before = 0
    if _SEPARATOR.fullmatch(first):
        first, before = next(iter(lines), ""), 1
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(_chain(first, lines), delimiter=delimiter, strict=True)
    header = _header(next(_records(reader, found.name))[1], lines, found.name)
    return Table(found, header, _rows(reader, lines, len(header), found.name, before), delimiter=delimiter)


def _chain(first: str, lines: Lines) -> Iterator[str]:
    yield first
    yield from lines


def _header(cells: Cells, lines: Lines, name: str) -> tuple[str, ...]:
    """The names of the columns, as they are written; raise BadFile where they cannot be told apart."""
    if lines.spoilt:
        raise BadFile(name, say("caractères illisibles dans les noms de colonnes",
                                "unreadable characters in the names of the columns"), line=1)  # fmt: skip
    if len(cells) > MOST_COLUMNS:
        raise BadFile(name, say(f"plus de {MOST_COLUMNS} colonnes", f"more than {MOST_COLUMNS} columns"), line=1)
    names = [cell.strip().strip("'").strip() for cell in cells]
    if long := next((n for n in names if len(n) > LONGEST_NAME), None):
        raise BadFile(name, say("nom de colonne trop long", "the name of a column is too long"), line=1, value=long)
    if address := next((n for n in names if "@" in n[1:-1] and "." in n), None):
        raise BadFile(name, say("la première ligne doit nommer les colonnes ; celle-ci contient des données",
                                "the first line must name the columns; this one holds data"),
                      line=1, value=address)  # fmt: skip
    seen: set[str] = set()
    for column in filter(None, names):
        if column.casefold() in seen:
            raise BadFile(name, say(f"la colonne « {column} » est là deux fois : renommez-en une",
                                    f"the column “{column}” is there twice: rename one of them"), line=1)  # fmt: skip
        seen.add(column.casefold())
    return tuple(column or f"({number})" for number, column in enumerate(names, 1))


def _rows(reader: _Reader, lines: Lines, width: int, name: str, before: int) -> Rows:
    for begins, cells in _records(reader, name, before):
        if not cells or (len(cells) == 1 and not cells[0].strip() and width > 1):
            continue  # an empty line
        if lines.spoilt:
            yield begins, refuse(lines.spoilt)
            lines.spoilt = ""
        elif len(cells) < width or any(cells[width:]):
            yield begins, Refusal("ragged", value=f"{len(cells)} / {width}")
        else:
            yield begins, cells[:width]  # spreadsheets leave delimiters behind, with nothing between them


def _records(reader: _Reader, name: str, before: int = 0) -> Iterator[tuple[int, Cells]]:
    """Every record with the line where it begins; raise BadFile, which names that line, where quotes do not match."""
    while True:
        begins = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadFile(name, _quotes(str(error)), line=begins) from None
        yield begins, cells


def _quotes(error: str) -> str:
    if "field limit" in error:
        return say("une cellule dépasse 131 072 caractères, ou un guillemet n'est pas fermé",
                   "a cell exceeds 131,072 characters, or a quotation mark is never closed")  # fmt: skip
    if "unexpected end" in error:
        return say("un guillemet ouvert ici n'est jamais fermé", "a quotation mark opened here is never closed")
    return (
        say("guillemets ou fins de ligne mal placés", "quotation marks or line ends are out of place") + f" ({error})"
    )
