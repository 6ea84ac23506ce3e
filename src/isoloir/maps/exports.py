"""Some stations as a file: CSV without outlines, GeoJSON, GeoPackage or GeoParquet with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import shapely

from isoloir import store
from isoloir.errors import SettingsError
from isoloir.maps.figures import LATEST, TODAY

if TYPE_CHECKING:
    import geopandas as gpd

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
}
_FORMULA = r"^[=+\-@\t\r]"  # what a spreadsheet takes for the beginning of a formula


def export_stations(connection: store.Connection, stations: list[str], kind: str, out: Path) -> Path:
    """Write some stations of today with their place in the last ranking and their newest turnout, atomically.

    Outlines are in longitude and latitude (EPSG:4326). Raises SettingsError for a format that there is not.
    """
    if kind not in KINDS:
        raise SettingsError(f"no format {kind!r}; choose among {', '.join(KINDS)}")
    table = read_stations(connection, stations)
    with store.atomic(out) as part:
        if kind == "csv":
            _harmless(table.drop("geometry")).write_csv(part, include_bom=True, float_precision=6)
        else:
            frame = _outlined(table)
            if kind == "parquet":
                frame.to_parquet(part, index=False)
            else:
                frame.to_file(
                    part, driver={"geojson": "GeoJSON", "gpkg": "GPKG"}[kind], layer="stations", engine="pyogrio"
                )
    return out


def read_stations(connection: store.Connection, stations: list[str]) -> pl.DataFrame:
    """One row per station, in order of their ids."""
    return store.frame(
        connection,
        f"""WITH {LATEST}, {TODAY}, newest AS (
            SELECT * FROM turnout_today WHERE list_contains($1, station_id)
            QUALIFY row_number() OVER (PARTITION BY station_id ORDER BY election DESC) = 1
        )
        SELECT t.station_id, t.commune_code, c.name AS commune, t.station_code, t.name, t.quality AS outline_quality,
            n.election, n.registered, n.voters, n.valid_votes, n.quality AS turnout_quality,
            l.target, l.election AS ranking_election, l.* EXCLUDE (station_id, target, election, registered), t.geometry
        FROM today t LEFT JOIN communes c USING (commune_code) LEFT JOIN newest n USING (station_id)
            LEFT JOIN latest l ON l.station_id = t.station_id
        WHERE list_contains($2, t.station_id) ORDER BY t.station_id""".replace("$1", "?").replace("$2", "?"),
        [stations, stations],
    )


def _harmless(table: pl.DataFrame) -> pl.DataFrame:
    """Text that a spreadsheet would run as a formula begins with an apostrophe."""
    return table.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA))
        .then(pl.lit("'") + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name, kind in table.schema.items()
        if kind == pl.String
    )


def _outlined(table: pl.DataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd  # a second of a start that mostly does without it

    shapes = shapely.from_wkb(np.asarray(table["geometry"].to_list(), dtype=object))
    return gpd.GeoDataFrame(table.drop("geometry").to_pandas(), geometry=shapes, crs=4326)
