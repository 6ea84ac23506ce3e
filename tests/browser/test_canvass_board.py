"""The board in one browser while doors are tapped in others."""

from __future__ import annotations

import pytest
from evenings import PATIENCE, Field, place, walker
from playwright.sync_api import Browser, expect


@pytest.mark.parametrize(("language", "house", "before"), [("fr", "3", 0), ("en", "5", 1)])
def test_a_tap_shows_on_an_open_board_by_itself(
    browser: Browser, served: Field, language: str, house: str, before: int
) -> None:
    plan = served.ask("held", "live")
    eve = walker(browser, served, "live", plan["turf"], "eve", language)
    loads: list[str] = []
    eve.page.on("load", lambda page: loads.append(page.url))
    eve.page.goto(f"{served.address}/{language}/field/live/canvass/")
    expect(eve.page.locator("#visited")).to_have_text(f"{before} / 41", timeout=PATIENCE)
    ada = walker(browser, served, "live", plan["turf"], "ada", language)
    ada.take_turf()
    door = place(plan, "Rue des Lilas", house)
    ada.enter(door)
    ada.tap(door, "conversation")
    ada.all_sent()
    expect(eve.page.locator("#visited")).to_have_text(f"{before + 1} / 41", timeout=PATIENCE)
    expect(eve.page.get_by_role("row", name="Les Lilas")).to_contain_text(f"{before + 1} / 41")
    assert len(loads) == 1, "the page was not loaded again"
