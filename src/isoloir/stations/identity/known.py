"""Stations surely the same before and after a step: they teach how the profile of one round becomes another's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir.stations.identity import profiles
from isoloir.stations.identity.lessons import Lesson, learn
from isoloir.stations.identity.sightings import PLACE

Array: TypeAlias = NDArray[np.float64]

STATIONS = 1500  # enough to learn from
LARGE = 6  # stations
FEWEST = 150  # fewer teach less than the renumbered commune itself


@dataclass
class Known:
    """Stations x features on both sides, NaN where a station lacks a feature."""

    values: tuple[Array, Array]
    noise: tuple[Array, Array]  # mean sampling variance by feature
    features: tuple[dict[str, int], dict[str, int]]
    lessons: dict[tuple[tuple[str, ...], tuple[str, ...]], Lesson | None] = field(default_factory=dict)

    def lesson(self, before: list[str], after: list[str]) -> Lesson | None:
        """What can be learned for a commune that has these features; its axes are along them.

        None where too few stations have them, or where they are too few themselves.
        """
        names = tuple(tuple(n for n in have if n in f) for have, f in zip((before, after), self.features, strict=True))
        if min(len(n) for n in names) < 3:
            return None
        key = (names[0], names[1])
        if key not in self.lessons:
            self.lessons[key] = self._learn(*key)
        found = self.lessons[key]
        return found and found.along([n in key[0] for n in before], [n in key[1] for n in after])

    def _learn(self, before: tuple[str, ...], after: tuple[str, ...]) -> Lesson | None:
        columns = [[f[n] for n in names] for f, names in zip(self.features, (before, after), strict=True)]
        x, y = (v[:, c] for v, c in zip(self.values, columns, strict=True))
        whole = ~(np.isnan(x).any(1) | np.isnan(y).any(1))
        if whole.sum() < FEWEST:
            return None
        return learn(x[whole], y[whole], self.noise[0][columns[0]], self.noise[1][columns[1]])


def known_stations(
    turnout: pl.LazyFrame,
    results: pl.LazyFrame,
    seen: pl.DataFrame,
    steps: pl.DataFrame,
    lasting: pl.DataFrame,
    rounds: pl.DataFrame,
    years: tuple[int, int],
) -> Known | None:
    """The largest communes to which nothing happened between two years.

    Each is its own centre, so small ones say little; single ones, centred on their département, would teach how
    villages differ, and cities matched by that do worse than cities that teach themselves.
    """
    sizes = seen.filter(pl.col("year") == years[0]).group_by("commune_code").agg(stations=pl.len())
    quiet = steps.filter(pl.col("quiet") & (pl.col("year") == years[0]) & (pl.col("next_year") == years[1]))
    quiet = quiet.join(sizes, on="commune_code").filter(pl.col("stations") >= LARGE)
    quiet = quiet.sort("stations", "commune_code", descending=[True, False])
    quiet = quiet.filter(pl.col("stations").cum_sum() - pl.col("stations") < STATIONS)
    if quiet["stations"].sum() < FEWEST:
        return None
    quiet = quiet.select("commune_code", group=pl.col("commune_code").rank("dense").cast(pl.Int32))
    places = lasting.filter(pl.col("year").is_in(years)).join(quiet, on="commune_code")
    places = places.with_columns(
        number=pl.struct(PLACE).rank("dense") - 1, side=(pl.col("year") == years[1]).cast(pl.Int32)
    )
    table = profiles.collect(turnout, results, profiles.windows(rounds, places.select(profiles.ASKED)))
    stations = places["number"].n_unique()
    (x, x_noise, x_names), (y, y_noise, y_names) = (_fill(table.filter(side=k), stations) for k in (0, 1))
    return Known((x, y), (x_noise, y_noise), (x_names, y_names))


def _fill(table: pl.DataFrame, stations: int) -> tuple[Array, Array, dict[str, int]]:
    common = (
        table.group_by("name").agg(pl.len(), pl.col("noise").mean().round(12)).filter(pl.col("len") >= 0.8 * stations)
    )
    common = common.sort("name").with_row_index("column")
    table = table.join(common.select("name", "column"), on="name")
    values = np.full((stations, common.height), np.nan)
    values[table["number"].to_numpy(), table["column"].to_numpy()] = table["value"].to_numpy()
    return values, common["noise"].to_numpy(), {n: int(j) for n, j in common.select("name", "column").rows()}
