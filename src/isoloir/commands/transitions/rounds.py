"""Two rounds on the stations of today, with everybody who was registered in them: the margins of a transition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from isoloir.codes import Area, Election, departement
from isoloir.errors import StatsError
from isoloir.language import say
from isoloir.stats.blocs import Blocs
from isoloir.stats.transitions import balance
from isoloir.stats.transitions.margins import Floats
from isoloir.store import Connection, frame

By = Literal["candidates", "blocs"]
ABSTENTION, BLANK, NEW = "abstention", "blank or spoiled", "not registered"
SPECIAL = (ABSTENTION, BLANK, NEW)
UNPLACED = "in no bloc"
MANY = 16  # candidates of a round, above which it is read by blocs
_FEW = 1e-3  # of all voters, under which new ones are no row of their own
_SPREAD = 20  # stations that a group needs, in the mean, to have transitions of its own
# What sort of place a station is. Where the census of a database is not of INSEE's full tables, some have another name.
CENSUS = {
    "age": ("age_65_plus_share",),
    "diploma": ("higher_education_share", "baccalaureate_or_more_share"),
    "managers": ("managers_share", "employed_managers_2022_share", "active_managers_share"),
    "workers": ("workers_share", "employed_workers_2022_share", "active_workers_share"),
    "unemployment": ("unemployment_share",),
    "owners": ("owners_share",),
    "income": ("income_median", "declared_income_median"),
    "density": ("registered_density", "population_density"),
}
_LOGARITHM = ("income", "density")

_TURNOUT = """
    SELECT t.station_id, s.commune_code, t.registered, t.voters, t.valid_votes, t.quality
    FROM turnout_today t JOIN stations s USING (station_id)
    WHERE t.election = ? AND s.valid_to IS NULL ORDER BY station_id"""
_VOTES = """
    SELECT station_id, election, candidate, nuance, sum(votes) AS votes FROM results_today
    WHERE election = ? GROUP BY ALL"""
_SEATS = """
    SELECT m.to_id AS station_id, arg_max(t.constituency_code, m.share) AS seat
    FROM turnout t JOIN station_map m ON m.from_id = t.station_id
    WHERE t.constituency_code IS NOT NULL AND t.election = ?
        AND m.reference = (SELECT max(reference) FROM station_map)
    GROUP BY ALL"""
_CENSUS = """
    SELECT station_id, variable, value FROM variables WHERE list_contains(?, variable)
    QUALIFY row_number() OVER (PARTITION BY station_id, variable ORDER BY vintage DESC NULLS LAST) = 1"""


@dataclass(frozen=True)
class Side:
    """One round on the stations where it can be read."""

    election: str
    options: list[str]  # candidates or blocs, from left to right, then abstention and blank or spoiled
    blocs: list[str]  # of each option, "" for none
    stations: pl.DataFrame  # station_id, commune_code, quality
    counts: Floats  # (stations, options), registered voters


@dataclass(frozen=True)
class Margins:
    """Two rounds on the same stations, in the registered voters of the second."""

    before: Side
    after: Side
    area: Area
    blocs: Blocs
    station_id: npt.NDArray[np.str_]
    rows: list[str]  # options of `before`, and those who were not registered then
    columns: list[str]
    origins: Floats  # (stations, R)
    destinations: Floats  # (stations, C)
    groups: npt.NDArray[np.str_] | None
    census: Floats | None  # (stations, K)
    notices: list[str]


def read_margins(connection: Connection, before: str, after: str, area: Area, by: By | None, blocs: Blocs) -> Margins:
    """Read two rounds of a station database; candidates or blocs, by default blocs where candidates are many.

    A station counts where both rounds can be read and add up. Where it has more voters than before, these are a row of
    their own; where it has fewer, those who left are taken to be like those who stayed (all origins are scaled).
    """
    notices: list[str] = []
    first, second = (_side(connection, election, area, by, blocs, notices) for election in (before, after))
    at, to = _common(first, second, notices)
    x, y = _open(first.counts[at], second.counts[to])
    has = y.sum(1)
    stations = second.stations[to]
    _grade(first.stations[at], has, notices)
    kept, there = x.sum(0) > 0, y.sum(0) > 0
    return Margins(
        before=first,
        after=second,
        area=_area(area, stations),
        blocs=blocs,
        station_id=stations["station_id"].to_numpy().astype(str),
        rows=[name for name, some in zip([*first.options, NEW], kept, strict=True) if some],
        columns=[name for name, some in zip(second.options, there, strict=True) if some],
        origins=x[:, kept],
        destinations=y[:, there],
        groups=_groups(connection, stations, after),
        census=_census(connection, stations),
        notices=notices,
    )


def _open(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The origins with those who were not registered then as the last one, in as many voters as the destinations."""
    had, has = x.sum(1), y.sum(1)
    x = x * np.minimum(has / had, 1)[:, None]
    new = np.maximum(has - x.sum(1), 0)
    if new.sum() < _FEW * has.sum():
        new[:] = 0
    return balance(np.column_stack([x, new]), y), y


def _area(asked: Area, stations: pl.DataFrame) -> Area:
    """What was asked for, or the département where the whole database is in one."""
    here = stations.select(departement("commune_code").alias("place"))["place"].drop_nulls().unique().to_list()
    return Area((here[0],)) if asked.everything and len(here) == 1 else asked


