"""The purposes that a person may agree to: their words, what the law calls them, and how long they last."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from importlib import resources

from isoloir.field.models import Campaign
from isoloir.law.calendar import months_before
from isoloir.law.facts import Text


@dataclass(frozen=True)
class Purpose:
    """One purpose; `law` is a value of the fact `purpose`, `months` the longest that its consent lasts."""

    name: str
    law: str
    months: int
    text: Text


@cache
def purposes() -> dict[str, Purpose]:
    """Every purpose by its name."""
    table = tomllib.loads((resources.files("isoloir.field") / "purposes.toml").read_text(encoding="utf-8"))
    return {
        name: Purpose(name, entry["law"], entry["months"], Text(entry["fr"], entry["en"]))
        for name, entry in table.items()
    }


PURPOSES = tuple(purposes())


def last_day(campaign: Campaign, purpose: str, at: datetime, until: date | None) -> date:
    """The last day of a consent: its own, else the earlier of the purpose's months and the day of the vote."""
    return until or min(campaign.vote_on, _end(at.date(), purposes()[purpose].months))


@lru_cache(maxsize=10_000)
def _end(day: date, months: int) -> date:
    return months_before(day, -months)
