"""How stations vote, as features that can be compared: only for the communes and rounds that need it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir.stations.identity.calendar import dated
from isoloir.stations.identity.sightings import PLACE

ROUNDS = 16  # read on each side of a step
SMALL = 0.02  # a candidate under this share of the commune says little
TURNOUT = "(turnout)"
# A station of a year on one side of a group (0 before, 1 after), its number there, and when it was the same.
ASKED = ["group", "side", "number", *PLACE, "year", "first_year", "last_year"]
_TO_PLAIN = str.maketrans("ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜ-_'", "AAACEEEEIIOOUUU   ")


@dataclass(frozen=True)
class Features:
    """Stations x features of one side of a commune: arcsine shares centred on the commune, and their variances."""

    values: NDArray[np.float64]
    noise: NDArray[np.float64]
    names: list[str]  # round and candidate
    keys: list[str]  # candidate: the same on both sides when somebody stood twice

    @classmethod
    def none(cls, stations: int) -> Features:
        """Of stations whose votes are unknown."""
        return cls(np.zeros((stations, 0)), np.zeros((stations, 0)), [], [])


def windows(rounds: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Which rounds describe each station on each side of each step: the nearest ones in which it was the same.

    `rounds` is (commune_code, election), `wanted` has the columns of ASKED. Returns the latter with `election`.
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
    sides = ["group", "side", "commune_code"]
    found = wanted.join(found.select(*sides, "election", "round_year"), on=sides)
    found = found.filter(pl.col("round_year").is_between("first_year", "last_year"))
    return found.select("group", "side", "number", *PLACE, "election")


def collect(turnout: pl.LazyFrame, results: pl.LazyFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Features of the stations that `windows` gives, long: group, side, number, name, key, value, noise."""
    near = pl.col("commune_code").is_in(asked["commune_code"].unique().to_list())
    near &= pl.col("election").is_in(asked["election"].unique().to_list())
    keys, station = [*PLACE, "election"], ["group", "side", "number", "election"]
    votes = results.filter(near).select(*keys, "candidate", "votes").join(asked.lazy(), on=keys)
    votes = votes.group_by(*station, "candidate").agg(pl.col("votes").sum())
    came = turnout.filter(near).select(*keys, "registered", "voters").unique(keys, keep="first")
    came = came.join(asked.lazy(), on=keys)
    came = came.filter(pl.col("registered") > 0).drop_nulls()
    shares = _shares(votes.collect(engine="streaming"), station)
    came_shares = came.collect(engine="streaming").select(
        *station, key=pl.lit(TURNOUT), share=pl.col("voters") / pl.col("registered"), noise=1 / pl.col("registered")
    )
    value = pl.col("share").clip(0, 1).sqrt().arcsin() * 2
    table = pl.concat([shares, came_shares]).with_columns(value=value)
    weight = 1 / pl.col("noise")
    centre = (pl.col("value") * weight).sum() / weight.sum()
    centred = pl.col("value") - centre.over("group", "side", "election", "key")
    table = table.with_columns(value=centred.round(10))  # sums depend on the order of rows in their last digits
    name = pl.col("election") + "|" + pl.col("key")
    return table.select("group", "side", "number", "key", "value", "noise", name=name)


def _shares(votes: pl.DataFrame, station: list[str]) -> pl.DataFrame:
    """Shares of the valid votes of each station, of the candidates who count in their commune."""
    contest = ["group", "side", "election"]
    names = votes.select("candidate").unique().with_columns(key=_plain("candidate"))
    votes = votes.with_columns(valid=pl.col("votes").sum().over(station)).filter(pl.col("valid") > 0)
    totals = votes.group_by(*contest, "candidate").agg(pl.col("votes").sum())
    counting = totals.filter(pl.col("votes") >= SMALL * pl.col("votes").sum().over(contest)).join(names, on="candidate")
    votes = votes.join(counting.drop("votes"), on=[*contest, "candidate"])
    return votes.select(*station, "key", share=pl.col("votes") / pl.col("valid"), noise=1 / pl.col("valid"))


def tabulate(long: pl.DataFrame, sizes: dict[tuple[int, int], int]) -> dict[tuple[int, int], Features]:
    """Stations x features of every (group, side), given its number of stations.

    Features that over 30 % of the stations lack are left out; what a station lacks is filled from its other features.
    """
    rows = [(group, side, n) for (group, side), n in sizes.items()]
    counts = pl.DataFrame(rows, schema={"group": pl.Int32, "side": pl.Int32, "n": pl.Int64}, orient="row")
    feature = ["group", "side", "name"]
    kept = long.group_by(feature).agg(pl.len(), pl.col("key").first()).join(counts, on=["group", "side"])
    kept = kept.filter(pl.col("len") >= 0.7 * pl.col("n")).sort(feature)
    kept = kept.with_columns(column=pl.int_range(pl.len()).over("group", "side"))
    cells = long.join(kept.select(*feature, "column"), on=feature).select(
        "group", "side", "number", "column", "value", "noise"
    )
    names = kept.partition_by("group", "side", as_dict=True)
    found = {}
    for key, part in cells.partition_by("group", "side", as_dict=True).items():
        group, side = int(key[0]), int(key[1])
        found[group, side] = _fill(part, names[key], sizes[group, side])
    return found


def _fill(cells: pl.DataFrame, names: pl.DataFrame, stations: int) -> Features:
    values, noise = np.full((stations, names.height), np.nan), np.full((stations, names.height), 0.01)
    at = cells["number"].to_numpy(), cells["column"].to_numpy()
    values[at], noise[at] = cells["value"].to_numpy(), cells["noise"].to_numpy()
    return Features(_complete(values), noise, names["name"].to_list(), names["key"].to_list())


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
