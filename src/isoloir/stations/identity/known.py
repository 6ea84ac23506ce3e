"""Stations surely the same before and after a step: they teach how the profile of one round becomes another's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir.stations.identity.lessons import Lesson, learn
from isoloir.stations.identity.profiles import Ballots
from isoloir.stations.identity.sides import Array, Indices
from isoloir.stations.identity.sightings import PLACE
from isoloir.stations.identity.sizes import Sizes

STATIONS = 5000  # enough to learn from
FEWEST = 60  # fewer teach less than the renumbered commune itself
RECENT = 3  # years within which a station was seen before and after a step
SPECIAL = 200  # stations that have the same features as a commune, from which they teach of these alone
SIMILAR = 0.2  # of another size, a station may be another one


@dataclass
class Known:
    """What a step of the whole area teaches: of sizes always, of profiles where enough stations went on.

    values and noise are those of these stations, by side and feature of its window; 0 where they are unknown.
    """

    sizes: Sizes
    lesson: Lesson | None = None
    values: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
    noise: tuple[Array, Array] | None = None
    _special: dict[tuple[bytes, bytes], Lesson | None] = field(default_factory=dict)

    def lesson_of(self, before: Indices, after: Indices) -> Lesson | None:
        """What stations that have all these features teach, of them alone; the general lesson where they are too few.

        Lists that stand in one region only would otherwise be read as 0 everywhere else.
        """
        key = before.tobytes(), after.tobytes()
        if key not in self._special:
            self._special[key] = self._learn(before, after)
        return self._special[key] or self.lesson

    def _learn(self, before: Indices, after: Indices) -> Lesson | None:
        if self.values is None or self.noise is None or min(len(before), len(after)) < 3:
            return None
        sides = [v[:, c] for v, c in zip(self.values, (before, after), strict=True)]
        whole = np.flatnonzero(np.min([(v != 0).mean(1) for v in sides], axis=0) >= 0.9)
        if len(whole) < SPECIAL:
            return None
        found = learn(
            sides[0][whole].astype(np.float64),
            sides[1][whole].astype(np.float64),
            self.noise[0][before],
            self.noise[1][after],
        )
        axes = []
        for columns, own, v in zip((before, after), (found.before_axes, found.after_axes), self.values, strict=True):
            axes.append(np.zeros((v.shape[1], own.shape[1])))
            axes[-1][columns] = own
        return replace(found, before_axes=axes[0], after_axes=axes[1])


NOTHING = Known(Sizes.usual(1.0))


class Lessons:
    """What is known of every step, learned when it is first asked for."""

    def __init__(self, ballots: Ballots, seen: pl.DataFrame, lasting: pl.DataFrame):
        self.ballots, self.seen = ballots, seen
        sizes = seen.select(*PLACE, "year", "registered")
        self.lasting = lasting.join(sizes, on=[*PLACE, "year"]).join(ballots.places, on=PLACE)
        self._found: dict[tuple[int, int], Known] = {}

    def again(self, lasting: pl.DataFrame) -> Lessons:
        """The same lessons for stations that lasted less long."""
        other = Lessons(self.ballots, self.seen, lasting)
        other._found = self._found
        return other

    def of(self, years: tuple[int, int]) -> Known:
        """What the step from one year to another teaches."""
        if years not in self._found:
            self._found[years] = known_stations(self.ballots, self.lasting, years)
        return self._found[years]


def known_stations(ballots: Ballots, lasting: pl.DataFrame, years: tuple[int, int]) -> Known:
    """Learn from the stations whose code meant the same place from one year to the other.

    `lasting` is that of `sightings.Steps`, with `place` (the row of the ballots) and `registered`. Each commune is its
    own centre; where there are more stations than needed, communes are taken at even intervals.
    """
    table = _same(lasting, years)
    if table.is_empty():
        return Known(Sizes.usual(years[1] - years[0]))
    change = np.log(table["registered_after"].to_numpy() / table["registered"].to_numpy())
    _, commune, count = np.unique(table["commune_code"].to_numpy(), return_inverse=True, return_counts=True)
    change = change - _medians(change, commune, len(count))[commune]
    sizes = Sizes.learn(change[(count >= 4)[commune]], years[1] - years[0])
    similar = np.abs(change) <= SIMILAR
    chosen = np.flatnonzero(similar & (commune % max(1, round(similar.sum() / STATIONS)) == 0))
    if len(chosen) < FEWEST:
        return Known(sizes)
    return _taught(sizes, ballots, table[chosen], commune[chosen], years)


def _same(lasting: pl.DataFrame, years: tuple[int, int]) -> pl.DataFrame:
    """The stations that went on, as they last were before and first were after; not all vote every year."""
    through = lasting.filter((pl.col("first_year") <= years[0]) & (pl.col("last_year") >= years[1]))
    through = through.filter(pl.col("registered") > 0)
    before = through.filter(pl.col("year").is_between(years[0] - RECENT, years[0])).sort(*PLACE, "year")
    after = through.filter(pl.col("year").is_between(years[1], years[1] + RECENT)).sort(*PLACE, "year")
    after = after.unique(PLACE, keep="first").select(*PLACE, registered_after="registered")
    both = before.unique(PLACE, keep="last").join(after, on=PLACE)
    return both.filter(pl.len().over("commune_code") > 1).sort(PLACE)


def _medians(values: Array, group: Indices, groups: int) -> Array:
    order = np.lexsort((values, group))
    ends = np.searchsorted(group[order], np.arange(groups + 1))
    low, high = (ends[:-1] + ends[1:] - 1) // 2, (ends[:-1] + ends[1:]) // 2
    medians: Array = (values[order][low] + values[order][high]) / 2
    return medians


def _taught(sizes: Sizes, ballots: Ballots, table: pl.DataFrame, commune: Indices, years: tuple[int, int]) -> Known:
    place = table["place"].to_numpy()
    spans = table["first_year"].to_numpy(), table["last_year"].to_numpy()
    sides, noises = [], []
    for year, later in zip(years, (False, True), strict=True):
        values, weights = ballots.of(place, ballots.window(year, later), *spans)
        sides.append(centred(values, weights, commune))
        noises.append(len(weights) / np.maximum(weights.sum(0), 1.0))
    if min(s.shape[1] for s in sides) < 3:
        return Known(sizes)
    lesson = learn(sides[0], sides[1], noises[0], noises[1])
    kept = sides[0].astype(np.float32), sides[1].astype(np.float32)
    return Known(sizes, lesson, kept, (noises[0], noises[1]))


def centred(values: Array, weights: Array, commune: Indices) -> Array:
    """Values less the weighted mean of their commune (any numbers, in order); 0 where they are unknown."""
    starts = np.flatnonzero(np.r_[True, commune[1:] != commune[:-1]])
    known = np.nan_to_num(values)
    mean = np.add.reduceat(known * weights, starts) / np.maximum(np.add.reduceat(weights, starts), 1e-9)
    sizes = np.diff(np.r_[starts, len(commune)])
    found: Array = np.where(weights > 0, known - np.repeat(mean, sizes, axis=0), 0.0)
    return found
