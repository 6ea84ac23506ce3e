"""What a ranking is asked: for whom, in which election, where, and with how many hours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from isoloir.codes import ELECTION_TYPES, Area, Election
from isoloir.errors import SettingsError, StatsError
from isoloir.stats.calendar import date_of
from isoloir.stats.history import History

TURNOUT = "turnout"  # the target of a civic group: that people vote, whomever for
MOST_DRAWS, FEWEST_DRAWS, CELLS = 400, 120, 10_000_000  # cells: draws times stations
TERM = {"pres": 5, "legi": 5, "euro": 5, "muni": 6, "regi": 6, "dpmt": 6, "cant": 6, "refe": 5}  # years


@dataclass(frozen=True)
class Question:
    """As asked on the command line."""

    election: str  # "legislative", "legi" or a round like 2027_legi_t1
    target: str = "left"
    area: Area = field(default_factory=Area)
    hours: float | None = None
    against: str | None = None  # the opponent; the strongest other bloc where none is given
    registration: bool = False  # whether the register is still open
    effects: Path | None = None
    chosen: tuple[str, ...] = ()  # names of priors
    blocs: Path | None = None
    scenario: Path | None = None  # the national levels; those of the last election of the type, wide, without it
    candidates: Path | None = None  # who stands where; every bloc everywhere without it
    draws: int | None = None  # as many as the memory of a laptop holds
    seed: int = 0

    def check(self, blocs: tuple[str, ...]) -> None:
        """Raise SettingsError where it cannot be answered whatever the database holds."""
        if self.target != TURNOUT and self.target not in blocs:
            raise SettingsError(
                f"an election to come is forecast by bloc: --for {self.target!r} is none;"
                f" choose among {', '.join((*blocs, TURNOUT))}, or name a past round to rank by its result"
            )
        if self.against is not None and (self.against not in blocs or self.against == self.target):
            raise SettingsError(f"--against {self.against!r} is no opponent; choose among {', '.join(blocs)}")
        if self.hours is not None and not 0 < self.hours < float("inf"):
            raise SettingsError(f"--hours {self.hours:g} reach nobody; give a positive number")
        if self.draws is not None and self.draws < 20:
            raise SettingsError(f"{self.draws} draws tell no interval; take at least 20")

    def draws_for(self, stations: int) -> int:
        """How many draws to make."""
        return self.draws or min(MOST_DRAWS, max(FEWEST_DRAWS, CELLS // max(stations, 1)))


def round_of(election: str, history: History) -> Election:
    """The round that the words mean: as named, or the next one of a type after the last that the history holds."""
    if re.match(r"^[0-9]{4}_", election):
        return Election.parse(election)
    types = {**{name: code for code, name in ELECTION_TYPES.items()}, **{code: code for code in ELECTION_TYPES}}
    if election not in types:
        raise SettingsError(
            f"{election!r} is no election; give a round like 2027_legi_t1 or a type:"
            f" {', '.join(ELECTION_TYPES.values())}"
        )
    if not history.rounds:
        raise StatsError("this database holds no round at all; build it with election files")
    kind, last = types[election], history.rounds[-1].date.year
    same = [r.date.year for r in history.of_type(kind)]
    return Election(max(same[-1] + TERM[kind], last) if same else last + 1, kind, 1)


def eve(election: Election, history: History) -> History:
    """What was known on the eve of a round: nothing of that day or later."""
    past = history.before(date_of(election))
    if not past.rounds:
        raise StatsError(f"this database holds no round before {election} ({date_of(election):%d/%m/%Y})")
    return past
