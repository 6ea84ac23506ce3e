"""The day of each round."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import cache
from importlib import resources

from isoloir.codes import Election

# Where a year is not in calendar.toml: the Sunday on or after which each type is usually held (month, day).
_USUAL = {"pres": (4, 10), "legi": (6, 10), "euro": (6, 7), "muni": (3, 14), "regi": (3, 14), "dpmt": (3, 14)}
_USUAL |= {"cant": (3, 14), "refe": (5, 29)}


def date_of(election: Election) -> date:
    """The day of a round; for years that calendar.toml does not hold, a usual Sunday of that type of election."""
    days = _calendar().get(str(election.year), {}).get(election.type, [])
    if election.round <= len(days):
        return date.fromisoformat(days[election.round - 1])
    first = date(election.year, *_USUAL[election.type])
    sunday = first + timedelta((6 - first.weekday()) % 7)
    between = 14 if election.type == "pres" else 7
    return sunday + timedelta(between * (election.round - 1))


@cache
def _calendar() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(resources.files("isoloir.stats").joinpath("calendar.toml").read_text(encoding="utf-8"))
