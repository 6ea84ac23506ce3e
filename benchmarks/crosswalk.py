"""Census to stations: how fast are units shared between stations, and how does it grow to the size of France?

    python benchmarks/crosswalk.py [--france]

One line per claim. The peer is the straightforward way: GeoPandas `sjoin` of the address points (or `overlay` of the
outlines), then pandas `groupby` and `merge`. Both must give the same table. `--france` measures Isoloir alone on 16
million addresses, 16,000 IRIS and 69,000 stations. The ground is made up: square communes, IRIS that are Voronoi cells
with many vertices, clustered dwellings.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from isoloir.stations.census.crosswalk import apportion, crosswalk, place_stations, place_units
from isoloir.stations.census.evidence import by_addresses, by_area, equal_area, locatable

COLUMNS = [f"P_{i}" for i in range(250)]
VERTEX_EVERY = 0.0001  # degrees: about 200 vertices per IRIS


def cells(rng: np.random.Generator, west: float, south: float, count: int) -> np.ndarray:
    """A square commune cut into Voronoi cells."""
    square = shapely.box(west, south, west + 0.03, south + 0.03)
    seeds = shapely.multipoints(rng.uniform([west, south], [west + 0.03, south + 0.03], (count, 2)))
    parts = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=square))
    return shapely.segmentize(shapely.intersection(parts, square), VERTEX_EVERY)


def make_ground(communes: int, iris: int, stations: int, points: int) -> dict[str, pl.DataFrame | np.ndarray]:
    """Stations, units, addresses and census of `communes` communes with so many of each."""
    rng = np.random.default_rng(0)
    side = int(np.ceil(np.sqrt(communes)))
    units, outlines, places, names = [], [], [], [f"{c:05}" for c in range(communes)]
    for c in range(communes):
        west, south = -4 + 0.031 * (c % side), 43 + 0.031 * (c // side)
        units.append(cells(rng, west, south, iris))
        outlines.append(cells(rng, west, south, stations))
        centre = rng.uniform([west, south], [west + 0.03, south + 0.03], (40, 2))
        where = centre[rng.integers(0, 40, points)] + rng.normal(0, 0.002, (points, 2))
        places.append(np.clip(where, [west + 1e-6, south + 1e-6], [west + 0.03 - 1e-6, south + 0.03 - 1e-6]))
    xy = np.concatenate(places)
    station = (np.tile(np.arange(points), communes) * stations // points).astype(str)
    codes = [f"{s:04}" for s in range(stations)]
    addresses = pl.DataFrame(
        {
            "commune_code": pl.Series(names).gather(np.repeat(np.arange(communes), points)),
            "station_code": pl.Series(station).str.pad_start(4, "0"),
            "longitude": xy[:, 0],
            "latitude": xy[:, 1],
            "weight": rng.integers(1, 5, len(xy)).astype(np.float32),
        }
    )
    unit_codes = [f"{c}{i:04}" for c in names for i in range(1, iris + 1)]
    keys = {"unit_code": unit_codes, "commune_code": [u[:5] for u in unit_codes]}
    counts = pl.DataFrame(rng.uniform(0, 1000, (len(unit_codes), len(COLUMNS))), schema=COLUMNS)
    return {
        "stations": pl.DataFrame(
            {"commune_code": [c for c in names for _ in codes], "station_code": codes * communes, "registered": 700}
        ),
        "units": pl.DataFrame(keys | {"geometry": list(shapely.to_wkb(np.concatenate(units)))}),
        "census": pl.concat([pl.DataFrame(keys), counts], how="horizontal"),
        "addresses": addresses,
        "outlines": np.concatenate(outlines),
    }


def timed(run: Callable[[], pl.DataFrame]) -> tuple[pl.DataFrame, float]:
    started = time.perf_counter()
    result = run()
    return result, time.perf_counter() - started


def ours(ground: dict, by: str) -> pl.DataFrame:
    stations = place_stations(ground["stations"])
    units = place_units(ground["units"], stations)
    if by == "addresses":
        points = locatable(ground["addresses"], stations)
        shared = crosswalk(units, stations, by_addresses(points, units, stations))
    else:
        shared = crosswalk(units, stations, None, by_area(units, stations, equal_area(ground["outlines"])))
    return apportion(ground["census"], shared)


def peer(ground: dict, by: str) -> pl.DataFrame:
    """The same with GeoPandas and pandas."""
    units = gpd.GeoDataFrame(
        {"unit_code": ground["units"]["unit_code"].to_list()},
        geometry=gpd.GeoSeries.from_wkb(ground["units"]["geometry"].to_list()),
        crs=4326,
    )
    if by == "addresses":
        table = ground["addresses"].to_pandas()
        points = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table.longitude, table.latitude), crs=4326)
        joined = gpd.sjoin(points, units, predicate="within")
        mass = joined.groupby(["unit_code", "commune_code", "station_code"])["weight"].sum().reset_index(name="mass")
    else:
        stations = gpd.GeoDataFrame(ground["stations"].to_pandas(), geometry=list(ground["outlines"]), crs=4326)
        joined = gpd.overlay(units.to_crs(3035), stations.to_crs(3035), how="intersection", keep_geom_type=False)
        joined = joined[joined.unit_code.str[:5] == joined.commune_code].assign(mass=lambda t: t.geometry.area)
        mass = joined[["unit_code", "commune_code", "station_code", "mass"]]
    mass = mass.assign(share=mass.mass / mass.groupby("unit_code").mass.transform("sum"))
    counts = mass.merge(ground["census"].drop("commune_code").to_pandas(), on="unit_code")
    parts = pd.concat(
        [counts[["commune_code", "station_code"]], counts[COLUMNS].multiply(counts.share, axis=0)], axis=1
    )
    summed = parts.groupby(["commune_code", "station_code"])[COLUMNS].sum().reset_index()
    everyone = ground["stations"].to_pandas()[["commune_code", "station_code"]]
    return pl.from_pandas(pd.DataFrame(everyone.merge(summed, how="left")))


def compare(ground: dict, by: str) -> None:
    (mine, quick), (theirs, slow) = timed(lambda: ours(ground, by)), timed(lambda: peer(ground, by))
    known = mine.select(COLUMNS).fill_null(0).to_numpy(), theirs.select(COLUMNS).fill_null(0).to_numpy()
    same = float((np.abs(known[0] - known[1]).max(axis=1) < 1e-3).mean())
    print(
        f"{by}: {slow / quick:.1f} times as fast as GeoPandas ({quick:.2f} s against {slow:.2f} s); "
        f"{same:.2%} of stations equal"
    )


def main() -> None:
    ground = make_ground(communes=60, iris=12, stations=20, points=15_000)
    ours(ground, "addresses")  # compiles once per machine
    print(f"{ground['addresses'].height:,} addresses, {ground['units'].height:,} IRIS, 250 counts")
    compare(ground, "addresses")
    compare(ground, "areas")
    if "--france" in sys.argv:
        ground = make_ground(communes=1300, iris=12, stations=53, points=12_300)
        _, seconds = timed(lambda: ours(ground, "addresses"))
        print(f"France: {ground['addresses'].height:,} addresses, {ground['units'].height:,} IRIS in {seconds:.1f} s")


if __name__ == "__main__":
    main()
