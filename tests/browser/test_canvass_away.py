"""A phone that is away for long: signed out meanwhile, handed in as a file, without room for who wants to sign up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from evenings import FULL, PATIENCE, Field, outcomes, place, walker
from playwright.sync_api import Browser, expect


@pytest.mark.parametrize(("language", "house"), [("fr", "1"), ("en", "2")])
def test_who_was_signed_out_loses_nothing(browser: Browser, served: Field, language: str, house: str) -> None:
    plan = served.ask("held", "away")
    ada = walker(browser, served, "away", plan["turf"], "ada", language)
    ada.take_turf()
    session = ada.context.cookies()
    ada.context.clear_cookies()
    door = place(plan, "Rue des Lilas", house)
    ada.enter(door)
    ada.tap(door, "absent")
    ada.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(ada.page.locator("#outbox")).to_have_attribute("data-state", "signed_out", timeout=PATIENCE)
    ada.waits(1)
    ada.context.add_cookies(session)  # type: ignore[arg-type]
    ada.all_sent()
    assert [one for one in outcomes(served.ask("held", "away")) if one[0] == door] == ada.tapped


def test_a_phone_without_a_network_is_handed_in_as_a_file_and_counted_once(
    browser: Browser, served: Field, tmp_path: Path
) -> None:
    plan = served.ask("held", "file")
    doors = [place(plan, "Rue des Lilas", str(n)) for n in (3, 4)]
    ada = walker(browser, served, "file", plan["turf"], "ada")
    ada.take_turf()
    ada.go_offline()
    for door in doors:
        ada.enter(door)
        ada.tap(door, "conversation")
    ada.page.evaluate("location.hash = 'outbox'")
    with ada.page.expect_download(timeout=PATIENCE) as handed:
        ada.page.locator("#export").click(timeout=PATIENCE)
    handed.value.save_as(tmp_path / "phone.json")
    eve = walker(browser, served, "file", plan["turf"], "eve", "en").page
    for _ in range(2):  # by mistake once more
        eve.goto(f"{served.address}/en/field/file/canvass/")
        eve.locator("#file").set_input_files(tmp_path / "phone.json")
        eve.locator("form[action*=file] button").click()
        expect(eve.locator(".told")).to_contain_text("2 entries", timeout=PATIENCE)
    expect(eve.locator("#visited")).to_have_text("2 / 41", timeout=PATIENCE)
    ada.context.set_offline(False)  # and the phone comes home after all
    ada.enter(place(plan, "Rue des Lilas", "5"))
    ada.tap(place(plan, "Rue des Lilas", "5"), "absent")
    ada.all_sent()
    assert outcomes(served.ask("held", "file")) == Counter(ada.tapped)


@pytest.mark.parametrize(("language", "told"), [("fr", "rien n’est gardé"), ("en", "nothing is kept")])
def test_a_full_phone_keeps_no_sign_up_and_says_so(browser: Browser, served: Field, language: str, told: str) -> None:
    plan = served.ask("held", "away")
    ada = walker(browser, served, "away", plan["turf"], "bob", language)
    ada.context.add_init_script(FULL)
    ada.take_turf()
    ada.page.evaluate("where => { location.hash = where; }", f"signup/{ada.turf}/{place(plan, 'Rue des Lilas', '3')}")
    ada.page.fill("#own-name", "Nadia")
    ada.page.fill("#own-email", "nadia@example.org")
    ada.page.check("#agree-news-email")
    ada.page.evaluate("window.full = 'at the call'")
    ada.page.locator("#sign").click()
    expect(ada.page.locator("main")).to_contain_text(told, timeout=PATIENCE)
    assert ada.page.locator("#own-name").input_value() == "Nadia", "what they typed stays in front of them"
    ada.waits(0)
