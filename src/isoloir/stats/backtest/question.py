"""What a method is asked about an election, and what it answers: all are told the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from isoloir.stats.history import History, Round

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NATIONAL = ("pres", "legi", "euro", "regi")  # types whose lists stand in the whole country; others are local matters


@dataclass(frozen=True)
class Question:
    """An election whose stations are unknown. S stations, B blocs."""

    history: History  # without that election; later ones may be there
    election: str  # 2022_legi_t1
    type: str
    date: date
    round: int
    registered: Floats  # (S,)
    national: Floats  # (B + 1,): share of valid votes of each bloc over all stations, then abstention of registered
    stands: Bools  # (S, B): whether the bloc has a candidate in this station
    options: tuple[str, ...] = ()  # the finer blocs that stand somewhere
    numbers: NDArray[np.int8] | None = None  # (S, K): how many candidates of each finer bloc stand in this station

    def earlier(self) -> list[Round]:
        """The rounds before it that teach something about it, newest first."""
        return [r for r in reversed(national_rounds(self.history)) if r.date < self.date]


def national_rounds(history: History) -> list[Round]:
    """The first rounds of national elections where there are any, else whatever there is, in order of date.

    A round known of less than half of the voters has no national level to compare a station with, and is left out.
    """
    voters = np.nan_to_num(history.registered)
    whole = [r for r in history.rounds if voters[np.isfinite(r.abstention)].sum() > voters.sum() / 2]
    first = [r for r in whole if r.round == 1] or whole
    return [r for r in first if r.type in NATIONAL] or first


@dataclass(frozen=True)
class Answer:
    """A prediction, columns as in `Question.national`; shape (S, B + 1), 0 to 1, no nan."""

    mean: Floats
    low: Floats | None = None  # 90 % intervals, where the method has any
    high: Floats | None = None


Method = Callable[[Question], Answer | None]  # None: the history does not allow it
