"""The witnesses: fresh contexts, each of which does one thing that a visitor may do, and tells what it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Error as BrowserError

from isoloir.audit.evidence import Click, Visit
from isoloir.audit.visit import banner
from isoloir.audit.visit import helped as rules
from isoloir.audit.visit.browser import Chromium
from isoloir.audit.visit.page import NO_ANSWER, Gone, Sight

LINK_TO = """(address) => {
  for (const a of document.querySelectorAll("a[href]")) if (a.href === address && a.checkVisibility()) {
    a.scrollIntoView({ block: "center", behavior: "instant" });
    const b = a.getBoundingClientRect(), x = b.x + Math.min(b.width / 2, 40), y = b.y + b.height / 2;
    const h = document.elementFromPoint(x, y);
    if (h && (a === h || a.contains(h))) return [x, y];
  }
  return null;
}"""

Course = Callable[[Sight], Awaitable[list[Click]]]


async def witness(chromium: Chromium, name: str, folder: Path, course: Course) -> Visit:
    """Run one course in a fresh context; once more where the first answered too slowly."""
    try:
        seen = await _witness(chromium, name, folder, course)
    except BrowserError as error:
        return Visit(name=name, failure=str(error).splitlines()[0][:200])
    return await _witness(chromium, name, folder, course) if _slow(seen) else seen


def _slow(visit: Visit) -> bool:
    failures = [visit.failure, *(phase.failure for phase in visit.phases)]
    return any("Timeout" in failure or failure == NO_ANSWER for failure in failures)


async def _witness(chromium: Chromium, name: str, folder: Path, course: Course) -> Visit:
    """One try; whatever happens, what was seen until then is kept."""
    async with chromium.free, chromium.context() as context:
        sight = await Sight.open(context, chromium.options, folder / name)
        clicks: list[Click] = []
        failure = ""
        try:
            clicks = await course(sight)
        except Gone as error:
            failure = str(error)
        except (TimeoutError, BrowserError) as error:
            failure = (str(error).splitlines() or [NO_ANSWER])[0][:200]
        return Visit(
            name=name,
            phases=tuple(sight.phases),
            clicks=tuple(sight.clicks) or tuple(clicks),
            requests=sight.recorder.requests(),
            writes=tuple(sight.recorder.writes),
            transport=sight.recorder.transport,
            notes=tuple(sight.notes),
            failure=failure,
        )


def untouched(url: str) -> Course:
    """Load the page and touch nothing: no click, no key, no scroll."""

    async def course(sight: Sight) -> list[Click]:
        await sight.go(url, "home")
        return []

    return course


def refusing(url: str, inner: list[str]) -> Course:
    """Refuse, load the page again, then go on to inner pages."""

    async def course(sight: Sight) -> list[Click]:
        if not await _arrive(sight, url):
            return []
        clicks, _ = await banner.act(sight, "refused", banner.refuse)
        sight.clicks += clicks
        if not clicks:
            return []
        await sight.go(url, "reloaded", "reload")
        for number, page in enumerate(inner, 1):
            await sight.go(page, f"inner-{number}")
        return clicks

    return course


def helped(url: str) -> Course:
    """Let the rules of others refuse, where they know the consent manager."""

    async def course(sight: Sight) -> list[Click]:
        if not await _arrive(sight, url):
            return []
        clicks, _ = await banner.act(sight, "refused", rules.refuse)
        sight.clicks += clicks
        return clicks

    return course


def accepting(url: str, policy: str) -> Course:
    """Accept, load the page again, then go back on the choice and load the page once more."""

    async def course(sight: Sight) -> list[Click]:
        if not await _arrive(sight, url):
            return []
        clicks, _ = await banner.act(sight, "accepted", banner.accept)
        sight.clicks += clicks
        await sight.go(url, "reloaded", "reload")
        if clicks:
            taken_back = await _withdraw(sight, policy)
            sight.clicks += taken_back
            if taken_back:
                await sight.go(url, "withdrawn-reloaded", "reload")
        return sight.clicks

    return course


async def _withdraw(sight: Sight, policy: str) -> list[Click]:
    """Take consent back: from the page, else from the page about cookies."""
    for name in ("withdrawn", "withdrawn-policy"):
        if name == "withdrawn-policy":
            if not policy:
                break
            await sight.go(policy, "policy")
        clicks, _ = await banner.act(sight, name, _take_back)
        if clicks:
            return clicks
    return []


async def _take_back(sight: Sight) -> list[Click]:
    """Go back on the choice: what refuses at once, else what opens the choice again, else the switches of the page."""
    asking = await banner.find(sight)
    if asking.refusals:
        return await banner.refuse(sight, asking)
    known = {found.control.name for found in asking.outside}
    for found in asking.of("withdraw", "refuse", "settings", everywhere=True)[:3]:
        done = await banner.click(sight, found, "withdraw", 1, asking)
        elsewhere = "went elsewhere" in done.effect
        after = await banner.find(sight)
        more = await banner.refuse(sight, after, everywhere=elsewhere)
        if not any(click.effect for click in more):
            fresh = [f for f in after.of("withdraw", "refuse", everywhere=True) if f.control.name not in known]
            more += [await banner.click(sight, f, "withdraw", 2, after) for f in fresh[:1]]
        if any(click.effect for click in more) or (done.effect and not elsewhere):
            return [done, *more]
    if any(f.control.checked is not None for f in asking.outside):
        return await banner.refuse(sight, asking, everywhere=True)
    return []


def browsing(url: str, inner: str) -> Course:
    """Go on without answering the banner: another page, then scroll."""

    async def course(sight: Sight) -> list[Click]:
        await sight.go(url, "home")
        if inner:
            began = sight.begin()
            if not await _follow(sight, inner):
                await sight.page.goto(inner, referer=sight.page.url, wait_until="domcontentloaded", timeout=30_000)
            await sight.look("browsed", "click", began)
        began = sight.begin()
        for _ in range(4):
            await asyncio.wait_for(sight.page.mouse.wheel(0, 500), 5)
            await asyncio.sleep(0.08)
        await sight.look("scrolled", "scroll", began)
        return []

    return course


async def _follow(sight: Sight, address: str) -> bool:
    """Click on the link to an inner page, where a visitor can reach it."""
    point = await sight.ask(sight.page.main_frame, LINK_TO, address)
    if not point:
        return False
    await asyncio.wait_for(sight.page.mouse.click(*point), 6)
    for _ in range(40):
        if any(h.kind == "Document" and h.phase == sight.recorder.phase for h in sight.recorder.hops):
            await sight.page.wait_for_load_state("domcontentloaded", timeout=30_000)
            return True
        await asyncio.sleep(0.05)
    return False


def opposing(url: str, policy: str) -> Course:
    """Use the opt-out of the page about cookies, then load the first page again."""

    async def course(sight: Sight) -> list[Click]:
        await sight.go(policy, "policy")

        async def oppose(here: Sight) -> list[Click]:
            return await banner.refuse(here, None, everywhere=True)

        clicks, _ = await banner.act(sight, "opposed", oppose)
        sight.clicks += clicks
        await sight.go(url, "reloaded", "reload")
        return clicks

    return course


async def _arrive(sight: Sight, url: str) -> bool:
    """Load the page; where nothing asks yet, move the pointer, which some banners wait for. Whether something asks."""
    phase = await sight.go(url, "home")
    if phase.failure:
        return False
    if phase.banners:
        return True
    began = sight.begin()
    for x, y in ((300, 300), (500, 420), (640, 380)):
        await asyncio.wait_for(sight.page.mouse.move(x, y), 5)
    phase = await sight.look("moved", "pointer moved", began, floor=0.8)
    return bool(phase.banners)
