"""The outlines of stations, drawn from the address points of the electoral register inside each commune.

`sites` cleans the points, `mesh` joins neighbours, `contour` finds the borders between stations, `faces` cuts the
commune along them. A commune with one station is its outline. Where the outlines of communes are generalised,
`borders` moves them between the addresses first. Measured in benchmarks/outlines.py.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely

from isoloir.sources.reading import Notice
from isoloir.stations.outlines.borders import settle_borders
from isoloir.stations.outlines.contour import trace
from isoloir.stations.outlines.faces import carve
from isoloir.stations.outlines.fragments import absorb
from isoloir.stations.outlines.mesh import triangulate
from isoloir.stations.outlines.sites import Sites, gather

__all__ = ["DRAWN", "Drawn", "draw", "settle_borders"]

DENSE = 15  # address points of a station, as mapvotr asks
DENSE_COMMUNE = 50
FEW = 3
DRAWN: dict[str, Any] = {
    "commune_code": pl.String,
    "station_code": pl.String,
    "geometry": pl.Binary,
    "points": pl.UInt32,
    "quality": pl.String,
}
_FILE = Path("addresses")


@dataclass
class Drawn:
    """Outlines (commune_code, station_code, geometry WKB EPSG:4326, points, quality) and what was set aside."""

    outlines: pl.DataFrame
    notices: list[Notice] = field(default_factory=list)


def draw(
    addresses: pl.DataFrame,
    communes: pl.DataFrame,
    *,
    threads: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Drawn:
    """Draw the outline of every station that has address points; in each commune they are a partition of it.

    `addresses` and `communes` have the columns ADDRESSES and COMMUNES of `isoloir.sources.reading`. Quality is B
    where the points are dense, C where they are sparse, D where there are only one or two.
    """
    points, notices = _usable(addresses, communes)
    several = points.group_by("commune_code").agg(stations=pl.col("station_code").n_unique(), points=pl.len())
    alone = several.filter(pl.col("stations") == 1).select("commune_code")
    outlines = [_whole(points, alone, communes)]
    parts = points.join(alone, on="commune_code", how="anti").partition_by("commune_code", as_dict=True)
    shape = dict(
        communes.filter(pl.col("commune_code").is_in([c[0] for c in parts]))
        .select("commune_code", "geometry")
        .iter_rows()
    )
    todo = sorted(((str(c[0]), t) for c, t in parts.items()), key=lambda part: -part[1].height)
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        for done, (table, notes) in enumerate(
            pool.map(lambda part: _one(part[0], part[1], shape[part[0]]), todo), start=1
        ):
            outlines.append(table)
            notices += notes
            if progress:
                progress(done, len(todo))
    return Drawn(pl.concat(outlines).sort("commune_code", "station_code"), notices)


def _usable(addresses: pl.DataFrame, communes: pl.DataFrame) -> tuple[pl.DataFrame, list[Notice]]:
    """The points that have a station, a position and a commune with an outline."""
    placed = pl.col("longitude").is_between(-180, 180) & pl.col("latitude").is_between(-90, 90)
    named = pl.col("commune_code").is_not_null() & pl.col("station_code").is_not_null()
    notices = []
    for keep, what in ((named, "address points without a station"), (placed, "address points without a position")):
        lost = addresses.filter(~keep.fill_null(False))
        if lost.height:
            notices.append(Notice(_FILE, f"{lost.height} {what} were set aside", row=_row(lost)))
        addresses = addresses.filter(keep)
    outlined = communes.filter(pl.col("geometry").is_not_null()).select("commune_code")
    for (code,), lost in addresses.join(outlined, on="commune_code", how="anti").group_by(
        "commune_code", maintain_order=True
    ):
        notices.append(
            Notice(
                _FILE,
                f"the commune has no outline: {lost.height} address points were set aside",
                row=_row(lost),
                value=str(code),
            )
        )
    return addresses.join(outlined, on="commune_code", how="semi"), notices


def _row(table: pl.DataFrame) -> int | None:
    value = table["row"].min()
    return int(value) if isinstance(value, int) else None


def _whole(points: pl.DataFrame, alone: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """The outlines of communes with a single station."""
    table = (
        points.join(alone, on="commune_code", how="semi").group_by("commune_code", "station_code").agg(points=pl.len())
    )
    return (
        table.join(communes.select("commune_code", "geometry").unique("commune_code"), on="commune_code")
        .select("commune_code", "station_code", "geometry", "points", quality=pl.lit("B"))
        .cast(pl.Schema(DRAWN))
    )


def _one(code: str, points: pl.DataFrame, outline: bytes) -> tuple[pl.DataFrame, list[Notice]]:
    """The outlines of one commune with several stations."""
    commune, notices = _mended(code, outline)
    stations = points["station_code"].unique().sort()
    label = points["station_code"].replace_strict(stations, np.arange(len(stations)), return_dtype=pl.Int64).to_numpy()
    sites = (
        None
        if commune.is_empty
        else gather(
            commune,
            points.select("longitude", "latitude").to_numpy(),
            label,
            points["weight"].cast(pl.Float64).fill_null(1.0).to_numpy(),
            points["score"].cast(pl.Float64).fill_null(1.0).to_numpy(),
        )
    )
    if sites is None:
        return pl.DataFrame(schema=DRAWN), [
            *notices,
            Notice(_FILE, "no usable address point: no outline", _row(points), code),
        ]
    mesh = triangulate(sites.x, sites.y)
    labels = absorb(mesh, sites.label, sites.inside, len(stations))
    drawn, shapes = carve(commune, trace(mesh, labels, sites.real), sites.plane, sites.real)
    count = sites.points[drawn]
    dense = (count >= DENSE) & (count.sum() >= DENSE_COMMUNE)
    table = pl.DataFrame(
        {
            "commune_code": [code] * len(drawn),
            "station_code": stations.gather(drawn),
            "geometry": shapely.to_wkb(shapes),
            "points": count,
            "quality": np.where(dense, "B", np.where(count < FEW, "D", "C")),
        },
        schema=DRAWN,
        strict=False,
    )
    return table, notices + _notices(code, points, sites, stations, drawn)


def _mended(code: str, outline: bytes) -> tuple[shapely.Geometry, list[Notice]]:
    """The commune's polygon, valid, prepared."""
    commune, notices = shapely.from_wkb(outline), []
    if not commune.is_valid:
        notices.append(Notice(_FILE, "the commune's outline was invalid and has been mended", value=code))
        parts = shapely.get_parts(shapely.make_valid(commune))
        commune = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    shapely.prepare(commune)
    return commune, notices


def _notices(code: str, points: pl.DataFrame, sites: Sites, stations: pl.Series, drawn: np.ndarray) -> list[Notice]:
    """What a reader of the outlines must know about the points behind them."""
    texts = {
        "outside": "{} address points lie outside their commune",
        "far": "{} address points lie far outside their commune and were set aside",
        "doubtful": "{} address points with a low geocoding score were set aside",
        "shared": "{} address points are at an address that another station has more of",
    }
    row, station = points["row"].to_numpy(), points["station_code"].to_numpy()
    notices = [
        Notice(_FILE, texts[reason].format(int(which.sum())), int(row[which].min()), code, severity="info")
        for reason, which in sites.set_aside.items()
        if which.any()
    ]
    for lost in stations.to_numpy()[np.setdiff1d(np.arange(len(stations)), drawn)]:
        first = int(row[station == lost].min())
        what = "no address point of its own: the station has no outline"
        notices.append(Notice(_FILE, what, first, f"{code}_{lost}"))
    if sites.points.sum() < DENSE_COMMUNE:
        notices.append(Notice(_FILE, f"only {sites.points.sum()} address points: rough outlines", _row(points), code))
    return notices
