"""Votes that an hour of canvassing brings, by channel, as draws.

With `t` turnout, `s` support, `o` the share of doors that open, and per voter behind an opened door:

    persuasion      f * t * (1 - s) * (s / mean s)^c
    mobilisation    m * (1 - t) * (t / mean t)^c * (g - g_opponent)
    registration    r * u * (g - g_opponent),  u the share who live there but are registered elsewhere or nowhere

`g`, a choice's share among marginal voters (those who come when turnout rises), lies between its share in the station
and its mean share: `level * mean s + slope * (s - mean s)`. `c` (closeness) is 0 where a talk moves every voter alike
and 1 where it moves those most who live among people already there; which of them is true is not known, so it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isoloir.errors import StatsError
from isoloir.stats.priority.access import Access
from isoloir.stats.priority.effects import Drawn
from isoloir.stats.priority.index import Floats

CHANNELS = ("persuasion", "mobilisation", "registration")


@dataclass(frozen=True)
class Outlook:
    """What stations are expected to do, as D draws over S stations, each (D, S), 0 to 1."""

    turnout: Floats  # voters per registered
    support: Floats  # of valid votes; all ones where the aim is turnout itself
    opponent: Floats  # share of the strongest opponent; all zeros where the aim is turnout itself


@dataclass(frozen=True)
class Inputs:
    """Everything that the gain of a station depends on."""

    turnout: Floats  # (D, S)
    support: Floats  # (D, S)
    net: Floats  # (D, S): share among marginal voters, less the opponent's
    badly_registered: Floats  # (S,)
    own: Floats  # (D, S): what a talk yields here for reasons that no figure shows; 1 on average
    size: Floats  # (S,): registered
    minutes: Floats  # (D, S): per registered voter
    mean_turnout: Floats  # (D,): of the area
    mean_support: Floats  # (D,)


def gather(
    outlook: Outlook,
    access: Access,
    registered: Floats,
    badly_registered: Floats | None,
    drawn: Drawn,
    rng: np.random.Generator,
) -> Inputs:
    """Check and put together; raise StatsError where shapes differ or a share is outside 0 to 1."""
    draws, stations = outlook.turnout.shape
    for name in ("turnout", "support", "opponent"):
        values = getattr(outlook, name)
        if values.shape != (draws, stations) or not np.all((values >= 0) & (values <= 1)):
            raise StatsError(f"the draws of {name} must be {draws} x {stations} numbers from 0 to 1")
    if registered.shape != (stations,) or not np.all(registered > 0):
        raise StatsError("every station to rank must have registered voters; leave out the empty ones")
    if badly_registered is not None and not np.all((badly_registered >= 0) & (badly_registered <= 1)):
        raise StatsError("the share of badly registered voters must be from 0 to 1 in every station")
    weight = registered / registered.sum()
    own = np.exp(rng.normal(0, 1, (draws, stations)) * drawn.station_spread[:, None])
    return Inputs(
        turnout=outlook.turnout,
        support=outlook.support,
        net=_net(outlook, weight, drawn),
        badly_registered=np.zeros(stations) if badly_registered is None else badly_registered,
        own=own / own.mean(axis=0),
        size=registered,
        minutes=access.minutes,
        mean_turnout=outlook.turnout @ weight,
        mean_support=outlook.support @ weight,
    )


def reached_per_hour(inputs: Inputs, drawn: Drawn) -> Floats:
    """Voters behind an opened door whom a pair reaches in an hour, its share of the set-up counted in; (D, S)."""
    return drawn.opening[:, None] * 60 / (inputs.minutes + 60 * drawn.setup_hours[:, None] / inputs.size)


def votes_per_voter(inputs: Inputs, drawn: Drawn) -> dict[str, Floats]:
    """Net votes per voter behind an opened door, by channel; (D, S) each."""
    close = drawn.closeness[:, None]
    around = (inputs.support / np.maximum(inputs.mean_support, 1e-9)[:, None]) ** close
    coming = (inputs.turnout / np.maximum(inputs.mean_turnout, 1e-9)[:, None]) ** close
    net = inputs.own * inputs.net
    return {
        "persuasion": drawn.persuasion[:, None] * inputs.turnout * (1 - inputs.support) * around * inputs.own,
        "mobilisation": drawn.mobilisation[:, None] * (1 - inputs.turnout) * coming * net,
        "registration": drawn.registration[:, None] * inputs.badly_registered * net,
    }


def votes_per_hour(inputs: Inputs, drawn: Drawn) -> dict[str, Floats]:
    """Net votes per hour of a pair, by channel; (D, S) each."""
    reached = reached_per_hour(inputs, drawn)
    return {channel: reached * gain for channel, gain in votes_per_voter(inputs, drawn).items()}


def _net(outlook: Outlook, weight: Floats, drawn: Drawn) -> Floats:
    if np.all(outlook.support == 1):  # the aim is turnout itself: every vote counts
        return np.ones_like(outlook.support)
    return _marginal(outlook.support, weight, drawn) - _marginal(outlook.opponent, weight, drawn)


def _marginal(share: Floats, weight: Floats, drawn: Drawn) -> Floats:
    mean = (share @ weight)[:, None]
    level, slope = drawn.marginal_level[:, None], drawn.marginal_slope[:, None]
    return np.clip(level * mean + slope * (share - mean), 0, 1)
