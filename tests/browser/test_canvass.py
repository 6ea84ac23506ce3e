"""The canvass in a real browser: whatever happens to the network and the phone, what was tapped is what was counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from evenings import FULL, PATIENCE, PHONE, Field, Walker, flapping, outcomes, place, walker, wrong_clock
from gateway import Gateway
from playwright.sync_api import Browser, expect

from isoloir.field.scan import picture


def test_an_evening_of_two_canvassers_ends_with_what_they_tapped(browser: Browser, served: Field) -> None:
    plan = served.ask("held", "evening")
    block = place(plan, "Avenue Foch", "8")
    houses = [place(plan, "Rue des Lilas", str(n)) for n in range(1, 9)]
    who = (("ada", "fr"), ("bob", "en"))
    ada, bob = (walker(browser, served, "evening", plan["turf"], name, language) for name, language in who)
    for one in (ada, bob):
        one.take_turf()
        expect(one.page.locator("#outbox")).to_have_attribute("data-state", "sent", timeout=PATIENCE)
        one.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    ada.enter(block)
    for outcome in ("opened", "absent", "conversation"):
        ada.tap(block, outcome)
    ada.undo()
    ada.tap(block, "refused")

    bob.context.set_offline(True)  # a cellar
    for house, outcome in zip(houses[:3], ("absent", "leaflet", "come_back"), strict=True):
        bob.enter(house)
        bob.tap(house, outcome)
    bob.waits(3)
    bob.page.close()  # the phone ends the application, and starts it again without a network
    bob.page = bob.context.new_page()
    bob.open(f"#turf/{bob.turf}/{houses[3]}")
    bob.waits(3)
    bob.tap(houses[3], "other_language")

    served.stop(kill=True)  # in the middle of what Ada sends
    ada.tap(block, "inaccessible")
    ada.tap(block, "absent")
    served.start()
    bob.context.set_offline(False)
    flapping(bob, houses[4:7])
    for one in (ada, bob):
        one.all_sent()

    held = served.ask("held", "evening")
    assert outcomes(held) == Counter(ada.tapped + bob.tapped)
    assert sum(held["counts"].values()) == len(ada.tapped) + len(bob.tapped)
    bob.enter(block)
    expect(bob.page.locator(".known li")).to_have_count(5, timeout=PATIENCE)


@pytest.mark.parametrize(("days", "house"), [(1, "3"), (-1, "5")])
def test_a_clock_that_is_a_day_wrong_changes_no_day(browser: Browser, served: Field, days: int, house: str) -> None:
    plan = served.ask("held", "clock")
    ada = walker(browser, served, "clock", plan["turf"], "ada")
    wrong_clock(ada, days)
    ada.take_turf()
    door = place(plan, "Rue des Lilas", house)
    ada.enter(door)
    ada.tap(door, "absent")
    ada.all_sent()
    held = served.ask("held", "clock")
    assert (door, 0, 1, "absent") in outcomes(held)
    for at in held["ats"]:
        assert abs(datetime.now(UTC) - datetime.fromisoformat(at)) < timedelta(hours=1)


@pytest.mark.parametrize(("language", "words"), [("fr", "on ne frappe pas"), ("en", "No knocking today")])
def test_the_walk_warns_on_the_eve_of_the_vote_without_a_network(
    browser: Browser, served: Field, language: str, words: str
) -> None:
    plan = served.ask("held", "clock")
    ada = walker(browser, served, "clock", plan["turf"], "ada", language, timezone_id="Europe/Paris")
    ada.take_turf()
    ada.go_offline()
    door = place(plan, "Rue des Lilas", "7")
    for minute, warned in (
        (datetime(2027, 4, 23, 21, 59, tzinfo=UTC), 0),
        (datetime(2027, 4, 23, 22, 1, tzinfo=UTC), 1),
    ):
        ada.context.clock.set_fixed_time(minute)
        for where in (f"turf/{ada.turf}", f"turf/{ada.turf}/{door}"):
            ada.page.evaluate("where => { location.hash = where; }", where)
            ada.page.reload()
            ada.ready()
            expect(ada.page.locator("#silence")).to_have_count(warned, timeout=PATIENCE)
    expect(ada.page.locator("#silence")).to_contain_text(words)
    expect(ada.page.locator("#silence")).to_contain_text("art. L49")


@pytest.mark.parametrize(("when", "house"), [("at the call", "3"), ("at the end", "5")])
def test_a_full_phone_says_that_it_did_not_count(browser: Browser, served: Field, when: str, house: str) -> None:
    plan = served.ask("held", "full")
    ada = walker(browser, served, "full", plan["turf"], "ada")
    ada.context.add_init_script(FULL)
    ada.take_turf()
    door = place(plan, "Rue des Lilas", house)
    ada.enter(door)
    ada.page.evaluate("when => { window.full = when; }", when)
    ada.page.locator(".outcomes [data-outcome=absent]").click()
    expect(ada.page.locator("#full")).to_be_visible(timeout=PATIENCE)
    expect(ada.page.locator(".known li")).to_have_count(0)
    ada.waits(0)
    ada.page.evaluate("dispatchEvent(new Event('focus'))")  # what the server says cannot be noted either
    expect(ada.page.locator("#outbox")).to_have_attribute("data-state", "trouble", timeout=PATIENCE)
    ada.page.evaluate("window.full = ''")  # room was made
    ada.tap(door, "opened")
    expect(ada.page.locator("#full")).to_have_count(0)
    ada.all_sent()
    assert [one for one in outcomes(served.ask("held", "full")) if one[0] == door] == ada.tapped


def test_a_control_station_asks_twice(browser: Browser, served: Field) -> None:
    plan = served.ask("held", "control")
    ada = walker(browser, served, "control", plan["turf"], "ada")
    ada.take_turf()
    control = place(plan, "Rue Haute", "1")
    ada.page.evaluate("where => { location.hash = where; }", f"turf/{ada.turf}/{control}")
    anyway = ada.page.locator("#visit-anyway")
    anyway.click(timeout=PATIENCE)
    expect(ada.page.locator(".outcomes")).to_have_count(0)
    anyway.click()
    ada.tap(control, "opened")
    ada.all_sent()
    held = served.ask("held", "control")
    assert outcomes(held) == Counter(ada.tapped)
    assert sum(held["counts"].values()) == 0, "it does not count as progress"


@pytest.mark.parametrize(
    ("language", "house", "about"),
    [("fr", "3", "Ni opinion, ni intention de vote"), ("en", "5", "No opinion, no voting intention")],
)
def test_a_note_that_is_about_somebody_is_refused_with_the_reason(
    browser: Browser, served: Field, language: str, house: str, about: str
) -> None:
    plan = served.ask("held", "note")
    ada = walker(browser, served, "note", plan["turf"], "ada", language)
    ada.take_turf()
    door = place(plan, "Rue des Lilas", house)
    ada.enter(door)
    ada.page.locator(".note summary").click()
    ada.page.fill("#note", "Mme Durand vote à gauche")
    ada.page.locator("#save-note").click()
    why = ada.page.locator("#note-why")
    expect(why).to_contain_text("Mme, Durand, vote")
    expect(why).to_contain_text(about)
    expect(why).to_contain_text("RGPD, art. 9")
    ada.waits(0)
    ada.page.fill("#note", "Digicode 45B7, chien")
    ada.page.locator("#save-note").click()
    ada.all_sent()
    held = served.ask("held", "note")["places"]
    assert [note for pk, _, _, _, note in held if pk == door] == ["Digicode 45B7, chien"]


def test_a_turf_that_is_refused_says_why(browser: Browser, served: Field) -> None:
    plan = served.ask("held", "note")
    ada = walker(browser, served, "note", plan["turf"], "bob", "en")
    shape = {"error": {"status": 403, "code": "forbidden", "message": "Nobody canvasses on the day before the vote."}}
    ada.page.route("**/claim", lambda route: route.fulfill(status=403, json=shape))
    ada.open()
    ada.page.locator(".turfs button").first.click(timeout=PATIENCE)
    expect(ada.page.locator(".turfs .refusal")).to_have_text(shape["error"]["message"])  # type: ignore[arg-type]


SECRET = {"own-name": "Nadia Exemplaire", "own-phone": "0612345678", "own-postal_code": "94321"}
STORED = """async () => {
    const found = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
    for (const { name } of await indexedDB.databases()) {
        const base = await new Promise((done, fail) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
            asked.onerror = fail;
        });
        for (const table of base.objectStoreNames) {
            const rows = base.transaction(table).objectStore(table).getAll();
            found.push(JSON.stringify(await new Promise((done) => { rows.onsuccess = () => done(rows.result); })));
        }
        base.close();
    }
    for (const name of await caches.keys())
        for (const kept of await (await caches.open(name)).matchAll()) found.push(await kept.text());
    return found.join("\\n");
}"""


@pytest.mark.parametrize(("language", "number", "house_number"), [("fr", "0612345678", "3"), ("en", "0612345679", "5")])
def test_nothing_on_the_phone_on_the_way_or_in_the_tables_tells_who_signed_up(
    browser: Browser, served: Field, gateway: Gateway, language: str, number: str, house_number: str
) -> None:
    secret = SECRET | {"own-phone": number}
    plan = served.ask("held", "door")
    ada = walker(browser, served, "door", plan["turf"], "ada", language)
    ada.take_turf()
    house = place(plan, "Rue des Lilas", house_number)
    ada.enter(house)
    ada.tap(house, "conversation")
    ada.all_sent()
    ada.context.set_offline(True)
    ada.page.locator('a[href^="#signup"]').click()
    for box, text in secret.items():
        ada.page.fill(f"#{box}", text)
    ada.page.check("#agree-news-sms")
    ada.page.locator("#sign").click()
    expect(ada.page.locator("#signed")).to_be_visible(timeout=PATIENCE)
    ada.waits(1)
    for moment in ("waiting", "sent"):
        stored = ada.page.evaluate(STORED) + ada.page.content()
        assert len(stored) > 10_000, "the phone's storage was read"
        assert [text for text in secret.values() if told_by(text, stored)] == [], moment
        if moment == "waiting":
            held_up(ada, gateway)
            ada.all_sent()
    sent = "\n".join(f"{url} {body}" for url, body in ada.asked)
    assert "signups" in sent
    for tables in (served.ask("everything"), confirmed(browser, served, gateway)):
        every = json.dumps(tables, ensure_ascii=False)
        assert [text for text in (*secret.values(), number[1:]) if told_by(text, sent + every)] == []


def told_by(text: str, all_of: str) -> bool:
    """Whether it stands there; five digits count as a word only, for they are in some long number or other."""
    return re.search(rf"\b{text}\b" if len(text) == 5 else re.escape(text), all_of) is not None


def held_up(ada: Walker, gateway: Gateway) -> None:
    """The network is back, but the gateway refuses: the sign-up stays on the phone, which says why."""
    gateway.status = 500
    ada.context.set_offline(False)
    ada.page.evaluate("location.hash = 'outbox'")
    ada.page.locator("#send").click(timeout=PATIENCE)
    expect(ada.page.locator("#saying")).to_contain_text("500", timeout=PATIENCE)
    ada.waits(1)
    gateway.status = 200


def confirmed(browser: Browser, served: Field, gateway: Gateway) -> Any:
    """The person follows the link of their text message: what the tables hold then."""
    before = len(served.ask("everything")["field_contact"])
    follow(browser, served, gateway)
    tables = served.ask("everything")
    assert len(tables["field_contact"]) == before + 1, "and yet they are in the book"
    return tables


def follow(browser: Browser, served: Field, gateway: Gateway) -> None:
    """The link of the last text message, on a phone of one's own: looking asks, the button acts."""
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(served.address + gateway.link())
    page.get_by_role("button").click()
    expect(page.locator("a[href*='/mine/']")).to_be_visible(timeout=PATIENCE)
    page.context.close()


