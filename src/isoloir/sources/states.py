"""Every source with what of it is on this machine: what `isoloir sources` shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from isoloir.errors import SourceError
from isoloir.sources import manifest
from isoloir.sources.catalogue import Found, catalogue, discover
from isoloir.sources.manifest import Record
from isoloir.sources.reading import Source

Checksum = Literal["intact", "recorded", "altered", "unknown"]
_WORST_FIRST: tuple[Checksum, ...] = ("altered", "unknown", "recorded", "intact")
_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "source": "source, millésime",
        "what": "quoi · éditeur, licence, page",
        "here": "sur cette machine",
        "none": "rien (isoloir fetch)",
        "by_hand": "rien (à prendre à la main)",
        "files": "fichiers",
        "file": "fichier",
        "intact": "intact",
        "recorded": "somme de contrôle connue",
        "altered": "modifié depuis son téléchargement",
        "unknown": "posé à la main",
        "units": "o ko Mo Go",
    },
    "en": {
        "source": "source, vintage",
        "what": "what · publisher, licence, page",
        "here": "on this machine",
        "none": "nothing (isoloir fetch)",
        "by_hand": "nothing (to be taken by hand)",
        "files": "files",
        "file": "file",
        "intact": "intact",
        "recorded": "checksum on record",
        "altered": "altered since it was fetched",
        "unknown": "put there by hand",
        "units": "B kB MB GB",
    },
}
_COLOURS = {"intact": "green", "recorded": "green", "altered": "red", "unknown": "yellow"}


@dataclass(frozen=True)
class FileState:
    """A file on this machine.

    `checksum`: `intact` was computed and is that of the day it was fetched, `recorded` was not computed again,
    `altered` is another (or the size is), `unknown` is a file that Isoloir did not fetch.
    """

    file: Path
    entry: str
    bytes: int
    date: datetime  # fetched, else last written
    checksum: Checksum


@dataclass(frozen=True)
class State:
    """A source and its files."""

    source: Source
    files: tuple[FileState, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where its files are fetched from, each once."""
        return tuple(dict.fromkeys(e.url for e in self.source.entries if e.url))

    @property
    def bytes(self) -> int:
        """What its files weigh."""
        return sum(file.bytes for file in self.files)

    @property
    def date(self) -> datetime | None:
        """When the newest of its files came."""
        return max((file.date for file in self.files), default=None)

    @property
    def checksum(self) -> Checksum | None:
        """The worst of its files' states."""
        return min((file.checksum for file in self.files), key=_WORST_FIRST.index, default=None)


def states(folder: Path | None, cache: Path, *, verify: bool = False) -> list[State]:
    """Every source of the catalogue, with its files in `folder` and in the cache; `verify` computes their checksums.

    Raise SourceError where `folder` does not exist.
    """
    if folder is not None and not folder.is_dir():
        raise SourceError("no such folder", file=folder)
    places = {path.resolve(): path for path in (cache, folder) if path is not None and path.is_dir()}
    files: dict[str, list[FileState]] = {}
    for place in places.values():
        records = manifest.load(place)
        for found in _known(place):
            record = records.get(found.file.relative_to(place).as_posix())
            files.setdefault(found.source.id, []).append(_file(found, record, verify))
    return [State(source, tuple(files.get(source.id, ()))) for source in catalogue().values()]


def rows(every: Iterable[State]) -> list[dict[str, Any]]:
    """What JSON can carry."""
    return [
        {
            "id": state.source.id,
            "title": state.source.title,
            "publisher": state.source.publisher,
            "licence": state.source.licence,
            "vintage": state.source.vintage,
            "page": state.source.page,
            "addresses": list(state.addresses),
            "bytes": state.bytes,
            "date": state.date and state.date.isoformat(timespec="seconds"),
            "checksum": state.checksum,
            "files": [
                {
                    "file": str(file.file),
                    "entry": file.entry,
                    "bytes": file.bytes,
                    "date": file.date.isoformat(timespec="seconds"),
                    "checksum": file.checksum,
                }
                for file in state.files
            ],
        }
        for state in every
    ]


def table(every: Iterable[State], language: str) -> Table:
    """A table for the terminal; `language` is fr or en."""
    words = _WORDS[language]
    drawn = Table(box=box.SIMPLE_HEAD, expand=True)
    drawn.add_column(words["source"], no_wrap=True)
    drawn.add_column(words["what"], ratio=5)
    drawn.add_column(words["here"], ratio=2)
    for state in every:
        source = state.source
        name = Group(Text(source.id, style="bold"), Text(source.vintage, style="dim"))
        by_whom = Text(f"{source.publisher} · {source.licence}", style="dim")
        page = Text(source.page, style=f"dim link {source.page}", overflow="fold")
        drawn.add_row(name, Group(Text(source.title[language]), by_whom, page, ""), _here(state, words))
    return drawn


def size(count: int, units: str) -> str:
    """`12 MB`: a number of bytes to read, in powers of 1000, with a space that does not break."""
    names, value = units.split(), float(count)
    for name in names[:-1]:
        if value < 999.5:
            return f"{value:.0f}\u00a0{name}"
        value /= 1000
    return f"{value:.1f}\u00a0{names[-1]}"


def _here(state: State, words: dict[str, str]) -> RenderableType:
    if state.checksum is None or state.date is None:
        return Text(words["none" if state.addresses else "by_hand"], style="dim")
    count = f"{len(state.files)} {words['file' if len(state.files) == 1 else 'files']}"
    told = f"{count}, {size(state.bytes, words['units'])}, {state.date:%Y-%m-%d}"
    return Group(Text(told), Text(words[state.checksum], style=_COLOURS[state.checksum]))


def _known(place: Path) -> Iterator[Found]:
    try:
        yield from discover(place)[0]
    except SourceError:  # an empty folder is a fact here, not a failure
        return


def _file(found: Found, record: Record | None, verify: bool) -> FileState:
    about = found.file.stat()
    date = datetime.fromisoformat(record.fetched) if record else datetime.fromtimestamp(about.st_mtime, UTC)
    return FileState(found.file, found.entry.name, about.st_size, date, _checksum(found.file, record, verify))


def _checksum(file: Path, record: Record | None, verify: bool) -> Checksum:
    if record is None:
        return "unknown"
    if verify:
        return "intact" if record.holds(file) else "altered"
    return "recorded" if file.stat().st_size == record.bytes else "altered"
