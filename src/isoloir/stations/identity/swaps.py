"""Communes that seem quiet, with the same codes before and after, but whose stations may have exchanged them.

What sizes and profiles say for the codes as they are is compared with what they say for the best exchange of them. A
large commune that deals its codes again is noticed by its sizes and turnouts alone (`sightings`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numba
import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment

from isoloir.stations.identity.known import Lessons, centred
from isoloir.stations.identity.lessons import Lesson
from isoloir.stations.identity.profiles import Years
from isoloir.stations.identity.renumbering import RENUMBERED
from isoloir.stations.identity.sides import Array, Indices
from isoloir.stations.identity.sightings import PLACE, Steps, steps
from isoloir.stations.identity.sizes import Sizes

LARGEST = 150  # stations
SUSPECT = 2.0  # nats for an exchange, from which a step is decided station by station
SETTLED = 10.0  # nats against any exchange, from which sizes need no profiles
STEP = ["commune_code", "year"]


def watched_steps(seen: pl.DataFrame, found: Steps, lessons: Lessons) -> Steps:
    """The same steps, those in which codes may have been exchanged no longer quiet.

    The votes around a step are read from years in which the codes may have meant something else because of another
    exchange, so that the likeliest exchange of a commune is accepted first and its other steps are looked at again.
    """
    broken = pl.DataFrame(schema={"commune_code": pl.String, "year": pl.Int32})
    quiet = found.steps.filter("quiet")
    suspects = [broken]
    for _ in range(3):
        gains = _gains(quiet, lessons)
        likely = gains.filter(pl.col("gain") > RENUMBERED).sort("gain", *STEP, descending=[True, False, False])
        worst = likely.unique("commune_code", keep="first", maintain_order=True).select(STEP)
        again = worst["commune_code"].implode()
        doubted = gains.filter((pl.col("gain") > SUSPECT) & ~pl.col("commune_code").is_in(again))
        suspects += [doubted.select(STEP), worst]
        if worst.is_empty():
            break
        broken = pl.concat([broken, worst])
        found = _again(seen, broken, found, worst.select("commune_code"))
        lessons = lessons.again(found.lasting)
        quiet = found.steps.filter(pl.col("quiet") & pl.col("commune_code").is_in(again))
    doubtful = pl.concat(suspects).unique().with_columns(doubtful=pl.lit(True))
    marked = found.steps.join(doubtful, on=STEP, how="left", maintain_order="left")
    quiet_still = pl.col("quiet") & pl.col("doubtful").is_null()
    return Steps(marked.with_columns(quiet=quiet_still).drop("doubtful"), found.resized, found.lasting)


def _again(seen: pl.DataFrame, broken: pl.DataFrame, found: Steps, communes: pl.DataFrame) -> Steps:
    """The steps after some communes turned out to have exchanged codes."""
    new = steps(seen.join(communes, on="commune_code", how="semi"), broken)

    def joined(old: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
        by = [c for c in ("commune_code", "station_code", "year") if c in old.columns]
        return pl.concat([old.join(communes, on="commune_code", how="anti"), fresh]).sort(by)

    return Steps(joined(found.steps, new.steps), joined(found.resized, new.resized), joined(found.lasting, new.lasting))


@dataclass(frozen=True)
class _Rows:
    """The stations of many communes between two years, sorted by commune and code."""

    commune: Indices  # numbers, from 0
    place: Indices
    sizes: tuple[Array, Array]
    spans: tuple[tuple[Years, Years], tuple[Years, Years]]

    def part(self, kept: Indices) -> _Rows:
        spans = tuple((a[kept], b[kept]) for a, b in self.spans)
        return _Rows(self.commune[kept], self.place[kept], (self.sizes[0][kept], self.sizes[1][kept]), spans)  # type: ignore[arg-type]


def _gains(quiet: pl.DataFrame, lessons: Lessons) -> pl.DataFrame:
    """(commune_code, year, gain): by how many nats an exchange of codes is likelier, where it is at all."""
    stations = lessons.lasting.select(*PLACE, "year", "registered", "place", "first_year", "last_year")
    parts = [pl.DataFrame(schema={"commune_code": pl.String, "year": pl.Int32, "gain": pl.Float64})]
    for (year, later), part in quiet.sort("year", "next_year", "commune_code").group_by(
        "year", "next_year", maintain_order=True
    ):
        known = lessons.of((int(year), int(later)))
        before = stations.filter(pl.col("year") == year).join(
            part.select("commune_code"), on="commune_code", how="semi"
        )
        after = stations.filter(pl.col("year") == later).drop("year", "place")
        both = before.join(after, on=PLACE, suffix="_after").sort(PLACE)
        both = both.filter(pl.len().over("commune_code").is_between(2, LARGEST))
        if known.lesson is None or both.is_empty():
            continue
        communes, number = np.unique(both["commune_code"].to_numpy(), return_inverse=True)
        one, two = (np.maximum(both[c].to_numpy().astype(float), 1) for c in ("registered", "registered_after"))
        spans = tuple(tuple(both[f"{c}{s}"].to_numpy() for c in ("first_year", "last_year")) for s in ("", "_after"))
        rows = _Rows(number, both["place"].to_numpy().astype(np.intp), (one, two), spans)  # type: ignore[arg-type]
        gains = dict(_exchanges(rows, lessons, (int(year), int(later)), known.sizes, known.lesson))
        parts.append(
            pl.DataFrame(
                {"commune_code": communes[list(gains)].tolist(), "gain": list(gains.values())},
                schema={"commune_code": pl.String, "gain": pl.Float64},
            )
            .with_columns(year=pl.lit(year, pl.Int32))
            .select("commune_code", "year", "gain")
        )
    return pl.concat(parts)


def _exchanges(
    rows: _Rows, lessons: Lessons, years: tuple[int, int], sizes: Sizes, lesson: Lesson
) -> Iterable[tuple[int, float]]:
    """Communes and what the best exchange of their codes gains, less what finding it among so many does."""
    pairs = _pairs(rows.commune)
    size = _size_costs(rows, pairs, sizes)
    unsettled = _closest(size, pairs, rows.commune) < SETTLED
    kept = np.flatnonzero(unsettled[rows.commune])
    if not len(kept):
        return
    rows, size = rows.part(kept), size[unsettled[rows.commune[pairs[0]]]]
    i, j = _pairs(rows.commune)
    x, y = _white(rows, lessons, years, lesson)
    cost = size + lesson.error.costs(_distances(np.ascontiguousarray(x), np.ascontiguousarray(y), i, j))
    own = cost[i == j]
    starts = np.flatnonzero(np.r_[True, np.diff(i) != 0])  # of the pairs of each old station
    least = np.bincount(rows.commune, own - np.minimum.reduceat(cost, starts))
    first = np.searchsorted(rows.commune[i], np.arange(len(least) + 1))
    for commune in np.flatnonzero(least > SUSPECT).tolist():
        table = cost[first[commune] : first[commune + 1]]
        table = table.reshape(math.isqrt(len(table)), -1)
        a, b = linear_sum_assignment(table)
        count, moved = len(table), int((a != b).sum())
        among = math.lgamma(count + 1) - math.lgamma(count - moved + 1)  # log of the number of such exchanges
        gain = float(np.trace(table) - table[a, b].sum()) - among
        if gain > SUSPECT:
            yield commune, gain


def _pairs(commune: Indices) -> tuple[Indices, Indices]:
    """Every station with every station of its commune, itself too."""
    count = np.bincount(commune)
    start = np.cumsum(count) - count
    i = np.repeat(np.arange(len(commune)), count[commune])
    first = np.cumsum(count[commune]) - count[commune]
    j = start[commune[i]] + np.arange(len(i)) - first[i]
    return i, j


@numba.njit(cache=True)
def _distances(x: Array, y: Array, i: Indices, j: Indices) -> Array:
    """Squared distances between rows of x and y, pair by pair, without a copy of these rows for each pair."""
    found = np.empty(len(i))
    for k in range(len(i)):
        total = 0.0
        for c in range(x.shape[1]):
            total += (x[i[k], c] - y[j[k], c]) ** 2
        found[k] = total
    return found


def _size_costs(rows: _Rows, pairs: tuple[Indices, Indices], sizes: Sizes) -> Array:
    n, m = rows.sizes
    growth = np.log(np.bincount(rows.commune, m).clip(1) / np.bincount(rows.commune, n).clip(1))
    return sizes.cost(np.log(m[pairs[1]] / n[pairs[0]]) - growth[rows.commune[pairs[0]]])


def _closest(size: Array, pairs: tuple[Indices, Indices], commune: Indices) -> Array:
    """By commune, how many nats the sizes say at least against two stations having exchanged their codes."""
    i, j = pairs
    own = size[i == j]
    count = np.bincount(commune)[commune]
    first = np.cumsum(count) - count
    start = (np.cumsum(np.bincount(commune)) - np.bincount(commune))[commune]
    back = size[first[j] + i - start[j]]
    against = np.where(i == j, np.inf, size + back - own[i] - own[j])
    closest = np.full(int(commune.max()) + 1, np.inf)
    np.minimum.at(closest, commune[i], against)
    return closest


def _white(rows: _Rows, lessons: Lessons, years: tuple[int, int], lesson: Lesson) -> tuple[Array, Array]:
    """What the profiles before let expect, and the profiles after, both so that errors are white."""
    ballots = lessons.ballots
    sides = [
        centred(*ballots.of(rows.place, ballots.window(year, later), *span), rows.commune)
        for year, later, span in zip(years, (False, True), rows.spans, strict=True)
    ]
    return sides[0] @ lesson.before_axes @ lesson.slope @ lesson.error.root, sides[
        1
    ] @ lesson.after_axes @ lesson.error.root
