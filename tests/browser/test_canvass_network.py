"""Networks and phones at their worst: slow, coming and going, killed tabs, a server that ends in the middle."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from evenings import FULL, PATIENCE, Field, Walker, flapping, outcomes, place, walker, wrong_clock
from playwright.sync_api import Browser, Route, expect
from playwright.sync_api import Error as PlaywrightError

SLOW = {"offline": False, "latency": 1500, "downloadThroughput": 6_000, "uploadThroughput": 3_000}  # ms, bytes a second
GONE = SLOW | {"offline": True}


def test_an_evening_on_a_slow_network_that_comes_and_goes(browser: Browser, served: Field) -> None:
    plan = served.ask("held", "slow")
    block = place(plan, "Avenue Foch", "8")
    both = [walker(browser, served, "slow", plan["turf"], *who) for who in (("ada", "fr"), ("bob", "en"))]
    networks = []
    for one in both:
        one.take_turf()
        one.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        networks.append(one.context.new_cdp_session(one.page))
        networks[-1].send("Network.enable")
    for turn, outcome in enumerate(("absent", "opened", "leaflet", "refused", "absent", "come_back")):
        for i, one in enumerate(both):  # where one has a network, the other has none; both walk the same block
            networks[i].send("Network.emulateNetworkConditions", GONE if (turn + i) % 2 else SLOW)
            one.enter(block)
            one.page.evaluate("dispatchEvent(new Event('focus'))")
            one.tap(block, outcome)
    both[0].undo()
    for i, one in enumerate(both):
        networks[i].send("Network.emulateNetworkConditions", SLOW)
        one.all_sent()
    held = served.ask("held", "slow")
    assert outcomes(held) == Counter(both[0].tapped + both[1].tapped)
    assert sum(held["counts"].values()) == len({door[:3] for one in both for door in one.tapped})


def test_a_killed_tab_and_a_server_that_ends_in_the_middle_lose_nothing(browser: Browser, served: Field) -> None:
    plan = served.ask("held", "killed")
    block = place(plan, "Avenue Foch", "8")
    ada = walker(browser, served, "killed", plan["turf"], "ada")
    ada.take_turf()
    ada.go_offline()
    ada.enter(block)
    for outcome in ("absent", "opened", "refused"):
        ada.tap(block, outcome)
    crash(ada)
    ada.open(f"#turf/{ada.turf}/{block}")
    ada.waits(3)
    expect(ada.page.locator(".known li")).to_have_count(3, timeout=PATIENCE)
    ada.tap(block, "leaflet")
    ada.page.route("**/canvass/sync", lambda route: end_meanwhile(served, route), times=1)
    ada.context.set_offline(False)
    ada.page.evaluate("dispatchEvent(new Event('focus'))")
    until = time.monotonic() + PATIENCE / 1000
    while served.process is not None:  # the screen said "no network" all along: it does not tell when
        assert time.monotonic() < until, "nothing was sent"
        ada.page.wait_for_timeout(50)
    served.start()
    ada.tap(block, "absent")
    ada.all_sent()
    assert outcomes(served.ask("held", "killed")) == Counter(ada.tapped)


def test_a_whole_evening_in_which_everything_goes_wrong_at_once(browser: Browser, served: Field) -> None:
    """Every door of the turf: clocks a day apart, a full disk, a killed tab, a dead server, lost answers."""
    plan = served.ask("held", "whole")
    block = place(plan, "Avenue Foch", "8")
    houses = [place(plan, "Rue des Lilas", str(n)) for n in range(1, 15)]
    lane = [place(plan, "Impasse du Puits", str(n)) for n in range(1, 4)]
    ada, bob = (walker(browser, served, "whole", plan["turf"], *who) for who in (("ada", "fr"), ("bob", "en")))
    wrong_clock(ada, 1)
    wrong_clock(bob, -1)
    bob.context.add_init_script(FULL)
    for one in (ada, bob):
        one.take_turf()
        one.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    slow = ada.context.new_cdp_session(ada.page)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", SLOW)
    knock(ada, [block] * 8)
    ada.undo()
    bob.context.set_offline(True)
    knock(bob, houses[:5])

    ada.page.route("**/canvass/sync", lambda route: end_meanwhile(served, route), times=1)
    knock(ada, [block] * 3)
    ada.page.evaluate("dispatchEvent(new Event('focus'))")
    until = time.monotonic() + PATIENCE / 1000
    while served.process is not None:
        assert time.monotonic() < until, "nothing was sent"
        ada.page.wait_for_timeout(50)
    knock(ada, [block] * 4)  # the server is dead
    served.start()

    bob.page.evaluate("window.full = 'at the end'")
    bob.enter(houses[5])
    bob.page.locator(".outcomes [data-outcome=refused]").click()
    expect(bob.page.locator("#full")).to_be_visible(timeout=PATIENCE)  # and it is not counted
    bob.page.evaluate("window.full = ''")
    knock(bob, houses[5:8])
    bob.context.set_offline(False)
    flapping(bob, houses[8:11])

    ada.go_offline()
    knock(ada, [block] * 5)
    crash(ada)
    ada.open(f"#turf/{ada.turf}/{block}")
    knock(ada, [block] * 5)
    ada.context.set_offline(False)
    for one, order in ((ada, lane), (bob, lane[::-1])):  # both come to the same doors
        knock(one, order)
    knock(bob, houses[11:])
    for one in (ada, bob):
        one.all_sent()

    held = served.ask("held", "whole")
    assert outcomes(held) == Counter(ada.tapped + bob.tapped)
    assert len(ada.tapped) + len(bob.tapped) == 24 + 14 + 2 * 3
    assert sum(held["counts"].values()) == 24 + 14 + 3, "every expected door of the turf, once"
    for at in held["ats"]:
        assert abs(datetime.now(UTC) - datetime.fromisoformat(at)) < timedelta(hours=2)


def knock(one: Walker, buildings: list[int]) -> None:
    """Tap whatever comes, one door after the other."""
    for building in buildings:
        one.enter(building)
        one.tap(building, ("absent", "opened", "refused", "conversation")[len(one.tapped) % 4])


def crash(one: Walker) -> None:
    """The phone ends the tab without a word to it."""
    with one.page.expect_event("crash"), contextlib.suppress(PlaywrightError):
        one.page.goto("chrome://crash", timeout=5_000)
    one.page.close()
    one.page = one.context.new_page()


def end_meanwhile(served: Field, route: Route) -> None:
    """The server is killed while it works on what was sent; whether it had it on disk by then, nobody here knows."""
    ending = threading.Timer(0.02, served.stop, kwargs={"kill": True})
    ending.start()
    with contextlib.suppress(PlaywrightError):
        route.fetch()
    ending.join()
    with contextlib.suppress(PlaywrightError):
        route.abort()


def test_the_application_opens_without_a_network_though_the_map_never_came(browser: Browser, served: Field) -> None:
    plan = served.ask("held", "kept")
    ada = walker(browser, served, "kept", plan["turf"], "ada", "en")
    ada.context.route("**/assets/map*", lambda route: route.abort())
    ada.take_turf()
    ada.reopen_offline(f"#turf/{ada.turf}")
    ada.page.locator("#show-map").click()
    expect(ada.page.locator("#map")).to_contain_text("not on this phone yet")
    expect(ada.page.locator(".walk li")).to_have_count(20)  # every building, control stations included
