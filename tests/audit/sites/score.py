"""Audit the sites and compare with their truth: `score.py [--part seen|kept_out|all] [host...]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from isoloir.audit.visit.browser import Options
from isoloir.commands.audit import audit
from sites.catalogue import Site, sites
from sites.server import serve

PACKS = ("cnil-2020", "cnil-2013", "angers-2017")
CELLS = {"information": "told", "consent": "asked", "refusal": "refusable"}
GOOGLE = {"breached": "open", "respected": "anonymous", "not_applicable": ""}
Line = dict[str, Any]
Lines = dict[tuple[str, str], Line]


@dataclass(frozen=True)
class Miss:
    """A verdict, or a set of breached obligations, that is not the truth."""

    site: Site
    rules: str
    said: str
    truth: str
    why: str


def part(name: str) -> list[Site]:
    """The sites of one part: `seen` during development, `kept_out` of it, or `all`."""
    return [s for s in sites().values() if name == "all" or s.kept_out == (name == "kept_out")]


def run(chosen: Iterable[Site], out: Path, parallel: int = 4, packs: Iterable[str] = PACKS, **more: Any) -> Lines:
    """The findings on these sites, by host and pack."""
    chosen = list(chosen)
    by_url = {s.url: s.host for s in chosen}
    out.mkdir(parents=True, exist_ok=True)
    with serve(out) as served:
        options = Options(
            **{"depth": 2, "timeout_s": 240, **more}, parallel=parallel, ca=str(served.ca), allow_private=True,
            browser_args=served.browser_args,
        )  # fmt: skip
        made = audit(by_url, packs, out / "audit", options, None, False, lambda *_: None)
    return {(by_url[line["url"]], line["rules"]): line for line in made.lines}


def wrong_verdicts(chosen: Iterable[Site], lines: Lines) -> list[Miss]:
    """Where the verdict is not the true one."""
    return [
        Miss(site, rules, line["verdict"], truth.verdict, line["why"]["en"])
        for site in chosen
        for rules, truth in site.truths.items()
        if (line := lines[site.host, rules])["verdict"] != truth.verdict
    ]


def wrong_obligations(chosen: Iterable[Site], lines: Lines) -> list[Miss]:
    """Where the breached obligations are not the true ones."""
    return [
        Miss(site, rules, " ".join(sorted(said)), " ".join(sorted(truth.breached)), line["why"]["en"])
        for site in chosen
        for rules, truth in site.truths.items()
        if (said := breached(line := lines[site.host, rules])) != truth.breached
    ]


def wrong_cells(chosen: Iterable[Site], lines: Lines) -> list[Miss]:
    """Where the study of 2017 would have filled a cell differently."""
    missed = []
    for site in (s for s in chosen if s.angers is not None):
        line = lines[site.host, "angers-2017"]
        found = {CELLS[k] for k, o in line["obligations"].items() if k in CELLS and o["verdict"] == "respected"}
        google = GOOGLE.get(line["obligations"]["google_analytics"]["verdict"], "?")
        if (found, google) != (site.angers, site.analytics):
            said, truth = (" ".join(sorted(cells)) for cells in (found, site.angers or ()))
            why = line["why"]["en"]
            missed.append(Miss(site, "angers-2017", f"{said} {google}", f"{truth} {site.analytics}", why))
    return missed


def breached(line: dict[str, Any]) -> set[str]:
    """The obligations that a line of findings calls breached."""
    return {name for name, finding in line["obligations"].items() if finding["verdict"] == "breached"}


def main() -> None:
    """Run, print what is wrong, and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hosts", nargs="*")
    parser.add_argument("--part", default="seen", choices=["seen", "kept_out", "all"])
    parser.add_argument("--parallel", type=int, default=4)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    chosen = [sites()[h] for h in given.hosts] or part(given.part)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        lines = run(chosen, given.out or Path(folder), given.parallel)
    seconds = time.monotonic() - began
    verdicts, duties, cells = (f(chosen, lines) for f in (wrong_verdicts, wrong_obligations, wrong_cells))
    for miss in dict.fromkeys([*verdicts, *duties, *cells]):
        print(f"{miss.site.host} [{miss.rules}]\n  said  {miss.said}\n  truth {miss.truth}\n  {miss.why[:300]}")
    cases, studied = 2 * len(chosen), sum(s.angers is not None for s in chosen)
    print(
        f"{len(chosen)} sites in {seconds:.0f} s: verdict right {cases - len(verdicts)}/{cases}, obligations exactly"
        f" {cases - len(duties)}/{cases}, rows of the study {studied - len(cells)}/{studied}"
    )


if __name__ == "__main__":
    main()
