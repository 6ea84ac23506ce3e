"""What must not be shown: census figures of fewer than 11 households, and what a subtraction would reveal.

INSEE publishes nothing below 11 households (statistical secrecy: loi n° 51-711 du 7 juin 1951, and the rule of the grid
and the IRIS files). A commune's total is public, so where one station of it is hidden alone, its figures are the total
less the others: the next smallest station is hidden with it, until the hidden ones together reach the floor.
"""

from __future__ import annotations

import polars as pl

from isoloir import store

FLOOR = 11  # households


def hidden_stations(connection: store.Connection) -> frozenset[str]:
    """The stations of today whose census figures are not to be shown."""
    table = store.frame(
        connection,
        """SELECT station_id, commune_code, value AS households
        FROM variables JOIN stations USING (station_id) WHERE variable = 'households' AND valid_to IS NULL
        QUALIFY row_number() OVER (PARTITION BY station_id ORDER BY vintage DESC NULLS LAST) = 1""",
    )
    return frozenset(choose_hidden(table)["station_id"])


def choose_hidden(table: pl.DataFrame) -> pl.DataFrame:
    """The rows to hide of station_id, commune_code, households; what is unknown shows nothing and hides nothing.

    In each commune the smallest stations go, one by one, as long as the next is under the floor or those that are
    hidden already have fewer households together than the floor.
    """
    known = table.filter(
        pl.col("households").is_not_null() & pl.col("households").is_not_nan() & (pl.col("households") > 0)
    )
    ordered = known.sort("commune_code", "households", "station_id")
    before = pl.col("households").cum_sum().shift(1, fill_value=0.0).over("commune_code")
    needed = (pl.col("households") < FLOOR) | ((before > 0) & (before < FLOOR))
    return ordered.filter(needed)
