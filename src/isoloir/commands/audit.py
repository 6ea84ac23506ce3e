"""Audits: visit, judge, keep, and bring the findings of every site together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isoloir import __version__
from isoloir.audit.findings import judge as judge_evidence
from isoloir.audit.keep import read_evidence, site_folders, verify
from isoloir.audit.queue import Job, clear_work, plan
from isoloir.audit.report.write import write_board
from isoloir.audit.rules.packs import pack
from isoloir.audit.run import run
from isoloir.audit.visit.browser import Options
from isoloir.audit.visit.certificates import read_authorities

Line = dict[str, Any]


@dataclass(frozen=True)
class Audited:
    """A run: one line per site and pack, how many sites were visited now, and where the lines are."""

    lines: list[Line]
    visited: int
    file: Path


def audit(
    urls: Iterable[str], rules: Iterable[str], out: Path, options: Options, key: Path | None, again: bool,
    report: Callable[[str, float], None], cluster: str = "",
) -> Audited:  # fmt: skip
    """Visit every site that is not in `out` yet; write `out/findings.jsonl`, a line per site and pack, and tables."""
    packs = [pack(name).name for name in dict.fromkeys(rules)]
    if options.ca:
        read_authorities(Path(options.ca))
    out.mkdir(parents=True, exist_ok=True)
    jobs = plan(urls, out)
    todo = sum(again or not job.done for job in jobs)
    if again:
        for job in jobs:
            (job.folder / "manifest.json").unlink(missing_ok=True)
    visited = 0

    def tell(_: Job, __: float) -> None:
        nonlocal visited
        visited += 1
        report("audit", visited / max(todo, 1))

    work = clear_work(out)
    if cluster:
        from isoloir.audit.cluster import run_on_cluster

        run_on_cluster(cluster, jobs, options, packs, work, key, tell)
    else:
        run(jobs, options, packs, work, key, tell)
    lines = [line for job in jobs for line in findings_of(job.folder, packs)]
    file = out / "findings.jsonl"
    write_lines(lines, file)
    write_board(lines, {job.url: job.folder.name for job in jobs}, out, __version__)
    (out / ".work").rmdir()
    return Audited(lines, visited, file)


def findings_of(folder: Path, rules: Iterable[str]) -> list[Line]:
    """The findings that a site's folder holds; judged from its evidence where it was not by these rules."""
    wanted, kept = list(rules), _kept(folder)
    if set(wanted) <= set(kept):
        return [kept[name] for name in wanted]
    return judge([folder], wanted)


def kept_rules(folder: Path) -> list[str]:
    """The packs of rules by which a site was judged; today's where it was by none."""
    return list(_kept(folder)) or ["cnil-2020"]


def _kept(folder: Path) -> dict[str, Line]:
    try:
        return {line["rules"]: line for line in json.loads((folder / "findings.json").read_text(encoding="utf-8"))}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def judge(folders: Iterable[Path], rules: Iterable[str]) -> list[Line]:
    """The findings again, from evidence alone: no network, no browser."""
    wanted = list(rules)
    sites = [site for folder in folders for site in site_folders(folder)]
    return [judge_evidence(evidence, name).line() for evidence in map(read_evidence, sites) for name in wanted]


def check(folders: Iterable[Path], public_key: Path | None = None) -> dict[Path, list[str]]:
    """What is wrong with the evidence in these folders, site by site."""
    return {site: verify(site, public_key) for folder in folders for site in site_folders(folder)}


def write_lines(lines: Iterable[Line], file: Path) -> None:
    """JSON lines, put in place by one rename."""
    part = file.with_suffix(".part")
    part.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    part.rename(file)
