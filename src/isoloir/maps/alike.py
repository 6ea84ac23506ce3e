"""Stations that are alike: the same turnout, the same votes, the same neighbourhood, somewhere else."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir import store

COUNT = 5
# What a campaigner means by "the same kind of place"; where a file lacks one, the others decide.
VARIABLES = (
    "population_density", "income_median", "poverty_share", "unemployment_share", "higher_education_share",
    "age_18_24_share", "age_65_plus_share", "owners_share", "social_housing_share",
)  # fmt: skip


def find_alike(features: NDArray[np.float64], count: int = COUNT) -> NDArray[np.int32]:
    """The `count` nearest of the other rows of `features` (n, k), nearest first, (n, count); -1 where there are fewer.

    Columns are compared in standard deviations; an unknown value counts as the mean.
    """
    from scipy.spatial import KDTree  # half a second of a start that mostly does without it

    n = len(features)
    known = np.isfinite(features).any(axis=0)
    features = features[:, known] if known.any() else np.zeros((n, 1))
    spread = np.nanstd(features, axis=0)
    scaled = np.nan_to_num((features - np.nanmean(features, axis=0)) / np.where(spread > 0, spread, 1))
    found = KDTree(scaled).query(scaled, k=min(count + 1, n))[1].reshape(n, -1)
    others = np.full((n, count), -1, np.int32)
    for column in range(found.shape[1]):
        # A station is its own nearest one, save where others are exactly the same: drop it wherever it stands.
        free = (others >= 0).sum(axis=1)
        take = (found[:, column] != np.arange(n)) & (free < count)
        others[np.flatnonzero(take), free[take]] = found[take, column]
    return others


def read_features(connection: store.Connection, stations: pl.Series) -> NDArray[np.float64]:
    """The features of `stations` (n), in order: turnout and leading blocs of the newest full round, and VARIABLES."""
    table = pl.DataFrame({"station_id": stations})
    newest = store.frame(
        connection,
        """SELECT election FROM turnout_today GROUP BY election
        ORDER BY count(*) > 0.9 * max(count(*)) OVER () DESC, election DESC LIMIT 1""",
    )
    if len(newest):
        table = table.join(_votes(connection, str(newest[0, 0])), "station_id", "left", maintain_order="left")
    profile = store.frame(
        connection,
        """SELECT station_id, variable, value FROM variables WHERE list_contains(?, variable)
        QUALIFY row_number() OVER (PARTITION BY station_id, variable ORDER BY vintage DESC NULLS LAST) = 1""",
        [list(VARIABLES)],
    )
    if len(profile):
        wide = profile.pivot("variable", index="station_id", values="value").with_columns(
            pl.col("^population_density$").log1p()
        )
        table = table.join(wide, "station_id", "left", maintain_order="left")
    return table.drop("station_id").cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _votes(connection: store.Connection, election: str) -> pl.DataFrame:
    """Turnout and the shares of the largest candidates or nuances."""
    turnout = store.frame(
        connection,
        """SELECT station_id, voters / nullif(registered, 0) AS turnout, valid_votes FROM turnout_today
        WHERE election = ?""",
        [election],
    )
    votes = store.frame(
        connection,
        """SELECT station_id, coalesce(nuance, candidate) AS option, sum(votes) AS votes FROM results_today
        WHERE election = ? GROUP BY ALL""",
        [election],
    )
    largest = votes.group_by("option").agg(pl.sum("votes")).top_k(COUNT, by=["votes", "option"])["option"]
    shares = (
        votes.filter(pl.col("option").is_in(largest.implode()))
        .join(turnout, on="station_id")
        .with_columns(share=pl.col("votes") / pl.when(pl.col("valid_votes") > 0).then("valid_votes"))
        .pivot("option", index="station_id", values="share", sort_columns=True)
    )
    return turnout.drop("valid_votes").join(shares, "station_id", "left")
