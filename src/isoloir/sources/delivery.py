"""One address, from the question whether it must be visited at all to the files in place and their records."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlsplit

import httpx

from isoloir.errors import LayoutChanged, SourceError, Unreachable
from isoloir.sources import manifest
from isoloir.sources.content import doubt, is_packed, unpack
from isoloir.sources.lock import locked
from isoloir.sources.manifest import Record
from isoloir.sources.reading import Entry, Source
from isoloir.sources.transfer import NotModified, Patience, Progress, Transfer, Version, state_of
from isoloir.store import atomic, sha256, sweep

Outcome = Literal["downloaded", "changed", "present", "kept", "no_address", "failed"]


@dataclass(frozen=True)
class Fetched:
    """What became of one entry of the catalogue.

    `changed`: downloaded, and not what it was the last time. `present`: here and intact, nothing was downloaded.
    `kept`: a file of that name that Isoloir did not fetch was left as it is. `no_address`: to be taken by hand (`name`
    then lists every such file of the source, other names of fetched ones included).
    """

    source: str
    name: str
    url: str | None
    outcome: Outcome
    files: tuple[Path, ...] = ()
    bytes: int = 0
    detail: str = ""
    error: SourceError | None = None


@dataclass(frozen=True)
class Address:
    """An address, and every entry that its answer serves (an archive may hold the files of several)."""

    url: str
    serves: tuple[tuple[Source, Entry], ...]

    @property
    def file_name(self) -> str:
        """How the address itself calls its file."""
        return PurePosixPath(unquote(urlsplit(self.url).path)).name

    @property
    def host(self) -> str:
        """The server."""
        return urlsplit(self.url).netloc

    @property
    def sha256(self) -> str | None:
        """The checksum that the catalogue expects of the answer."""
        return next((e.sha256.lower() for _, e in self.serves if e.sha256), None)

    @property
    def bytes(self) -> int | None:
        """The size that the catalogue gives of the answer; exact where there is a checksum, else an idea of it."""
        return next((e.bytes for _, e in self.serves if e.bytes), None)


@dataclass(frozen=True)
class _Item:
    """An entry with what the manifest says of it."""

    source: Source
    entry: Entry
    records: dict[str, Record]

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.entry.name).suffix


def target(folder: Path, source: Source, entry: Entry, file_name: str) -> Path:
    """Where an entry's file is kept: under its own name, or the publisher's `file_name` where its name is a pattern."""
    path = PurePosixPath(entry.name)
    family = source.reader.split(".")[2]  # a bare name goes to elections, census or geography
    parents = [part for part in path.parent.parts or (family,) if not _is_pattern(part)]
    return folder.joinpath(*parents, file_name if _is_pattern(path.name) else path.name)


class Delivery:
    """The work for one address; `run` may be interrupted anywhere and repeated.

    Until everything is in place and recorded the complete part stays, so a run after a kill finds it and ends the work.
    """

    def __init__(
        self, address: Address, folder: Path, client: httpx.Client, patience: Patience, progress: Progress
    ) -> None:
        self.address, self.folder, self.client = address, folder, client
        self.part = folder / f".{hashlib.sha256(address.url.encode()).hexdigest()[:16]}.part"
        names = [entry.name for _, entry in address.serves]
        self.progress = partial(progress, names[0] if len(names) == 1 else address.file_name)
        exact = address.bytes if address.sha256 else None
        self.patience = replace(patience, largest_bytes=exact) if exact else patience
        self.items: list[_Item] = []
        self.notes: list[str] = []

    def run(self, *, refresh: bool) -> list[Fetched]:
        """Raise SourceError where it fails; with `refresh` ask the server whether intact files are still current."""
        try:
            with locked(self.part.with_suffix(".lock")):
                return self._run(refresh)
        except OSError as error:
            raise SourceError(f"cannot be written ({error.strerror})", file=error.filename or self.part) from error

    def _run(self, refresh: bool) -> list[Fetched]:
        sweep(state_of(self.part))
        if not self.part.exists():  # a run that was killed while it forgot
            self._forget()
        self.items = self._look_up()
        if not refresh and not self.part.exists() and (settled := self._settled()):
            return settled
        try:
            version = self._transfer()
        except NotModified:
            return [self._outcome(item, "present", self._files(item)) for item in self.items]
        return self._deliver(version)

    def _look_up(self) -> list[_Item]:
        everything = manifest.load(self.folder)
        return [
            _Item(s, e, {n: r for n, r in everything.items() if (r.source, r.entry) == (s.id, e.name)})
            for s, e in self.address.serves
        ]

    @property
    def url(self) -> str:
        """The address itself."""
        return self.address.url

    def _settled(self) -> list[Fetched] | None:
        """The outcomes where nothing has to be downloaded: everything intact, or put there by hand."""
        if self._intact():
            return [self._outcome(item, "present", self._files(item)) for item in self.items]
        by_hand = [target(self.folder, i.source, i.entry, self.address.file_name) for i in self.items]
        if any(item.records for item in self.items) or not all(path.is_file() for path in by_hand):
            return None
        self.notes.append("not fetched by Isoloir, left as it is")
        return [self._outcome(item, "kept", [path]) for item, path in zip(self.items, by_hand, strict=True)]

    def _intact(self) -> bool:
        expected = self.address.sha256
        return all(
            item.records
            and all(r.url == self.url and expected in (None, r.download_sha256) for r in item.records.values())
            and all(r.holds(self.folder / name) for name, r in item.records.items())
            for item in self.items
        )

    def _files(self, item: _Item) -> list[Path]:
        return [self.folder / name for name in item.records]

    def _transfer(self) -> Version:
        known: dict[str, str | None] = {}
        if self._intact():  # only then may the server answer: not modified
            record = next(iter(self.items[0].records.values()))
            known = {"If-None-Match": record.etag, "If-Modified-Since": record.last_modified}
        conditions = {name: value for name, value in known.items() if value}
        transfer = Transfer(
            self.client, self.url, self.part, patience=self.patience, progress=self.progress, known=conditions
        )
        return transfer.run()

    def _deliver(self, version: Version) -> list[Fetched]:
        try:
            download = self._check()
            placed = [(item, self._place(item)) for item in self.items]
        except SourceError as error:
            aside = self.folder / f".{self.address.file_name or self.part.stem}.refused"
            self.part.replace(aside)
            self._forget()
            raise type(error)(f"{error}; it is set aside as {aside}") from error
        fresh: dict[str, Record] = {}
        for item, files in placed:
            fresh |= {self._relative(f): self._record(item, f, version, download) for f in files}
        manifest.record(self.folder, fresh)
        self._forget()
        return [self._outcome(item, self._compare(item, download), files) for item, files in placed]

    def _check(self) -> str:
        """The checksum of the download, which is the expected one and fits the file's name; else raise."""
        found, expected = sha256(self.part), self.address.sha256
        if expected not in (None, found):
            size = self.part.stat().st_size
            raise LayoutChanged(f"sha256 {found} ({size} bytes) where {expected} is expected", file=self.url)
        for item in self.items:
            if not is_packed(self.part, item.suffix) and (reason := doubt(self.part, item.suffix)):
                raise Unreachable(f"what it answers {reason}", file=self.url)
        return found

    def _place(self, item: _Item) -> list[Path]:
        def place(name: str) -> Path:
            return self._cleared(target(self.folder, item.source, item.entry, name))

        if is_packed(self.part, item.suffix):
            return unpack(self.part, PurePosixPath(item.entry.name).name, place, label=self.url)
        path = place(self.address.file_name)
        with atomic(path) as new:
            _same_file(self.part, new)
        return [path]

    def _cleared(self, path: Path) -> Path:
        """Set aside what stands there and was not fetched, and remove what a killed run left."""
        sweep(path)
        record = manifest.load(self.folder).get(self._relative(path))
        if path.exists() and not (record and record.holds(path)) and sha256(path) != sha256(self.part):
            aside = path.with_name(f".{path.name}.before")
            path.replace(aside)
            self.notes.append(f"another file was there; it is set aside as {aside}")
        return path

    def _record(self, item: _Item, file: Path, version: Version, download: str) -> Record:
        return Record(
            source=item.source.id,
            entry=item.entry.name,
            url=self.url,
            sha256=sha256(file),
            bytes=file.stat().st_size,
            fetched=datetime.now(UTC).isoformat(timespec="seconds"),
            download_sha256=download,
            etag=version.etag,
            last_modified=version.last_modified,
        )

    def _compare(self, item: _Item, download: str) -> Outcome:
        old = next(iter(item.records.values()), None)
        if old is None or old.download_sha256 == download:
            return "downloaded"
        self.notes.append(f"the publisher changed it since {old.fetched[:10]}: sha256 {old.download_sha256} then")
        return "changed"

    def _outcome(self, item: _Item, outcome: Outcome, files: list[Path]) -> Fetched:
        size = sum(file.stat().st_size for file in files)
        detail = "; ".join(self.notes)
        return Fetched(item.source.id, item.entry.name, self.url, outcome, tuple(files), size, detail)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        state_of(self.part).unlink(missing_ok=True)


def _is_pattern(text: str) -> bool:
    return any(character in text for character in "*?[")


def _same_file(file: Path, other: Path) -> None:
    """A hard link where the file system has them: nothing is written twice."""
    with contextlib.suppress(OSError):
        os.link(file, other)
        return
    shutil.copyfile(file, other)
