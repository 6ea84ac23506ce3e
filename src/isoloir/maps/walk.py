"""Walk sheets: a plan as paper that a team can hold, one part a turf, legible in black and white.

In the campaign of 2012 a third of the canvassers never saw the list of priorities, for want of maps and walk lists
(Pons, American Economic Review 108(6), 2018).
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely
import typst

from isoloir import store
from isoloir.errors import SettingsError
from isoloir.maps.turf_map import Shape, draw_turf

NEEDED = ("turf", "station_id", "arm", "doors", "hours")
CONTROL = "control"


@dataclass(frozen=True)
class Stop:
    """A station of a turf, as printed."""

    station_id: str
    number: int  # on the map and in the lists
    name: str
    place: str
    doors: int
    hours: float
    streets: list[dict[str, Any]]


def write_walk_sheets(database: Path, plan: Path, out: Path, language: str) -> Path:
    """Write one PDF with the sheets of every turf of a plan (the CSV of `isoloir plan`), atomically.

    Raises SettingsError where the file is no plan, naming what it lacks, or knows stations that the database does not.
    """
    table = read_plan(plan)
    with store.database(database) as connection:
        known = _stations(connection)
        streets = _streets(connection, table["station_id"].to_list())
    unknown = sorted(set(table["station_id"]) - set(known["station_id"]))
    if unknown:
        raise SettingsError(f"{plan}: {unknown[0]} is no station of {database}; make the plan again on this database")
    turfs = [
        _turf(number, part, table, known, streets, language)
        for (number,), part in table.filter(pl.col("turf").is_not_null()).group_by("turf", maintain_order=True)
    ]
    return _print(turfs, out, language)


def read_plan(plan: Path) -> pl.DataFrame:
    """The rows of a plan; raises SettingsError where a column is missing or nothing is planned."""
    try:
        table = pl.read_csv(plan, schema_overrides={"station_id": pl.String, "turf": pl.Int32}, encoding="utf8-lossy")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SettingsError(f"{plan}: not a plan that can be read ({str(error).splitlines()[0]})") from error
    if missing := [name for name in NEEDED if name not in table.columns]:
        raise SettingsError(f"{plan}: no column {', '.join(missing)}; give the CSV that `isoloir plan` wrote")
    if table["turf"].drop_nulls().is_empty():
        raise SettingsError(f"{plan}: no turf in it, so there is nothing to print")
    return table


def _stations(connection: store.Connection) -> pl.DataFrame:
    return store.frame(
        connection,
        """SELECT station_id, station_code, s.name, coalesce(c.name, commune_code) AS commune, s.geometry
        FROM stations s LEFT JOIN communes c USING (commune_code) WHERE valid_to IS NULL ORDER BY station_id""",
    )


def _streets(connection: store.Connection, stations: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The streets of each station with their addresses, where the sources named any."""
    there = store.frame(connection, "SELECT 1 FROM information_schema.tables WHERE table_name = 'streets'")
    if there.is_empty():
        return {}
    found = store.frame(
        connection,
        "SELECT station_id, street AS name, addresses AS doors FROM streets WHERE list_contains(?, station_id)"
        " ORDER BY station_id, street",
        [stations],
    )
    return {
        str(key[0]): part.to_dicts()
        for key, part in found.partition_by("station_id", as_dict=True, include_key=False).items()
    }


def _turf(
    number: int,
    part: pl.DataFrame,
    plan: pl.DataFrame,
    known: pl.DataFrame,
    streets: dict[str, list[dict[str, Any]]],
    language: str,
) -> dict[str, Any]:
    """Everything that is printed of a turf."""
    t = texts(language)
    rows = {row["station_id"]: row for row in known.drop("geometry").iter_rows(named=True)}
    stops = [_stop(place, row, rows[row["station_id"]], streets, t) for place, row in enumerate(part.to_dicts(), 1)]
    control = plan.filter(pl.col("arm") == CONTROL)["station_id"].to_list()
    drawing, near = draw_turf(_shapes(known), [s.station_id for s in stops], control)
    total = t["total"].format(doors=sum(s.doors for s in stops), hours=round(sum(s.hours for s in stops)))
    return {
        "title": t["turf"].format(n=number),
        "places": ", ".join(dict.fromkeys(rows[s.station_id]["commune"] for s in stops)),
        "total": total,
        "stations": [{**vars(s), "hours": f"{s.hours:.1f}".replace(".", t["decimal"])} for s in stops],
        "control": [_named(rows[station], t) for station in near],
        "map": drawing,
    }


def _stop(
    place: int,
    row: dict[str, Any],
    station: dict[str, Any],
    streets: dict[str, list[dict[str, Any]]],
    t: dict[str, str],
) -> Stop:
    name = _named(station, t)
    venue = station["name"] or ""
    listed = streets.get(station["station_id"], [])
    return Stop(station["station_id"], place, name, venue, int(row["doors"]), float(row["hours"]), listed)


def _named(station: dict[str, Any], t: dict[str, str]) -> str:
    return f"{station['commune']}, {t['station_n'].format(code=station['station_code'].lstrip('0') or '0')}"


def read_shapes(connection: store.Connection) -> list[Shape]:
    """The outlines of every station of today that has one."""
    return _shapes(_stations(connection))


def _shapes(known: pl.DataFrame) -> list[Shape]:
    outlines = shapely.from_wkb(np.asarray(known["geometry"].to_list(), dtype=object))
    return [
        Shape(station_id, outline)
        for station_id, outline in zip(known["station_id"], outlines, strict=True)
        if outline is not None and not outline.is_empty
    ]


def _print(turfs: list[dict[str, Any]], out: Path, language: str) -> Path:
    """One PDF; what is printed goes in as data, so that no name of a place can become part of the template."""
    inputs = {"turfs": turfs, "texts": texts(language)}
    template = (resources.files("isoloir.maps") / "walk.typ").read_bytes()
    given = {name: json.dumps(value, ensure_ascii=False) for name, value in inputs.items()}
    with store.atomic(out) as part:
        part.write_bytes(typst.compile(template, sys_inputs={**given, "language": language}))
    return out


def texts(language: str) -> dict[str, str]:
    """The words of the sheets."""
    raw = tomllib.loads((resources.files("isoloir.maps") / "walk.toml").read_text(encoding="utf-8"))
    return {name: str(pair[language]) for name, pair in raw.items()}
