"""Reports as files: the pages of a site in its folder, the table of all sites above them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isoloir.audit.evidence import Evidence
from isoloir.audit.report.board import board_page
from isoloir.audit.report.changes import Comparison
from isoloir.audit.report.compared import comparison_page
from isoloir.audit.report.markup import CHANGES, REPORT
from isoloir.audit.report.site import site_page
from isoloir.audit.report.tables import report, spreadsheet
from isoloir.audit.report.words import LANGUAGES, Words

Line = dict[str, Any]


def write_site(evidence: Evidence, lines: Iterable[Line], folder: Path) -> list[Path]:
    """The page of a site in both languages, in its folder."""
    lines = list(lines)
    manifest = folder / "manifest.json"
    checksum = hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.exists() else ""
    signed = (folder / "manifest.sig").exists()
    return [
        _write(folder / f"{REPORT[name]}.html", site_page(evidence, lines, Words(name), checksum, signed))
        for name in LANGUAGES
    ]


def write_board(lines: Iterable[Line], folders: Mapping[str, str], out: Path, software: str) -> list[Path]:
    """All sites: the table in both languages, `findings.csv`, `report.json`."""
    lines = list(lines)
    pages = [_write(out / f"{REPORT[name]}.html", board_page(lines, folders, Words(name))) for name in LANGUAGES]
    whole = json.dumps(report(lines, software), ensure_ascii=False)
    table = _write(out / "findings.csv", "\ufeff" + spreadsheet(lines))
    return [*pages, table, _write(out / "report.json", whole)]


def write_comparison(found: Comparison, out: Path) -> list[Path]:
    """What changed: the page in both languages, and `changes.json`."""
    out.mkdir(parents=True, exist_ok=True)
    pages = [_write(out / f"{CHANGES[name]}.html", comparison_page(found, Words(name))) for name in LANGUAGES]
    return [*pages, _write(out / "changes.json", json.dumps(found.plain(), ensure_ascii=False, indent=1))]


def _write(file: Path, text: str) -> Path:
    """Put in place by one rename: nobody reads half a page. Lone surrogates of hostile pages become question marks."""
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(text.encode("utf-8", errors="replace"))
    part.rename(file)
    return file
