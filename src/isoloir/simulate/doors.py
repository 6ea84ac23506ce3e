"""What a talk at the door would change, and how far the doors lie apart: each planted voter moved by a little.

A talk acts in the planted voter model, not in that of the statistics: it makes a bloc a little more attractive to a
voter, or abstention a little less. How much one talk does is for the reader of the truth to choose; the tables say how
many votes follow per unit, so that the order of the stations is known whatever the strength of a campaign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from isoloir.simulate.geography import BLOCK_PITCH, Floats, Ints
from isoloir.simulate.rounds import Option, Round
from isoloir.simulate.settlement import Addresses, Blocks

FAMILIES = {"EXG": "left", "RAD": "left", "SOC": "left", "ECO": "left", "CEN": "centre_right", "DRT": "centre_right"}
FAMILIES |= {"EXD": "far_right", "DIV": "other"}
NAMES = tuple(dict.fromkeys(FAMILIES.values()))
SINCE = 2022
BETWEEN_DOORS = 15.0  # metres along a street between two addresses


@dataclass(frozen=True)
class Reserve:
    """Of each station (rows) and bloc (NAMES): persons, as expected before anybody votes."""

    votes: Floats  # votes
    persuadable: Floats  # votes gained per unit of the logarithm of the bloc's weight, turnout unchanged
    mobilisable: Floats  # votes gained per unit that the logarithm of the weight of abstention falls


def is_told(round_: Round) -> bool:
    """Whether the truth tells the reserves of a round: recent first rounds that every station votes in."""
    return round_.year >= SINCE and not round_.after and round_.unit in ("country", "constituency")


def measure_reserve(
    counts: Ints, pull: Floats, same: npt.NDArray[np.bool_], silent: Floats, weight: Floats, abstain: Floats,
    loyalty: Floats, row: Ints, options: Sequence[Option], stations: int,
) -> Reserve:  # fmt: skip
    """The reserve of each station of a round; the arguments are those of `voters.draw_choices`."""
    family = np.array([NAMES.index(FAMILIES[o.blocs.split("+")[0]]) for o in options])
    out = np.zeros((3, stations, len(NAMES)))
    _measure(counts, pull, same, silent, weight, abstain, loyalty, row, family, out)
    return Reserve(*out)


@numba.njit(cache=True, nogil=True)
def _measure(
    counts: Ints, pull: Floats, same: npt.NDArray[np.bool_], silent: Floats, weight: Floats, abstain: Floats,
    loyalty: Floats, row: Ints, family: Ints, out: Floats,
) -> None:  # fmt: skip
    mass = np.empty(out.shape[2])
    for b in range(counts.shape[0]):
        if row[b] < 0:
            continue
        for o in range(counts.shape[1]):
            if counts[b, o] == 0:
                continue
            mass[:] = 0.0
            for d in range(pull.shape[1]):
                w = pull[o, d] * weight[b, d]
                mass[family[d]] += w * loyalty[b] if same[o, d] else w
            total = mass.sum()
            vote, away = np.sqrt(np.sqrt(total)), silent[o, 0] * abstain[b]
            whole = vote + away + silent[o, 1] + silent[o, 2]
            voting = counts[b, o] * vote / whole
            for f in range(len(mass)):
                share = mass[f] / total
                out[0, row[b], f] += voting * share
                out[1, row[b], f] += voting * share * (1 - share)
                out[2, row[b], f] += voting * share * away / whole


def measure_walk(blocks: Blocks, addresses: Addresses, row: Ints, stations: int) -> tuple[Ints, Floats]:
    """Addresses of each station, and metres to walk past all of them: to the nearest next block, then around it."""
    points = np.bincount(addresses.block, minlength=len(row))
    next_block = np.empty(len(row))
    order = np.argsort(row, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(row[order])) + 1):
        xy = np.c_[blocks.x[part], blocks.y[part]]
        next_block[part] = cKDTree(xy).query(xy, k=2)[0][:, 1] if len(part) > 1 else 0.0
    around = np.minimum(4 * BLOCK_PITCH, BETWEEN_DOORS * points)
    walk = np.bincount(row, next_block + around, stations)
    return np.bincount(row, points, stations).astype(np.int64), walk.astype(np.float64)


def reserve_table(reserve: Reserve, election: str, stations: pl.DataFrame) -> pl.DataFrame:
    """One row per station and bloc; `stations` has a row for each station, with what is told of it."""
    size, blocs = reserve.votes.shape
    station = np.repeat(np.arange(size), blocs)
    return stations[station].with_columns(
        pl.lit(election).alias("election"),
        pl.Series("bloc", NAMES).gather(np.tile(np.arange(blocs), size)),
        pl.Series("votes", reserve.votes.ravel()),
        pl.Series("persuadable", reserve.persuadable.ravel()),
        pl.Series("mobilisable", reserve.mobilisable.ravel()),
    )
