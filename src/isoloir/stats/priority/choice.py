"""Which stations a budget of hours reaches first, and how sure that choice is.

Votes are linear in hours until a station is done, so the best use of a budget is to sort by votes per hour and fill: a
fractional knapsack (Dantzig, Operations Research 5(2), 1957). Doing it in every draw gives the chance that a station is
among the best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from isoloir.errors import StatsError
from isoloir.stats.priority.index import Floats

SOLID, LIKELY = 0.9, 0.7
GRADES = ("solid", "likely", "undecided")
TEMPER = 0.8  # how far a chance, in log-odds, may be from the average's: draws know less of doors than they think
APART = 0.3  # below this skill a ranking is hardly better than chance


@dataclass(frozen=True)
class Choice:
    """What a budget of hours reaches, and how sure that is."""

    probability: Floats  # (S,): that a station is among the best that the hours reach, if canvassing does anything
    taken: Floats  # (S,): the share of the station that the plan by mean votes per hour reaches
    skill: float  # 1: as good as if everything were known; 0: as good as chance
    hours: float

    @property
    def apart(self) -> bool:
        """Whether the data tell stations apart at all."""
        return self.skill >= APART


def fill(rate: Floats, hours: Floats, budget: float) -> Floats:
    """The share of each station that the budget reaches, (S,), best votes per hour first; never one that loses votes.

    `rate` is votes per hour and `hours` what a station takes, both (S,). Equal rates share what is left alike, so that
    the order of a list decides nothing.
    """
    order = np.argsort(-rate, kind="stable")
    if not rate[order[0]] > 0:
        return np.zeros(len(rate))
    values, first = np.unique(-rate[order], return_index=True)
    first = first[values < 0]
    tied = np.add.reduceat(np.where(rate[order] > 0, hours[order], 0.0), first)
    before = np.concatenate([[0.0], np.cumsum(tied)[:-1]])
    share = np.clip((budget - before) / np.maximum(tied, 1e-12), 0, 1)
    group = np.searchsorted(first, np.arange(len(rate)), side="right") - 1
    out = np.empty(len(rate))
    out[order] = np.where(rate[order] > 0, share[group], 0.0)
    return out


def choose(rate: Floats, hours: Floats, budget: float) -> Choice:
    """How sure it is which stations a budget reaches best.

    `rate` and `hours` are (D, S). Draws where canvassing does nothing anywhere rank nothing and are left out. Raises
    StatsError where the budget is not positive.
    """
    if not (np.isfinite(budget) and budget > 0):
        raise StatsError(f"{budget} hours reach nobody; give a positive number of hours")
    mean_hours = hours.mean(axis=0)
    taken = fill(rate.mean(axis=0), mean_hours, budget)
    something = np.ptp(rate, axis=1) > 0 if rate.shape[1] > 1 else np.any(rate != 0, axis=1)
    if not something.any():
        even = min(1.0, budget / float(mean_hours.sum()))
        return Choice(np.full(rate.shape[1], even), taken, 0.0, budget)
    best = np.stack([fill(r, h, budget) for r, h in zip(rate[something], hours[something], strict=True)])
    return Choice(_temper(best), taken, _skill(rate[something], hours[something], taken, best, budget), budget)


def _temper(best: Floats) -> Floats:
    """The chances of (D, S) draws, drawn towards each other, their sum kept: (S,).

    Held against planted truth, chances above a half came true less often than said, the further the less; their
    distances in log-odds, kept at TEMPER of their length, make them truer. TEMPER has the least logarithmic loss on
    the simulated département of seed 1; `benchmarks/priority.py` shows what it does on others (scaling by one number:
    Guo and others, ICML 2017).
    """
    chance, draws = best.mean(axis=0), len(best)
    average = float(chance.mean())
    if not 0 < average < 1:
        return np.asarray(chance)
    odds = TEMPER * logit(np.clip(chance, 0.5 / draws, 1 - 0.5 / draws))
    moved = brentq(lambda by: float(expit(odds + by).mean()) - average, -60, 60)
    return np.asarray(expit(odds + moved))


def grade(choice: Choice) -> NDArray[np.str_]:
    """How sure it is to go to a station, or to leave it, as the choice does: solid, likely or undecided."""
    sure = np.where(choice.taken >= 0.5, choice.probability, 1 - choice.probability)
    found = np.select([sure >= SOLID, sure >= LIKELY], GRADES[:2], GRADES[2])
    return np.asarray(found if choice.apart else np.full(len(sure), GRADES[2]))


def _skill(rate: Floats, hours: Floats, taken: Floats, best: Floats, budget: float) -> float:
    """What the choice gains over chance, against what perfect knowledge would, hours being equal."""
    spent = np.minimum(budget, hours.sum(axis=1))
    chosen = _votes_per_hour(rate, hours, taken) * spent
    perfect = (rate * hours * best).sum(axis=1)
    chance = (rate * hours).sum(axis=1) / hours.sum(axis=1) * spent
    room = float((perfect - chance).sum())
    return float(np.clip((chosen - chance).sum() / room, 0, 1)) if room > 0 else 0.0


def _votes_per_hour(rate: Floats, hours: Floats, taken: Floats) -> Floats:
    return np.asarray((rate * hours * taken).sum(axis=1) / np.maximum((hours * taken).sum(axis=1), 1e-12))
