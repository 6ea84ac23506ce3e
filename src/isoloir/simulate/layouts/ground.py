"""Maps and lists of places: communes, IRIS, mergers of communes, constituencies."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from pyproj import Transformer

from isoloir.simulate.geography import Floats, Territory
from isoloir.simulate.layouts.stream import TextStream
from isoloir.simulate.people import People
from isoloir.simulate.places import iris_codes
from isoloir.simulate.stations import YEARS
from isoloir.simulate.votes import Stage

_MVT = "MOD,DATE_EFF," + ",".join(
    f"{column}_{when}" for when in ("AV", "AP") for column in ("TYPECOM", "COM", "TNCC", "NCC", "NCCENR", "LIBELLE")
)
_NEW_COMMUNE = "32"
DEGREE_DECIMALS = 6


def write_outlines(folder: Path, land: Territory, population: Floats) -> None:
    """`communes.geojson` (EPSG:4326) and `contours-iris.parquet` (EPSG:2154), as they are after every merger."""
    here = folder / "geography"
    here.mkdir(parents=True, exist_ok=True)
    owner = land.at(YEARS[-1])[land.seed_commune]
    communes, shapes = _unite(owner, land.cells)
    degrees = np.round(_project(shapes, 4326), DEGREE_DECIMALS)
    frame = gpd.GeoDataFrame(
        {
            "code": land.code[communes],
            "nom": land.name[communes],
            "population": np.round(np.bincount(land.at(YEARS[-1]), population)[communes]).astype(np.int64),
        },
        geometry=shapely.set_coordinates(shapes.copy(), degrees),
        crs=4326,
    )
    frame.to_file(here / "communes.geojson", driver="GeoJSON", COORDINATE_PRECISION=DEGREE_DECIMALS, RFC7946="NO")
    code, _ = iris_codes(land, np.arange(len(land.cells)), YEARS[-1])
    codes, place = np.unique(code, return_inverse=True)
    _, pieces = _unite(place.ravel().astype(np.int64), land.cells)
    metres = _project(pieces, 2154)
    name = land.name[owner]
    first = np.unique(code, return_index=True)[1]
    iris = gpd.GeoDataFrame(
        {
            "code_iris": codes,
            "nom_iris": [
                f"{n} {c[7:]}" if c[5:] != "0000" else n for n, c in zip(name[first], codes.tolist(), strict=True)
            ],
            "code_insee": [c[:5] for c in codes.tolist()],
        },
        geometry=shapely.set_coordinates(pieces.copy(), metres),
        crs=2154,
    )
    iris.to_parquet(here / "contours-iris.parquet", compression="zstd")


def _unite(
    group: npt.NDArray[np.int64], cells: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """One polygon per group, in the order of the groups; cells share their vertices exactly."""
    order = np.argsort(group, kind="stable")
    groups, begin, count = np.unique(group[order], return_index=True, return_counts=True)
    shapes = cells[order][begin].copy()
    for i in np.flatnonzero(count > 1):
        shapes[i] = shapely.coverage_union_all(cells[order[begin[i] : begin[i] + count[i]]])
    return groups, shapes


def _project(shapes: npt.NDArray[np.object_], epsg: int) -> Floats:
    """Coordinates of the shapes in another projection."""
    x, y = shapely.get_coordinates(shapes).T
    return np.column_stack(Transformer.from_crs(3035, epsg, always_xy=True).transform(x, y))


def write_changes(folder: Path, land: Territory) -> None:
    """`v_mvt_commune_2024.csv`: each member of a commune nouvelle becomes it, and a part of it (COMD)."""
    stream = TextStream(folder / "geography" / "v_mvt_commune_2024.csv", _MVT + "\n", separator=",")
    merged = np.flatnonzero(land.merged_in > 0)
    order = merged[np.lexsort([land.code[merged], land.merged_in[merged]])]
    rows = []
    for i in order.tolist():
        into = int(land.merged_into[i])
        before = ["COM", land.code[i], "0", land.name[i].upper(), land.name[i], land.name[i]]
        after = [land.code[into], "0", land.name[into].upper(), land.name[into], land.name[into]]
        date = f"{land.merged_in[i]}-01-01"
        rows.append([_NEW_COMMUNE, date, *before, "COM", *after])
        rows.append([_NEW_COMMUNE, date, *before, "COMD", *before[1:]])
    stream.write(pl.DataFrame([[str(v) for v in r] for r in rows], schema=[str(i) for i in range(14)], orient="row"))
    stream.close()


def write_constituencies(folder: Path, stages: list[Stage]) -> None:
    """`circonscriptions.csv`: a large city is in several."""
    stream = TextStream(folder / "geography" / "circonscriptions.csv", "code_commune;code_circonscription\n")
    for stage in stages:
        pairs = pl.DataFrame({"commune": stage.commune, "number": stage.constituency + 1}).unique(maintain_order=True)
        number = pl.col("number").cast(pl.String).str.zfill(2)
        stream.write(pairs.sort("commune", "number").select("commune", code=pl.col("commune").str.slice(0, 2) + number))
    stream.close()


def population_of(land: Territory, commune: npt.NDArray[np.int64], people: People, year: int) -> Floats:
    """Inhabitants of each commune of the territory, counted over the blocks of one département."""
    total = people.counts[year][:, : 2 * 16].sum(axis=1)
    return np.asarray(np.bincount(commune, total, len(land.code)))
