"""A coordinator draws a turf with the pointer, on a phone's width."""

from __future__ import annotations

import pytest
from evenings import PATIENCE, Field, walker
from playwright.sync_api import Browser, expect


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_turf_is_drawn_with_the_pointer_and_undone(browser: Browser, served: Field, language: str) -> None:
    slug = f"draw-{language}"
    plan = served.ask("held", slug)
    page = walker(browser, served, slug, plan["turf"], "eve", language).page
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{served.address}/{language}/field/{slug}/canvass/draw/")
    ground = page.locator("#draw-map[data-drawn=yes]")
    expect(ground).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ground.scroll_into_view_if_needed()
    page.get_by_role("button", name="carte" if language == "fr" else "on the map").click()
    box = ground.bounding_box()
    assert box
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)]
    page.mouse.move(box["x"] + 0.02 * box["width"], box["y"] + 0.02 * box["height"])
    page.mouse.down()
    for across, down in corners[1:]:
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=4)
    page.mouse.up()
    expect(page.get_by_role("status").filter(has_text="41")).to_be_visible(timeout=PATIENCE)
    assert '"Polygon"' in page.locator("#outline").input_value()
    page.locator("#name").fill("Tout")
    page.locator("form.card button").click()
    told = "pris à 1 · Les Lilas (" if language == "fr" else "taken from 1 · Les Lilas ("
    expect(page.locator(".told")).to_contain_text(told, timeout=PATIENCE)
    page.get_by_role("link", name="2 · Tout").click()
    page.locator("form[action*=undo] button").click()
    expect(page.get_by_role("row", name="Les Lilas")).to_contain_text("0 / 41", timeout=PATIENCE)
