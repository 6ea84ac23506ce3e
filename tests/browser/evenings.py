"""An evening of canvassing as it really is: a server that can be stopped, phones that are browsers, and their doors."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from playwright.sync_api import Error as PlaywrightError

from isoloir.field.canvass.outcomes import Kind
from isoloir.web.assets import BUILT

PHONE = {"width": 360, "height": 740}
PATIENCE = 60_000  # milliseconds
CANVASS = BUILT.parent / "canvass"
PREPARE = Path(__file__).parent / "prepare_canvass.py"

# A full disk shows itself at the call, or only when what was written is to be made safe.
FULL = """{ for (const name of ["add", "put"]) {
    const write = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (...given) {
        if (window.full === "at the call") throw new DOMException("full", "QuotaExceededError");
        const asked = write.apply(this, given);
        if (window.full === "at the end") asked.addEventListener("success", () => this.transaction.abort());
        return asked;
    };
} }"""


@dataclass
class Field:
    """The field's server on databases of its own, and who may sign in."""

    folder: Path
    port: int = 0
    gateway: str = ""  # where text messages go
    people: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        files = {"BOOK": "book.sqlite3", "KEYS": "keys.sqlite3", "MASTER_KEY": "master.key", "JOURNAL": "journal.jsonl"}
        return os.environ | {f"ISOLOIR_{name}": str(self.folder / file) for name, file in files.items()} | {
            "ISOLOIR_SECRET_KEY": "a secret of this test", "DJANGO_SETTINGS_MODULE": "isoloir.web.settings",
            "ISOLOIR_DATABASE": str(self.folder / "none.duckdb"), "ISOLOIR_PUBLIC_URL": self.address,
            "ISOLOIR_SMS_URL": self.gateway,
        }  # fmt: skip

    def ask(self, *what: str) -> Any:
        """Run a part of `prepare_canvass.py` on these databases."""
        done = subprocess.run(
            [sys.executable, str(PREPARE), *what], env=self.environment, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def prepare(self) -> None:
        self.people = self.ask("prepare")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "isoloir.web.asgi:application", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--log-level", "error", "--lifespan", "off"], env=self.environment, cwd=self.folder
        )
        for _ in range(600):
            assert self.process.poll() is None, "the server ended by itself"
            try:
                urllib.request.urlopen(self.address + "/static/isoloir.svg", timeout=5).read()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def stop(self, kill: bool = False) -> None:
        if self.process:
            self.process.kill() if kill else self.process.terminate()
            self.process.wait(30)
            self.process = None


@dataclass
class Walker:
    """A phone with its canvasser: what they tapped is written down here as well."""

    context: BrowserContext
    page: Page
    address: str
    campaign: str
    turf: int
    language: str = "fr"
    tapped: list[tuple[int, int, int, str]] = field(default_factory=list)  # building, floor, door, outcome
    asked: list[Any] = field(default_factory=list)

    def open(self, fragment: str = "") -> Page:
        self.page.goto(f"{self.address}/{self.language}/field/{self.campaign}/canvass/app/{fragment}")
        self.ready()
        return self.page

    def ready(self) -> None:
        expect(self.page.locator("html[data-ready=yes]")).to_have_count(1, timeout=PATIENCE)

    def take_turf(self) -> None:
        self.open()
        self.page.locator(".turfs button").first.click(timeout=PATIENCE)
        expect(self.page.locator("#next")).to_be_visible(timeout=PATIENCE)

    def go_offline(self) -> None:
        """Cut the network, once the application is kept on the phone."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.context.set_offline(True)

    def reopen_offline(self, fragment: str) -> None:
        """Open the application again, in another tab, without a network."""
        self.go_offline()
        self.page.close()
        self.page = self.context.new_page()
        self.open(fragment)

    def enter(self, building: int) -> None:
        where = f"turf/{self.turf}/{building}"
        if self.page.evaluate("where => location.hash !== `#${where}`", where):  # the last building's screen is marked
            self.page.evaluate("document.querySelector('#done')?.setAttribute('data-left', '')")
            self.page.evaluate("where => { location.hash = where; }", where)
        expect(self.page.locator("#done:not([data-left])")).to_be_visible(timeout=PATIENCE)

    def tap(self, building: int, outcome: str) -> None:
        """One tap, which counts once the next door is shown."""
        page = self.page
        at = page.locator("#door").count() > 0
        floor = int(page.locator("#floor").inner_text()) if at else 0
        door = int(page.locator("#door").inner_text()) if at else 1
        before = page.locator(".known li").count()
        page.locator(f".outcomes [data-outcome={outcome}]").click(timeout=PATIENCE)
        expect(page.locator(".known li")).to_have_count(before + 1, timeout=PATIENCE)
        self.tapped.append((building, floor, door, outcome))

    def undo(self) -> None:
        before = self.page.locator(".known li").count()
        self.page.locator("#undo").click()
        expect(self.page.locator(".known li")).to_have_count(before - 1, timeout=PATIENCE)
        self.tapped.pop()

    def waits(self, count: int) -> None:
        """What is kept on the phone until there is a network, once the page has counted it."""
        expect(self.page.locator("#outbox")).to_have_attribute("data-waiting", str(count), timeout=PATIENCE)

    def all_sent(self) -> None:
        """Come back to the front until everything is sent."""
        self.page.evaluate("dispatchEvent(new Event('focus'))")
        expect(self.page.locator("#outbox[data-waiting='0'][data-state=sent]")).to_have_count(1, timeout=PATIENCE)


def walker(
    browser: Browser, served: Field, campaign: str, turf: int, who: str, language: str = "fr", **options: Any
) -> Walker:
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce", **options)
    context.add_cookies(
        [{"name": "sessionid", "value": served.people[who], "url": served.address, "sameSite": "Strict"}]
    )
    page = context.new_page()
    made = Walker(context, page, served.address, campaign, turf, language)
    context.on("request", lambda request: made.asked.append((request.url, request.post_data)))
    return made


def outcomes(held: dict[str, Any]) -> Counter[tuple[int, int, int, str]]:
    """What the reports say of each door: the last one of each phone that was not taken back."""
    undone = {(phone, undoes) for *_, undoes, phone, _ in held["reports"] if undoes}
    return Counter(
        (building, floor, door, Kind(kind).word)
        for building, floor, door, kind, undoes, phone, number in held["reports"]
        if not undoes and (phone, number) not in undone
    )


def place(held: dict[str, Any], street: str, number: str) -> int:
    return next(int(pk) for pk, s, n, _, _ in held["places"] if (s, n) == (street, number))


def flapping(one: Walker, houses: list[int]) -> None:
    """A network that lets requests through and loses their answers."""

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        with contextlib.suppress(PlaywrightError):  # let through meanwhile by `unroute`: sent twice, counted once
            route.abort()

    one.page.route("**/canvass/sync", lose_the_answer)
    for house in houses:
        one.enter(house)
        one.tap(house, "opened")
    one.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(one.page.locator("#outbox")).to_have_attribute("data-state", "offline", timeout=PATIENCE)
    one.page.unroute("**/canvass/sync")


def wrong_clock(one: Walker, days: int) -> None:
    """From the next page on their phone is some days ahead."""
    one.context.add_init_script(f"{{ const now = Date.now; Date.now = () => now() + {days} * 86400000; }}")
