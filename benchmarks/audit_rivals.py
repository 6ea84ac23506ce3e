"""The rivals of the audit: installing each in a folder of its own, asking it about one site, and reading what it says.

Each gets the system's Chromium where its Playwright looks for its own, and every name leads to the small sites. A grade
is read as kindly as it allows: A and B pass, C and below fail; "unverified" is an open verdict.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
import subprocess
import threading
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, sync_playwright

from isoloir.audit.visit.browser import find_browser

if TYPE_CHECKING:
    from sites.catalogue import Site
    from sites.server import Served

PLACES = {
    "chromium-headless-shell": "chromium_headless_shell-{}/chrome-headless-shell-linux64/chrome-headless-shell",
    "chromium": "chromium-{}/chrome-linux64/chrome",
}
LIMIT = 180  # seconds that a rival may take for one site


@dataclass
class Said:
    """What a tool says of a site; None where it does not say such a thing."""

    verdict: str | None = None
    early: bool | None = None  # something follows visitors before any choice
    refused: bool | None = None  # it could refuse
    vain: bool | None = None  # it saw that refusing is not respected


class Home:
    """Where the rivals live: `npm` and `pip` install each in a folder of its own, once."""

    def __init__(self, folder: Path, served: Served):
        self.folder, self.served = folder.resolve(), served
        self.browsers = self.folder / "browsers"

    def npm(self, package: str) -> Path:
        """The folder of `node_modules` with this package."""
        home = self.folder / re.sub(r"\W", "_", package)
        if not (home / "node_modules").exists():
            home.mkdir(parents=True, exist_ok=True)
            given = os.environ | {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
            command = ["npm", "install", "--no-audit", "--no-fund", "--silent", package]
            subprocess.run(command, cwd=home, env=given, check=True, timeout=600)
        return home / "node_modules"

    def pip(self, package: str) -> Path:
        """The folder of programs of a virtual environment with this package."""
        home = self.folder / package
        if not (home / "bin" / package).exists():
            venv.create(home, with_pip=True)
            subprocess.run([home / "bin" / "pip", "install", "--quiet", package], check=True, timeout=600)
        return home / "bin"

    def environment(self, listed: Path) -> dict[str, str]:
        """What a rival's Playwright needs to find the system's browser; `listed` is its `browsers.json`."""
        arguments = " ".join(
            f'"{a}"' for a in (*self.served.browser_args, "--no-sandbox", "--ignore-certificate-errors")
        )
        for browser in json.loads(listed.read_text(encoding="utf-8"))["browsers"]:
            if browser["name"] in PLACES:
                path = self.browsers / PLACES[browser["name"]].format(browser["revision"])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f'#!/bin/sh\nexec "{find_browser()}" --headless "$@" {arguments}\n')
                path.chmod(path.stat().st_mode | stat.S_IEXEC)
        skip = {"PLAYWRIGHT_SKIP_VALIDATE_HOST_REQUIREMENTS": "1"}
        return os.environ | skip | {"PLAYWRIGHT_BROWSERS_PATH": str(self.browsers)}


def ask(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """How a tool ended, and what it printed; -1 where it took too long."""
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return -1, ""
    return done.returncode, done.stdout + done.stderr


def scanner(home: Home) -> Callable[[Site], Said]:
    """gdpr-cookie-scanner: a grade, and issues by type."""
    modules = home.npm("@slashgear/gdpr-cookie-scanner")
    environment = home.environment(modules / "playwright-core" / "browsers.json")
    program, out = str(modules / ".bin" / "gdpr-scan"), str(home.folder / "scanned")

    def one(site: Site) -> Said:
        _, text = ask([program, "scan", site.url, "-f", "json", "--json-summary", "-o", out], environment)
        line = next((li for li in text.splitlines() if li.startswith("{") and '"grade"' in li), "")
        if not line:
            return Said("not_established", False, False, False)
        summary = json.loads(line)
        issues = {item["type"] for item in summary["issues"]["items"]}
        after = any("reject" in item["description"].lower() and "cookie" in item["description"].lower()
                    and item["type"] != "no-reject-button" for item in summary["issues"]["items"])  # fmt: skip
        verdict = "compliant" if summary["grade"] in "AB" else "breach"
        return Said(verdict, "auto-consent" in issues, "no-reject-button" not in issues, after)

    return one


def radar(home: Home) -> Callable[[Site], Said]:
    """cookieradar: its exit status is its verdict (0 fine, 1 violation, 2 unverified, 3 error)."""
    programs = home.pip("cookieradar")
    environment = home.environment(_browsers_of(programs))

    def one(site: Site) -> Said:
        status, text = ask([str(programs / "cookieradar"), "audit", site.url], environment)
        verdict = {0: "compliant", 1: "breach"}.get(status, "not_established")
        early = re.search(r"Pre-consent \((\d+) unique", text)
        refused = "reject" in text and "Post-reject NOT APPLIED" not in text
        seen = bool(early and int(early[1])) or "before any" in text.split("VIOLATION")[-1][:80]
        return Said(verdict, seen, refused, verdict == "breach" and "loaded after" in text)

    return one


def crawl(home: Home) -> Callable[[Site], Said]:
    """consentcrawl: no verdict; what was set before consent.

    It asks for Edge, and fetches its lists of trackers from the network: it gets Chromium, and a list of our own.
    """
    programs = home.pip("consentcrawl")
    for file in programs.parent.glob("lib/*/site-packages/consentcrawl/*.py"):
        file.write_text(file.read_text(encoding="utf-8").replace(', "channel": "msedge"', ""), encoding="utf-8")
    environment = home.environment(_browsers_of(programs))
    lists, database = home.folder / "lists.yml", home.folder / "crawl.db"

    def one(site: Site) -> Said:
        database.unlink(missing_ok=True)
        with list_of_trackers() as address:
            entry = {"id": "here", "name": "here", "url": address, "type": "hostfile", "categories": ["tracking"]}
            lists.write_text(json.dumps([entry]), encoding="utf-8")  # JSON is YAML too
            command = [str(programs / "consentcrawl"), site.url, "-db", str(database), "-bf", str(lists)]
            ask(command, environment)
        try:
            with sqlite3.connect(database) as opened:
                opened.row_factory = sqlite3.Row
                row: Any = opened.execute("SELECT * FROM crawl_results").fetchone()
        except sqlite3.Error:
            return Said(early=False)
        return Said(early=bool(row and any(row[k] not in (None, "", "[]") for k in EARLY)))

    return one


EARLY = ("cookies_no_consent", "tracking_domains_no_consent")
CONFIG = {
    "enabled": True, "autoAction": "optOut", "disabledCmps": [], "enablePrehide": False, "enableCosmeticRules": True,
    "enableGeneratedRules": True, "detectRetries": 20, "isMainWorld": False, "prehideTimeout": 2000,
    "enableHeuristicDetection": True, "heuristicMode": "reject", "heuristicPopupSearchTimeout": 100,
    "enablePopupMutationObserver": True, "visualTest": False, "performanceLoggingEnabled": False,
    "logs": dict.fromkeys(("lifecycle", "rulesteps", "detectionsteps", "evals", "errors", "messages", "waits"), False),
}  # fmt: skip


def autoconsent(home: Home) -> Callable[[Site], Said]:
    """autoconsent, a component: whether it refuses, in its mode that only rejects."""
    package = home.npm("@duckduckgo/autoconsent") / "@duckduckgo" / "autoconsent"
    script = (package / "dist" / "autoconsent.playwright.js").read_text(encoding="utf-8")
    rules = json.loads((package / "rules" / "rules.json").read_text(encoding="utf-8"))

    def one(site: Site) -> Said:
        done: list[dict[str, Any]] = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_browser(), args=[*home.served.browser_args, "--no-sandbox"]
            )
            page = browser.new_page(ignore_https_errors=True, locale="fr-FR")
            page.expose_binding(
                "autoconsentSendMessage", lambda source, said: _serve(source["page"], said, rules, done)
            )
            page.add_init_script(script)
            try:
                page.goto(site.url, wait_until="load", timeout=30_000)
                page.wait_for_timeout(6_000)
            except BrowserError:
                pass
            browser.close()
        return Said(refused=any(said["type"] == "optOutResult" and said.get("result") for said in done))

    return one


def _serve(page: Page, said: dict[str, Any], rules: dict[str, Any], done: list[dict[str, Any]]) -> None:
    """Answer autoconsent as a browser would."""
    done.append(said)
    answer: dict[str, Any] | None = None
    if said["type"] == "init":
        answer = {"type": "initResp", "config": CONFIG, "rules": rules}
    elif said["type"] == "eval":
        answer = {"type": "evalResp", "id": said["id"], "result": page.evaluate(said["code"])}
    if answer:
        page.evaluate("(answer) => { window.autoconsentReceiveMessage(answer); }", answer)


@contextmanager
def list_of_trackers() -> Iterator[str]:
    """A list of the tracking hosts of the small sites, served where a rival can fetch it."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write("".join(f"127.0.0.1 {host}\n" for host in TRACKING).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


TRACKING = (
    "www.google-analytics.com", "www.facebook.com", "connect.facebook.net", "stats.g.doubleclick.net", "in.hotjar.com",
    "static.hotjar.com", "www.youtube.com", "regie.publicite-locale.test", "empreinte.mesureur.test",
)  # fmt: skip


def _browsers_of(programs: Path) -> Path:
    find = "import playwright, pathlib; print(pathlib.Path(playwright.__file__).parent)"
    found = subprocess.run([programs / "python", "-c", find], check=True, capture_output=True, text=True)
    return Path(found.stdout.strip()) / "driver" / "package" / "browsers.json"


RIVALS: dict[str, Callable[[Home], Callable[[Site], Said]]] = {
    "gdpr-cookie-scanner": scanner,
    "cookieradar": radar,
    "consentcrawl": crawl,
    "autoconsent": autoconsent,
}
