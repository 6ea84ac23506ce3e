"""Read the past of the stations of today from a station database, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from isoloir.codes import Area, Election, departement
from isoloir.errors import StatsError
from isoloir.stations.census.variables import variables
from isoloir.stats.blocs import Blocs
from isoloir.stats.calendar import date_of
from isoloir.stats.history import Floats, History, Round
from isoloir.store import Connection, frame

UNPLACED = 0.05  # share of a station's votes that no bloc holds, above which its result is unknown
KM_PER_DEGREE = 111.32
MIDDLE = np.cos(np.radians(46.6))  # of mainland France
_PROFILE = ("share", "ratio", "index", "euros", "per_km2")  # units of what tells who lives there, not how many

_VOTES = """
    SELECT m.to_id AS station_id, v.election, v.option, sum(v.votes * m.share) AS votes,
        max(CASE WHEN m.share >= 0.1 THEN v.stood ELSE 0 END) AS stood
    FROM (
        SELECT r.station_id, r.election, p.option, sum(r.votes) AS votes, count(*) AS stood
        FROM results r JOIN placed p ON r.election = p.election AND r.candidate IS NOT DISTINCT FROM p.candidate
            AND r.nuance IS NOT DISTINCT FROM p.nuance
        GROUP BY ALL
    ) v JOIN station_map m ON m.from_id = v.station_id AND m.reference = (SELECT max(reference) FROM station_map)
    GROUP BY ALL
"""
_SEATS = """
    SELECT m.to_id AS station_id, arg_max(t.constituency_code, (t.election, m.share)) AS seat
    FROM turnout t JOIN station_map m ON m.from_id = t.station_id
    WHERE t.constituency_code IS NOT NULL AND m.reference = (SELECT max(reference) FROM station_map)
    GROUP BY ALL
"""
_WHOLE = """
    SELECT commune_code, any_value(constituency_code) AS seat FROM constituencies
    WHERE commune_code IS NOT NULL GROUP BY commune_code HAVING count(DISTINCT constituency_code) = 1
"""


def read_history(connection: Connection, area: Area, blocs: Blocs) -> History:
    """Every round of the database on the stations of today in an area; candidates in no bloc count for nothing.

    Options are the finer blocs. A round of which a station has no evidence is nan there. Raises StatsError where the
    database has no station of the area.
    """
    stations = _stations(connection).filter(area.contains("commune_code"))
    if stations.is_empty():
        raise StatsError(f"this database holds no station of {area}")
    rounds = _rounds(connection, stations["station_id"], blocs)
    names, census = _census(connection, stations["station_id"])
    registered = np.full(stations.height, np.nan)
    for round_ in rounds:
        registered = np.where(round_.registered > 0, round_.registered, registered)
    return History(
        station_id=stations["station_id"].to_numpy().astype(str),
        commune=stations["commune_code"].to_numpy().astype(str),
        constituency=stations["seat"].to_numpy().astype(str),
        departement=stations["departement"].to_numpy().astype(str),
        position=_positions(stations["geometry"], stations["commune_code"]),
        registered=registered,
        census=census,
        census_names=names,
        blocs=tuple(blocs.labels),
        rounds=rounds,
        finer={name: blocs.finer.get(name, name) for name in blocs.names},
    )


def unplaced(connection: Connection, blocs: Blocs) -> pl.DataFrame:
    """The candidates and lists that no bloc holds: election, candidate, nuance, votes, most votes first."""
    return (
        frame(connection, "SELECT election, candidate, nuance, sum(votes) AS votes FROM results GROUP BY ALL")
        .filter(blocs.of("election", "candidate", "nuance").is_null())
        .sort("votes", "election", "candidate", descending=[True, False, False])
    )


def _stations(connection: Connection) -> pl.DataFrame:
    """station_id, commune_code, geometry, departement, seat of the stations of today, in order of id."""
    stations = frame(
        connection,
        "SELECT station_id, commune_code, geometry FROM stations WHERE valid_to IS NULL ORDER BY station_id",
    )
    return (
        stations.join(frame(connection, _SEATS), on="station_id", how="left", maintain_order="left")
        .join(frame(connection, _WHOLE), on="commune_code", how="left", suffix="_whole", maintain_order="left")
        .with_columns(
            pl.coalesce("seat", "seat_whole").fill_null("").alias("seat"),
            departement("commune_code").fill_null("").alias("departement"),
            pl.col("commune_code").fill_null(""),
        )
    )


def _rounds(connection: Connection, ids: pl.Series, blocs: Blocs) -> tuple[Round, ...]:
    placed = _placed(connection, blocs)
    connection.register("placed", placed)
    votes = _numbered(frame(connection, _VOTES), ids)
    connection.unregister("placed")
    turnout = _numbered(frame(connection, "SELECT * FROM turnout_today"), ids)
    parts = {str(key[0]): part for key, part in votes.partition_by("election", as_dict=True).items()}
    told = turnout.partition_by("election", as_dict=True)
    elections = sorted((Election.parse(str(key[0])) for key in told), key=lambda e: (date_of(e), str(e)))
    coarse = dict(placed.select("option", "bloc").unique().iter_rows())
    return tuple(
        _round(e, told[(str(e),)], parts.get(str(e)), coarse, ids.len(), tuple(blocs.labels)) for e in elections
    )


def _placed(connection: Connection, blocs: Blocs) -> pl.DataFrame:
    """election, candidate, nuance, bloc, option of every candidate; bloc and option "" where nobody placed it."""
    names = ("election", "candidate", "nuance")
    return frame(connection, "SELECT DISTINCT election, candidate, nuance FROM results").with_columns(
        bloc=blocs.of(*names).fill_null(""),
        option=blocs.of(*names, fine=True).fill_null(""),
    )


def _numbered(table: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """The rows of known stations, with `at`, the station's place."""
    places = pl.DataFrame({"station_id": ids, "at": np.arange(ids.len())})
    return table.join(places, on="station_id").drop("station_id")


