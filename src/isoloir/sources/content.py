"""Whether bytes are what their name says, and what is inside an archive, taken out safely."""

from __future__ import annotations

import fnmatch
import gzip
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO

from isoloir.errors import LayoutChanged, SourceError, Unreachable
from isoloir.store import atomic

_MAGIC = {
    ".parquet": (b"PAR1",),
    ".zip": (b"PK\x03\x04",),
    ".xlsx": (b"PK\x03\x04",),
    ".gz": (b"\x1f\x8b",),
    ".gpkg": (b"SQLite format 3\x00",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".json": (b"{", b"["),
    ".geojson": (b"{",),
    ".topojson": (b"{",),
}
_TEXT = {".csv", ".txt"}
_KINDS = {
    b"<": "a web page",
    b"{": "a JSON message",
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF document",
}
_SHAPEFILE = {".shp", ".shx", ".dbf", ".prj", ".cpg"}
_LARGEST_BYTES = 32 * 2**30
_BOMB_BYTES, _BOMB_RATIO = 256 * 2**20, 200  # official tables compress 5 to 40 times
_BLOCK = 2**20


def doubt(file: Path, suffix: str) -> str | None:
    """Why these bytes cannot be a file of that suffix; None where they can."""
    size = file.stat().st_size
    if size == 0:
        return "is empty"
    with file.open("rb") as stream:
        head = stream.read(4096)
        stream.seek(max(0, size - 4))
        tail = stream.read()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    suffix = suffix.lower()
    if suffix in _MAGIC and not text.startswith(_MAGIC[suffix]):
        return f"is {_kind(text)}, not a {suffix} file"
    if suffix == ".parquet" and (tail != b"PAR1" or size < 12):
        return "is the beginning of a Parquet file without its end"
    if suffix in _TEXT and (text.startswith(tuple(_KINDS)) or b"\x00" in head):
        return f"is {_kind(text)}, not a table of text"
    return None


def is_packed(file: Path, suffix: str) -> bool:
    """Whether the file holds the wanted one inside, rather than being it."""
    with file.open("rb") as stream:
        head = stream.read(4)
    packed = {b"PK\x03\x04": {".zip", ".xlsx", ".ods"}, b"\x1f\x8b": {".gz"}}
    return any(head.startswith(magic) and suffix.lower() not in own for magic, own in packed.items())


def unpack(archive: Path, pattern: str, place: Callable[[str], Path], label: str) -> list[Path]:
    """Take the members that `pattern` (a file name, fnmatch) names out of a zip or gzip file, each to `place(name)`.

    Paths inside the archive are never followed. Raise LayoutChanged where no member or two claim a place, Unreachable
    where the archive is broken, SourceError where it is dangerous. `label` names the archive in messages.
    """
    try:
        if not zipfile.is_zipfile(archive):
            with gzip.open(archive) as stream:
                return [_write(stream, place(pattern), archive, label)]
        with zipfile.ZipFile(archive) as opened:
            members = _wanted(opened, pattern, label)
            _refuse_bomb(members, label)
            return [_extract(opened, m, place(PurePosixPath(m.filename).name), archive, label) for m in members]
    except (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, NotImplementedError) as error:
        raise Unreachable(f"the archive is broken ({error})", file=label) from error


def _wanted(opened: zipfile.ZipFile, pattern: str, label: str) -> list[zipfile.ZipInfo]:
    members = [m for m in opened.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    names = [PurePosixPath(m.filename).name for m in members]
    stems = {PurePosixPath(n).stem for n in names if _matches(n, pattern) and n.lower().endswith(".shp")}
    wanted = [m for m, n in zip(members, names, strict=True) if _matches(n, pattern) or _belongs(n, stems)]
    if not wanted:
        raise LayoutChanged(f"the archive holds no {pattern}; it holds {', '.join(names[:12])}", file=label)
    chosen = [PurePosixPath(m.filename).name.lower() for m in wanted]
    if len(set(chosen)) < len(chosen):
        raise LayoutChanged(f"the archive holds two files of the same name among {chosen[:12]}", file=label)
    for member in wanted:
        _refuse_danger(member, label)
    return wanted


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name.lower(), pattern.lower())


def _belongs(name: str, stems: set[str]) -> bool:
    path = PurePosixPath(name)
    return path.stem in stems and path.suffix.lower() in _SHAPEFILE


def _refuse_danger(member: zipfile.ZipInfo, label: str) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in member.filename or stat.S_ISLNK(member.external_attr >> 16):
        raise SourceError("the archive holds a path that leads outside it", file=label, value=member.filename)
    if member.flag_bits & 1:
        raise SourceError("the archive is encrypted", file=label, value=member.filename)


def _refuse_bomb(members: list[zipfile.ZipInfo], label: str) -> None:
    packed, full = sum(m.compress_size for m in members), sum(m.file_size for m in members)
    if full > _LARGEST_BYTES or (full > _BOMB_BYTES and full > _BOMB_RATIO * packed):
        raise SourceError(f"the archive would grow from {packed} to {full} bytes; it is left alone", file=label)


def _extract(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, archive: Path, label: str) -> Path:
    with opened.open(member) as stream:
        return _write(stream, target, archive, label)


def _write(stream: IO[bytes] | gzip.GzipFile, target: Path, archive: Path, label: str) -> Path:
    """Copy, watching what really comes out: an archive may announce less than it holds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    limit = min(_LARGEST_BYTES, max(_BOMB_BYTES, _BOMB_RATIO * archive.stat().st_size))
    with atomic(target) as part:
        written = 0
        with part.open("wb") as out:
            while block := stream.read(_BLOCK):
                written += len(block)
                if written > limit:
                    raise SourceError(f"the archive grows beyond {limit} bytes; it is left alone", file=label)
                out.write(block)
        if reason := doubt(part, target.suffix):
            raise LayoutChanged(f"{target.name} in the archive {reason}", file=label)
    return target


def _kind(text: bytes) -> str:
    known = next((kind for magic, kind in _KINDS.items() if text.startswith(magic)), None)
    return known or ("binary data" if b"\x00" in text else "something else")
