"""Polygons of any file as valid multipolygons in longitude and latitude (EPSG:4326), each mending told.

read_features   any format -> properties, `row` (the feature's number, from 1) and `geometry` (WKB)
locate          WKB in the file's coordinates -> shapes in EPSG:4326
repair          invalid shapes -> valid ones, polygons only
unite           several shapes of one code -> one
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from isoloir.errors import SourceError
from isoloir.sources.delimited import list_notices
from isoloir.sources.geography.place import check_coordinates, guess_crs
from isoloir.sources.reading import Notice

Shapes = np.ndarray[Any, np.dtype[np.object_]]


def read_features(file: Path, layer: str | None = None) -> tuple[pl.DataFrame, Any]:
    """The features of a GeoJSON, TopoJSON, shapefile, GeoPackage or GeoParquet file, and the CRS that it declares.

    The CRS is None where the file states none. Raise SourceError where the file is empty, cut or of another kind.
    """
    try:
        table, column, crs = _read_geoparquet(file) if file.suffix.lower() == ".parquet" else _read_ogr(file, layer)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(error, file) from error
    if not table.num_rows:
        raise SourceError("there is no feature in it", file=file)
    geometry = pl.Series("geometry", table.column(column)).cast(pl.Binary)
    properties = pl.from_arrow(_plain(table.drop_columns([column])))
    assert isinstance(properties, pl.DataFrame)
    return properties.with_columns(geometry).with_row_index("row", offset=1), crs


def _plain(table: pa.Table) -> pa.Table:
    """The same without extension types: properties of several kinds (12 and "12") come as JSON, lists as lists."""
    for place, column in enumerate(table.schema):
        if isinstance(column.type, pa.BaseExtensionType):
            storage = pa.chunked_array(
                [chunk.storage for chunk in table.column(place).chunks], column.type.storage_type
            )
            table = table.set_column(place, column.name, storage)
    return table


def locate(wkb: pl.Series, rows: pl.Series, crs: Any, file: Path) -> tuple[Shapes, list[Notice]]:
    """Shapes in EPSG:4326, None where there is no geometry; raise SourceError where they cannot be in that CRS.

    `crs` None: longitude and latitude are assumed, with a notice, if the coordinates can be that.
    """
    shapes = shapely.force_2d(shapely.from_wkb(wkb.to_numpy(), on_invalid="ignore"))
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    shapes[empty] = None
    notices = list_notices(file, "no geometry can be read here", [(int(r), "") for r in rows.to_numpy()[empty]])
    if crs is None and not empty.all():
        crs = guess_crs(shapes, file)
        notices.append(Notice(file, "it states no CRS; longitude and latitude were assumed", severity="info"))
    if empty.all():
        return shapes, notices
    source = pyproj.CRS.from_user_input(crs)
    placed = shapes if _is_wgs84(source) else _project(shapes, source)
    check_coordinates(shapes, placed, source, file)
    return placed, notices


def repair(shapes: Shapes, rows: pl.Series, file: Path) -> tuple[Shapes, list[Notice]]:
    """Valid polygons and multipolygons; what has no area becomes None. A notice says what was wrong, and where."""
    wrong = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes))
    reasons = shapely.is_valid_reason(shapes[wrong])
    shapes = shapes.copy()
    shapes[wrong] = shapely.make_valid(shapes[wrong], method="structure", keep_collapsed=False)
    kinds = shapely.get_type_id(shapes)
    for i in np.flatnonzero(kinds == 7):
        shapes[i] = _keep_polygons(shapes[i])
    flat = ~shapely.is_missing(shapes) & (shapely.area(shapes) == 0)
    shapes[flat] = None
    number = rows.to_numpy()
    mended = [(int(number[i]), reason) for i, reason in zip(wrong, reasons, strict=True)]
    return shapes, [
        *list_notices(file, "this outline was invalid and has been repaired", mended),
        *list_notices(file, "this outline has no area; it was left out", [(int(r), "") for r in number[flat]]),
    ]


def unite(
    table: pl.DataFrame, shapes: Shapes, keys: list[str], file: Path, *, first_only: bool = False
) -> tuple[pl.DataFrame, list[Notice]]:
    """One row per key, with `geometry` in WKB: several shapes of one key are united, or only the first is kept.

    `table` has the keys and `row`, in the order of `shapes`. A notice tells each; shapes that are None are left out.
    """
    table = table.select(*keys, "row").with_row_index("at").filter(pl.Series(~shapely.is_missing(shapes)))
    groups = table.group_by(keys, maintain_order=True).agg(pl.col("row").first(), pl.col("at"))
    merged = shapes[groups["at"].list.first().to_numpy()]
    several = groups.with_row_index("group").filter(pl.col("at").list.len() > 1)
    for group, members in [] if first_only else several.select("group", "at").iter_rows():
        merged[group] = shapely.union_all(shapes[members])
    name = pl.concat_str(keys, separator="_") + pl.format(" ({} outlines)", pl.col("at").list.len())
    what = "this code has several outlines; " + ("only the first was kept" if first_only else "they were united")
    notices = list_notices(file, what, several.select("row", name).rows())
    return groups.select(*keys, "row").with_columns(geometry=to_wkb(merged)), notices


def to_wkb(shapes: Shapes) -> pl.Series:
    """A column of WKB, null for None."""
    return pl.Series("geometry", shapely.to_wkb(shapes).tolist(), dtype=pl.Binary)


def mend(wkb: pl.Series, rows: pl.Series, file: Path) -> tuple[pl.Series, list[Notice]]:
    """WKB in EPSG:4326 as valid polygons in WKB; null stays null."""
    shapes, lost = locate(wkb, rows, "EPSG:4326", file)
    shapes, repaired = repair(shapes, rows, file)
    return to_wkb(shapes), lost + repaired


def _read_ogr(file: Path, layer: str | None) -> tuple[pa.Table, str, Any]:
    import pyogrio  # not above: it loads GeoPandas, which takes longer than reading a département

    try:
        meta, table = pyogrio.raw.read_arrow(file, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise _unreadable(error, file) from error
    return table, meta["geometry_name"] or "wkb_geometry", meta["crs"]


def _unreadable(error: Exception, file: Path) -> SourceError:
    return SourceError(f"no geometry can be read from it ({str(error).splitlines()[0]})", file=file)


def _read_geoparquet(file: Path) -> tuple[pa.Table, str, Any]:
    table = pq.read_table(file)
    stated = (table.schema.metadata or {}).get(b"geo")
    if not stated:
        raise SourceError("a Parquet file without geometry (no `geo` metadata)", file=file)
    meta = json.loads(stated)
    column = meta["primary_column"]
    if meta["columns"][column].get("encoding", "WKB") != "WKB":
        raise SourceError("only GeoParquet with WKB geometry can be read", file=file)
    return table, column, meta["columns"][column].get("crs", "OGC:CRS84")


def _is_wgs84(crs: pyproj.CRS) -> bool:
    return crs.equals(pyproj.CRS("OGC:CRS84"), ignore_axis_order=True) or crs.to_epsg() == 4326


def _project(shapes: Shapes, crs: pyproj.CRS) -> Shapes:
    transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    points = np.column_stack(transformer.transform(*shapely.get_coordinates(shapes).T))
    return np.asarray(shapely.set_coordinates(shapes.copy(), points))


def _keep_polygons(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
