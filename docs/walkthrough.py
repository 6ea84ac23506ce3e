"""Take the pictures of docs/canvass.md again, as a newcomer walks and a coordinator counts with them.

Says how long the newcomer's first building took.

    python docs/walkthrough.py

Needs Chromium and the built front end (`make setup`). The application, its server and walker are those of the tests.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

from evenings import Field, Walker, place, walker  # noqa: E402
from newcomer import Newcomer  # noqa: E402
from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402

PICTURES = ROOT / "docs" / "images"
BROWSER = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def main() -> None:
    """Both languages, one after the other."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        served = Field(Path(folder))
        served.prepare()
        served.ask("draw_maps")
        served.ask("answer_questions")
        served.start()
        try:
            program = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=program, args=BROWSER)
            for language, who in (("fr", "ada"), ("en", "bob")):
                plan = served.ask("held", f"tour-{language}")
                one = walker(browser, served, f"tour-{language}", plan["turf"], who, language)
                seconds = tour(one, place(plan, "Rue Haute", "1"))
                desk(walker(browser, served, one.campaign, one.turf, "eve", language))
                print(f"{language}: a newcomer's first building of ten doors: {seconds:.0f} s (goal 60)")
            browser.close()
        finally:
            served.stop()


def tour(one: Walker, control: int) -> float:
    """An evening from one screen to the next; the seconds of the first building."""
    page = one.open()
    expect(page.locator(".turfs button")).to_be_visible()
    take(page, "turfs", one)
    one.take_turf()
    take(page, "walk", one)
    page.locator("#show-map").click()
    expect(page.locator("#map[data-drawn=yes]")).to_be_visible(timeout=60_000)
    page.locator("#show-map").scroll_into_view_if_needed()
    take(page, "map", one, page.locator("#show-map").evaluate("element => element.offsetTop - 70"))
    page.evaluate("scrollTo(0, 0)")
    seconds = Newcomer(one).building(doors=10)
    page.go_back()
    take(page, "building", one)
    page.locator(".note:not(#survey) summary").click()
    page.fill("#note", "Mme Durand vote à gauche" if one.language == "fr" else "Mrs Durand votes left")
    page.locator("#save-note").click()
    take(page, "note", one, page.locator(".note:not(#survey)").evaluate("element => element.offsetTop - 90"))
    one.context.set_offline(True)
    page.locator("#floor-up").click()
    one.tap(0, "absent")
    one.tap(0, "opened")
    one.waits(2)
    page.evaluate("location.hash = 'outbox'")
    page.locator("#send").click()
    expect(page.locator("#outbox")).to_have_attribute("data-state", "offline", timeout=60_000)
    take(page, "offline", one)
    page.evaluate("where => { location.hash = where; }", f"turf/{one.turf}/{control}")
    page.locator("#visit-anyway").click()
    take(page, "control", one)
    page.evaluate("where => { location.hash = where; }", f"signup/{one.turf}/{control}")
    page.locator("#scan summary").click()
    take(page, "scan", one)
    page.locator("#scan summary").click()
    take(page, "signup", one, whole=True)
    return seconds


def desk(one: Walker) -> None:
    """The campaign's pages on a phone: a sheet of paper typed in, the turf, the board, questions and their answers."""
    page, at = one.page, f"{one.address}/{one.language}/field/{one.campaign}/canvass"
    page.goto(f"{at}/turf/{one.turf}/paper/")
    for box, doors in zip(page.locator(".sheet").first.get_by_role("textbox").all(), (9, 14, 3, 5, 2), strict=False):
        box.fill(str(doors))
    take(page, "paper", one)
    page.locator("main form button").click()
    for name, path in (
        ("turf", f"turf/{one.turf}/"),
        ("board", ""),
        ("questions", "questions/"),
        ("surveys", "surveys/"),
    ):
        page.goto(f"{at}/{path}")
        take(page, name, one, whole=True)
    page.goto(f"{at}/draw/")
    expect(page.locator("#draw-map[data-drawn=yes]")).to_be_visible(timeout=60_000)
    draw(page)
    take(page, "draw", one, whole=True)


def draw(page: Page) -> None:
    """An outline around the east of the map, left in the form."""
    ground = page.locator("#draw-map")
    ground.scroll_into_view_if_needed()
    page.locator("main > button").click()
    box = ground.bounding_box() or {}
    corners = [(0.4, 0.1), (0.95, 0.1), (0.95, 0.6), (0.6, 0.7), (0.4, 0.5)]
    for step, (across, down) in enumerate(corners):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=4)
        if not step:
            page.mouse.down()
    page.mouse.up()
    expect(page.locator("#outline")).to_have_value(re.compile("Polygon"), timeout=60_000)


def take(page: Page, name: str, one: Walker, top: int = 0, *, whole: bool = False) -> None:
    """A picture as the phone shows it, from that far down; `whole`: all that can be scrolled to."""
    page.wait_for_timeout(300)  # letters and lines settle
    page.evaluate("top => scrollTo(0, top)", top)
    page.screenshot(path=PICTURES / f"canvass_{name}_{one.language}.png", full_page=whole)


if __name__ == "__main__":
    main()
