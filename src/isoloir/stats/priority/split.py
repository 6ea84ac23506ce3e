"""Why a station is where it is: its score against the area's median, split exactly among five factors.

The split is Shapley's: a factor gets the mean, over every order in which the station's values could take the place of
the median's, of what the score changes when its turn comes. Nothing is fitted and nothing left over: the five parts and
the median's score add up to the station's score (Shapley 1953; Shorrocks, Journal of Economic Inequality 11, 2013).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import factorial

import numpy as np

from isoloir.stats.priority.effects import Drawn
from isoloir.stats.priority.gain import Inputs, reached_per_hour, votes_per_voter
from isoloir.stats.priority.index import Floats

# What belongs to each factor: the first two decide how many voters an hour reaches, the others what a talk yields.
FACTORS = {
    "size": ("size",),
    "density": ("minutes",),
    "abstention": ("turnout",),
    "support": ("support",),
    "effect": ("net", "badly_registered", "own"),
}
CHUNK = 4096  # stations at a time: memory stays flat however large the area
Values = dict[tuple[bool, ...], Floats]


def split_score(inputs: Inputs, drawn: Drawn) -> tuple[dict[str, Floats], float]:
    """Each factor's part of the votes per hour of each station, (S,), and the score of the area's median station.

    The score is the mean over draws of the votes per hour of all channels; the median is taken draw by draw.
    """
    fields = [name for names in FACTORS.values() for name in names]
    values = {name: getattr(inputs, name) for name in fields}
    median = replace(inputs, **{name: np.median(v, axis=-1, keepdims=True) for name, v in values.items()})
    parts = {name: np.empty(len(inputs.size)) for name in FACTORS}
    base = 0.0
    for start in range(0, len(inputs.size), CHUNK):
        where = slice(start, start + CHUNK)
        scores = _coalitions(replace(inputs, **{n: v[..., where] for n, v in values.items()}), median, drawn)
        base = float(scores[(False,) * len(FACTORS)][0])
        for index, name in enumerate(FACTORS):
            parts[name][where] = _shapley(scores, index)
    return parts, base


def spread_shares(parts: dict[str, Floats]) -> dict[str, float]:
    """Which share of the variance of the score each factor brings: its covariance with the score; they sum to one."""
    score = np.sum(list(parts.values()), axis=0)
    away = score - score.mean()
    variance = float(np.mean(away**2))
    if variance <= 0:
        return dict.fromkeys(parts, 0.0)
    return {name: float(np.mean((part - part.mean()) * away)) / variance for name, part in parts.items()}


def _coalitions(own: Inputs, median: Inputs, drawn: Drawn) -> Values:
    """The mean score when some factors have the station's values and the others the median's; (S,) each."""
    shape = own.turnout.shape
    reached, yields = {}, {}
    for some in product((False, True), repeat=2):
        reached[some] = np.broadcast_to(reached_per_hour(_mix(own, median, some, 0), drawn), shape)
    for some in product((False, True), repeat=3):
        channels = votes_per_voter(_mix(own, median, some, 2), drawn).values()
        yields[some] = np.broadcast_to(sum(channels, start=np.zeros((1, 1))), shape)
    return {
        access + talk: np.einsum("ds,ds->s", reach, gain) / shape[0]
        for (access, reach), (talk, gain) in product(reached.items(), yields.items())
    }


def _mix(own: Inputs, median: Inputs, mine: tuple[bool, ...], first: int) -> Inputs:
    """The median's values, and the station's own for the factors from number `first` on that `mine` names."""
    names = list(FACTORS.values())[first : first + len(mine)]
    taken = [field for fields, taken in zip(names, mine, strict=True) if taken for field in fields]
    return replace(median, **{field: getattr(own, field) for field in taken})


def _shapley(scores: Values, index: int) -> Floats:
    count = len(FACTORS)
    out = np.zeros_like(scores[(False,) * count])
    for others in product((False, True), repeat=count - 1):
        size = sum(others)
        weight = factorial(size) * factorial(count - 1 - size) / factorial(count)
        with_it, without = ((*others[:index], mine, *others[index:]) for mine in (True, False))
        out += weight * (scores[with_it] - scores[without])
    return out
