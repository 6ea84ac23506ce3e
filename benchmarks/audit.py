"""The audit beside the rivals that install here, on the same small sites of known truth, in the same run.

    python benchmarks/audit.py [--sites 24] [--parallel 8] [--only isoloir,gdpr-cookie-scanner] [--rivals DIR]

For each tool: how many verdicts by today's rules are right, how many breached sites it passes, how many sites without
a breach it accuses; in how many of the sites that track before any choice it saw that; how many refusals that work it
used, how many refusals in vain it caught; and the seconds a site. A dash stands where a tool does not say such a thing.
`audit_rivals.py` says how each rival is asked; each visits one site at a time, because none takes several.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from audit_rivals import RIVALS, Home, Said

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "audit"))

from sites.catalogue import Site, sites
from sites.server import Served, serve

from isoloir.audit.visit.browser import Options
from isoloir.commands.audit import audit

PACKS = ("cnil-2020", "angers-2017")


class Score:
    """What one tool said of each site, and how long it took for all."""

    def __init__(self) -> None:
        self.said: dict[str, Said] = {}
        self.seconds = 0.0


def main() -> None:
    options = read_options()
    chosen = spread(options.sites)
    wanted = options.only.split(",") if options.only else ["isoloir", *RIVALS]
    scores: dict[str, Score] = {}
    with tempfile.TemporaryDirectory(prefix="isoloir-bench-") as made, serve(Path(made)) as served:
        home = Home(options.rivals or Path(made) / "rivals", served)
        tools: dict[str, Callable[[], Score]] = {
            "isoloir": lambda: run_isoloir(chosen, served, Path(made), options.parallel),
            **{name: lambda name=name: one_by_one(chosen, RIVALS[name](home)) for name in RIVALS},
        }
        for name in wanted:
            try:
                scores[name] = tools[name]()
                print(f"{name}: {scores[name].seconds / len(chosen):.2f} s a site", file=sys.stderr, flush=True)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"{name}: does not install here ({type(error).__name__}: {error})")
    show(chosen, scores)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sites", type=int, default=24)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--only", default="")
    parser.add_argument("--rivals", type=Path, help="where they are installed, and kept for the next run")
    return parser.parse_args()


def spread(most: int) -> list[Site]:
    """Sites from every group but the hostile ones, evenly."""
    usable = [s for s in sites().values() if s.group != "7-hostile"]
    return usable[:: max(1, len(usable) // most)][:most]


def run_isoloir(chosen: list[Site], served: Served, folder: Path, parallel: int) -> Score:
    score = Score()
    options = Options(parallel=parallel, ca=str(served.ca), allow_private=True, browser_args=served.browser_args)
    began = time.monotonic()
    hosts = {s.url: s.host for s in chosen}
    made = audit(hosts, PACKS, folder / "isoloir", options, None, False, lambda *_: None)
    score.seconds = time.monotonic() - began
    for line in made.lines:
        said = score.said.setdefault(hosts[line["url"]], Said())
        found = {name: o["verdict"] for name, o in line["obligations"].items()}
        if line["rules"] == "cnil-2020":
            said.verdict, said.early = line["verdict"], found["consent"] == "breached"
            said.vain = found["refusal"] == "breached"
        else:
            said.refused = found["refusal"] == "respected"
    return score


def one_by_one(chosen: list[Site], ask: Callable[[Site], Said]) -> Score:
    score, began = Score(), time.monotonic()
    for site in chosen:
        score.said[site.host] = ask(site)
    score.seconds = time.monotonic() - began
    return score


def show(chosen: list[Site], scores: dict[str, Score]) -> None:
    breaches = [s for s in chosen if s.today.verdict == "breach"]
    clean = [s for s in chosen if s.today.verdict == "compliant"]
    early = [s for s in breaches if "consent" in s.today.breached and s.made.get("trackers", {}).get("load")]
    vain = [s for s in chosen if s.made.get("in_vain")]
    working = [s for s in chosen if "refusable" in (s.angers or ()) and "refusal" not in s.today.breached]
    print(f"{len(chosen)} sites, {len(breaches)} with a breach today, {len(clean)} without one")
    heads = ["right", "passed", "accused", "early seen", "refused", "in vain", "s a site"]
    print(f"{'tool':22}" + "".join(f"{head:>12}" for head in heads))
    for name, score in scores.items():

        def of(group: list[Site], field: str, value: object = True, score: Score = score) -> str:
            told = [getattr(score.said[s.host], field) for s in group]
            return "-" if all(t is None for t in told) else f"{told.count(value)}/{len(group)}"

        gives = any(said.verdict for said in score.said.values())
        right = sum(score.said[s.host].verdict == s.today.verdict for s in chosen)
        cells = [
            f"{right}/{len(chosen)}" if gives else "-",
            of(breaches, "verdict", "compliant"), of(clean, "verdict", "breach"),
            of(early, "early"), of(working, "refused"), of(vain, "vain"), f"{score.seconds / len(chosen):.2f}",
        ]  # fmt: skip
        print(f"{name:22}" + "".join(f"{cell:>12}" for cell in cells))
    judging = [s.seconds for n, s in scores.items() if n != "isoloir" and any(said.verdict for said in s.said.values())]
    if judging and "isoloir" in scores:
        print(f"seconds, fastest rival that gives a verdict / isoloir: {min(judging) / scores['isoloir'].seconds:.1f}")


if __name__ == "__main__":
    main()
