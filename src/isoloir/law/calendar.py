"""The days that an election brings with it: campaign, silence, bans, and when each duty falls due."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from isoloir.errors import SettingsError
from isoloir.law.facts import Text
from isoloir.law.rules import rules

END_OF_TERM = date(2027, 5, 13)
"""The last day of the president's term (elected on 24 April 2022; the term began on 14 May)."""

_TERM = 5  # years
_SUNDAY = 6
_FIRST, _LAST = 35, 20  # days before the end of the term between which the first round falls: Constitution, art. 7


@dataclass(frozen=True)
class Election:
    """The days of its two rounds (the same day twice where there is one), and what was assumed to know them."""

    first: date
    second: date
    assumed: tuple[Text, ...] = ()

    @property
    def single(self) -> bool:
        """Whether it has one round."""
        return self.first == self.second

    @property
    def presidential(self) -> bool:
        """Whether these can be the rounds of a presidential election (Constitution, art. 7)."""
        return _may_be_presidential(self.first) and self.second == self.first + timedelta(days=14)


@dataclass(frozen=True)
class Period:
    """A period or a day, both ends included, with what it is and where it is written."""

    id: str
    begins: date
    ends: date
    text: Text
    article: str
    rule: str
    read: str
    note: Text | None


def read_election(given: str, second: date | None = None) -> Election:
    """The election of `2027-04-11`, or of `2027-04` where the Constitution leaves few days to choose from.

    A day on which no presidential election can begin has one round unless the second one is given. Raise SettingsError
    where it is neither a day nor the month of a presidential election that is known to come.
    """
    if re.fullmatch(r"\d{4}-\d{2}", given):
        return _of_month(given, second)
    try:
        first = date.fromisoformat(given)
    except ValueError:
        raise SettingsError(f"--election {given!r} is no day; write 2027-04-11 or 2027-04") from None
    if not 1965 <= first.year <= 2100:
        raise SettingsError(f"--election {given}: no election of that year has this calendar; write 2027-04-11")
    return _with_second(first, second, ())


def possible_first_rounds(end_of_term: date = END_OF_TERM) -> list[date]:
    """The Sundays on which the Constitution (art. 7) lets the first round fall."""
    window = (end_of_term - timedelta(days=before) for before in range(_FIRST, _LAST - 1, -1))
    return [day for day in window if day.weekday() == _SUNDAY]


def moments(election: Election) -> dict[str, date]:
    """Every day that the calendar counts from, by its name."""
    first, last = election.first, election.second
    month, day = first.replace(day=1), timedelta(days=1)
    eve_1, eve_2 = first - day, last - day
    return {
        "year_before_month": months_before(month, 12),
        "six_months_before_month": months_before(month, 6),
        "three_months_before_month": months_before(month, 3),
        "three_months_before_vote": months_before(first, 3),
        "campaign_opens": first - timedelta(days=first.weekday() + 7),
        "campaign_ends": eve_1 - day,
        "eve_1": eve_1,
        "round_1": first,
        "after_1": first + day,
        "marked_rolls_1": first + timedelta(days=10),
        "campaign_ends_2": eve_2 - day,
        "eve_2": eve_2,
        "decided": last,
        "after_2": last + day,
        "prospects_end": eve_2 - day + timedelta(days=59),
        "accounts_due": last + timedelta(days=61),
        "opt_outs_end": months_before(last, -36),
        "notices_end": months_before(last, -84),
    }


def periods(election: Election) -> list[Period]:
    """The calendar of the election, in the order of days, without what no rule asked for yet."""
    days = moments(election)
    kinds = {"presidential" if election.presidential else "other", "single" if election.single else "two_rounds"}
    found = [_period(entry, days) for entry in _entries() if kinds.issuperset(entry.get("of", ()))]
    found = [one for one in found if not one.rule or rules()[one.rule].valid_from <= election.second]
    return sorted(found, key=lambda period: (period.begins, period.ends))


