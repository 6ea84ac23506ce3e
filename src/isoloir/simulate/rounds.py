"""The calendar: every round from 2007 to 2024, read from rounds.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

BLOCS = ("EXG", "RAD", "SOC", "ECO", "CEN", "DRT", "EXD", "DIV")
Unit = Literal["country", "region", "constituency", "canton", "commune"]
LOCAL = ("constituency", "canton", "commune")  # the second round is between the best of each unit


@dataclass(frozen=True)
class Option:
    """A candidate or list: the blocs it stands for, its share of valid votes, how often it is there."""

    blocs: str  # "SOC" or "SOC+ECO"
    share: float  # percent of valid votes, national
    nuance: str
    presence: float = 1.0  # share of units where it stands
    last: str = ""  # fixed names: of presidential candidates
    first: str = ""
    sex: str = ""


@dataclass(frozen=True)
class Round:
    """One round; `after` is the first round of a second one, whose choices it starts from."""

    election: str  # 2017_pres_t1
    unit: Unit
    options: tuple[Option, ...]
    abstention: float  # percent of registered
    blank: float  # percent of voters
    spoiled: float
    after: str = ""
    lists: int = 0  # of a European election: the last option stands for all the small ones

    @property
    def year(self) -> int:
        """The calendar year."""
        return int(self.election[:4])

    @property
    def type(self) -> str:
        """`pres`, `legi`..."""
        return self.election[5:9]

    @property
    def runoff(self) -> bool:
        """Whether the candidates are those whom the first round left in each unit."""
        return bool(self.after) and self.unit in LOCAL


@cache
def calendar() -> tuple[Round, ...]:
    """Every round, in order of date."""
    text = resources.files("isoloir.simulate").joinpath("rounds.toml").read_text(encoding="utf-8")
    return tuple(round_ for raw in tomllib.loads(text)["election"] for round_ in _rounds(raw))


def _rounds(raw: dict[str, Any]) -> list[Round]:
    first = tuple(_option(line) for line in raw["options"])
    out = []
    for number, rates in enumerate(zip(raw["abstention"], raw["blank"], raw["spoiled"], strict=True)):
        options = _final(first, raw.get("final")) if number else first
        name, after = f"{raw['name']}_t{number + 1}", f"{raw['name']}_t1" if number else ""
        out.append(Round(name, raw["unit"], options, *rates, after=after, lists=raw.get("lists", 0)))
    return out


def _option(line: str) -> Option:
    """`DRT 39.5 UMP 0.98` or `DRT 31.2 VALD VALDREMIN Alain M`."""
    blocs, share, nuance, *rest = line.split()
    if len(rest) == 3:
        return Option(blocs, float(share), nuance, last=rest[0], first=rest[1], sex=rest[2])
    return Option(blocs, float(share), nuance, presence=float(rest[0]) if rest else 1.0)


def _final(first: tuple[Option, ...], final: list[Any] | None) -> tuple[Option, ...]:
    """The second round: the same options, other lists, or the first two candidates with their shares."""
    if final is None:
        return first
    if isinstance(final[0], str):
        return tuple(_option(line) for line in final)
    two = zip(first[:2], final, strict=True)
    return tuple(Option(o.blocs, share, o.nuance, last=o.last, first=o.first, sex=o.sex) for o, share in two)
