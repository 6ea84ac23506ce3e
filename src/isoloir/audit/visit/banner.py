"""Banners: finding what asks, and clicking on it as a visitor would. A click counts for what it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Error as BrowserError
from playwright.async_api import Frame

from isoloir.audit.evidence import Click, Control, Phase
from isoloir.audit.parties import host, same_site
from isoloir.audit.visit.page import Sight, make_control
from isoloir.audit.words import plain, says

# Where a control is; brought into the window first, where it has to be.
REACH = """([key, n]) => {
  const e = window[key + "seen"][n];
  if (!e || !e.isConnected) return null;
  let b = e.getBoundingClientRect();
  if (b.top < 0 || b.left < 0 || b.bottom > innerHeight || b.right > innerWidth) {
    e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    b = e.getBoundingClientRect();
  }
  return { x: b.x, y: b.y, width: b.width, height: b.height };
}"""
# Whether anything of a banner can still be seen.
STILL_THERE = """([key, n]) => {
  const e = (window[key + "seen"] || [])[n];
  const seen = (x) => {
    if (!x.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    const b = x.getBoundingClientRect();
    return b.width > 1 && b.height > 1 && b.bottom > 0 && b.top < innerHeight && b.right > 0 && b.left < innerWidth;
  };
  return !!e && e.isConnected && (seen(e) || [...e.querySelectorAll("*")].some(seen));
}"""
AFTER_CLICK = 0.7  # seconds of quiet after a click, at least
MOST_TICKS = 25


@dataclass(frozen=True)
class Found:
    """A control, and where it is now."""

    control: Control
    frame: Frame
    number: int


@dataclass(frozen=True)
class Asking:
    """What can be done on the page now: the banners' controls and switches, and what else speaks of cookies."""

    inside: tuple[Found, ...]
    toggles: tuple[Found, ...]
    outside: tuple[Found, ...]
    text: str
    containers: tuple[tuple[Frame, int], ...]

    def of(self, *intents: str, everywhere: bool = False) -> list[Found]:
        """The controls of these intents that can be seen, those that mean everything first, then the biggest."""
        pool = self.inside + (self.outside if everywhere else ())
        usable = [f for f in pool if f.control.intent in intents and f.control.shown and not f.control.disabled]
        return sorted(usable, key=lambda f: (intents.index(f.control.intent), not _means_all(f.control), -_area(f)))

    @property
    def refusals(self) -> list[Found]:
        """What refuses: controls that say so or take consent back, and a cross where closing is told to be refusing."""
        closing = self.of("close") if says(self.text, "closing_refuses") else []
        revoking = [f for f in self.of("withdraw") if says(f.control.name, "revokes")]
        return self.of("refuse") + revoking + closing


def _means_all(control: Control) -> bool:
    name = plain(control.name)
    return any(word in name for word in ("tout", "tous", "all", "sans", "without"))


def _area(found: Found) -> float:
    return found.control.box.area if found.control.box else 0.0


async def find(sight: Sight) -> Asking:
    """Look at the page as it is now."""
    inside: list[Found] = []
    toggles: list[Found] = []
    outside: list[Found] = []
    containers: list[tuple[Frame, int]] = []
    text = ""
    for frame, seen in await sight.frames():
        where = seen["where"]

        def found(items: Iterable[dict[str, Any]], frame: Frame = frame, where: Any = where) -> list[Found]:
            return [Found(make_control(c, frame.url, where), frame, c["number"]) for c in items]

        for banner in seen["banners"]:
            inside += found(banner["controls"])
            toggles += found(banner["toggles"])
            text += " " + banner["text"]
            containers.append((frame, banner["number"]))
        outside += found(seen["controls"])
    return Asking(tuple(inside), tuple(toggles), tuple(outside), text.strip(), tuple(containers))


async def click(sight: Sight, found: Found, purpose: Any, layer: int, asking: Asking) -> Click:
    """Click where a visitor would, wait until the page is quiet, and tell what changed."""
    phase, at = sight.recorder.phase, sight.recorder.at
    before, url, written = await jar(sight), sight.page.url, len(sight.recorder.writes)
    effect: list[str] = []
    seen = asking.text[:3000]
    made = Click(phase=phase, at=at, control=found.control, layer=layer, purpose=purpose, effect=(), seen=seen)
    try:
        point = await _reach(sight, found)
        if point is None:
            return made
        await asyncio.wait_for(sight.page.mouse.click(*point, delay=20), 6)
    except (TimeoutError, BrowserError):
        sight.note(f"a click on {found.control.name[:60]!r} could not be made")
    await sight.settle(AFTER_CLICK)
    if sight.page.url.split("#")[0] != url.split("#")[0]:
        effect.append("went elsewhere")
    if asking.containers and not await still_there(sight, asking):
        effect.append("banner gone")
    if await jar(sight) != before or any(
        w.kind in ("cookie", "local", "session") for w in sight.recorder.writes[written:]
    ):
        effect.append("something stored")
    return made.model_copy(update={"effect": tuple(effect)})


async def jar(sight: Sight) -> set[tuple[str, str, str]]:
    """The cookies that are there."""
    return {(c["domain"], c["name"], c["value"]) for c in await sight.context.cookies()}


async def _reach(sight: Sight, found: Found) -> tuple[float, float] | None:
    """The middle of a control in the window, scrolled to where it has to be; None where it is gone."""
    given = [sight.recorder.name, found.number]
    box = await sight.ask(found.frame, REACH, given)
    offset = await sight.offset(found.frame)
    if not box or offset is None:
        return None
    return box["x"] + offset[0] + box["width"] / 2, box["y"] + offset[1] + box["height"] / 2


async def still_there(sight: Sight, asking: Asking) -> bool:
    """Whether a banner can still be seen."""
    for frame, number in asking.containers:
        if frame.is_detached() or await sight.offset(frame) is None:
            continue
        try:
            if await sight.ask(frame, STILL_THERE, [sight.recorder.name, number]):
                return True
        except BrowserError:
            continue
    return False


async def accept(sight: Sight) -> list[Click]:
    """Accept everything, as far as the banner lets one."""
    asking = await find(sight)
    for found in asking.of("accept", "acknowledge", "save", "close")[:3]:
        done = await click(sight, found, "accept", 1, asking)
        if done.effect:
            return [done]
    return []


async def refuse(sight: Sight, asking: Asking | None = None, everywhere: bool = False) -> list[Click]:
    """Refuse everything, through as many layers as it takes (three at most). The last click of purpose `refuse` or
    `save` is the refusal; none where there is no way to refuse.
    """
    clicks: list[Click] = []
    tried: set[tuple[str, str]] = set()
    for layer in (1, 2, 3):
        asking = asking or await find(sight)
        refused, led = await _click_refusals(sight, asking, layer, _untried(_refusals(asking, everywhere), tried))
        clicks += refused
        if led:
            asking, everywhere = None, True
            continue
        if refused and refused[-1].effect:
            return clicks + await _finish(sight, layer)
        if refused:  # "refuse everything" may only have switched the boxes off
            asking = await find(sight)
        boxes = bool(asking.toggles and asking.of("save"))
        if layer > 1 or everywhere or boxes:
            unticked = await _untick(sight, asking, layer, everywhere)
            clicks += unticked
            if unticked:
                return clicks + await _save(sight, layer)
            if (layer > 1 or boxes) and (saved := await _save(sight, layer, nothing_ticked=asking)):
                return clicks + saved
        opened = await _open_settings(sight, asking, layer, tried)
        clicks += opened
        if not opened or layer == 3:
            return clicks
        asking, everywhere = None, everywhere or "went elsewhere" in opened[-1].effect
    return clicks


async def _click_refusals(sight: Sight, asking: Asking, layer: int, found: list[Found]) -> tuple[list[Click], bool]:
    """Click on what refuses until one has an effect; whether that one only led to a page on which to refuse."""
    clicks: list[Click] = []
    for control in found[:2]:
        began = sight.page.url
        done = await click(sight, control, "refuse", layer, asking)
        led = "went elsewhere" in done.effect and await _offers(sight, began)
        clicks.append(done.model_copy(update={"purpose": "settings"}) if led else done)
        if done.effect:
            return clicks, led
    return clicks, False


async def _offers(sight: Sight, began: str) -> bool:
    """Whether the page that a click led to is one of the same site with a refusal of its own."""
    there = await find(sight)
    ticked = any(f.control.checked and not f.control.disabled for f in there.toggles + there.outside)
    return same_site(host(sight.page.url), host(began)) and (ticked or bool(_refusals(there, everywhere=True)))


def _untried(candidates: list[Found], tried: set[tuple[str, str]]) -> list[Found]:
    fresh = [f for f in candidates if (f.control.name, f.control.selector) not in tried]
    tried.update((f.control.name, f.control.selector) for f in fresh[:2])
    return fresh


def _refusals(asking: Asking, everywhere: bool) -> list[Found]:
    return asking.refusals or (asking.of("refuse", "withdraw", everywhere=True) if everywhere else [])


async def _open_settings(sight: Sight, asking: Asking, layer: int, tried: set[tuple[str, str]]) -> list[Click]:
    """Open the next layer: what sets, else what tells more."""
    for found in _untried(asking.of("settings", "withdraw", "info", "policy"), tried)[:2]:
        done = await click(sight, found, "settings", layer, asking)
        after = await find(sight)
        if _shown(after.inside + after.toggles) - _shown(asking.inside) or "went elsewhere" in done.effect:
            return [done.model_copy(update={"effect": (*done.effect, "layer opened")})]
    return []


def _shown(found: Iterable[Found]) -> set[str]:
    return {f.control.name for f in found if f.control.shown}


async def _untick(sight: Sight, asking: Asking, layer: int, everywhere: bool) -> list[Click]:
    """Switch off whatever is on and may be switched."""
    pool = asking.toggles + (asking.outside if everywhere else ())
    on = [f for f in pool if f.control.checked and not f.control.disabled and f.control.role != "radio"]
    off = [f for f in pool if f.control.role == "radio" and not f.control.checked and _negative(f.control)]
    clicks = []
    for found in (on + off)[:MOST_TICKS]:
        point = None
        try:
            point = await _reach(sight, found)
            if point:
                await asyncio.wait_for(sight.page.mouse.click(*point), 6)
        except (TimeoutError, BrowserError):
            continue
        if point:
            phase, at = sight.recorder.phase, sight.recorder.at
            made = Click(phase=phase, at=at, control=found.control, layer=layer, purpose="untick", effect=())
            clicks.append(made)
    if clicks:
        await sight.settle(AFTER_CLICK)
    return clicks


def _negative(control: Control) -> bool:
    return plain(control.name) in ("non", "no", "refuser", "refuse", "off", "desactive", "reject", "deny", "interdire")


async def _save(sight: Sight, layer: int, nothing_ticked: Asking | None = None) -> list[Click]:
    """Save what was chosen; where nothing was ticked at all, saving is refusing."""
    asking = await find(sight)
    if nothing_ticked is not None:
        free = [f for f in nothing_ticked.toggles if not f.control.disabled]
        if not free or any(f.control.checked for f in free):
            return []
    for found in asking.of("save", "acknowledge", "close", everywhere=True)[:2]:
        done = await click(sight, found, "save", layer, asking)
        if done.effect:
            return [done]
    return []


async def _finish(sight: Sight, layer: int) -> list[Click]:
    """A panel may stay open after a refusal by item: save or close it."""
    asking = await find(sight)
    return await _save(sight, layer) if layer > 1 and asking.of("save", "close") and not asking.of("accept") else []


Step = Callable[[Sight], Any]


async def act(sight: Sight, name: str, step: Step) -> tuple[list[Click], Phase]:
    """Begin a phase, do something in it, and look at the page once it is quiet."""
    began = sight.begin()
    clicks = await step(sight)
    return clicks, await sight.look(name, "click", began, floor=0.3)
