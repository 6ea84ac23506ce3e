"""Who has never seen the application does a building in less than a minute, in either language."""

from __future__ import annotations

import pytest
from evenings import Field, walker
from newcomer import Newcomer
from playwright.sync_api import Browser


@pytest.mark.parametrize(("language", "who"), [("fr", "ada"), ("en", "bob")])
def test_a_first_building_takes_less_than_a_minute(
    browser: Browser, served: Field, language: str, who: str, record_property: pytest.RecordProperty
) -> None:
    plan = served.ask("held", f"first-{language}")
    one = walker(browser, served, f"first-{language}", plan["turf"], who, language)
    one.take_turf()
    seconds = Newcomer(one).building(doors=10)
    record_property("seconds", round(seconds, 1))
    assert seconds < 60, f"{seconds:.0f} s"
    one.all_sent()
    assert sum(served.ask("held", f"first-{language}")["counts"].values()) == 10
