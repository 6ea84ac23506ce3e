"""Past rounds on the stations of today: what every statistic of stations over time reads. Arrays only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Strings = NDArray[np.str_]


@dataclass(frozen=True)
class Round:
    """One round on S stations and B blocs; a figure that nobody knows is nan."""

    election: str  # 2022_legi_t1
    type: str  # legi
    date: date
    round: int
    registered: Floats  # (S,)
    abstention: Floats  # (S,) share of registered
    shares: Floats  # (S, B) share of valid votes, 0 where the bloc did not stand
    stood: Bools  # (S, B) whether the bloc had a candidate there
    quality: Strings  # (S,) the grade of the figures, A to D, "" for none
    options: tuple[str, ...] = ()  # the finer blocs that stood somewhere
    option_shares: NDArray[np.float32] | None = None  # (S, K) share of valid votes, nan where it did not stand
    option_stood: NDArray[np.int8] | None = None  # (S, K) how many candidates or lists of each option stood

    @property
    def known(self) -> Bools:
        """Stations whose result by bloc is known, (S,)."""
        return np.asarray(np.isfinite(self.shares).all(axis=1))

    def take(self, rows: NDArray[Any]) -> Round:
        """The stations of these rows (indices or a mask), in their order."""
        names = ("registered", "abstention", "shares", "stood", "quality")
        parts: dict[str, Any] = {name: getattr(self, name)[rows] for name in names}
        for name in ("option_shares", "option_stood"):
            whole = getattr(self, name)
            parts[name] = None if whole is None else whole[rows]
        return replace(self, **parts)


@dataclass(frozen=True)
class History:
    """Every round of S stations, with where they are and who lives there."""

    station_id: Strings  # (S,)
    commune: Strings  # (S,) codes; "" where unknown
    constituency: Strings  # (S,)
    departement: Strings  # (S,)
    position: Floats  # (S, 2) kilometres east and north, nan where unknown
    registered: Floats  # (S,) at the last known round
    census: Floats  # (S, V), nan where unknown
    census_names: tuple[str, ...]
    blocs: tuple[str, ...]  # B, the columns of every `shares`
    rounds: tuple[Round, ...]  # in order of date
    finer: Mapping[str, str] = field(default_factory=dict)  # option -> the bloc that holds it

    @property
    def stations(self) -> int:
        """How many stations there are."""
        return len(self.station_id)

    def before(self, when: date) -> History:
        """The same stations with the rounds strictly before a date: what was known on its eve."""
        return replace(self, rounds=tuple(r for r in self.rounds if r.date < when))

    def of_type(self, *types: str) -> tuple[Round, ...]:
        """The rounds of some types, in order of date."""
        return tuple(r for r in self.rounds if r.type in types)

    def round(self, election: str) -> Round | None:
        """The round of that name."""
        return next((r for r in self.rounds if r.election == election), None)

    def take(self, rows: NDArray[Any]) -> History:
        """The stations of these rows (indices or a mask), in their order, with all their rounds."""
        names = ("station_id", "commune", "constituency", "departement", "position", "registered", "census")
        parts: dict[str, Any] = {name: getattr(self, name)[rows] for name in names}
        return replace(self, **parts, rounds=tuple(r.take(rows) for r in self.rounds))
