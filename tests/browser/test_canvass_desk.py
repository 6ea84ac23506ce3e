"""A coordinator's evening on a phone's width: a turf is given, a sheet of paper typed in, a question asked and read."""

from __future__ import annotations

import re

import pytest
from evenings import PATIENCE, Field, Walker, place, walker
from playwright.sync_api import Browser, Page, expect

QUESTION = {
    "fr": "Que manque-t-il ici ?", "answers_fr": "un bus\nun médecin",
    "en": "What is missing here?", "answers_en": "a bus\na doctor",
}  # fmt: skip
REFUSED = {"fr": "Pour qui voterez-vous ?", "en": "Who will you vote for?"}
HOUSES = range(1, 12)  # a station is shown from eleven answers on


@pytest.fixture(params=["fr", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(browser: Browser, served: Field, language: str) -> Walker:
    plan = served.ask("held", f"desk-{language}")
    return walker(browser, served, f"desk-{language}", plan["turf"], "eve", language)


def open_page(desk: Walker, path: str) -> Page:
    """A page of the campaign's, no wider than the phone."""
    desk.page.goto(f"{desk.address}/{desk.language}/field/{desk.campaign}/canvass/{path}")
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 360
    return desk.page


def test_a_turf_is_given_and_its_paper_typed_in(desk: Walker, served: Field) -> None:
    page = open_page(desk, "")
    page.get_by_role("link", name="1 · Les Lilas").click()
    page.locator("#user").select_option(label="Ada")
    page.locator("#user + button").click()
    expect(page.get_by_role("listitem").filter(has_text="Ada")).to_be_visible(timeout=PATIENCE)
    page.locator(f"a[href$='turf/{desk.turf}/paper/']").click()
    boxes = page.locator(".sheet").first.get_by_role("textbox")
    expect(boxes.first).to_be_focused()
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.locator(".told.good, .told.success")).to_contain_text("19", timeout=PATIENCE)
    page.locator(".sheet").first.get_by_role("textbox").first.fill("a few")
    page.keyboard.press("Enter")
    expect(page.locator(".told.bad, .told.error")).to_contain_text("2000", timeout=PATIENCE)
    counts = served.ask("held", desk.campaign)["counts"]
    assert (counts["opened"], counts["absent"]) == (7, 12)
    expect(open_page(desk, "").locator("#visited")).to_have_text(re.compile(r"^19 / 41$"), timeout=PATIENCE)


def test_a_question_is_written_asked_at_doors_closed_and_read(browser: Browser, desk: Walker, served: Field) -> None:
    page = open_page(desk, "questions/")
    for box, text in (QUESTION | {desk.language: REFUSED[desk.language]}).items():
        page.fill(f"#{box}", text)
    page.locator("#new-question button").click()
    expect(page.locator(".told")).to_contain_text("RGPD, art. 9", timeout=PATIENCE)
    page.fill(f"#{desk.language}", QUESTION[desk.language])
    page.locator("#new-question button").click()
    expect(page.locator(".card h2").first).to_have_text(QUESTION[desk.language], timeout=PATIENCE)

    plan = served.ask("held", desk.campaign)
    ada = walker(browser, served, desk.campaign, desk.turf, "ada", desk.language)
    ada.take_turf()
    for house in HOUSES:
        ada.enter(place(plan, "Rue des Lilas", str(house)))
        ada.page.locator("#survey summary").click()
        ada.page.locator("#survey button").nth(house % 2).click()
        expect(ada.page.locator("#survey [role=status]")).not_to_be_empty(timeout=PATIENCE)
    ada.page.go_back()
    ada.page.evaluate("where => { location.hash = where; }", f"turf/{ada.turf}")
    ada.page.locator("#finish").click(timeout=PATIENCE)
    expect(ada.page.locator(".turfs button").first).to_be_visible(timeout=PATIENCE)

    expect(open_page(desk, "surveys/").get_by_role("row", name="94028_0001")).to_have_text(
        re.compile(r"^94028_0001\s*5\s+6\s*$"), timeout=PATIENCE
    )
    act(desk, "close")
    ada.take_turf()
    ada.enter(place(plan, "Rue des Lilas", "1"))
    expect(ada.page.locator("#survey")).to_have_count(0)
    act(desk, "reopen")
    expect(desk.page.locator("button[value=take_back]")).to_have_count(0)


def act(desk: Walker, name: str) -> None:
    open_page(desk, "questions/").locator(f"button[value={name}]").click()
    expect(desk.page.locator(".told")).to_be_visible(timeout=PATIENCE)
