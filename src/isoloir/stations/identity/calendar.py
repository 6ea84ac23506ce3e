"""The day of every round, from `calendar.toml`."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

import polars as pl

from isoloir.codes import Election


@cache
def days() -> dict[str, datetime.date]:
    """The rounds whose day is known."""
    text = (resources.files("isoloir.stations.identity") / "calendar.toml").read_text("utf-8")
    return dict(tomllib.loads(text))


def day_of(election: str) -> datetime.date:
    """The day of a round; one that the table lacks is placed in mid-year, second rounds a week later."""
    if election in days():
        return days()[election]
    parsed = Election.parse(election)
    return datetime.date(parsed.year, 6, 15) + datetime.timedelta(weeks=parsed.round - 1)


def dated(elections: Iterable[str]) -> pl.DataFrame:
    """(election, day, year), in order of time."""
    rows = sorted((day_of(e), e) for e in set(elections))
    return pl.DataFrame(
        {"election": [e for _, e in rows], "day": [d for d, _ in rows], "year": [d.year for d, _ in rows]},
        schema={"election": pl.String, "day": pl.Date, "year": pl.Int32},
    )
