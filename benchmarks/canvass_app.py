"""The application of the canvass on a slow phone: does it open without a network, keep up with fingers, weigh little?

    python benchmarks/canvass_app.py [--starts 7] [--taps 100] [--slower 4]

Chromium with its processor made four times slower (CDP, Emulation.setCPUThrottlingRate), which is what a phone of the
middle is beside a laptop. A turf of 840 doors is on the phone and the network is off. A start is from the navigation of
a fresh page until the screen is there and answers, on the list of turfs and on the walk. While real clicks come in, one
a door, each picture that the browser draws is timed: a late one missed its turn of sixty a second. That needs an idle
machine; the processor time that the page spends on a tap does not.
Weights are those on the wire, compressed. There is no peer: no other application of the kind can be run here.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

HERE = Path(__file__).parent
PHONE = {"width": 360, "height": 740}
BROWSER = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
PATIENCE = 120_000  # milliseconds
TURN = 1000 / 60  # milliseconds of a picture
GOALS = {"start, s": 1.0, "shell, kB": 300.0, "turf, MB": 3.0, "late pictures, %": 0.0}
# Every picture's moment, and how long after a finger the picture came that answers it (W3C, Event Timing).
WATCH = """() => {
    window.seen = { pictures: [], answers: [] };
    const known = document.querySelector(".known");
    window.doors = (n) => new Promise((done) => {
        const look = () => known.childElementCount >= n && done();
        new MutationObserver(look).observe(known, { childList: true });
        look();
    });
    const picture = (at) => { window.seen.pictures.push(at); requestAnimationFrame(picture); };
    requestAnimationFrame(picture);
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (one.interactionId) window.seen.answers.push(one.duration);
    }).observe({ type: "event", durationThreshold: 16 });
}"""


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as (address, made), sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER)
        found = {"shell, kB": shell(phone(browser, made, service_workers="block"), address)}
        context = phone(browser, made)
        found["turf, MB"] = take_turf(context, address)
        context.set_offline(True)
        for screen, fragment in (("list", ""), ("walk", f"#turf/{made['turf']}")):
            times = [start(context, address + fragment, options.slower) for _ in range(options.starts)]
            print(f"offline start, {screen}: median {statistics.median(times):.2f} s, longest {max(times):.2f} s")
            found["start, s"] = max(found.get("start, s", 0), statistics.median(times))
        block = f"{address}#turf/{made['turf']}/{made['block']}"
        found["late pictures, %"] = taps(context, block, options)
        print(f"the page works {work(context, block, options):.0f} ms on a tap, over several pictures of {TURN:.1f} ms")
        browser.close()
    for what, goal in GOALS.items():
        print(f"{what}: {found[what]:.2f} (goal {goal:g})")
    print("missed: " + (", ".join(what for what, goal in GOALS.items() if found[what] > goal) or "nothing"))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--taps", type=int, default=100)
    parser.add_argument("--slower", type=float, default=4)
    return parser.parse_args()


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The field's server on databases of its own; the address of the application, and what is in the databases."""
    names = {"BOOK": "book.sqlite3", "KEYS": "keys.sqlite3", "MASTER_KEY": "master.key", "JOURNAL": "journal.jsonl"}
    environment = os.environ | {f"ISOLOIR_{name}": str(folder / file) for name, file in names.items()} | {
        "ISOLOIR_SECRET_KEY": "of a benchmark", "DJANGO_SETTINGS_MODULE": "isoloir.web.settings",
        "ISOLOIR_DATABASE": str(folder / "none.duckdb"),
    }  # fmt: skip
    prepare = [sys.executable, str(HERE / "peers" / "canvass_walk.py")]
    done = subprocess.run(prepare, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "isoloir.web.asgi:application", "--port", str(port)]
    server = subprocess.Popen([*command, "--log-level", "error", "--lifespan", "off"], env=environment, cwd=folder)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/static/isoloir.svg", timeout=5).read()
                break
            except OSError:
                time.sleep(0.1)
        made = json.loads(done.stdout.splitlines()[-1])
        made["server"] = f"http://127.0.0.1:{port}/"
        yield made["server"] + "fr/field/walk/canvass/app/", made
    finally:
        server.terminate()
        server.wait(30)


