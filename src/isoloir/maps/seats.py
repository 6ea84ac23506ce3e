"""Which constituency each station votes in, and the outlines of constituencies that follow from it.

Official outlines of constituencies are coarse. Their stations are not: a constituency is the communes that lie in it
whole, and of the others the stations that vote in it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from isoloir import store

Geometries = NDArray[np.object_]

_LAST = """
    SELECT station_id, commune_code, seat FROM stations LEFT JOIN (
        SELECT station_id, last(constituency_code ORDER BY election) AS seat FROM turnout
        WHERE constituency_code IS NOT NULL GROUP BY station_id
    ) USING (station_id) WHERE valid_to IS NULL ORDER BY station_id
"""
_WHOLE = """
    SELECT commune_code, min(constituency_code) AS listed FROM constituencies WHERE commune_code IS NOT NULL
    GROUP BY commune_code HAVING count(DISTINCT constituency_code) = 1
"""


def read_seats(connection: store.Connection) -> pl.DataFrame:
    """station_id, commune_code, seat of the stations of today, in order; null where nothing tells the constituency.

    The last one that a round names; a station that is too young for that has the one of all others of its commune, or
    the one of the commune itself.
    """
    stations, whole = store.frame(connection, _LAST), store.frame(connection, _WHOLE)
    only = stations.drop_nulls().group_by("commune_code").agg(pl.first("seat").alias("only"), pl.n_unique("seat"))
    return (
        stations.join(only.filter(pl.col("seat") == 1).drop("seat"), "commune_code", "left", maintain_order="left")
        .join(whole, "commune_code", "left", maintain_order="left")
        .select("station_id", "commune_code", seat=pl.coalesce("seat", "only", "listed"))
    )


def seat_outlines(
    stations: pl.DataFrame,
    outlines: Geometries,
    towns: dict[str, shapely.Geometry],
    join: Callable[[Geometries], shapely.Geometry],
) -> tuple[list[str], Geometries]:
    """The codes and the outlines of the constituencies of `stations` (commune_code, seat), drawn by `outlines` (n).

    `towns` has the outline of each commune; `join` makes one outline of several.
    """
    table = stations.select("commune_code", "seat").with_row_index("place")
    split = table.group_by("commune_code").agg(pl.col("seat").drop_nulls().n_unique().alias("seats"))
    table = table.join(split, "commune_code", maintain_order="left")
    drawn = pl.col("commune_code").is_in(list(towns))
    whole = table.filter(pl.col("seats") == 1, drawn).drop_nulls("seat").unique("commune_code", maintain_order=True)
    parts: dict[str, list[shapely.Geometry]] = {}
    for commune, seat in whole.select("commune_code", "seat").iter_rows():
        parts.setdefault(seat, []).append(towns[commune])
    several = table.filter((pl.col("seats") > 1) | (pl.col("seats") == 1) & ~drawn)
    for commune in several.partition_by("commune_code", maintain_order=True):
        for seat, places in _divided(commune, outlines):
            parts.setdefault(seat, []).append(join(outlines[places]))
    codes = sorted(parts)
    return codes, np.array([shapely.union_all(parts[code]) for code in codes], dtype=object)


def _divided(commune: pl.DataFrame, outlines: Geometries) -> list[tuple[str, NDArray[np.intp]]]:
    """The places of the stations of each seat of a commune; one that is not known goes with the nearest that is."""
    places, seats = commune["place"].to_numpy(), commune["seat"].to_numpy()
    known = np.array([seat is not None for seat in seats])
    tree = shapely.STRtree(outlines[places[known]])
    nearest = tree.nearest(outlines[places[~known]]) if (~known).any() else []
    seats = seats.copy()
    seats[~known] = seats[known][nearest]
    return [(str(seat), places[seats == seat]) for seat in sorted(set(seats))]
