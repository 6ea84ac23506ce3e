"""Outlines from address points: are they right, and how fast are they drawn?

    python benchmarks/outlines.py [FOLDER OF REAL DATA]

One line per claim. The peer is the straightforward way with GeoPandas: Voronoi cells by commune, spatial join, clip,
dissolve by station. Without real data the points are those of a made-up département.
"""

from __future__ import annotations

import lzma
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from isoloir.codes import station
from isoloir.sources.reading import ADDRESSES, COMMUNES
from isoloir.stations.outlines import draw, settle_borders

REAL = Path(os.environ.get("ISOLOIR_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))


def val_de_marne(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The address points of Val-de-Marne and the outlines of its communes."""
    points = pl.read_parquet(folder / "geometry" / "val_de_marne_address_points.parquet")
    addresses = points.with_columns(
        station("station_code").alias("station_code"),
        weight=pl.lit(1.0),
        score=pl.col("geocoding_score"),
        row=pl.int_range(pl.len()) + 1,
    )
    with lzma.open(folder / "administrative" / "communes.csv.lzma") as stream:
        table = pl.read_csv(stream.read(), infer_schema=False)
    table = table.filter(pl.col("code").str.starts_with("94"), pl.col("type") == "COM").select(
        commune_code="code",
        name="nom",
        population=pl.lit(None),
        geometry=pl.col("geometry").str.decode("hex"),
    )
    return addresses.select(*ADDRESSES).cast(pl.Schema(ADDRESSES)), table.cast(pl.Schema(COMMUNES))


def made_up(communes: int = 40, points: int = 3000, stations: int = 16) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Square communes with houses along streets, and stations that are unions of blocks."""
    random, tables, shapes = np.random.default_rng(0), [], []
    for c in range(communes):
        west, south = 2 + 0.03 * (c % 8), 48 + 0.02 * (c // 8)
        along = random.choice(np.arange(0.001, 0.0195, 0.00015), points)
        street = random.integers(1, 16, points) * 0.0012 + random.choice([-0.00012, 0.00012], points)
        turned = random.random(points) < 0.5
        x, y = np.where(turned, street, along) * 1.5, np.where(turned, along, street)
        seeds = np.round(random.random((stations, 2)) * 16) * 0.0012
        block = np.floor(np.column_stack([x / 1.5, y]) / 0.0012) * 0.0012 + 0.0006
        near = ((block[:, None] - seeds[None]) ** 2).sum(axis=2).argmin(axis=1)
        shapes.append(shapely.to_wkb(shapely.box(west, south, west + 0.03, south + 0.02)))
        frame = {"commune_code": f"W1{c:03}", "station_code": near + 1, "longitude": west + x, "latitude": south + y}
        tables.append(pl.DataFrame(frame).with_columns(pl.col("station_code").cast(pl.String).str.zfill(4)))
    addresses = pl.concat(tables).with_columns(weight=1.0, score=0.9, row=pl.int_range(pl.len()) + 1)
    codes = [f"W1{c:03}" for c in range(communes)]
    outlines = pl.DataFrame({"commune_code": codes, "name": codes, "population": 1000, "geometry": shapes})
    return addresses.select(*ADDRESSES).cast(pl.Schema(ADDRESSES)), outlines.cast(pl.Schema(COMMUNES))


def held_out(addresses: pl.DataFrame, communes: pl.DataFrame, seed: int, *, settle: bool = True) -> tuple[float, float]:
    """Hold out 10 % of the points: the share of them in their own station's outline, and in their commune's.

    The borders of communes are settled on the other points only; every held-out point counts, also those that lie
    outside their commune.
    """
    held = np.random.default_rng(seed).random(addresses.height) < 0.1
    known, asked = addresses.filter(~held), addresses.filter(held)
    if settle:
        communes = settle_borders(known, communes)
    outlines = draw(known, communes).outlines.select("commune_code", "station_code", outline="geometry")
    asked = asked.join(outlines, on=["commune_code", "station_code"], how="left")
    asked = asked.join(communes.select("commune_code", "geometry"), on="commune_code", how="left")
    return _inside(asked, "outline"), _inside(asked, "geometry")


def _inside(points: pl.DataFrame, column: str) -> float:
    shapes = shapely.from_wkb(points[column].to_numpy())
    return float(np.mean(shapely.intersects_xy(shapes, points["longitude"].to_numpy(), points["latitude"].to_numpy())))


def peer(addresses: pl.DataFrame, communes: pl.DataFrame) -> gpd.GeoDataFrame:
    """The straightforward way: cells, spatial join, clip, dissolve."""
    outlines = gpd.GeoDataFrame(
        communes.select("commune_code").to_pandas(),
        geometry=shapely.from_wkb(communes["geometry"].to_numpy()),
        crs=4326,
    ).set_index("commune_code")
    points = gpd.GeoDataFrame(
        addresses.select("commune_code", "station_code").to_pandas(),
        geometry=gpd.points_from_xy(addresses["longitude"], addresses["latitude"], crs=4326),
    )
    drawn = []
    for code, mine in points.groupby("commune_code"):
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(mine.geometry.to_numpy())))
        cells = gpd.GeoDataFrame(geometry=cells, crs=4326)
        cells = gpd.sjoin(cells, mine[["station_code", "geometry"]], predicate="contains")
        cells = cells[~cells.index.duplicated()].drop(columns="index_right")
        cells = gpd.clip(cells, outlines.loc[[code]])
        drawn.append(cells.dissolve("station_code").assign(commune_code=code))
    return gpd.pd.concat(drawn)


def repeated(addresses: pl.DataFrame, communes: pl.DataFrame, times: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same communes many times, under other codes."""
    code = pl.col("commune_code")
    return tuple(pl.concat([t.with_columns(code + f"x{k}") for k in range(times)]) for t in (addresses, communes))  # type: ignore[return-value]


def seconds(run: Callable[[], object]) -> float:
    """The better of two runs."""
    took = []
    for _ in range(2):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return min(took)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else REAL
    real = (folder / "geometry" / "val_de_marne_address_points.parquet").exists()
    addresses, communes = val_de_marne(folder) if real else made_up()
    print(f"{'Val-de-Marne' if real else 'made-up département'}: {addresses.height} address points")
    scores = [held_out(addresses, communes, seed)[0] for seed in range(5)]
    print(f"held-out points in their own outline: {np.mean(scores):.4f}, worst of 5 seeds {min(scores):.4f} (>= 0.955)")
    own, commune = held_out(addresses, communes, 0, settle=False)
    print(f"  without settling the borders of communes: {own:.4f}; {own / commune:.4f} of those inside their commune")
    ours, theirs = seconds(lambda: draw(addresses, communes)), seconds(lambda: peer(addresses, communes))
    print(f"speed: {theirs / ours:.1f} times the straightforward way ({ours:.2f} s against {theirs:.2f} s; >= 10)")
    one = seconds(lambda: draw(addresses, communes, threads=1))
    print(f"  on one thread: {theirs / one:.1f} times ({one:.2f} s)")
    settled = seconds(lambda: settle_borders(addresses, communes))
    print(f"  settling the borders of communes first takes {settled:.2f} s")
    many = repeated(addresses, communes, 10)
    growth = seconds(lambda: draw(*many)) / ours
    print(f"growth: 10 times the points take {growth:.1f} times as long")


if __name__ == "__main__":
    main()
