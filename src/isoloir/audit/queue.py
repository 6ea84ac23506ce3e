"""Which sites are to be visited, which are done, and where each is kept. A killed run goes on where it was."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from isoloir.audit.parties import host
from isoloir.errors import AuditError
from isoloir.language import say

WORK = ".work"


@dataclass(frozen=True)
class Job:
    """One site to visit, and the folder that it goes to."""

    url: str
    folder: Path

    @property
    def done(self) -> bool:
        """Whether the folder is there and complete: it appears by one rename."""
        return _url_of(self.folder) == self.url


def plan(urls: Iterable[str], out: Path) -> list[Job]:
    """One job per address, in order, without repeats; raise AuditError where there is none.

    A folder is called after the host; a second address of the same host adds a checksum to it.
    """
    jobs: list[Job] = []
    taken: set[str] = set()
    for url in dict.fromkeys(complete(u) for u in urls if u.strip()):
        name = re.sub(r"[^a-z0-9.-]", "_", host(url)) or "site"
        kept = _url_of(out / name)
        if name in taken or kept not in ("", url):
            name += "-" + hashlib.sha256(url.encode()).hexdigest()[:8]
        taken.add(name)
        jobs.append(Job(url, out / name))
    if not jobs:
        raise AuditError(say("aucune adresse : isoloir audit https://...", "no address: isoloir audit https://..."))
    return jobs


def complete(url: str) -> str:
    """An address with its scheme; `https` where none was given."""
    url = url.strip()
    return (
        url if re.match(r"[a-z][a-z0-9+.-]*:", url, re.I) and not re.match(r"[^/]+:\d+(/|$)", url) else f"https://{url}"
    )


def read_list(file: Path) -> list[str]:
    """The addresses of a CSV file: its column `url` (or `site`, `adresse`), else its first; raise AuditError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AuditError(f"{file}: {error}") from None
    first = text.splitlines()[0] if text.strip() else ""
    rows = list(csv.reader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ","))
    if not rows:
        raise AuditError(f"{file}: {say('vide', 'empty')}")
    heads = [cell.strip().lower() for cell in rows[0]]
    column = next((heads.index(name) for name in ("url", "site", "adresse", "address") if name in heads), None)
    body = rows if column is None else rows[1:]
    return [row[column or 0] for row in body if len(row) > (column or 0)]


def clear_work(out: Path) -> Path:
    """The folder in which sites are while they are visited, emptied of what a killed run left."""
    work = out / WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    return work


def _url_of(folder: Path) -> str:
    try:
        return str(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