def _round(
    election: Election,
    turnout: pl.DataFrame,
    votes: pl.DataFrame | None,
    coarse: dict[str, str],
    size: int,
    blocs: tuple[str, ...],
) -> Round:
    at = turnout["at"].to_numpy()
    registered, voters = _spread(turnout["registered"], at, size), _spread(turnout["voters"], at, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        abstention = np.where((registered > 0) & (voters <= registered), 1 - voters / registered, np.nan)
    quality = np.full(size, "", dtype="U1")
    quality[at] = turnout["quality"].fill_null("").to_numpy()
    options, counts, stood = _counts(votes, size)
    held = np.array([[coarse[o] == bloc for bloc in blocs] for o in options]).reshape(len(options), len(blocs))
    total = counts.sum(axis=1)
    in_blocs = counts @ held
    known = (total > 0) & (in_blocs.sum(axis=1) >= (1 - UNPLACED) * total)
    whole = np.where(known, in_blocs.sum(axis=1), np.nan)[:, None]
    named = [i for i, o in enumerate(options) if o]
    return Round(
        election=str(election),
        type=election.type,
        date=date_of(election),
        round=election.round,
        registered=registered,
        abstention=abstention,
        shares=in_blocs / whole,
        stood=(stood @ held) > 0,
        quality=quality,
        options=tuple(options[i] for i in named),
        option_shares=np.where(stood > 0, counts / whole, np.nan)[:, named].astype(np.float32),
        option_stood=np.minimum(stood, 100)[:, named].astype(np.int8),
    )


def _counts(votes: pl.DataFrame | None, size: int) -> tuple[list[str], Floats, Floats]:
    """Options, their votes (S, K), and how many candidates of each stood (S, K)."""
    if votes is None:
        return [], np.zeros((size, 0)), np.zeros((size, 0))
    options = votes["option"].unique().sort().to_list()
    counts, stood = np.zeros((size, len(options))), np.zeros((size, len(options)))
    places = {option: i for i, option in enumerate(options)}
    cell = votes["at"].to_numpy(), votes["option"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
    counts[cell], stood[cell] = votes["votes"].to_numpy(), votes["stood"].to_numpy()
    return options, counts, stood


def _spread(values: pl.Series, at: NDArray[np.int64], size: int) -> Floats:
    out = np.full(size, np.nan)
    out[at] = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return out


def _census(connection: Connection, ids: pl.Series) -> tuple[tuple[str, ...], Floats]:
    """The latest vintage of every variable that describes who lives there, (S, V)."""
    table = _numbered(
        frame(
            connection,
            """SELECT station_id, variable, value FROM variables
            QUALIFY row_number() OVER (PARTITION BY station_id, variable ORDER BY vintage DESC NULLS LAST) = 1""",
        ),
        ids,
    )
    found: dict[tuple[Any, ...], pl.DataFrame] = table.partition_by("variable", as_dict=True)
    names = tuple(v.name for v in variables() if (v.name,) in found and v.unit in _PROFILE)
    columns = [_spread(found[(n,)]["value"], found[(n,)]["at"].to_numpy(), ids.len()) for n in names]
    return names, np.column_stack(columns) if columns else np.zeros((ids.len(), 0))


def _positions(geometry: pl.Series, commune: pl.Series) -> Floats:
    """Kilometres east and north of the middle of each outline; where there is none, the mean of the commune's."""
    shapes = shapely.from_wkb(geometry.to_numpy(), on_invalid="ignore")
    middle = shapely.centroid(shapes)
    degrees = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    narrowing = np.where(degrees[:, 1] > 41, MIDDLE, np.cos(np.radians(degrees[:, 1])))
    here = pl.DataFrame({"east": degrees[:, 0] * narrowing, "north": degrees[:, 1], "commune": commune})
    here = here.with_columns(pl.col("east", "north").fill_nan(None))
    filled = here.select(pl.col("east", "north").fill_null(pl.col("east", "north").mean().over("commune")))
    return np.asarray(filled.fill_null(np.nan).to_numpy() * KM_PER_DEGREE, dtype=np.float64)
