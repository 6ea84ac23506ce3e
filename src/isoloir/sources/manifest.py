"""What was fetched into a folder: where each file came from, when, and its checksum that day."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from isoloir.errors import SourceError
from isoloir.sources.lock import locked
from isoloir.store import sha256, sweep, write_text

NAME = ".manifest.json"


@dataclass(frozen=True)
class Record:
    """One file of the folder, as it was fetched."""

    source: str
    entry: str  # the entry's name in the catalogue
    url: str
    sha256: str
    bytes: int
    fetched: str  # ISO 8601, UTC
    download_sha256: str  # of what the address answered: the archive, where the file came out of one
    etag: str | None = None
    last_modified: str | None = None

    def holds(self, file: Path) -> bool:
        """Whether the file is still, byte for byte, what was fetched."""
        return file.is_file() and file.stat().st_size == self.bytes and sha256(file) == self.sha256


def load(folder: Path) -> dict[str, Record]:
    """The records by path relative to the folder; raise SourceError where the manifest is damaged."""
    path = folder / NAME
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {name: Record(**fields) for name, fields in raw["files"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SourceError("cannot be read; delete it to start the records afresh", file=path) from error


def record(folder: Path, new: dict[str, Record]) -> None:
    """Add or replace records, atomically, whoever else is writing."""
    with locked(folder / f"{NAME}.lock"):
        sweep(folder / NAME)
        files = {name: asdict(entry) for name, entry in sorted((load(folder) | new).items())}
        write_text(json.dumps({"files": files}, indent=1, ensure_ascii=False) + "\n", folder / NAME)
