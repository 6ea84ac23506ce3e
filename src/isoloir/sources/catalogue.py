"""The list of sources, and which file in a folder belongs to which of them."""

from __future__ import annotations

import csv
import fnmatch
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from isoloir.errors import SourceError
from isoloir.sources.reading import Entry, Notice, Source

_PACKED = {".zip", ".7z", ".rar", ".gz", ".tar", ".tgz", ".bz2", ".xz"}
_SHEETS = {".xls", ".xlsx", ".xlsm", ".ods"}
_ENTRY_FIELDS = ("name", "url", "sha256", "bytes", "areas")


@dataclass(frozen=True)
class Found:
    """A file on this machine, the source it comes from and the entry it answers."""

    file: Path
    source: Source
    entry: Entry


@cache
def catalogue() -> dict[str, Source]:
    """Every source by its id, in the order of the folders."""
    root = Path(str(resources.files("isoloir.sources")))
    return {(s := _source(path)).id: s for path in sorted(root.rglob("*.toml"))}


def discover(folder: Path) -> tuple[list[Found], list[Notice]]:
    """Every file below `folder` that a source claims, and a notice for each that none does.

    A file is known by its name; failing that by its header, provided that the source has one entry that needs no
    further facts than the header gives. Raise SourceError where the folder does not exist or holds nothing known.
    """
    if not folder.is_dir():
        raise SourceError("no such folder; run `isoloir fetch` or `isoloir simulate` first", file=folder)
    found, notices = [], []
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        if "truth" in file.relative_to(folder).parts:
            continue  # what a simulation planted is never read
        match = _by_name(file) or _by_header(file)
        if match:
            found.append(Found(file, *match))
        else:
            notices.append(_unclaimed(file))
    if not found:
        raise SourceError("nothing in this folder is a known official file; see `isoloir sources`", file=folder)
    return found, notices


def _source(path: Path) -> Source:
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    entries = tuple(_entry(e, raw.get("facts", {})) for e in raw["files"])
    keys = ("id", "title", "publisher", "licence", "page", "reader", "vintage", "priority")
    return Source(
        **{k: raw[k] for k in keys if k in raw},
        entries=entries,
        recognise=tuple(raw.get("recognise", ())),
    )


def _entry(raw: dict[str, Any], shared: dict[str, Any]) -> Entry:
    known: dict[str, Any] = {k: v for k, v in raw.items() if k in _ENTRY_FIELDS}
    known["areas"] = tuple(known.get("areas", ()))
    return Entry(**known, facts=shared | {k: v for k, v in raw.items() if k not in _ENTRY_FIELDS})


def _unclaimed(file: Path) -> Notice:
    """That a file was left alone; a warning where what it holds may have been meant."""
    suffix = file.suffix.lower()
    if suffix in _PACKED:
        return Notice(file, "an archive is not read as it is; unpack it here, or let `isoloir fetch` do it")
    if suffix in _SHEETS:
        return Notice(file, "a spreadsheet is not read; save its table as CSV under the publisher's name")
    return Notice(file, "no source claims this file; it was left alone", severity="info")


def _by_name(file: Path) -> tuple[Source, Entry] | None:
    path = file.as_posix().lower()
    for source in catalogue().values():
        for entry in source.entries:
            if fnmatch.fnmatchcase(path, f"*/{entry.name.lower()}"):
                return source, entry
    return None


def _by_header(file: Path) -> tuple[Source, Entry] | None:
    columns = header(file)
    for source in catalogue().values():
        if source.recognise and set(source.recognise) <= set(columns):
            return source, source.entries[0]
    return None


def header(file: Path) -> list[str]:
    """The column names of a Parquet or delimited file; empty where there are none to read."""
    try:
        if file.suffix == ".parquet":
            return list(pq.read_schema(file).names)
        if file.suffix.lower() in (".csv", ".txt"):
            with file.open("rb") as stream:
                line = stream.read(65536).splitlines()[0]
            text = _decode(line)
            return next(csv.reader([text], delimiter=";" if text.count(";") >= text.count(",") else ","))
    except (OSError, ValueError, IndexError):
        return []
    return []


def _decode(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("latin-1")
