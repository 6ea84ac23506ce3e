"""One site: every witness, in the order that the first one suggests. Reads top to bottom: `observe`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Error as BrowserError

from isoloir.audit.evidence import Click, Evidence, Visit
from isoloir.audit.parties import host, objection
from isoloir.audit.visit import certificates
from isoloir.audit.visit import helped as rules_of_others
from isoloir.audit.visit.browser import Chromium
from isoloir.audit.visit.page import Sight
from isoloir.audit.visit.pages import choose_pages, policy_page
from isoloir.audit.visit.witnesses import Course, accepting, browsing, helped, opposing, refusing, untouched, witness

AT_ONCE = 3  # contexts of one site at one time: no more than a visitor with a few tabs
ROBOTS = """async () => {
  try {
    const answer = await fetch("/robots.txt", { credentials: "omit", signal: AbortSignal.timeout(3000) });
    const plain = (answer.headers.get("content-type") || "").startsWith("text/plain");
    return answer.ok && plain ? (await answer.text()).slice(0, 100000) : "";
  } catch { return ""; }
}"""


async def observe(chromium: Chromium, url: str, folder: Path) -> Evidence:
    """Everything that was seen of one site within its time; what failed is told in it, never raised."""
    started = _now()
    visits: list[Visit] = []
    failure = objection(url, chromium.options.allow_private)
    if not failure:
        try:
            await asyncio.wait_for(_observe(chromium, url, folder, visits.append), chromium.options.timeout_s)
        except TimeoutError:
            failure = f"not finished within {chromium.options.timeout_s:.0f} s"
    return Evidence(
        url=url,
        host=host(url),
        started=started,
        ended=_now(),
        software=chromium.software(),
        options=chromium.options.model_dump(mode="json"),
        visits=tuple(sorted(visits, key=lambda v: _ORDER.index(v.name.split("-")[0]))),
        failure=failure,
    )


_ORDER = ["untouched", "entry", "browsing", "refusing", "helped", "accepting", "opposing"]


async def _observe(chromium: Chromium, url: str, folder: Path, keep: Callable[[Visit], None]) -> None:
    """The first witness, then those that its page calls for."""
    robots: list[str] = []
    first = await witness(chromium, "untouched", folder, _first(url, robots))
    keep(first)
    if not first.phases or first.failure or first.phases[0].failure or first.phases[0].status >= 400:
        return
    home = first.phases[0]
    links, rules = home.links, (robots or [""])[0] if chromium.options.robots else ""
    inner = choose_pages(home.url, links, rules, chromium.options.depth)
    policy = policy_page(home.url, links)
    free = asyncio.Semaphore(AT_ONCE)

    async def run(name: str, course: Course) -> Visit:
        async with free:
            seen = await witness(chromium, name, folder, course)
        keep(seen)
        return seen

    # the longest first, so that the short ones fill the time beside them
    courses = {"accepting": accepting(url, policy)} if home.banners else {}
    courses |= {"refusing": refusing(url, inner), "browsing": browsing(url, _next_page(inner, policy))}
    courses |= {f"entry-{n}": untouched(page) for n, page in enumerate(inner, 1)}
    seen = await asyncio.gather(*(run(name, course) for name, course in courses.items()))
    later = {}
    if not home.banners and any(p.banners for v in seen for p in v.phases if v.name == "refusing"):
        later["accepting"] = accepting(url, policy)
    if rules_of_others.installed() and any(_found_no_refusal(v) for v in seen):
        later["helped"] = helped(url)
    if policy and _offers_choice(seen, policy):
        later["opposing"] = opposing(url, policy)
    await asyncio.gather(*(run(name, course) for name, course in later.items()))


def _found_no_refusal(visit: Visit) -> bool:
    asked = visit.name == "refusing" and any(phase.banners for phase in visit.phases[:2])
    return asked and not any(click.effect and click.purpose in ("refuse", "save") for click in visit.clicks)


def _offers_choice(seen: list[Visit], policy: str) -> bool:
    """Whether the page about cookies has anything to click that could be a way to oppose, or was not looked at."""
    looked = [p for v in seen for p in v.phases if p.url.split("#")[0] == policy.split("#")[0]]
    offers = (
        c.checked is not None or c.intent in ("refuse", "withdraw", "settings") for p in looked for c in p.controls
    )
    return not looked or any(offers) or any(b.kind == "asks" for p in looked for b in p.banners)


def _next_page(inner: list[str], policy: str) -> str:
    """Where a visitor who browses on would go: to a page that is not about cookies, if there is one."""
    return next((page for page in inner if page != policy), inner[0] if inner else "")


def _first(url: str, robots: list[str]) -> Course:
    touch_nothing = untouched(url)

    async def course(sight: Sight) -> list[Click]:
        await touch_nothing(sight)
        if sight.options.ca and sight.page.url.startswith("https:"):
            await _check_certificate(sight)
        sight.recorder.phase = len(sight.phases)  # what follows belongs to no phase
        try:
            robots.append(str(await sight.ask(sight.page.main_frame, ROBOTS) or ""))
        except BrowserError:
            robots.append("")
        return []

    return course


async def _check_certificate(sight: Sight) -> None:
    parts = urlsplit(sight.page.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    answer = await sight.recorder.session.send("Network.getCertificate", {"origin": origin})
    known = (*certificates.read_authorities(Path(sight.options.ca)), *certificates.system_authorities())
    wrong = certificates.objection(answer.get("tableNames", []), host(origin), known)
    if wrong:
        sight.note(f"certificate: {wrong}")
        sight.recorder.transport = sight.recorder.transport.model_copy(update={"trusted": False})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
