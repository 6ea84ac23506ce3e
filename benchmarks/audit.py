"""The audit beside the rivals that install here, on the same small sites of known truth, in the same run.

    python benchmarks/audit.py [--sites 24] [--parallel 8] [--only isoloir,gdpr-cookie-scanner,cookieradar]

Prints, for each tool, how many verdicts by today's rules are right, how many breached sites it passes, how many sites
without a breach it accuses, and the seconds a site. A rival's own grade is read as kindly as it allows: A and B pass,
C and below fail; "unverified" is an open verdict. Rivals are installed in a folder of their own (npm, pip) and get the
system's Chromium with the same name resolution; each visits one site at a time, because none takes several.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "audit"))

from sites.catalogue import Site, sites
from sites.server import Served, serve

from isoloir.audit.visit.browser import Options, find_browser
from isoloir.commands.audit import audit

SHELL = "chromium_headless_shell-{revision}/chrome-headless-shell-linux64/chrome-headless-shell"
LIMIT = 180  # seconds that a rival may take for one site


@dataclass
class Score:
    """What one tool said of the sites, and how long it took."""

    said: dict[str, str]
    seconds: float


def main() -> None:
    options = read_options()
    chosen = spread(options.sites)
    with tempfile.TemporaryDirectory(prefix="isoloir-bench-") as made, serve(Path(made)) as served:
        folder = Path(made)
        tools: dict[str, Callable[[], Score]] = {
            "isoloir": lambda: run_isoloir(chosen, served, folder, options.parallel),
            "gdpr-cookie-scanner": lambda: run_scanner(chosen, served, folder),
            "cookieradar": lambda: run_radar(chosen, served, folder),
        }
        scores: dict[str, Score] = {}
        for name in options.only.split(",") if options.only else tools:
            try:
                scores[name] = tools[name]()
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"{name}: not here ({type(error).__name__})")
    show(chosen, scores)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sites", type=int, default=24)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--only", default="")
    return parser.parse_args()


def spread(most: int) -> list[Site]:
    """Sites from every group but the hostile ones, evenly."""
    usable = [s for s in sites().values() if s.group != "7-hostile"]
    step = max(1, len(usable) // most)
    return usable[::step][:most]


def run_isoloir(chosen: list[Site], served: Served, folder: Path, parallel: int) -> Score:
    options = Options(parallel=parallel, ca=str(served.ca), allow_private=True, browser_args=served.browser_args)
    began = time.monotonic()
    urls = {s.url: s.host for s in chosen}
    made = audit(urls, ["cnil-2020"], folder / "isoloir", options, None, False, lambda *_: None)
    return Score({urls[line["url"]]: line["verdict"] for line in made.lines}, time.monotonic() - began)


def run_scanner(chosen: list[Site], served: Served, folder: Path) -> Score:
    home = folder / "scanner"
    home.mkdir()
    environment = os.environ | {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
    install = ["npm", "install", "--no-audit", "--no-fund", "--silent", "@slashgear/gdpr-cookie-scanner"]
    subprocess.run(install, cwd=home, env=environment, check=True)
    listed = json.loads((home / "node_modules" / "playwright-core" / "browsers.json").read_text())
    environment["PLAYWRIGHT_BROWSERS_PATH"] = lend_browser(listed, served, folder)

    def verdict(site: Site) -> str:
        command = [str(home / "node_modules/.bin/gdpr-scan"), "scan", site.url, "-f", "json", "--json-summary"]
        text = ask([*command, "-o", str(home / "out")], environment)
        grade = re.search(r'"grade"\s*:\s*"([A-F])"', text)
        return {"A": "compliant", "B": "compliant"}.get(grade[1], "breach") if grade else "not_established"

    return one_by_one(chosen, verdict)


def run_radar(chosen: list[Site], served: Served, folder: Path) -> Score:
    home = folder / "radar"
    venv.create(home, with_pip=True)
    subprocess.run([home / "bin" / "pip", "install", "--quiet", "cookieradar"], check=True)
    find = "import playwright, pathlib; print(pathlib.Path(playwright.__file__).parent)"
    driver = subprocess.run([home / "bin" / "python", "-c", find], check=True, capture_output=True, text=True)
    listed = json.loads((Path(driver.stdout.strip()) / "driver/package/browsers.json").read_text())
    environment = os.environ | {"PLAYWRIGHT_BROWSERS_PATH": lend_browser(listed, served, folder)}

    def verdict(site: Site) -> str:
        text = ask([str(home / "bin" / "cookieradar"), "audit", site.url], environment).lower()
        if re.search(r"non[- _]?compliant|violation|fail|❌", text):
            return "breach"
        unknown = re.search(r"unverified|not verif|could not|unable|error|timeout", text)
        return "not_established" if unknown or not text else "compliant"

    return one_by_one(chosen, verdict)


def one_by_one(chosen: list[Site], verdict: Callable[[Site], str]) -> Score:
    began = time.monotonic()
    return Score({site.host: verdict(site) for site in chosen}, time.monotonic() - began)


def ask(command: list[str], environment: dict[str, str]) -> str:
    """What a tool prints about a site; empty where it takes too long."""
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout + done.stderr


def lend_browser(listed: dict[str, list[dict[str, str]]], served: Served, folder: Path) -> str:
    """The system's Chromium where a rival's Playwright looks for its own; every name leads to the small sites."""
    home = folder / "browsers"
    arguments = " ".join(f'"{a}"' for a in (*served.browser_args, "--no-sandbox", "--ignore-certificate-errors"))
    for browser in listed["browsers"]:
        if browser["name"] == "chromium-headless-shell":
            path = home / SHELL.format(revision=browser["revision"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'#!/bin/sh\nexec "{find_browser()}" --headless "$@" {arguments}\n')
            path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(home)


def show(chosen: list[Site], scores: dict[str, Score]) -> None:
    truth = {s.host: s.today.verdict for s in chosen}
    breaches = [h for h, v in truth.items() if v == "breach"]
    clean = [h for h, v in truth.items() if v == "compliant"]
    print(f"{len(chosen)} sites: {len(breaches)} with a breach today, {len(clean)} without")
    print(f"{'tool':22} {'right':>8} {'breaches passed':>16} {'falsely accused':>16} {'s a site':>9}")
    for name, score in scores.items():
        right = sum(score.said.get(h) == v for h, v in truth.items())
        passed = sum(score.said.get(h) == "compliant" for h in breaches)
        accused = sum(score.said.get(h) == "breach" for h in clean)
        pace = score.seconds / len(chosen)
        print(f"{name:22} {right:>4}/{len(chosen):<3} {passed:>16} {accused:>16} {pace:>9.2f}")
    rivals = [s.seconds for name, s in scores.items() if name != "isoloir"]
    if rivals and "isoloir" in scores:
        print(f"ratio of seconds, fastest rival / isoloir: {min(rivals) / scores['isoloir'].seconds:.1f}")


if __name__ == "__main__":
    if not shutil.which("npm"):
        print("npm is not here: gdpr-cookie-scanner is left out")
    main()