def phone(browser: Any, made: dict[str, Any], **options: Any) -> BrowserContext:
    context: BrowserContext = browser.new_context(viewport=PHONE, has_touch=True, **options)
    context.add_cookies([{"name": "sessionid", "value": made["session"], "url": made["server"], "sameSite": "Strict"}])
    return context


def shell(context: BrowserContext, address: str) -> float:
    """kB on the wire until the application is there: its page and files, without what it then asks for."""
    page = context.new_page()
    session, asked, weight = context.new_cdp_session(page), {}, {}
    session.on("Network.requestWillBeSent", lambda sent: asked.update({sent["requestId"]: sent["request"]["url"]}))
    session.on("Network.loadingFinished", lambda end: weight.update({end["requestId"]: end["encodedDataLength"]}))
    session.send("Network.enable")
    page.goto(address)
    ready(page)
    page.wait_for_load_state("networkidle")
    context.close()
    files = {url: weight[request] for request, url in asked.items() if "/api/" not in url and request in weight}
    for url, size in sorted(files.items(), key=lambda one: -one[1]):
        print(f"  {url.rsplit('/', 1)[-1] or 'page'}: {size / 1000:.1f} kB")
    return sum(files.values()) / 1000


def take_turf(context: BrowserContext, address: str) -> float:
    """Take the turf along; MB of what came for it."""
    page, answers = context.new_page(), []
    page.on("response", lambda answer: answers.append(answer) if "/turfs/" in answer.url else None)
    page.goto(address)
    page.locator(".turfs button").first.click(timeout=PATIENCE)
    page.wait_for_selector("#next", timeout=PATIENCE)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    weight = sum(answer.request.sizes()["responseBodySize"] for answer in answers)
    page.close()
    return weight / 1e6


def start(context: BrowserContext, address: str, slower: float) -> float:
    """Seconds from the navigation of a fresh page until it is ready."""
    page = slow_page(context, slower)
    page.goto(address)
    ready(page)
    found = page.evaluate("performance.getEntriesByName('ready')[0].startTime") / 1000
    page.close()
    return float(found)


def slow_page(context: BrowserContext, slower: float) -> Page:
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    return page


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-ready=yes]", state="attached", timeout=PATIENCE)


def work(context: BrowserContext, address: str, options: argparse.Namespace) -> float:
    """Processor time of the page's thread for a tap, times so many: other programs on this machine do not change it."""
    page = slow_page(context, 1)
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(address)
    ready(page)
    times = []
    for doors in (options.taps, 0):
        measured = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
        times.append(sum(measured[f"{part}Duration"] for part in ("Script", "Layout", "RecalcStyle")))
        tap(page, doors)
    page.close()
    return 1000 * options.slower * (times[1] - times[0]) / options.taps


def taps(context: BrowserContext, address: str, options: argparse.Namespace) -> float:
    """Tap a door after the other, as fast as the next one is there; the share of pictures that came late, in %."""
    page = slow_page(context, options.slower)
    page.goto(address)
    ready(page)
    tap(page, options.taps)
    seen = page.evaluate("window.seen")
    page.close()
    gaps = [b - a for a, b in zip(seen["pictures"], seen["pictures"][1:], strict=False)]
    late = [gap for gap in gaps if gap > 1.5 * TURN]
    answers = sorted(seen["answers"]) or [16.0]
    p95 = answers[int(0.95 * (len(answers) - 1))]
    print(f"{options.taps} taps: {len(gaps)} pictures, {len(late)} late, longest {max(gaps):.0f} ms; "
          f"a finger is answered after {statistics.median(answers):.0f} ms, p95 {p95:.0f} ms")  # fmt: skip
    return 100 * len(late) / len(gaps)


def tap(page: Page, doors: int) -> None:
    """Real clicks on one outcome, each as soon as the door before it is counted."""
    button = page.locator(".outcomes [data-outcome=absent]")
    button.wait_for()
    where = button.bounding_box()
    assert where
    page.evaluate(WATCH)
    before = page.locator(".known li").count()
    for n in range(1, doors + 1):
        page.mouse.click(where["x"] + where["width"] / 2, where["y"] + where["height"] / 2)
        page.evaluate("n => window.doors(n)", before + n)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
