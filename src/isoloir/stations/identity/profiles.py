"""How every station voted in every round, as features that can be compared.

One dense table serves all steps: a row for each code of each commune (a place, whatever the code meant in a year), a
column for each option of each round. An option is a candidate where that candidate stood before most of the area, else
the nuance, so that local rounds can be compared between communes; turnout is one more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir.stations.identity.calendar import dated
from isoloir.stations.identity.sides import Array, Indices
from isoloir.stations.identity.sightings import PLACE

ROUNDS = 16  # read on each side of a step
SMALL = 0.01  # an option under this share of a round says little
OWN = 0.6  # of the stations of a round, from which a candidate is compared by name
TURNOUT = "(turnout)"
_TO_PLAIN = str.maketrans("ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜ-_'", "AAACEEEEIIOOUUU   ")
Years: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True)
class Features:
    """Stations x features of one side of a commune: arcsine shares centred on the commune, and their variances."""

    values: Array
    noise: Array
    columns: Indices  # which features of the window they are
    keys: list[str]  # option: the same on both sides when somebody stood twice

    @classmethod
    def none(cls, stations: int) -> Features:
        """Of stations whose votes are unknown."""
        return cls(np.zeros((stations, 0)), np.zeros((stations, 0)), np.empty(0, np.intp), [])


@dataclass
class Ballots:
    """Places x features. values: arcsine shares, NaN where unknown; valid: votes by place and round."""

    places: pl.DataFrame  # commune_code, station_code, place; sorted
    values: NDArray[np.float32]
    valid: NDArray[np.float32]
    round_of: Indices  # of each feature, sorted
    keys: list[str]
    years: Years  # of each round, sorted
    _windows: dict[tuple[int, bool], Indices] = field(default_factory=dict)

    def window(self, year: int, later: bool) -> Indices:
        """The features of the rounds nearest to a step: until `year`, or from `year` on."""
        if (year, later) not in self._windows:
            near = (
                np.flatnonzero(self.years >= year)[:ROUNDS] if later else np.flatnonzero(self.years <= year)[-ROUNDS:]
            )
            self._windows[year, later] = np.flatnonzero(np.isin(self.round_of, near))
        return self._windows[year, later]

    def of(self, places: Indices, columns: Indices, first: Years, last: Years) -> tuple[Array, Array]:
        """Values and weights (valid votes) of some places; NaN and 0 outside the years in which each was the same."""
        values = self.values[places[:, None], columns[None, :]].astype(np.float64)
        rounds = self.round_of[columns]
        weights = self.valid[places[:, None], rounds[None, :]].astype(np.float64)
        year = self.years[rounds]
        unknown = np.isnan(values) | (year[None, :] < first[:, None]) | (year[None, :] > last[:, None])
        values[unknown], weights[unknown] = np.nan, 0.0
        return values, weights

    def side(self, places: Indices, year: int, later: bool, first: Years, last: Years) -> Features:
        """The features of one side of a step; those that over 30 % of the stations lack are left out."""
        window = self.window(year, later)
        values, weights = self.of(places, window, first, last)
        kept = np.flatnonzero((weights > 0).mean(0) >= 0.7)
        values, weights = values[:, kept], weights[:, kept]
        values = values - (np.nan_to_num(values) * weights).sum(0) / np.maximum(weights.sum(0), 1e-9)
        noise = np.where(weights > 0, 1 / np.maximum(weights, 1.0), 0.01)
        return Features(_complete(values), noise, kept, [self.keys[c] for c in window[kept]])


def read(turnout: pl.LazyFrame, results: pl.LazyFrame, communes: pl.DataFrame) -> Ballots:
    """The ballots of some communes (`communes` has their commune_code), from tables as `sources.reading` has them."""
    near = communes.lazy().select("commune_code").unique()
    columns = [*PLACE, "election", "registered", "voters"]
    came = turnout.select(columns).join(near, on="commune_code", how="semi").collect()
    came = came.unique([*PLACE, "election"], keep="first", maintain_order=True)
    rounds = dated(came["election"].unique()).with_row_index("round")
    places = came.select(PLACE).unique().sort(PLACE).with_row_index("place")
    named = (
        results
        if "nuance" in results.collect_schema().names()
        else results.with_columns(nuance=pl.lit(None, pl.String))
    )
    votes = named.select(*PLACE, "election", "candidate", "nuance", "votes")
    votes = votes.join(places.lazy(), on=PLACE).join(rounds.lazy().select("election", "round"), on="election")
    cast = votes.select("place", "round", "candidate", "nuance", "votes").drop_nulls("votes").collect()
    came = came.join(places, on=PLACE).join(rounds.select("election", "round"), on="election")
    return _tabulate(cast, came, places, rounds)


def _tabulate(cast: pl.DataFrame, came: pl.DataFrame, places: pl.DataFrame, rounds: pl.DataFrame) -> Ballots:
    shape = (places.height, rounds.height)
    valid = _sums(cast, "round", shape)[0]
    options = _options(cast, valid)
    cast = cast.join(
        options.select("round", "candidate", "nuance", "feature"), on=["round", "candidate", "nuance"], nulls_equal=True
    )
    features = options.select("feature", "round", "key").unique().sort("feature")
    votes, there = _sums(cast, "feature", (places.height, features.height))
    round_of = features["round"].to_numpy().astype(np.intp)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = votes / valid[:, round_of]
        values = np.where(there & (valid[:, round_of] > 0), 2 * np.arcsin(np.sqrt(share)), np.nan).astype(np.float32)
    turned, weight = _turnout(came, shape)
    known = np.flatnonzero((weight > 0).any(0))
    every = np.r_[round_of, known]
    order = np.argsort(every, kind="stable")
    return Ballots(
        places,
        np.hstack([values, turned[:, known]])[:, order],
        np.maximum(valid, weight * (valid == 0)).astype(np.float32),
        every[order],
        [[*features["key"], *(TURNOUT for _ in known)][k] for k in order],
        rounds["year"].to_numpy().astype(np.int32),
    )


def _options(cast: pl.DataFrame, valid: Array) -> pl.DataFrame:
    """(round, candidate, nuance, key, feature): what each line of the results counts for."""
    voted = (
        pl.DataFrame({"stations": (valid > 0).sum(0)})
        .with_row_index("round")
        .with_columns(pl.col("stations").cast(pl.Int64))
    )
    lines = cast.group_by("round", "candidate", "nuance").agg(pl.col("votes").sum(), pl.len()).join(voted, on="round")
    own = pl.col("len").sum().over("round", "candidate") >= OWN * pl.col("stations")
    nuance = pl.col("nuance").is_not_null() & (pl.col("nuance") != "")
    key = pl.when(own).then(_plain("candidate")).when(nuance).then("= " + pl.col("nuance"))
    lines = lines.with_columns(key=key).drop_nulls("key")
    share = pl.col("votes").sum().over("round", "key") / pl.col("votes").sum().over("round")
    lines = lines.filter(share >= SMALL)
    return lines.with_columns(feature=pl.struct("round", "key").rank("dense").cast(pl.Int64) - 1)


def _sums(cast: pl.DataFrame, column: str, shape: tuple[int, int]) -> tuple[Array, NDArray[np.bool_]]:
    """Votes by place and column, and where there is a line at all."""
    flat = cast["place"].to_numpy().astype(np.int64) * shape[1] + cast[column].to_numpy().astype(np.int64)
    there = np.zeros(shape[0] * shape[1], bool)
    there[flat] = True
    sums: Array = np.bincount(flat, cast["votes"].to_numpy(), shape[0] * shape[1]).astype(np.float64)
    return sums.reshape(shape), there.reshape(shape)


def _turnout(came: pl.DataFrame, shape: tuple[int, int]) -> tuple[NDArray[np.float32], Array]:
    """Arcsine turnout and registered voters by place and round."""
    came = came.filter(pl.col("registered") > 0).drop_nulls(["registered", "voters"])
    values, weight = np.full(shape, np.nan, np.float32), np.zeros(shape)
    at = came["place"].to_numpy(), came["round"].to_numpy()
    share = np.clip(came["voters"].to_numpy() / came["registered"].to_numpy(), 0, 1)
    values[at], weight[at] = 2 * np.arcsin(np.sqrt(share)), came["registered"].to_numpy()
    return values, weight


def _complete(values: Array) -> Array:
    """Fill the gaps from a few principal components (0, the commune's mean, to begin with)."""
    missing = np.isnan(values)
    filled = np.where(missing, 0.0, values)
    if not missing.any() or min(values.shape) < 4:
        return filled
    for _ in range(5):
        u, s, v = np.linalg.svd(filled, full_matrices=False)
        rank = min(3, len(s) - 1)
        filled = np.where(missing, (u[:, :rank] * s[:rank]) @ v[:rank], values)
    return filled


def _plain(column: str) -> pl.Expr:
    """Names in capitals, without accents or signs, so that LE_PEN and Le Pen are the same."""
    text = pl.col(column).fill_null("").str.to_uppercase()
    return text.str.replace_many([chr(k) for k in _TO_PLAIN], [chr(v) for v in _TO_PLAIN.values()]).str.strip_chars()
