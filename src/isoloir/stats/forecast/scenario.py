"""What the nation does: the share of each bloc and abstention, as figures or ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from isoloir.errors import StatsError
from isoloir.stats.history import Floats

ABSTENTION = "abstention"
_ROUNDING = 0.005  # figures given with two decimals need not sum to 1 exactly


@dataclass(frozen=True)
class Scenario:
    """National shares of valid votes by bloc, then abstention of registered voters, 0 to 1; (B + 1,) each."""

    low: Floats
    high: Floats

    @property
    def mean(self) -> Floats:
        """The middle of the ranges; the blocs sum to 1."""
        return _closed((self.low + self.high) / 2)

    def draw(self, number: int, rng: np.random.Generator) -> Floats:
        """Scenarios from within the ranges, (number, B + 1); the blocs of each sum to 1."""
        return _closed(rng.uniform(self.low, self.high, (number, len(self.low))))

    @classmethod
    def exact(cls, national: Floats) -> Scenario:
        """A scenario without ranges, from shares (B,) that sum to 1 and abstention."""
        return cls(np.asarray(national, float), np.asarray(national, float))


def read_scenario(national: Mapping[str, object], blocs: tuple[str, ...]) -> Scenario:
    """The table `[national]` of a scenario: a share or a range `[low, high]` for blocs and `abstention`, 0 to 1.

    Blocs that are left out get nothing. Raises StatsError for a name that is no bloc, a figure outside 0 to 1, a
    range that runs backwards, missing abstention or one of 1, blocs that do not sum to 1 and ranges that cannot.
    """
    if unknown := sorted(set(national) - {*blocs, ABSTENTION}):
        raise StatsError(f"scenario: {unknown[0]!r} is no bloc; the blocs are {', '.join(blocs)}, and abstention")
    if ABSTENTION not in national:
        raise StatsError("scenario: abstention is missing; add a line like abstention = 0.48")
    ranges = np.array([_range(name, national.get(name, 0.0)) for name in (*blocs, ABSTENTION)])
    low, high = ranges[:, 0], ranges[:, 1]
    if high[-1] >= 1:
        raise StatsError(f"scenario: {ABSTENTION} = {national[ABSTENTION]!r}; nobody would vote, so nobody has a share")
    least, most = low[:-1].sum(), high[:-1].sum()
    if not least - _ROUNDING <= 1 <= most + _ROUNDING:
        told = f"{least:.3f}" if np.allclose(low, high) else f"between {least:.3f} and {most:.3f}"
        raise StatsError(f"scenario: the blocs ({', '.join(blocs)}) sum to {told}; their shares have to sum to 1")
    return Scenario(low, high)


def _range(name: str, given: object) -> tuple[float, float]:
    pair: list[Any] = given if isinstance(given, list) else [given, given]
    if len(pair) != 2 or any(isinstance(v, bool) or not isinstance(v, int | float) for v in pair):
        raise StatsError(f"scenario: {name} = {given!r}; give a share like 0.31 or a range like [0.30, 0.33]")
    low, high = float(pair[0]), float(pair[1])
    if not 0 <= low <= high <= 1:  # also refuses nan
        raise StatsError(f"scenario: {name} = {given!r}; shares lie between 0 and 1, the lower one first")
    return low, high


def _closed(values: Floats) -> Floats:
    """The same with blocs that sum to 1."""
    blocs = values[..., :-1]
    return np.concatenate([blocs / blocs.sum(axis=-1, keepdims=True), values[..., -1:]], axis=-1)