def _side(connection: Connection, election: str, area: Area, by: By | None, blocs: Blocs, notices: list[str]) -> Side:
    """A round in an area, its impossible stations left out."""
    name = str(Election.parse(election))
    turnout = frame(connection, _TURNOUT, [name]).filter(area.contains("commune_code"))
    if turnout.is_empty():
        known = frame(connection, "SELECT DISTINCT election FROM turnout ORDER BY election")["election"].to_list()
        raise StatsError(f"no station of {area} has results of {name}; this database has {', '.join(known) or 'none'}")
    votes = frame(connection, _VOTES, [name]).join(turnout.select("station_id"), on="station_id", how="semi")
    votes = votes.with_columns(bloc=blocs.of("election", "candidate", "nuance").fill_null(UNPLACED))
    by_bloc = by == "blocs" or (by is None and votes["candidate"].n_unique() > MANY)
    option = pl.col("bloc") if by_bloc else pl.coalesce("candidate", "nuance", pl.lit("?"))
    votes = votes.with_columns(option=option)
    order = [*blocs.labels, UNPLACED]
    named = (
        votes.group_by("option")
        .agg(pl.col("bloc").first(), pl.col("votes").sum())
        .sort(pl.col("bloc").replace_strict({b: i for i, b in enumerate(order)}, default=99), -pl.col("votes"))
    )
    names = named["option"].to_list()
    wide = votes.pivot(on="option", index="station_id", values="votes", aggregate_function="sum")
    table = turnout.join(wide, on="station_id", how="left", maintain_order="left")
    counts = table.select(names).fill_null(0).to_numpy().astype(float)
    registered, voters, valid = (table[c].cast(pl.Float64).to_numpy() for c in ("registered", "voters", "valid_votes"))
    cast = counts.sum(1)
    silent = np.column_stack([registered - voters, voters - cast])
    wrong = ~(silent >= -0.5 - 1e-3 * registered[:, None]).all(1) | ~np.isfinite(silent).all(1)
    wrong |= np.abs(cast - np.nan_to_num(valid, nan=-1.0)) > 1 + 0.01 * cast
    if wrong.any():
        some = ", ".join(table["station_id"].filter(wrong).head(3).to_list())
        notices.append(
            say(
                f"{name} : {wrong.sum()} bureaux laissés de côté, leurs chiffres ne tombent pas juste ({some})",
                f"{name}: {wrong.sum()} stations left out, their figures do not add up ({some})",
            )
        )
    counts = np.column_stack([counts, np.maximum(silent, 0)])[~wrong]
    return Side(
        election=name,
        options=[*names, ABSTENTION, BLANK],
        blocs=[*named["bloc"].to_list(), "", ""],
        stations=table.filter(~wrong).select("station_id", "commune_code", "quality"),
        counts=counts,
    )


def _common(first: Side, second: Side, notices: list[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where each station of both rounds is in the first and in the second."""
    places = [side.stations.select("station_id").with_row_index(name) for side, name in ((first, "at"), (second, "to"))]
    places[0] = places[0].filter(first.counts.sum(1) > 0)
    places[1] = places[1].filter(second.counts.sum(1) > 0)
    both = places[0].join(places[1], on="station_id").sort("to")
    if both.height < 2:
        raise StatsError(
            f"{both.height} stations have both {first.election} and {second.election}; two or more are needed: take a "
            "larger area, or rounds that the same stations voted in"
        )
    lost = second.stations.height - both.height
    if lost:
        notices.append(
            say(
                f"{lost} bureaux de {second.election} sont sans {first.election} et manquent ici",
                f"{lost} stations of {second.election} have no {first.election} and are missing here",
            )
        )
    return both["at"].cast(pl.Int64).to_numpy(), both["to"].cast(pl.Int64).to_numpy()


def _grade(stations: pl.DataFrame, voters: Floats, notices: list[str]) -> None:
    """Say how much rests on stations whose past is little evidence."""
    share = voters[stations["quality"].to_numpy() == "D"].sum() / voters.sum()
    if share >= 0.001:
        notices.append(
            say(
                f"{100 * share:.1f} % des inscrits votent dans des bureaux dont le passé est mal connu (note D)",
                f"{100 * share:.1f} % of voters are in stations whose past is little evidence (grade D)",
            )
        )


def _groups(connection: Connection, stations: pl.DataFrame, election: str) -> npt.NDArray[np.str_] | None:
    """Départements; inside one, constituencies; None where they would hold too few stations."""
    place = stations.select("station_id", group=departement("commune_code"))
    if place["group"].n_unique() == 1:
        seats = frame(connection, _SEATS, [str(Election.parse(election))])
        place = place.join(seats, on="station_id", how="left", maintain_order="left").select(
            group=pl.col("seat").fill_null("")
        )
    groups = place["group"].fill_null("")
    if groups.n_unique() < 2 or groups.len() / groups.n_unique() < _SPREAD:
        return None
    return groups.to_numpy().astype(str)


def _census(connection: Connection, stations: pl.DataFrame) -> Floats | None:
    """What sort of place each station is (stations, K); the mean of the département where it is not known."""
    names = [name for every in CENSUS.values() for name in every]
    table = frame(connection, _CENSUS, [names])
    wide = table.pivot(on="variable", index="station_id", values="value") if table.height else table
    known = {concept: [n for n in every if n in wide.columns] for concept, every in CENSUS.items()}
    columns = [
        (pl.coalesce(found).clip(lower_bound=1).log() if concept in _LOGARITHM else pl.coalesce(found)).alias(concept)
        for concept, found in known.items()
        if found
    ]
    if not columns:
        return None
    place = stations.select("station_id", departement("commune_code").alias("departement"))
    rows = place.join(wide, on="station_id", how="left", maintain_order="left").select("departement", *columns)
    values = pl.exclude("departement")
    rows = rows.with_columns(values.fill_nan(None))
    rows = rows.with_columns(values.fill_null(values.mean().over("departement")))
    rows = rows.with_columns(values.fill_null(values.mean())).select(values)
    return np.asarray(rows.select(c for c in rows.columns if rows[c].null_count() == 0).to_numpy(), dtype=np.float64)
