"""The calendar of an election agrees with elections that were, and with the rules that it speaks of."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoloir.errors import SettingsError
from isoloir.law.calendar import Election, facts_on, ics, moments, months_before, periods, possible_first_rounds
from isoloir.law.calendar import read_election as read
from isoloir.law.facts import vocabulary

E2022 = Election(date(2022, 4, 10), date(2022, 4, 24))
E2017 = Election(date(2017, 4, 23), date(2017, 5, 7))


def test_the_constitution_left_two_sundays_in_2022_and_leaves_two_in_2027() -> None:
    assert possible_first_rounds(date(2022, 5, 13)) == [date(2022, 4, 10), date(2022, 4, 17)]
    assert possible_first_rounds() == [date(2027, 4, 11), date(2027, 4, 18)]


def test_a_month_says_what_it_assumes() -> None:
    election = read("2027-04")
    assert (election.first, election.second) == (date(2027, 4, 11), date(2027, 4, 25))
    assert "2027-04-18" in election.assumed[0].fr
    assert "2027-04-18" in election.assumed[0].en


def test_a_day_is_taken_as_it_is() -> None:
    assert read("2027-04-18", date(2027, 5, 2)) == Election(
        date(2027, 4, 18), date(2027, 5, 2), read("2027-04-18").assumed[1:]
    )


def test_another_election_has_its_own_articles_and_one_round_unless_two_are_given() -> None:
    european, municipal = read("2029-06-10"), read("2026-03-15", date(2026, 3, 22))
    assert european.single
    assert not municipal.single
    assert "--second-round" in european.assumed[0].en
    for election in (european, municipal):
        assert not election.presidential
        found = periods(election)
        assert not [one.id for one in found if re.search("Constitution|62-1292|2001-213", one.article)]
        assert {one.ends for one in found if one.rule == "TIME-03"} == {election.second}
    assert [one.id for one in periods(european) if one.rule == "TIME-01"] == ["silence"]
    assert [one.id for one in periods(municipal) if one.rule == "TIME-01"] == ["silence-1", "silence-2"]
    assert len({one.id for one in periods(european)}) == len(periods(european))


def test_a_president_is_elected_when_a_term_ends() -> None:
    first_rounds = ("2002-04-21", "2007-04-22", "2012-04-22", "2017-04-23", "2022-04-10", "2027-04-18")
    assert all(read(day).presidential for day in first_rounds)
    assert not read("2027-04-11", date(2027, 4, 18)).presidential
    assert not read("2028-04-16").presidential


def test_no_calendar_names_a_rule_that_was_not_there_yet() -> None:
    assert "TTPA-09" in {one.rule for one in periods(read("2027-04"))}
    assert not {one.rule for one in periods(read("2012-04-22"))} & {"TTPA-07", "TTPA-09"}


@pytest.mark.parametrize(
    "given", ["0001-01-01", "9999-12-31", "2027-02-29", "2027-05", "2028-03", "april", "2027-13-01", "2027", ""]
)
def test_what_is_no_election_is_an_error(given: str) -> None:
    with pytest.raises(SettingsError, match="--election"):
        read(given)


def test_the_second_round_comes_after_the_first() -> None:
    with pytest.raises(SettingsError, match="not after"):
        read("2027-04-11", date(2027, 4, 11))


def test_the_days_of_2022_are_those_that_were() -> None:
    days = moments(E2022)
    assert days["campaign_opens"] == date(2022, 3, 28)
    assert days["campaign_ends"] == date(2022, 4, 8)
    assert days["six_months_before_month"] == date(2021, 10, 1)


@pytest.mark.parametrize(
    ("on", "phase"),
    [
        (date(2017, 4, 9), "before"),
        (date(2017, 4, 10), "campaign"),
        (date(2017, 4, 21), "campaign"),
        (date(2017, 4, 22), "silence"),
        (date(2017, 4, 23), "silence"),
        (date(2017, 4, 24), "between_rounds"),
        (date(2017, 5, 5), "between_rounds"),
        (date(2017, 5, 6), "silence"),
        (date(2017, 5, 7), "silence"),
        (date(2017, 5, 8), "over"),
    ],
)
def test_every_day_has_its_phase(on: date, phase: str) -> None:
    assert facts_on(E2017, on)["vote_phase"] == phase


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 30), st.integers(-400, 400))
def test_the_calendar_gives_facts_that_rules_know(first: date, apart: int, away: int) -> None:
    election = Election(first, first + timedelta(days=apart))
    facts = facts_on(election, first + timedelta(days=away))
    assert vocabulary().read(facts)[1] == ()
    assert not facts["three_months_before_month"] or facts["six_months_before_month"]


def test_months_are_those_of_the_calendar() -> None:
    assert months_before(date(2027, 1, 1), 3) == date(2026, 10, 1)
    assert months_before(date(2027, 5, 31), 3) == date(2027, 2, 28)
    assert months_before(date(2027, 4, 25), -36) == date(2030, 4, 25)
    assert months_before(date(2026, 12, 31), 12) == date(2025, 12, 31)


def test_periods_are_in_order_and_name_their_article() -> None:
    found = periods(E2022)
    assert [p.begins for p in found] == sorted(p.begins for p in found)
    assert all(p.begins <= p.ends and p.article and p.text.fr and p.text.en for p in found)
    assert {p.rule for p in found} >= {"TIME-01", "TIME-03", "ROLL-07", "RET-03", "RET-04"}


def test_the_agenda_can_be_read_by_others() -> None:
    text = ics(read("2027-04"))
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == len(periods(read("2027-04")))
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = text.replace("\r\n ", "")
    silence = unfolded[unfolded.index("UID:silence-1") :]
    assert "DTSTART;VALUE=DATE:20270410\r\nDTEND;VALUE=DATE:20270412" in silence[:200]
