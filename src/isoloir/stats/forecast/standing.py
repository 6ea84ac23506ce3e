"""Who stands where, and what that does to a bloc.

Inside a bloc the candidates are alternatives to each other (a nested choice: McFadden 1978): each adds its strength,
and a bloc whose usual candidates are missing keeps part of its voters only.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isoloir.stats.history import Bools, Floats, History, Round, Strings

NEST = 0.5  # a bloc with a candidature twice as strong as usual gets 2 ** NEST times the votes
RESIDUE = 1.0  # the same for blocs that hold whoever is in no family
RESIDUAL = "other"  # that bloc
PARTIES = ("pres", "euro")  # the same lists stand everywhere: what they get is what parties weigh
_FEW, _PART, _LEAST = 30, 0.02, 0.002  # stations, share of stations: fewer tell no strength; least strength


@dataclass(frozen=True)
class Standing:
    """How many candidates of each option (finer bloc, or bloc) stand at each station."""

    options: tuple[str, ...]
    blocs: tuple[str, ...]  # the bloc of each option
    count: NDArray[np.int8]  # (S, K)

    def stands(self, blocs: tuple[str, ...]) -> Bools:
        """Whether each bloc has a candidate, (S, B)."""
        return np.asarray(np.stack([self._of(bloc).any(axis=1) for bloc in blocs], axis=1))

    def _of(self, bloc: str) -> NDArray[np.int8]:
        return np.asarray(self.count[:, [i for i, b in enumerate(self.blocs) if b == bloc]])


def stood(round_: Round, history: History) -> Standing:
    """Who stood in a past round."""
    if round_.option_stood is None:
        return everywhere(history, round_.stood)
    held = tuple(history.finer.get(o, o) for o in round_.options)
    return Standing(round_.options, held, round_.option_stood)


def everywhere(history: History, stands: Bools | None = None) -> Standing:
    """Every bloc with one candidate at every station, or where `stands` (S, B) says so; nothing finer is known."""
    there = np.ones((history.stations, len(history.blocs)), bool) if stands is None else stands
    return Standing(history.blocs, history.blocs, there.astype(np.int8))


def strengths(history: History, kind: str) -> dict[str, Floats]:
    """The share of valid votes that one candidate of each option draws where it stands; per station (S,).

    The prior of standing.toml, then every round of that type in turn, newest last; a party is then half way (in
    logarithms) between that and its level in the newest national round, which knows the parties of the day.
    """
    prior = _priors()
    island = np.isin(history.departement, prior["islands"]["departements"])
    found = {
        name: np.where(island, prior["islands"]["strength"].get(name, value), value)
        for name, value in prior["strength"].items()
    }
    for round_ in history.of_type(kind):
        for option, level in _levels(round_).items():
            found[option] = _brought(found.get(option), level, history.stations)
    newest = [r for r in history.rounds if r.type in PARTIES and r.round == 1 and r.type != kind][-1:]
    for round_ in newest:
        for option, level in _levels(round_).items():
            old = found.get(option)
            middle = level if old is None else float(np.sqrt(level * old.mean()))
            found[option] = _brought(old, middle, history.stations)
    return found


def _levels(round_: Round) -> dict[str, float]:
    """The share of one candidate of each option where it stood; options of few stations are left out."""
    if round_.option_shares is None or round_.option_stood is None:
        return {}
    voters = np.nan_to_num(round_.registered * (1 - round_.abstention))
    found = {}
    for i, option in enumerate(round_.options):
        share, number = round_.option_shares[:, i], round_.option_stood[:, i]
        rows = np.isfinite(share) & (number > 0) & (voters > 0)
        if rows.sum() >= max(_FEW, _PART * len(voters)):
            found[option] = max(float(voters[rows] @ share[rows] / (voters[rows] @ number[rows])), _LEAST)
    return found


def _brought(pattern: Floats | None, level: float, size: int) -> Floats:
    """The same pattern at another level."""
    return np.full(size, level) if pattern is None else np.asarray(pattern * level / pattern.mean())


def appeal(standing: Standing, strength: dict[str, Floats], blocs: tuple[str, ...], weights: Floats) -> Floats:
    """How many times its usual votes a bloc gets for its candidates, (S, B); 0 where it has none.

    `weights` (S,) are voters; the weighted geometric mean over the stations where a bloc stands is 1.
    """
    out = np.zeros((len(weights), len(blocs)))
    for column, bloc in enumerate(blocs):
        drawn = np.zeros(len(weights))
        for i, option in enumerate(standing.options):
            if standing.blocs[i] == bloc:
                drawn += strength.get(option, np.full(len(weights), 0.05)) * standing.count[:, i]
        there = drawn > 0
        if there.any():
            log = np.log(drawn[there])
            mean = np.average(log, weights=np.maximum(weights[there], 1e-9))
            out[there, column] = np.exp((RESIDUE if bloc == RESIDUAL else NEST) * (log - mean))
    return out


@cache
def _priors() -> dict[str, Any]:
    text = resources.files("isoloir.stats.forecast").joinpath("standing.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def spread_codes(codes: Strings, rows: list[tuple[str, int]], options: int) -> NDArray[np.int8]:
    """Counts (S, K) from (code, option) pairs: each station gets the rows of its own code in `codes` (S,)."""
    out = np.zeros((len(codes), options), np.int8)
    places: dict[str, NDArray[np.int64]] = {}
    for code in {c for c, _ in rows}:
        places[code] = np.flatnonzero(codes == code)
    for code, option in rows:
        out[places[code], option] += 1
    return out
