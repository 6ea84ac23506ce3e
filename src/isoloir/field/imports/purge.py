"""Purging what a service derived: in the book and in a file, with a signed certificate of what was destroyed.

In a file, whole columns go; the clean file appears whole or not at all, and the old one is overwritten where that is
asked. In the book, batches of that origin are undone, and contacts that came from it are destroyed with their keys.
"""

from __future__ import annotations

import csv
import hashlib
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from django.utils import timezone

from isoloir import __version__
from isoloir.errors import SettingsError
from isoloir.field import certificates, destruction, gate, log
from isoloir.field.exports.files import private_file
from isoloir.field.imports.batches import recover, undo
from isoloir.field.imports.faults import BadFile, Refusal, reason_text
from isoloir.field.imports.layouts import plain
from isoloir.field.imports.tables import opened
from isoloir.field.models import Campaign, Contact, ImportBatch, User
from isoloir.language import say
from isoloir.law.facts import Text

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Origin:
    """Where data came from that have to go: the columns that they fill, and the rules that say so."""

    name: str
    text: Text
    rules: tuple[str, ...]
    columns: tuple[str, ...]

    def derived(self, column: str) -> bool:
        """Whether a column of that name is one of its own."""
        name = plain(column)
        return any(fnmatchcase(name, pattern) for pattern in self.columns)


@cache
def origins() -> dict[str, Origin]:
    """Every origin by its name."""
    table = tomllib.loads((resources.files("isoloir.field.imports") / "origins.toml").read_text(encoding="utf-8"))
    return {
        name: Origin(name, Text(raw["fr"], raw["en"]), tuple(raw["rules"]), tuple(raw["columns"]))
        for name, raw in table.items()
    }


def origin_named(name: str) -> Origin:
    """The origin; raise SettingsError where there is none of that name."""
    try:
        return origins()[name]
    except KeyError:
        raise SettingsError(f"--origin {name}: {', '.join(origins())}") from None


def purge(
    campaign: Campaign,
    origin: Origin,
    *,
    by: User | None,
    file: Path | None = None,
    out: Path | None = None,
    destroy: bool = False,
) -> str:
    """Destroy what came from an origin; the certificate as a JSON text. Raise BadFile for a file that cannot be read.

    `destroy`: overwrite and remove the file once the clean one is written.
    """
    gate.ask("erase", campaign, {"record_kind": "contact", "rights_request": False})
    told: dict[str, Any] = {
        "what": "purge", "origin": origin.name, "rules": list(origin.rules), "campaign": str(campaign.pk),
        "by": f"account {by.pk}" if by else log.COMMAND, "software": f"isoloir {__version__}",
    }  # fmt: skip
    if file:
        if not out or out.resolve() == file.resolve():
            raise SettingsError(say("--out : où écrire le fichier nettoyé", "--out: where to write the clean file"))
        told["file"] = clean(file, out, origin)
        if destroy:
            _overwrite(file)
        told["file"]["original_destroyed"] = destroy
    told["book"] = _purge_book(campaign, origin, by)
    told["at"] = timezone.now().isoformat(timespec="seconds")
    cells = told["file"]["cells_destroyed"] if file else 0
    log.write(campaign, by, "purge", origin.name, cells=cells, **told["book"])
    return certificates.sign(campaign, told)


def clean(file: Path, out: Path, origin: Origin) -> dict[str, Any]:
    """Write the file without the columns of the origin; counts and fingerprints of both, for the certificate.

    Raise BadFile, and write nothing, where a row cannot be read: what is in it might be of that origin.
    """
    with opened(file) as table, private_file(out) as target:
        gone = [index for index, column in enumerate(table.header) if origin.derived(column)]
        kept = [index for index in range(len(table.header)) if index not in set(gone)]
        filled = [0] * len(table.header)
        writer = csv.writer(target, delimiter=table.delimiter, lineterminator="\n")
        writer.writerow([table.header[index] for index in kept])
        rows = 0
        for line, cells in table.rows:
            if isinstance(cells, Refusal):
                raise BadFile(table.bytes.name, reason_text(cells.reason), line=line)
            rows += 1
            for index in gone:
                filled[index] += bool(cells[index].strip())
            writer.writerow([cells[index] for index in kept])
    return {
        "rows": rows, "columns_destroyed": {table.header[index]: filled[index] for index in gone},
        "cells_destroyed": sum(filled), "sha256_before": table.bytes.sha256, "sha256_after": fingerprint(out),
    }  # fmt: skip


def fingerprint(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _purge_book(campaign: Campaign, origin: Origin, by: User | None) -> dict[str, int]:
    """Undo the batches of the origin, and destroy whoever else came from it."""
    recover(campaign)
    batches = ImportBatch.objects.of(campaign).filter(origin=origin.name, state=ImportBatch.DONE)
    taken_back = [undo(batch, by) for batch in batches]
    left: Sequence[Any] = list(Contact.objects.of(campaign).filter(origin=origin.name).values_list("pk", flat=True))
    destroyed = destruction.destroy(campaign, left, by=by, why="purge")
    return {"batches_undone": len(taken_back), "contacts_undone": sum(taken_back), "contacts_destroyed": destroyed}


def _overwrite(file: Path) -> None:
    """Overwrite a file once and remove it: as much as a file system lets a program do."""
    size = file.stat().st_size
    with file.open("r+b") as stream:
        for start in range(0, size, _BLOCK):
            stream.write(os.urandom(min(_BLOCK, size - start)))
        stream.flush()
        os.fsync(stream.fileno())
    file.unlink()