def facts_on(election: Election, on: date, *, saturday: bool = False) -> dict[str, bool | str]:
    """The facts that the calendar establishes for that day; `saturday`: where a Sunday's vote is held the day before.

    Not every election is held earlier there, so both days are silent.
    """
    days = moments(election)
    return {
        "vote_phase": _phase(days, on, saturday=saturday),
        "six_months_before_month": days["six_months_before_month"] <= on <= days["decided"],
        "three_months_before_month": days["three_months_before_month"] <= on <= days["decided"],
        "three_months_before_vote": days["three_months_before_vote"] <= on <= days["decided"],
    }


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def ics(election: Election) -> str:
    """The calendar as an iCalendar file (RFC 5545), whole days, in both languages."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Isoloir//law//FR", "CALSCALE:GREGORIAN"]
    for period in periods(election):
        notes = [period.text.en, period.article, *((period.note.fr, period.note.en) if period.note else ())]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{period.id}-{election.first}@isoloir",
            f"DTSTAMP:{election.first:%Y%m%d}T000000Z",
            f"DTSTART;VALUE=DATE:{period.begins:%Y%m%d}",
            f"DTEND;VALUE=DATE:{period.ends + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escape(period.text.fr)}",
            f"DESCRIPTION:{_escape(chr(10).join(notes))}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(_fold(line) for line in [*lines, "END:VCALENDAR"])


def _of_month(given: str, second: date | None) -> Election:
    possible = possible_first_rounds()
    first = next((day for day in possible if f"{day:%Y-%m}" == given), None)
    if first is None:
        known = ", ".join(sorted({f"{day:%Y-%m}" for day in possible}))
        raise SettingsError(f"--election {given}: no presidential election is known in that month (only {known}); "
                            "give the day of the first round, such as 2028-03-12")  # fmt: skip
    others = ", ".join(map(str, possible))
    assumed = Text(
        f"Premier tour supposé le {first} : la Constitution (art. 7) permet {others} ; la date officielle fait foi.",
        f"First round assumed on {first}: the Constitution (art. 7) leaves {others}; the official date decides.",
    )
    return _with_second(first, second, (assumed,))


def _with_second(first: date, second: date | None, assumed: tuple[Text, ...]) -> Election:
    if second is None and _may_be_presidential(first):
        second = first + timedelta(days=14)
        assumed += (Text(f"Second tour supposé le {second}.", f"Second round assumed on {second}."),)
    elif second is None:
        assumed += (
            Text("Un seul tour supposé : s'il y en a un second, donnez son jour (--second-round).",
                 "One round assumed: where there is a second one, give its day (--second-round)."),
        )  # fmt: skip
    elif second <= first:
        raise SettingsError(f"the second round ({second}) is not after the first ({first})")
    saturday = Text(
        "Là où l'on vote le samedi (Amériques, Polynésie), le silence commence un jour plus tôt.",
        "Where people vote on Saturday (the Americas, Polynesia), the silence begins a day earlier.",
    )
    return Election(first, second or first, (*assumed, saturday))


def _may_be_presidential(first: date) -> bool:
    """Whether a term of five years ends so soon after that day that a president's election may begin on it."""
    end = END_OF_TERM.replace(year=first.year)
    return (first.year - END_OF_TERM.year) % _TERM == 0 and first in possible_first_rounds(end)


def _phase(days: dict[str, date], on: date, *, saturday: bool) -> str:
    if on > days["decided"]:
        return "over"
    eve_1, eve_2 = (
        eve - timedelta(days=saturday and (eve + timedelta(days=1)).weekday() == _SUNDAY)
        for eve in (days["eve_1"], days["eve_2"])
    )
    if eve_1 <= on <= days["round_1"] or on >= eve_2:
        return "silence"
    if on > days["round_1"]:
        return "between_rounds"
    return "campaign" if on >= days["campaign_opens"] else "before"


@cache
def _entries() -> list[dict[str, Any]]:
    text = (resources.files("isoloir.law") / "calendar.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["period"])


def _period(entry: dict[str, Any], days: dict[str, date]) -> Period:
    rule = rules()[entry["rule"]] if "rule" in entry else None
    begins = days[entry["from"]]
    return Period(
        id=entry["id"],
        begins=begins,
        ends=days[entry["to"]] if "to" in entry else begins,
        text=Text(entry["fr"], entry["en"]),
        article=rule.article if rule else entry["article"],
        rule=rule.id if rule else "",
        read=rule.read if rule else entry["read"],
        note=Text(entry["note_fr"], entry["note_en"]) if "note_fr" in entry else None,
    )


def _escape(text: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")


def _fold(line: str) -> str:
    """The line cut so that none exceeds 75 octets, as RFC 5545 asks, never inside a character."""
    parts, size = [""], 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > 75:
            parts.append(" ")
            size = 1
        parts[-1] += letter
        size += octets
    return "\r\n".join(parts) + "\r\n"