@pytest.mark.parametrize(("language", "number"), [("fr", "06 11 22 33 44"), ("en", "06 11 22 33 55")])
def test_who_scans_the_code_signs_up_on_their_own_phone(
    browser: Browser, served: Field, gateway: Gateway, language: str, number: str
) -> None:
    plan = served.ask("held", "scan")
    ada = walker(browser, served, "scan", plan["turf"], "ada", language)
    ada.take_turf()
    ada.reopen_offline(f"#signup/{ada.turf}/{place(plan, 'Rue des Lilas', '3')}")
    ada.page.locator("#scan summary").click()
    code = ada.page.locator("img.qr")
    expect(code).to_be_visible()
    assert code.evaluate("img => img.decode().then(() => img.naturalWidth)") > 0, "drawn without a network"
    link = ada.page.locator("#scan p").last.inner_text()
    assert code.get_attribute("src") == picture(link)

    own = browser.new_context(viewport=PHONE).new_page()
    own.goto(link)
    own.fill("[name=name]", "Nadia")
    own.fill("[name=phone]", number)
    own.locator("[name=news][value='news:sms']").check()
    own.locator("main form button").click()
    expect(own.locator(".told.good")).to_contain_text("SMS" if language == "fr" else "text message", timeout=PATIENCE)
    own.context.close()
    follow(browser, served, gateway)
