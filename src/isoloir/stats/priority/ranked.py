"""The whole of a ranking: forecast, effects and access put together, station by station."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isoloir.errors import StatsError
from isoloir.stats.priority.access import Ground, estimate_access
from isoloir.stats.priority.choice import Choice, choose, grade
from isoloir.stats.priority.effects import Effects, draw_effects
from isoloir.stats.priority.gain import CHANNELS, Outlook, gather, votes_per_hour
from isoloir.stats.priority.index import SMALLEST, Floats, places
from isoloir.stats.priority.split import split_score, spread_shares

REACH = 0.2  # of all hours, where no budget is given
INTERVAL = (0.05, 0.95)


@dataclass(frozen=True)
class Ranked:
    """One entry per station, (S,) unless said."""

    rate: Floats  # (D, S): net votes per hour of a pair
    hours: Floats  # (D, S): for all of its doors
    doors: Floats
    channels: dict[str, Floats]  # mean votes per hour by channel
    low: Floats  # of the rate, 90 %
    high: Floats
    rank: NDArray[np.int32]  # 0 for special stations
    level: NDArray[np.int8]
    probability: Floats  # 0 for special stations
    grade: NDArray[np.str_]  # solid, likely, undecided, special
    parts: dict[str, Floats]  # of the mean rate against the area's median, by factor
    median: float  # the score of the area's median station
    spread: dict[str, float]  # which share of the differences each factor brings
    size_alone: float  # which share of the differences in votes of whole stations is their size alone
    choice: Choice


def prioritise(
    outlook: Outlook,
    ground: Ground,
    effects: Effects,
    type_: str,
    budget: float | None = None,
    badly_registered: Floats | None = None,
    reachable: NDArray[np.bool_] | None = None,
    seed: int = 0,
) -> Ranked:
    """Rank S stations by net votes per hour; `budget` in hours of a pair (default: a fifth of what all doors take).

    `badly_registered` (S,) is the share of the voters behind the doors who are registered elsewhere or nowhere; without
    it the channel is nought. Stations that are not `reachable`, or have under SMALLEST voters, are special: they keep
    their figures and get no place. Raises StatsError where no ordinary station is left.
    """
    rng = np.random.default_rng(seed)
    draws = len(outlook.turnout)
    drawn = draw_effects(effects, type_, draws, rng)
    access = estimate_access(ground, drawn, rng)
    inputs = gather(outlook, access, ground.registered, badly_registered, drawn, rng)
    by_channel = votes_per_hour(inputs, drawn)
    rate = np.sum([by_channel[c] for c in CHANNELS], axis=0)
    hours = access.hours(ground.registered)
    ordinary = ground.registered >= SMALLEST
    if reachable is not None:
        ordinary &= reachable
    if not ordinary.any():
        raise StatsError(f"no station of this area has {SMALLEST} registered voters or more: nothing to rank")
    budget = REACH * float(hours[:, ordinary].mean(axis=0).sum()) if budget is None else budget
    choice = choose(rate[:, ordinary], hours[:, ordinary], budget)
    rank, level = places(np.where(ordinary, rate.mean(axis=0), np.nan))
    parts, median = split_score(inputs, drawn)
    probability, taken = _spread(choice.probability, ordinary), _spread(choice.taken, ordinary)
    everywhere = Choice(probability, taken, choice.skill, choice.hours)
    return Ranked(
        rate=rate,
        hours=hours,
        doors=access.doors,
        channels={c: np.broadcast_to(v, rate.shape).mean(axis=0) for c, v in by_channel.items()},
        low=np.quantile(rate, INTERVAL[0], axis=0),
        high=np.quantile(rate, INTERVAL[1], axis=0),
        rank=rank,
        level=level,
        probability=probability,
        grade=np.where(ordinary, grade(everywhere), "special"),
        parts=parts,
        median=median,
        spread=spread_shares({n: p[ordinary] for n, p in parts.items()}),
        size_alone=_size_alone(ground.registered[ordinary], rate[:, ordinary].mean(axis=0)),
        choice=everywhere,
    )


def _spread(values: Floats, where: NDArray[np.bool_]) -> Floats:
    out = np.zeros(len(where))
    out[where] = values
    return out


def _size_alone(registered: Floats, rate: Floats) -> float:
    """Covariance of the logarithm of size with that of votes (size times rate), against the variance of the latter."""
    good = rate > 0
    if good.sum() < 3:
        return float("nan")
    size, votes = np.log(registered[good]), np.log(registered[good] * rate[good])
    variance = float(np.var(votes))
    covariance = float(np.mean((size - size.mean()) * (votes - votes.mean())))
    return float(np.clip(covariance / variance, 0, 1)) if variance > 0 else float("nan")
