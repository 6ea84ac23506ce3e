"""Writes the station database in one piece, and reads back what it says of itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from isoloir import __version__
from isoloir.errors import StationError
from isoloir.stations.inputs import Inputs, Readings
from isoloir.stations.rounds import STATION
from isoloir.stations.workspace import Frames, Workspace
from isoloir.store import Connection, atomic, database, frame, register_stream, sweep

PROVENANCE = {
    "table": pl.String,
    "column": pl.String,
    "source": pl.String,
    "file": pl.String,
    "sha256": pl.String,
    "date": pl.Date,
}
SHAPE = "1"  # the version of the tables below; a database of another shape is refused with a clear message


@dataclass(frozen=True)
class Summary:
    """What a database holds."""

    counts: dict[str, int]
    checks: pl.DataFrame  # name, outcome, detail: what is not plainly all right


def made_of(path: Path, fingerprint: str) -> bool:
    """Whether the database is there and was made of these very inputs by this very code."""
    if not path.exists():
        return False
    try:
        return meta(path).get("fingerprint") == fingerprint
    except StationError:
        return False


def meta(path: Path) -> dict[str, str]:
    """What a database says of itself; raise StationError where it is no station database, or one of another shape."""
    with database(path) as connection:
        tables = frame(connection, "SELECT table_name FROM information_schema.tables")["table_name"].to_list()
        if "meta" not in tables:
            raise StationError(f"{path}: not a station database; make one with `isoloir build`")
        found = dict(frame(connection, "SELECT key, value FROM meta").iter_rows())
    if found.get("shape") != SHAPE:
        raise StationError(f"{path}: made by Isoloir {found.get('version', '?')}; build it again with this version")
    return found


def summary(path: Path) -> Summary:
    """Counts and open questions of a database."""
    tables = ("stations", "turnout", "results", "variables", "lineage", "checks")
    with database(path) as connection:
        counts = {t: int(frame(connection, f"SELECT count(*) AS n FROM {t}").item()) for t in tables}
        checks = frame(connection, "SELECT name, outcome, detail FROM checks WHERE outcome NOT IN ('ok', 'info')")
        more = frame(
            connection,
            """SELECT count(*) FILTER (valid_to IS NULL) AS today,
                count(*) FILTER (valid_to IS NULL AND geometry IS NOT NULL) AS outlined FROM stations""",
        )
        counts |= {k: int(v) for k, v in more.row(0, named=True).items()}
        whole = """SELECT count(DISTINCT election) AS rounds, min(election)[:4]::INTEGER AS first,
            (SELECT count(DISTINCT variable) FROM variables) AS kinds FROM turnout"""
        counts |= {k: int(v or 0) for k, v in frame(connection, whole).row(0, named=True).items()}
    return Summary(counts, checks)


def write(target: Path, inputs: Inputs, readings: Readings, kept: Frames, workspace: Workspace) -> None:
    """Write every table and view from the stages, and the outlines of today as GeoParquet beside the database.

    `kept` has the `turnout` and `results` of the stations.
    Each file appears whole or not at all, the database last.
    """
    outlines = target.with_suffix(".stations.parquet")
    for file in (target, outlines):
        sweep(file)
    with atomic(target) as part:
        with database(part, write=True) as connection:
            for file in sorted(workspace.folder.glob("*/*.parquet")):
                if not file.parent.name.startswith("read ") and file.stem not in kept:
                    connection.execute(
                        f"CREATE TEMP VIEW in_{file.stem} AS SELECT * FROM read_parquet('{_quoted(file)}')"
                    )
            connection.register("in_notices", readings.notices)
            members = frame(connection, "SELECT * FROM in_members")
            for name, rows in kept.items():
                register_stream(connection, f"in_{name}", name_stations(rows, members))
            connection.execute(_sql("load.sql"))
            _insert(connection, "provenance", provenance(inputs, readings))
            _insert(connection, "meta", _meta(inputs))
            connection.execute(_sql("checks.sql"))
            connection.execute(_sql("schema.sql"))
            _export(connection, outlines)
        workspace.report("database", 0.9)


def name_stations(rows: pl.LazyFrame, members: pl.DataFrame) -> pl.LazyFrame:
    """Add station_id to turnout or results, in an order that depends on nothing else.

    Almost every station's id is its code: only the communes where one is not are looked up in `members`.
    """
    code = pl.concat_str("commune_code", "station_code", separator="_")
    other = members.filter(pl.col("station_id") != code).select(*STATION, "station_id")
    near = pl.col("commune_code").is_in(other["commune_code"].unique().implode())
    looked_up = rows.filter(near).join(other.lazy(), on=STATION, how="left", maintain_order="left")
    named = looked_up.with_columns(station_id=pl.coalesce("station_id", code))
    return pl.concat([rows.filter(~near).with_columns(station_id=code), named])


def provenance(inputs: Inputs, readings: Readings) -> pl.DataFrame:
    """Every column of every table that was read, with its file, checksum and date (of the file)."""
    dates = {f.file: datetime.fromtimestamp(f.file.stat().st_mtime, UTC).date() for f in inputs.found}
    rows = [
        (table, column, part.source.id, part.file.name, inputs.checksums[part.file], dates[part.file])
        for table, parts in readings.parts.items()
        for part in parts
        for column in part.table.collect_schema().names()
    ]
    return pl.DataFrame(rows, schema=PROVENANCE, orient="row").sort(pl.all())


def _insert(connection: Connection, table: str, rows: pl.DataFrame) -> None:
    connection.register("rows", rows)
    connection.execute(f"INSERT INTO {table} SELECT * FROM rows")
    connection.unregister("rows")


def _export(connection: Connection, target: Path) -> None:
    """The stations of today that have an outline, as GeoParquet (EPSG:4326)."""
    rows = connection.sql(
        """SELECT * EXCLUDE (valid_to, geometry), geometry FROM stations
        WHERE valid_to IS NULL AND geometry IS NOT NULL ORDER BY station_id"""
    ).to_arrow_table()
    with atomic(target) as part:
        pq.write_table(rows.replace_schema_metadata({"geo": json.dumps(_geo(rows))}), part, compression="zstd")


def _geo(rows: pa.Table) -> dict[str, Any]:
    """The metadata of GeoParquet 1.1 about the column `geometry`."""
    shapes = shapely.from_wkb(rows["geometry"].to_numpy())
    column = {
        "encoding": "WKB",
        "crs": pyproj.CRS.from_epsg(4326).to_json_dict(),
        "geometry_types": sorted({shape.geom_type for shape in shapes}),
        "bbox": shapely.total_bounds(shapes).tolist(),
    }
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _sql(name: str) -> str:
    return (resources.files("isoloir.stations") / name).read_text(encoding="utf-8")


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


def _meta(inputs: Inputs) -> pl.DataFrame:
    values = {
        "shape": SHAPE,
        "version": __version__,
        "area": str(inputs.area),
        "fingerprint": inputs.fingerprint,
        "sources": ", ".join(sorted({f.source.id for f in inputs.found})),
    }
    return pl.DataFrame({"key": list(values), "value": list(values.values())})
