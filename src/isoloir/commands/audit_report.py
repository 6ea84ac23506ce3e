"""Reports of audits that are on the disk: made again by other rules, printed, compared with another date."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from isoloir import __version__
from isoloir.audit.evidence import Evidence
from isoloir.audit.keep import keep_findings, read_evidence, site_folders
from isoloir.audit.report.changes import Comparison, compare
from isoloir.audit.report.markup import REPORT
from isoloir.audit.report.write import write_board, write_comparison
from isoloir.commands.audit import Line, findings_of, kept_rules, write_lines


def report(folder: Path, rules: Iterable[str], pdf: bool) -> list[Path]:
    """Every report of a folder of audits, from the evidence alone; as PDF too where it is asked for.

    Without rules, those by which each site was judged.
    """
    packs, lines, pages = list(rules), [], []
    folders: dict[str, str] = {}
    for site in (found := site_folders(folder)):
        evidence, own = _read(site, packs)
        folders[evidence.url] = site.name
        lines += own
        pages += keep_findings(evidence, own, site)
    if found != [folder]:
        write_lines(lines, folder / "findings.jsonl")
        pages = [*write_board(lines, folders, folder, __version__), *pages]
    return pages + (_print([page for page in pages if page.suffix == ".html"]) if pdf else [])


def difference(before: Path, after: Path, rules: Iterable[str], out: Path, pdf: bool) -> tuple[Comparison, list[Path]]:
    """What changed between two audits, and the files that tell it, in `out`."""
    packs = list(rules)
    old, new = (dict(_pairs(folder, packs)) for folder in (before, after))
    found = compare(old, new)
    files = write_comparison(found, out)
    return found, files + (_print([file for file in files if file.suffix == ".html"]) if pdf else [])


def print_all(folder: Path) -> list[Path]:
    """Every page of a folder of audits as PDF."""
    names = {f"{name}.html" for name in REPORT.values()}
    return _print(sorted(page for page in [*folder.glob("*.html"), *folder.glob("*/*.html")] if page.name in names))


def _pairs(folder: Path, packs: list[str]) -> Iterable[tuple[str, tuple[Evidence, list[Line]]]]:
    for site in site_folders(folder):
        evidence, lines = _read(site, packs)
        yield evidence.url, (evidence, lines)


def _read(site: Path, packs: list[str]) -> tuple[Evidence, list[Line]]:
    return read_evidence(site), findings_of(site, packs or kept_rules(site))


def _print(pages: list[Path]) -> list[Path]:
    from isoloir.audit.visit.printing import print_pages

    return print_pages(pages)
