"""A page in a real browser, what it asked for, and what it really drew."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from drawn_country import centre
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

PATIENCE = 30  # seconds for a colour to come
DESKTOP = {"width": 1100, "height": 700}
PHONE = {"width": 360, "height": 740}
LEVELS = {
    1: (0x4B, 0x1E, 0x5C),
    2: (0x94, 0x41, 0x6F),
    3: (0xCC, 0x75, 0x67),
    4: (0xE6, 0xB4, 0x8B),
    5: (0xF6, 0xE7, 0xD2),
}
Pixels = NDArray[np.uint8]
# WebGL forgets a picture once it is shown: read it while it is being drawn.
READ_PIXELS = """() => new Promise((done) => {
    const map = window.isoloir.stations.map;
    map.once("render", () => {
        const gl = map.getCanvas().getContext("webgl2");
        const [width, height] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
        const values = new Uint8Array(width * height * 4);
        gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, values);
        let text = "";
        for (let i = 0; i < values.length; i += 8192) text += String.fromCharCode(...values.subarray(i, i + 8192));
        done([width, height, btoa(text)]);
    });
    map.triggerRepaint();
})"""
NO_LEVEL, LAND = (0xCF, 0xD2, 0xD6), (0xEE, 0xF0, 0xF2)


@dataclass
class Visit:
    """A page, and everything that it did or complained of."""

    page: Page
    address: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        expect(self.page.locator("html[data-map=drawn]")).to_have_count(1, timeout=60_000)
        return self.page

    def point(self, station_id: str) -> tuple[float, float]:
        """Where on the screen the middle of a station is."""
        found = self.page.evaluate(
            "place => { const p = window.isoloir.stations.map.project(place); return [p.x, p.y]; }", centre(station_id)
        )
        return found[0], found[1]

    def colour(self, station_id: str, aside: int = 0) -> tuple[int, ...]:
        """The colour that the map really has at a station, `aside` pixels from its middle."""
        x, y = self.point(station_id)
        return tuple(int(v) for v in self.pixels()[round(y) + aside, round(x) + aside])

    def until(self, station_id: str, wanted: Callable[[tuple[int, ...]], bool], aside: int = 14) -> None:
        """Wait until the colour at a station is as it should be; say what it was at the end where it never is."""
        end = time.monotonic() + PATIENCE
        while not wanted(found := self.colour(station_id, aside)):
            assert time.monotonic() < end, f"{station_id} stays {found}"
            self.page.wait_for_timeout(100)

    def pixels(self) -> Pixels:
        """What the map has drawn, row by row from the top: red, green, blue."""
        width, height, values = self.page.evaluate(READ_PIXELS)
        return np.frombuffer(base64.b64decode(values), np.uint8).reshape(height, width, 4)[::-1, :, :3]


@contextmanager
def visiting(browser: Browser, address: str, **options: object) -> Iterator[Visit]:
    options = {"viewport": DESKTOP, "reduced_motion": "reduce", "color_scheme": "light"} | options
    context = browser.new_context(**options)  # type: ignore[arg-type]
    visit = Visit(context.new_page(), address)
    visit.page.on("request", lambda request: visit.asked.append(request.url))
    visit.page.on("console", lambda message: visit.complaints.append(message.text) if message.type == "error" else None)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.on("dialog", lambda dialog: visit.complaints.append(f"dialog: {dialog.message}"))
    try:
        yield visit
        assert [url for url in visit.asked if not url.startswith((address + "/", "data:", "blob:"))] == []
        assert visit.complaints == []
        assert context.cookies() == []
    finally:
        context.close()


def choose(page: Page, theme: str, measure: str) -> None:
    """What a reader does to see a measure: first the sort of figure, then the figure."""
    page.locator(f"#theme-{theme}").check()
    page.select_option("#measure", measure)


def levels(page: Page) -> dict[str, int]:
    """The level of each station that has one, as the page got it."""
    found: dict[str, int] = page.evaluate(
        """async () => {
            const levels = new Float32Array(await (await fetch("/data/values/ranking/0/level.f32")).arrayBuffer());
            return Object.fromEntries(window.isoloir.list.stations.map((id, i) => [id, levels[i] || 0]));
        }"""
    )
    return {station_id: level for station_id, level in found.items() if level}
