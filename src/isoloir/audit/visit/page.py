"""One page in one fresh context: going somewhere, waiting until it is quiet, and looking at what is there."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Dialog, Frame, Page
from playwright.async_api import Error as BrowserError

from isoloir.audit.evidence import Analytics, Banner, Box, Click, Consent, Control, Form, Link, Phase, Stored
from isoloir.audit.parties import host, objection
from isoloir.audit.visit.browser import Options
from isoloir.audit.visit.record import Recorder
from isoloir.audit.words import words

LOOK = (resources.files("isoloir.audit.visit") / "look.js").read_text(encoding="utf-8")
STATE = (resources.files("isoloir.audit.visit") / "state.js").read_text(encoding="utf-8")
# Seconds until something is due: the document itself, then timers; the main thread has to be free to answer.
NEXT_TIMER = """() => {
  if (document.readyState !== "complete") return 0.2;
  const state = window["%sstate"], now = performance.now();
  const due = state ? [...state.timers.values()].map((t) => t - now).filter((t) => t < 9000) : [];
  return due.length ? Math.max(0, Math.min(...due)) / 1000 : null;
}"""
NO_ANSWER = "no answer"
GIVEN_UP = 15.0  # seconds that a page may take to answer a question
MOST_DIALOGS = 30
MOST_LOADS = 8  # times that one document may be asked for in one phase
MOST_FRAMES = 25


class Gone(Exception):
    """The page can no longer be observed: it crashed, hangs, or grew too big."""


class Sight:
    """A page with its recorder, its folder, and the phases seen so far."""

    def __init__(self, context: BrowserContext, page: Page, recorder: Recorder, options: Options, folder: Path):
        self.context, self.page, self.recorder, self.options, self.folder = context, page, recorder, options, folder
        self.phases: list[Phase] = []
        self.notes: list[str] = []
        self.clicks: list[Click] = []
        self.cap = options.cap_s
        self.dialogs = 0
        self.crashed = False

    @classmethod
    async def open(cls, context: BrowserContext, options: Options, folder: Path) -> Sight:
        """A new page that is listened to."""
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        recorder = Recorder(session, f"_{secrets.token_hex(8)}", options.most_bytes)
        await recorder.start()
        sight = cls(context, page, recorder, options, folder)
        await sight._guard()
        return sight

    async def _guard(self) -> None:
        """Hostile pages: dialogs are dismissed, windows closed, private addresses refused, crashes noticed."""
        self.page.on("dialog", self._dismiss)
        self.page.on("crash", lambda _: self._crash())
        self.context.on("page", self._close_other)
        session = self.recorder.session
        session.on("Fetch.requestPaused", lambda e: asyncio.ensure_future(self._gate(e)))
        patterns = [{"urlPattern": "*"}] if not self.options.allow_private else []
        if patterns:
            await session.send("Fetch.enable", {"patterns": patterns})

    async def _gate(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        refused = "" if url.startswith(("data:", "blob:")) else await asyncio.to_thread(objection, url, False)
        try:
            if refused:
                self.note(f"refused: {refused}")
                given = {"requestId": event["requestId"], "errorReason": "AddressUnreachable"}
                await self.recorder.session.send("Fetch.failRequest", given)
            else:
                await self.recorder.session.send("Fetch.continueRequest", {"requestId": event["requestId"]})
        except BrowserError:
            return

    def note(self, text: str) -> None:
        """Keep a remark on the visit, once."""
        if text not in self.notes and len(self.notes) < 50:
            self.notes.append(text)

    def _crash(self) -> None:
        self.crashed = True

    async def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs += 1
        try:
            await dialog.dismiss()
        except BrowserError:
            return

    async def _close_other(self, other: Page) -> None:
        if other is self.page:
            return
        self.note("a window was opened by the page, and closed")
        try:
            await asyncio.wait_for(other.close(), 5)
        except (TimeoutError, BrowserError):
            return

    async def go(self, url: str, name: str, action: str = "open") -> Phase:
        """Open an address (or the same one again) and look at it once it is quiet."""
        self._next()
        failure, status = "", 0
        began = self.recorder.at
        try:
            response = await asyncio.wait_for(self.page.goto(url, wait_until="domcontentloaded", timeout=30_000), 35)
            status = response.status if response else 0
        except (TimeoutError, BrowserError) as error:
            failure = str(error).splitlines()[0][:200] or NO_ANSWER
        return await self.look(name, action, began, status, failure)

    async def reload(self, name: str) -> Phase:
        """The same address again, as a visitor who comes back."""
        return await self.go(self.page.url, name, "reload")

    def begin(self) -> float:
        """A new phase begins without a new page: what follows is written to it."""
        self._next()
        return self.recorder.at

    def _next(self) -> None:
        self.recorder.phase = len(self.phases)

    async def settle(self, floor: float | None = None) -> bool:
        """Wait until nothing happens any more: no request, no timer about to run. False where it never came to rest.

        Never shorter than the floor, never longer than the cap; a page that needed the cap once gets half of it later.
        """
        floor = self.options.floor_s if floor is None else floor
        began = time.monotonic()
        end = began + self.cap
        while (now := time.monotonic()) < end:
            self._check()
            missing = max(began + floor - now, 0.4 - self.recorder.quiet_for)
            if missing > 0:
                await asyncio.sleep(min(missing + 0.02, 0.4, end - now + 0.01))
                continue
            wait = await self._timer()
            if wait is None or wait > end - now:
                return wait is None
            await asyncio.sleep(wait + 0.15)
        self.cap = max(self.cap / 2, 2 * floor, 2.5)
        return False

    def _check(self) -> None:
        if self.crashed or self.page.is_closed():
            raise Gone("the page crashed")
        if self.recorder.too_big:
            raise Gone(f"more than {self.options.most_bytes // 1_000_000} MB came")
        again = Counter(h.url for h in self.recorder.hops if h.kind == "Document" and h.phase == len(self.phases))
        if again and max(again.values()) > MOST_LOADS:
            raise Gone("the page loads itself again without end")
        if self.dialogs > MOST_DIALOGS:
            raise Gone(f"more than {MOST_DIALOGS} dialogs")

    async def ask(self, frame: Frame, code: str, given: Any = None) -> Any:
        """Run code in a frame; raise Gone where the page does not answer."""
        try:
            return await asyncio.wait_for(frame.evaluate(code, given), GIVEN_UP)
        except TimeoutError:
            if frame is self.page.main_frame:
                raise Gone("the page does not answer") from None
            return None

    async def _timer(self) -> float | None:
        """Seconds until the next timer that may still change the page; None where there is none."""
        code = NEXT_TIMER % self.recorder.name
        found = []
        for frame in self.page.frames[:MOST_FRAMES]:
            try:
                found.append(await self.ask(frame, code))
            except BrowserError:
                continue
        return min((f for f in found if f is not None), default=None)

    async def look(
        self, name: str, action: str, began: float, status: int = 0, failure: str = "", floor: float | None = None
    ) -> Phase:
        """Wait until the page is quiet, then keep everything that can be seen of it as a phase."""
        settled = await self.settle(floor)
        frames = await self.frames()
        main = frames[0][1] if frames else {}
        stem = f"{len(self.phases):02d}-{name}"
        phase = Phase(
            name=name,
            action=action,
            url=self.page.url,
            status=status,
            failure=failure,
            title=str(main.get("title", ""))[:300],
            text=str(main.get("text", "")),
            started=began,
            ended=self.recorder.at,
            settled=settled,
            banners=tuple(b for _, seen in frames for b in seen["made_banners"]),
            controls=tuple(c for _, seen in frames for c in seen["made_controls"])[:100],
            links=tuple(Link(**link) for link in main.get("links", [])),
            forms=tuple(_form(f, frame.url) for frame, seen in frames for f in seen.get("forms", []))[:20],
            closed_roots=sum(int(seen.get("closed_roots", 0)) for _, seen in frames),
            **(await self._state() | await self._picture(stem)),
        )
        self.phases.append(phase)
        return phase

    async def frames(self) -> list[tuple[Frame, dict[str, Any]]]:
        """Every frame that answers, with what is seen in it; boxes in the coordinates of the window."""
        tables = words()
        given = {"words": tables["intents"], "texts": tables["texts"], "key": self.recorder.name, "limit": 20000}
        found = []
        for frame in self.page.frames[:MOST_FRAMES]:
            if frame.is_detached():
                continue
            try:
                where = await self.offset(frame)
                if where is None:
                    continue
                seen = await self.ask(frame, LOOK, given)
            except BrowserError:
                continue
            if not seen:
                continue
            seen["where"] = where
            seen["made_banners"] = [_banner(b, frame.url, where) for b in seen["banners"]]
            seen["made_controls"] = [make_control(c, frame.url, where) for c in seen["controls"]]
            found.append((frame, seen))
        return found

    async def offset(self, frame: Frame) -> tuple[float, float] | None:
        """Where a frame lies in the window; None where it cannot be seen."""
        if frame.parent_frame is None:
            return 0.0, 0.0
        element = await frame.frame_element()
        box = await element.bounding_box()
        if not box or box["width"] < 20 or box["height"] < 10 or not await element.is_visible():
            return None
        return box["x"], box["y"]

    async def _state(self) -> dict[str, Any]:
        """What is stored, and what the page says of its consent and measurement."""
        now = time.time()
        stored = [
            Stored(
                kind="cookie",
                name=c["name"][:200],
                value=c["value"][:500],
                where=c["domain"].lstrip("."),
                days=None if c["expires"] < 0 else round((c["expires"] - now) / 86400, 2),
                http_only=c["httpOnly"],
                same_site=c["sameSite"],
                path=c["path"],
            )
            for c in (await self.context.cookies())[:1000]
        ]
        said: dict[str, Any] = {}
        for frame in self.page.frames[:MOST_FRAMES]:
            try:
                answer = await self.ask(frame, STATE)
            except BrowserError:
                continue
            if not answer:
                continue
            where = host(frame.url)
            stored += [Stored(where=where, **item) for item in answer["stored"]]
            for key in ("tcf", "modes", "google", "matomo", "switched_off"):
                said[key] = said.get(key) or answer.get(key)
        commands = {k: tuple(json.dumps(x)[:500] for x in said.get(k) or ()) for k in ("google", "matomo")}
        return {
            "stored": tuple(dict.fromkeys(stored))[:1500],
            "consent": Consent(tcf=said.get("tcf"), modes=tuple(said.get("modes") or ())),
            "analytics": Analytics(**commands, switched_off=tuple(said.get("switched_off") or ())),
        }

    async def _picture(self, stem: str) -> dict[str, Any]:
        """A screenshot and the document, as files beside the evidence; their names."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {}
        try:
            await self.page.screenshot(
                path=self.folder / f"{stem}.jpg", type="jpeg", quality=60, timeout=4_000, animations="allow"
            )
            kept["screenshot"] = f"{self.folder.name}/{stem}.jpg"
        except BrowserError:
            self.note(f"no screenshot of {stem}")
        try:
            text = await asyncio.wait_for(self.page.content(), GIVEN_UP)
            (self.folder / f"{stem}.html").write_text(text[:2_000_000], encoding="utf-8", errors="replace")
            kept["dom"] = f"{self.folder.name}/{stem}.html"
        except (TimeoutError, BrowserError):
            self.note(f"no document of {stem}")
        return kept


def make_control(seen: dict[str, Any], frame: str, where: tuple[float, float]) -> Control:
    """A control as it was seen in its frame, in the coordinates of the window."""
    kept = {k: v for k, v in seen.items() if k != "number"}
    return Control(**{**kept, "frame": frame, "box": _moved(seen["box"], where)})


def _banner(seen: dict[str, Any], frame: str, where: tuple[float, float]) -> Banner:
    return Banner(
        text=seen["text"],
        selector=seen["selector"],
        frame=frame,
        kind=seen["kind"],
        box=_moved(seen["box"], where),
        controls=tuple(make_control(c, frame, where) for c in seen["controls"]),
        toggles=tuple(make_control(c, frame, where) for c in seen["toggles"]),
    )


def _form(seen: dict[str, Any], frame: str) -> Form:
    boxes = tuple(make_control(b, frame, (0.0, 0.0)) for b in seen["boxes"])
    return Form(**{**seen, "boxes": boxes, "fields": tuple(seen["fields"]), "links": tuple(seen["links"])})


def _moved(box: dict[str, float], where: tuple[float, float]) -> Box:
    return Box(x=box["x"] + where[0], y=box["y"] + where[1], width=box["width"], height=box["height"])
