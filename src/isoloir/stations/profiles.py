"""How stations vote, as features that can be compared: only for the communes and rounds that need it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir.stations.calendar import dated
from isoloir.stations.sightings import PLACE

ROUNDS = 16  # read on each side of a step
SMALL = 0.02  # a candidate under this share of the commune says little
TURNOUT = "(turnout)"
ASKED = [
    *PLACE,
    "year",
    "first_year",
    "last_year",
]  # a station in a year, and since when and until when it was the same
_TO_PLAIN = str.maketrans("ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜ-_'", "AAACEEEEIIOOUUU   ")


@dataclass(frozen=True)
class Features:
    """Stations x features of one side of a commune: arcsine shares centred on the commune, and their variances."""

    values: NDArray[np.float64]
    noise: NDArray[np.float64]
    names: list[str]  # round and candidate
    keys: list[str]  # candidate: the same on both sides when somebody stood twice

    def only(self, names: list[str]) -> Features:
        """Some of the features, in this order."""
        where = [self.names.index(n) for n in names]
        return Features(self.values[:, where], self.noise[:, where], names, [self.keys[k] for k in where])


def windows(rounds: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Which rounds describe each station on each side of each step: the nearest ones in which it was the same.

    `rounds` is (commune_code, election), `wanted` has the columns of ASKED and group, side (0 before, 1 after).
    Returns (group, side, commune_code, station_code, election).
    """
    days = dated(rounds["election"].unique())
    known = rounds.join(days, on="election").rename({"year": "round_year"})
    later = pl.col("side") == 1
    found = wanted.select("group", "side", "commune_code", "year").unique().join(known, on="commune_code")
    found = found.filter(
        pl.when(later).then(pl.col("round_year") >= pl.col("year")).otherwise(pl.col("round_year") <= pl.col("year"))
    )
    far = pl.when(later).then(pl.col("day").to_physical()).otherwise(-pl.col("day").to_physical())
    found = found.filter(far.rank("dense").over("group", "side", "commune_code") <= ROUNDS)
    found = wanted.join(
        found.select("group", "side", "commune_code", "election", "round_year"), on=["group", "side", "commune_code"]
    )
    found = found.filter(pl.col("round_year").is_between("first_year", "last_year"))
    return found.select("group", "side", *PLACE, "election")


def collect(turnout: pl.LazyFrame, results: pl.LazyFrame, asked: pl.DataFrame) -> dict[tuple[int, int], pl.DataFrame]:
    """Features of every (group, side) as a long frame: commune_code, station_code, name, key, value, noise."""
    if asked.is_empty():
        return {}
    communes, elections = asked["commune_code"].unique().to_list(), asked["election"].unique().to_list()
    near = pl.col("commune_code").is_in(communes) & pl.col("election").is_in(elections)
    keys = [*PLACE, "election"]
    votes = results.filter(near).select(*PLACE, "election", "candidate", "votes").collect()
    votes = votes.group_by(*PLACE, "election", "candidate").agg(pl.col("votes").sum()).join(asked, on=keys)
    station, contest = ["group", "side", *PLACE, "election"], ["group", "side", "election"]
    valid = pl.col("votes").sum().over(station)
    votes = votes.with_columns(valid=valid, key=_plain("candidate"))
    weight = pl.col("votes").sum().over(*contest, "candidate") / pl.col("votes").sum().over(contest)
    shares = votes.filter((weight >= SMALL) & (pl.col("valid") > 0)).select(
        *station, "key", share=pl.col("votes") / pl.col("valid"), noise=1 / pl.col("valid")
    )
    came = turnout.filter(near).select(*PLACE, "election", "registered", "voters").drop_nulls().collect()
    came = came.unique([*PLACE, "election"], keep="first").join(asked, on=keys).filter(pl.col("registered") > 0)
    came = came.select(
        *station, key=pl.lit(TURNOUT), share=pl.col("voters") / pl.col("registered"), noise=1 / pl.col("registered")
    )
    value = pl.col("share").clip(0, 1).sqrt().arcsin() * 2
    centre = (pl.col("value") / pl.col("noise")).sum() / (1 / pl.col("noise")).sum()
    table = pl.concat([shares, came]).with_columns(value=value, name=pl.col("election") + "|" + pl.col("key"))
    table = table.with_columns(value=pl.col("value") - centre.over("group", "side", "name"))
    table = table.select("group", "side", *PLACE, "name", "key", "value", "noise").sort("group", "side", *PLACE, "name")
    return {(int(k[0]), int(k[1])): part for k, part in table.partition_by("group", "side", as_dict=True).items()}


def tabulate(long: pl.DataFrame | None, stations: pl.DataFrame) -> Features:
    """Stations x features in the order of `stations`; features that over 30 % of the stations lack are left out.

    What a station lacks is filled from its other features.
    """
    n = stations.height
    if long is None or long.is_empty() or n == 0:
        return Features(np.zeros((n, 0)), np.zeros((n, 0)), [], [])
    long = long.join(stations.select(*PLACE).with_row_index("i"), on=PLACE)
    kept = long.group_by("name").agg(pl.len(), pl.col("key").first()).filter(pl.col("len") >= 0.7 * n).sort("name")
    long = long.join(kept.select("name").with_row_index("j"), on="name")
    values, noise = np.full((n, kept.height), np.nan), np.full((n, kept.height), 0.01)
    i, j = long["i"].to_numpy(), long["j"].to_numpy()
    values[i, j], noise[i, j] = long["value"].to_numpy(), long["noise"].to_numpy()
    return Features(_complete(values), noise, kept["name"].to_list(), kept["key"].to_list())


def _complete(values: NDArray[np.float64]) -> NDArray[np.float64]:
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
