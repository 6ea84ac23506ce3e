"""From bytes to lines of text: in which encoding, no line without bound, and a mark on those that are spoilt."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from isoloir.field.imports.faults import BadFile
from isoloir.language import say

LONGEST_LINE = 1_000_000  # characters
_BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (b"PK\x03\x04", "ZIP, XLSX"), (b"PK\x05\x06", "ZIP"), (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"),
    (b"7z\xbc\xaf", "7z"), (b"Rar!", "RAR"), (b"%PDF", "PDF"), (b"\xd0\xcf\x11\xe0", "XLS"),
    (b"SQLite format", "SQLite"), (b"\x28\xb5\x2f\xfd", "Zstandard"), (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"),
    (b"<!DOCTYPE", "HTML"), (b"<!doctype", "HTML"), (b"<html", "HTML"), (b"<?xml", "XML"), (b"{\\rtf", "RTF"),
    (b"PAR1", "Parquet"), (b"\x7fELF", "ELF"), (b"BEGIN:VCALENDAR", "iCalendar"),
)  # fmt: skip

_OLD = {  # é or è after a small letter: in Windows-1252 the same bytes are signs that follow no letter
    "mac-roman": re.compile(rb"[a-z][\x8e\x8f]"),
    "cp850": re.compile(rb"[a-z][\x82\x8a]"),
}


@dataclass(frozen=True)
class Bytes:
    """A file looked at once from end to end."""

    name: str
    encoding: str
    size: int
    sha256: str
    folds: bool = False  # vCards fold their lines, even in the middle of a letter (RFC 6350, 3.2)


@contextmanager
def binary(source: Path | BinaryIO, name: str = "") -> Iterator[tuple[BinaryIO, str]]:
    """The bytes of a file or of something already open, from their beginning, and what to call them."""
    if isinstance(source, Path):
        try:
            opened = source.open("rb")
        except OSError as error:
            raise BadFile(str(source), say("illisible", "cannot be read") + f" ({error.strerror})") from None
        with opened as stream:
            yield stream, name or source.name
    else:
        source.seek(0)
        yield source, name or Path(str(getattr(source, "name", "file"))).name


def look(stream: BinaryIO, name: str) -> Bytes:
    """Size, checksum and encoding; raise BadFile for archives and other things that are no text.

    Without a byte order mark a file is UTF-8, or Windows-1252 where no line of it is valid UTF-8 beyond ASCII (Mac or
    DOS where the letters é and è stand as there); in a mixed file the lines that are not UTF-8 are refused later on.
    """
    start = stream.read(4096)
    if not start.strip():
        raise BadFile(name, say("le fichier est vide", "the file is empty"))
    for magic, kind in _FOREIGN:
        if start.startswith(magic):
            raise BadFile(
                name,
                say(
                    f"c'est un fichier {kind} : extrayez-en le CSV ou la vCard, puis importez celui-ci",
                    f"this is a {kind} file: take the CSV or vCard out of it and import that",
                ),
            )
    encoding = next((found for bom, found in _BOMS if start.startswith(bom)), "") or _without_bom(start)
    letters = _Letters(folds=start.removeprefix(codecs.BOM_UTF8).lstrip().upper().startswith(b"BEGIN:VCARD"))
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    while piece := stream.readline(_BLOCK):
        digest.update(piece)
        size += len(piece)
        if not encoding:
            letters.see(piece)
    stream.seek(0)
    encoding = encoding or letters.encoding
    folds = letters.folds and encoding in ("utf-8", "utf-8-sig")
    return Bytes(name, encoding, size, digest.hexdigest(), folds)


class _Letters:
    """Whether the lines of a file are UTF-8; where lines fold, a letter may begin on one and end on the next."""

    def __init__(self, *, folds: bool):
        self.folds, self._valid, self._invalid, self._cut = folds, False, False, b""
        self._old = dict.fromkeys(_OLD, 0)

    def see(self, line: bytes) -> None:
        """The next line."""
        if self._cut and line[:1] in (b" ", b"\t"):
            line = self._cut + line[1:]
        elif self._cut:
            self._invalid = True
        self._cut = _cut(line) if self.folds else b""
        text = line.rstrip(b"\r\n").removesuffix(self._cut) if self._cut else line
        if text.isascii():
            return
        try:
            text.decode("utf-8")
            self._valid = True
        except UnicodeDecodeError:
            self._invalid = True
            for name, letters in _OLD.items():
                self._old[name] += len(letters.findall(text))

    @property
    def encoding(self) -> str:
        """UTF-8, or another where no line beyond ASCII is valid UTF-8."""
        if self._valid or not (self._invalid or self._cut):
            return "utf-8"
        old = max(self._old, key=self._old.__getitem__)
        return old if self._old[old] else "cp1252"


def _cut(line: bytes) -> bytes:
    """The beginning of a letter in UTF-8 with which a line ends, empty where it ends whole."""
    text = line.rstrip(b"\r\n")
    for length in (1, 2, 3):
        end = text[-length:]
        if end and end[0] >= 0xC0:
            return end if len(end) < (2 if end[0] < 0xE0 else 3 if end[0] < 0xF0 else 4) else b""
    return b""


def _without_bom(start: bytes) -> str:
    """UTF-16 betrays itself by a zero in every second byte."""
    even, odd = start[0:400:2].count(0), start[1:400:2].count(0)
    half = max(1, len(start[:400]) // 2)
    if odd > 0.8 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.8 * half and odd < 0.1 * half:
        return "utf-16-be"
    return ""


class Lines:
    """The lines of a text; `spoilt` says what is wrong with those read since it was last emptied."""

    def __init__(self, stream: BinaryIO, found: Bytes):
        self._stream, self._found = stream, found
        self._text = self._opened()
        self.number = 0
        self.spoilt = ""

    def __iter__(self) -> Iterator[str]:
        """Line after line; raise BadFile for one that is too long to be one."""
        while line := self._text.readline(LONGEST_LINE + 1):
            self.number += 1
            if len(line) > LONGEST_LINE:
                what = say(
                    f"ligne de plus de {LONGEST_LINE} caractères", f"a line of more than {LONGEST_LINE} characters"
                )
                raise BadFile(self._found.name, what, line=self.number)
            if "\0" in line:
                self.spoilt = "nul"
            elif "\ufffd" in line:
                self.spoilt = "encoding"
            yield line

    def again(self) -> None:
        """Begin anew."""
        self.let_go()
        self._text, self.number, self.spoilt = self._opened(), 0, ""

    def let_go(self) -> None:
        """Leave the stream open for whoever owns it."""
        self._text.detach()

    def _opened(self) -> io.TextIOWrapper:
        self._stream.seek(0)
        errors = "surrogateescape" if self._found.folds else "replace"
        return io.TextIOWrapper(self._stream, encoding=self._found.encoding, errors=errors, newline="")
