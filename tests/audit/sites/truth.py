"""Check the catalogue's truth on the sites themselves: `python tests/audit/sites/truth.py [host...]`.

No judgement of the audit is used: a browser clicks on each site's real controls, by the names that the site gives
them, and looks at what the stubs are known to leave on a device (`stubs.TRACKERS`). That has to agree with the truth:

- trackers before any choice, on the way through the site or while scrolling: consent is breached, and only then;
- trackers that come back once they were refused and wiped: refusal is breached;
- Google Analytics seen at any time: the row of the study of 2017 says so.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.async_api import BrowserContext, Page, async_playwright
from playwright.async_api import Error as BrowserError

from isoloir.audit.visit.browser import Chromium, Options
from sites.catalogue import Site, sites
from sites.server import Served, serve
from sites.stubs import TRACKERS

REFUSES = ("refuse", "pretend", "forget", "nothing", "leave")
ACCEPTS = ("accept", "seen")


@dataclass(frozen=True)
class Seen:
    """What a site left on the device: before a choice, after refusing (None: it cannot be refused), at any time."""

    early: frozenset[str]
    after_refusal: frozenset[str] | None
    ever: frozenset[str]


def checkable() -> list[Site]:
    """The sites that have a page of their own."""
    return [s for s in sites().values() if not {"only", "hostile", "url"} & set(s.made)]


def disagreements(site: Site, seen: Seen) -> list[str]:
    """Where the truth and the site do not agree."""
    wrong = []
    told = "consent" in site.today.breached
    if not site.made.get("untold") and bool(seen.early) != told:
        wrong.append(
            f"before a choice: {set(seen.early) or 'nothing'}, but consent is {'' if told else 'not '}breached"
        )
    for rules, truth in site.truths.items():
        if seen.after_refusal and "refusal" not in truth.breached:
            wrong.append(f"after refusing: {set(seen.after_refusal)}, but by {rules} refusal is not breached")
    if site.angers is not None and ("_ga" in seen.ever) != bool(site.analytics):
        wrong.append(f"Google Analytics is {site.analytics or 'absent'}, but {set(seen.ever) or 'nothing'} was seen")
    return wrong


async def watch(site: Site, chromium: Chromium) -> Seen:
    """Three fresh visits: nothing chosen, refused, accepted."""
    async with chromium.context() as context:
        page = await _open(context, site.url)
        await page.mouse.wheel(0, 400)
        await page.wait_for_function("() => scrollY > 0")
        await _quiet(page)
        for link in ("programme", "contact"):
            await _go(page, site.url + link)
        early = await _trackers(page)
    async with chromium.context() as context:
        page = await _open(context, site.url)
        late = await _come_back(site, page) if await _refuse(site, page) else None
    async with chromium.context() as context:
        page = await _open(context, site.url)
        accepted = await _trackers(page) if await _accept(site, page) else set()
    ever = early | (late or set()) | accepted
    return Seen(frozenset(early), None if late is None else frozenset(late), frozenset(ever))


async def _refuse(site: Site, page: Page) -> bool:
    """Refuse by the site's own controls, through as many layers as it has."""
    if "own" in site.made:
        for selector in site.made["own"]["refuse"]:
            await page.locator(selector).first.click(timeout=30_000)
            await asyncio.sleep(0.3)
        await _quiet(page)
        return True
    await _wait_for_banner(site, page)
    for deeds in (REFUSES, ("settings",), REFUSES, ("third",), REFUSES, ("save",)):
        if deed := await _first(site, page, deeds):
            if deed == "save":
                await page.evaluate(
                    "shown().querySelectorAll('input:checked:not(:disabled)').forEach((b) => b.click())"
                )
            await _do(site, page, deed)
            if deed in (*REFUSES, "save"):
                return True
    if "policy" in site.made:
        await _go(page, f"{site.url}cookies")
        if deed := await _first(site, page, REFUSES):
            await _do(site, page, deed)
            return True
    return False


async def _accept(site: Site, page: Page) -> bool:
    await _wait_for_banner(site, page)
    if deed := await _first(site, page, ACCEPTS):
        await _do(site, page, deed)
    return deed is not None


async def _first(site: Site, page: Page, deeds: Iterable[str]) -> str | None:
    if site.made.get("framed"):
        return next((d for d in deeds if d in ("accept", "refuse")), None)
    if "own" in site.made:
        return None
    found = await page.evaluate("(deeds) => deeds.find((deed) => window.own.can(deed)) || null", list(deeds))
    return None if found is None else str(found)


async def _do(site: Site, page: Page, deed: str) -> None:
    if site.made.get("framed"):
        await page.frame_locator("iframe[title=cookies]").locator(f"[data-do={deed}]").click(timeout=30_000)
    else:
        await page.evaluate("(deed) => window.own.click(deed)", deed)
    await _quiet(page)


async def _wait_for_banner(site: Site, page: Page) -> None:
    if site.made.get("on_move"):
        await page.mouse.move(200, 200)
    await asyncio.sleep(site.made.get("late", 0) / 1000)
    if "banner" in site.made and not site.made.get("framed"):
        await page.wait_for_function("() => holder !== null")


async def _come_back(site: Site, page: Page) -> set[str]:
    """Wipe the trackers, keep the choice, and see which come back."""
    await page.evaluate("(names) => names.forEach((name) => localStorage.removeItem(name))", list(TRACKERS))
    for name in TRACKERS:
        await page.context.clear_cookies(name=name)
    for link in ("", "programme"):
        await _go(page, site.url + link)
    return await _trackers(page)


async def _trackers(page: Page) -> set[str]:
    cookies = {c["name"] for c in await page.context.cookies()}
    keys = set(await page.evaluate("() => Object.keys(localStorage)"))
    return (cookies | keys) & TRACKERS


async def _open(context: BrowserContext, url: str) -> Page:
    page = await context.new_page()
    await _go(page, url)
    return page


async def _go(page: Page, url: str) -> None:
    await page.goto(url, wait_until="load")
    await _quiet(page)


async def _quiet(page: Page) -> None:
    await asyncio.sleep(0.3)  # what a click sets off begins a little later
    try:
        await page.wait_for_load_state("networkidle", timeout=2_000)
    except BrowserError:
        return  # never at rest: what matters has happened


async def check(chosen: Iterable[Site], served: Served, parallel: int = 4) -> dict[str, list[str]]:
    """What does not agree, by host."""
    options = Options(ca=str(served.ca), allow_private=True, browser_args=served.browser_args)
    room = asyncio.Semaphore(parallel)
    found: dict[str, list[str]] = {}
    async with async_playwright() as playwright, Chromium(playwright, options) as chromium:

        async def look(site: Site) -> None:
            async with room:
                try:
                    found[site.host] = disagreements(site, await watch(site, chromium))
                except BrowserError as error:
                    found[site.host] = [f"could not be checked: {str(error).splitlines()[0]}"]

        await asyncio.gather(*map(look, chosen))
    return {host: wrong for host, wrong in found.items() if wrong}


def main() -> None:
    """Print what does not agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hosts", nargs="*")
    given = parser.parse_args()
    chosen = [sites()[h] for h in given.hosts] or checkable()
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as served:
        wrong = asyncio.run(check(chosen, served))
    for host, lines in sorted(wrong.items()):
        print(host, *lines, sep="\n  ")
    print(f"{len(chosen) - len(wrong)} of {len(chosen)} sites agree with their truth")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
