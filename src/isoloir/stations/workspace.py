"""Stages that are done once: a build that is killed goes on where it was.

A stage is a folder of Parquet files that appears whole or not at all, inside a work folder named after everything
that the build depends on (files, area, code). A change of any of them is another folder, and the old one goes.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import polars as pl

from isoloir.errors import StationError
from isoloir.store import write_parquet

Frames = dict[str, pl.LazyFrame]
Report = Callable[[str, float], None]


class Workspace:
    """The work folder of one database."""

    def __init__(self, database: Path, fingerprint: str, report: Report = lambda _stage, _share: None) -> None:
        self.root = database.with_name(f".{database.name}.work")
        self.folder = self.root / fingerprint[:16]
        self.report = report
        self.seconds: dict[str, float] = {}

    def stage(self, name: str, make: Callable[[], Mapping[str, pl.LazyFrame | pl.DataFrame]]) -> Frames:
        """The tables that `make` gives, computed at most once."""
        done = self.folder / name
        if not done.is_dir():
            self.timed(name, lambda: self._make(done, make))
        return {file.stem: pl.scan_parquet(file) for file in sorted(done.glob("*.parquet"))}

    def timed(self, name: str, work: Callable[[], None]) -> None:
        """Do a piece of work, report it and remember how long it took."""
        started = time.perf_counter()
        self.report(name, 0.0)
        work()
        self.seconds[name] = time.perf_counter() - started
        self.report(name, 1.0)

    def _make(self, done: Path, make: Callable[[], Mapping[str, pl.LazyFrame | pl.DataFrame]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # a name of its own, for the writer of a stage that failed may still be putting files into the last one; beside
        # the stages, where nobody takes it for one, and gone with the next start
        part = Path(tempfile.mkdtemp(prefix="part.", dir=self.root))
        for table, rows in make().items():
            write_parquet(rows, part / f"{table}.parquet")
        part.rename(done)

    def remove(self) -> None:
        """Forget everything: the database is written. Renamed first: a stage that a kill left half would be read."""
        self.folder.rename(self.root / "part.done")
        shutil.rmtree(self.root, ignore_errors=True)

    def leftover(self) -> None:
        """Forget what a build that was killed while it forgot has left, unless another one is at work there."""
        if self.root.exists():
            with contextlib.suppress(StationError), self.locked():
                self.remove()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second build of the same database out; forget the work of older inputs."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StationError(f"another build is writing {self.root}; wait for it to end") from None
            for old in self.root.iterdir():
                if old.is_dir() and old != self.folder:
                    shutil.rmtree(old, ignore_errors=True)
            self.folder.mkdir(exist_ok=True)
            yield
