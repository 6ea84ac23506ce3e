"""Which day it is where people vote: silence begins at midnight of the place, and a day earlier where it is Saturday.

Article L49 of the electoral code counts by the hour of the place. Where a place has several time zones, it is silent as
soon as one of them is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

PARIS = "75"


@dataclass(frozen=True)
class Place:
    """A part of the country: its time zones, and whether it votes on the Saturday before a Sunday's vote."""

    code: str
    name: str
    zones: tuple[str, ...]
    saturday: bool

    def days(self, at: datetime) -> list[date]:
        """The days that it is there at that moment."""
        return sorted({at.astimezone(ZoneInfo(zone)).date() for zone in self.zones})


def places_of(codes: Iterable[str]) -> list[Place]:
    """Where these communes or stations are, each place once; those of metropolitan France are one."""
    return [_places()[code] for code in sorted({code[:3] if code[:3] in _places() else PARIS for code in codes})]


@cache
def _places() -> dict[str, Place]:
    table = tomllib.loads((resources.files("isoloir.law") / "places.toml").read_text(encoding="utf-8"))
    found = {code: Place(code, row["name"], tuple(row["zones"]), row["saturday"]) for code, row in table.items()}
    return {PARIS: Place(PARIS, "", ("Europe/Paris",), saturday=False)} | found
