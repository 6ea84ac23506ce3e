"""A country that one can draw by hand: 6 by 4 square stations in 4 communes, with names that mean harm."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import shapely

from isoloir import store
from isoloir.stats.priority import po_index

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
HOSTILE_COMMUNE = "Saint-<b>Élie</b> & Fils"
WEST, SOUTH, SIDE = 2.0, 47.0, 0.02  # degrees
ACROSS, UP = 6, 4
TARGET, ELECTION = "left", "2022_pres_t1"
ROUNDS = ("2017_pres_t1", ELECTION, "2022_pres_t2")
UNRANKED = "X1004_0006"  # nobody is registered there in 2022
UNDRAWN = "X1001_00B7"  # no outline
PAST = "X1001_0099"  # closed in 2020


def square(column: int, row: int) -> bytes:
    """The outline of the station of a column and a row, as WKB."""
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    return bytes(shapely.to_wkb(shapely.box(west, south, west + SIDE, south + SIDE)))


def centre(station_id: str) -> tuple[float, float]:
    """Longitude and latitude of the middle of a station."""
    column, row = int(station_id[-1]) - 1, int(station_id[4]) - 1
    return WEST + (column + 0.5) * SIDE, SOUTH + (row + 0.5) * SIDE


def write_country(path: Path) -> Path:
    """Write the station database."""
    tables = {
        "stations": _stations(),
        "communes": _communes(),
        "constituencies": _constituencies(),
        "turnout": _turnout().with_columns(constituency_code=pl.lit("X101")),
        "results": _results(),
        "lineage": _lineage(),
        "variables": _variables(),
        "meta": pl.DataFrame({"key": ["area", "version"], "value": ["X1", "0.1.0"]}),
    }
    tables["ranking"] = _ranking(tables["turnout"], tables["results"])
    tables["ranking_notes"] = _notes()
    with store.database(path, write=True) as connection:
        for name, table in tables.items():
            connection.register("rows", table)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
            connection.unregister("rows")
        for name in ("turnout", "results"):
            connection.execute(
                f"""CREATE VIEW {name}_today AS
                SELECT *, CASE WHEN election LIKE '2017%' THEN 'B' ELSE 'A' END AS quality
                FROM {name} JOIN (SELECT station_id FROM stations WHERE valid_to IS NULL) USING (station_id)"""
            )
    return path


def _stations() -> pl.DataFrame:
    rows = [
        {
            "station_id": f"X100{row + 1}_000{column + 1}",
            "commune_code": f"X100{row + 1}",
            "station_code": f"000{column + 1}",
            "name": HOSTILE if (column, row) == (2, 1) else f"École {column + 1}" if row else None,
            "address": f"{column + 1} rue des Lilas" if row == 2 else None,
            "geometry": square(column, row),
            "quality": "B" if row == 2 else "A",
            "valid_to": None,
        }
        for row in range(UP)
        for column in range(ACROSS)
    ]
    extra = {"commune_code": "X1001", "name": None, "address": None, "geometry": None, "quality": None}
    rows.append(extra | {"station_id": UNDRAWN, "station_code": "00B7", "valid_to": None})
    gone = {"geometry": square(0, 0), "quality": "A", "valid_to": date(2020, 1, 1)}
    rows.append(extra | gone | {"station_id": PAST, "station_code": "0099"})
    return pl.DataFrame(rows, schema_overrides={"valid_to": pl.Date}).with_columns(valid_from=pl.date(2017, 1, 1))


def _communes() -> pl.DataFrame:
    band = shapely.to_wkb(shapely.box(WEST, SOUTH, WEST + ACROSS * SIDE, SOUTH + SIDE))
    return pl.DataFrame(
        {
            "commune_code": ["X1001", "X1002", "X1003", "X1004"],
            "name": ["Bourg-Neuf", HOSTILE_COMMUNE, "Évry-le-Vieux", None],
            "population": [52_000, 900, None, 12],
            "geometry": [bytes(band), None, None, None],
        },
        schema_overrides={"geometry": pl.Binary, "population": pl.Int32},
    )


def _constituencies() -> pl.DataFrame:
    """One, around everything; its communes stand in rows without an outline, as in a real database."""
    whole = shapely.to_wkb(shapely.box(WEST, SOUTH, WEST + ACROSS * SIDE, SOUTH + UP * SIDE))
    return pl.DataFrame(
        {"constituency_code": ["X101", "X101"], "commune_code": [None, "X1001"], "geometry": [bytes(whole), None]},
        schema_overrides={"geometry": pl.Binary},
    )


def _turnout() -> pl.DataFrame:
    ids = _stations()["station_id"].to_list()
    rows = []
    for place, station_id in enumerate(ids):
        for turn, election in enumerate(ROUNDS):
            registered = 0 if station_id == UNRANKED and election == ELECTION else 600 + 10 * place
            voters = registered * (50 + (place * 7 + turn * 5) % 40) // 100
            blank = None if turn == 0 else voters // 50
            spoiled = voters // 40
            valid = voters - spoiled - (blank or 0)
            rows.append((station_id, election, registered, voters, blank, spoiled, valid))
    columns = ["station_id", "election", "registered", "voters", "blank", "spoiled", "valid_votes"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _results() -> pl.DataFrame:
    rows: list[tuple[str, str, str, str | None, int]] = []
    counted = _turnout().select("station_id", "election", "valid_votes")
    for place, (station_id, election, valid) in enumerate(counted.iter_rows()):
        left = valid * (20 + place * 3 % 60) // 100
        rows.append((station_id, election, "MÉLENCHON", None, left))
        rows.append((station_id, election, "DUPONT-<I>", "LR", valid - left))
    columns = ["station_id", "election", "candidate", "nuance", "votes"]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


def _notes() -> pl.DataFrame:
    """What the ranking says of itself."""
    rows = [
        (TARGET, ELECTION, "size_alone", 0.5, "La moitié tient à la taille.", "Half of it is size."),
        (
            TARGET,
            ELECTION,
            "skill",
            0.2,
            "Les données ne distinguent rien.",
            "The data cannot tell the stations apart.",
        ),
    ]
    return pl.DataFrame(rows, schema=["target", "election", "name", "value", "fr", "en"], orient="row")


def _lineage() -> pl.DataFrame:
    """The station that is gone became part of two."""
    columns = ["from_id", "to_id", "share", "evidence", "quality"]
    rows = [(PAST, "X1001_0001", 0.75, "split", "C"), (PAST, "X1001_0002", 0.25, "split", "C")]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _variables() -> pl.DataFrame:
    given = [
        ("population", 1234.0, 2019, "C"),
        ("population", 1250.0, 2021, "B"),
        ("unemployment_share", 0.125, 2021, "B"),
        ("income_median", float("nan"), 2021, "C"),
        ("mystery <u>", 3.5, None, None),
    ]
    ids = _stations()["station_id"].to_list()
    columns = ["station_id", "variable", "value", "vintage", "quality"]
    return pl.DataFrame([(i, *v) for i in ids for v in given], schema=columns, orient="row")


def _ranking(turnout: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame:
    today = turnout.filter((pl.col("election") == ELECTION) & (pl.col("station_id") != PAST))
    support = results.filter((pl.col("election") == ELECTION) & (pl.col("candidate") == "MÉLENCHON"))
    table = today.join(support.select("station_id", support="votes"), on="station_id")
    counts = [table[c].cast(pl.Float64).to_numpy() for c in ("registered", "voters", "valid_votes", "support")]
    found = po_index(*counts)
    known = np.where(found.level > 0, found.level, 0)
    latest = table.select(
        "station_id",
        target=pl.lit(TARGET),
        election=pl.lit(ELECTION),
        registered=pl.col("registered").cast(pl.Float64),
        abstention_share=pl.Series(found.abstention_share),
        support_share=pl.Series(found.support_share),
        score=pl.Series(found.score),
        level=pl.Series(known).cast(pl.Int8).replace(0, None),
        rank=pl.Series(found.rank).replace(0, None),
        quality=pl.lit("A"),
    )
    earlier = latest.with_columns(target=pl.lit("right"), level=pl.lit(3, pl.Int8), score=pl.lit(0.5))
    return pl.concat([earlier, latest])
