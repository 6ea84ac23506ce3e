"""What the map can show, apart from its geometry: one small file per column, one number per station of today.

    <election>/registered.f32, voters.f32, blank.f32, spoiled.f32, valid_votes.f32    persons
    <election>/option-<n>.f32, bloc-<name>.f32              votes; blocs are the coarse ones and the finer ones inside
    <election>/leader.u8                                      1 + the option ahead, 0 where nobody is
    <election>/quality.u8                                     1 to 4 for A to D, 0 unknown
    variables/<name>.f32, <name>.u8                           value in its unit, and its quality
    ranking/<n>/<column>.f32                                  the columns of a ranking

Numbers are little-endian, in the order of the list of stations; what is unknown is NaN. The page asks for the columns
that it shows and nothing else; a web server without Python can send them as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir import store
from isoloir.maps.database import rows
from isoloir.maps.disclosure import hidden_stations
from isoloir.maps.figures import ORDER, label, notes
from isoloir.stations.census.variables import variables
from isoloir.stats.blocs import blocs

COUNTS = ("registered", "voters", "blank", "spoiled", "valid_votes")
OPTIONS = 30  # candidates or lists; a round with more (a legislative one) is told by nuance
MOST = 200  # options of a round; the votes of the smallest beyond it count in the totals and are not told apart
KEYS = ("station_id", "target", "election")
# Of a ranking, what is shown; older databases have fewer of them. How sure a place is counts like a grade of quality.
SHOWN = (
    "level", "votes_per_hour", "votes_per_hour_low", "votes_per_hour_high", "probability", "score", "abstention_share",
    "support_share", "registered", "quality", "grade",
)  # fmt: skip
GRADES = {"A": 1, "B": 2, "C": 3, "D": 4, "solid": 1, "likely": 2, "undecided": 3, "special": 4}

# What a field director reads first; the others are one click further.
KEY = frozenset(
    (
        "population", "age_18_24_share", "age_65_plus_share", "higher_education_share", "unemployment_share",
        "youth_unemployment_share", "income_median", "poverty_share", "social_housing_share", "owners_share",
        "lone_parent_families_share", "commute_transit_share", "moved_under_2_years_share",
    )
)  # fmt: skip


class Columns:
    """Writes columns in the order of the stations."""

    def __init__(self, folder: Path, stations: pl.Series) -> None:
        self.folder = folder
        self.stations = pl.DataFrame({"station_id": stations})

    def align(self, table: pl.DataFrame) -> pl.DataFrame:
        """One row per station, in order; null where the table has none."""
        return self.stations.join(table, on="station_id", how="left", maintain_order="left")

    def numbers(self, name: str, values: pl.Series) -> None:
        """A column of 32-bit numbers."""
        self._write(f"{name}.f32", values.cast(pl.Float32).fill_null(float("nan")).to_numpy().astype("<f4"))

    def small(self, name: str, values: pl.Series) -> None:
        """A column of numbers from 0 to 255; null is 0."""
        self._write(f"{name}.u8", values.cast(pl.UInt8).fill_null(0).to_numpy())

    def _write(self, name: str, array: NDArray[Any]) -> None:
        with store.atomic(self.folder / name) as part:
            part.write_bytes(array.tobytes())


def write_values(
    connection: store.Connection, stations: pl.Series, folder: Path, report: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Write every column of the stations of today (in the order of `stations`), and say what there is."""
    columns = Columns(folder, stations)
    told = rows(connection, f"SELECT election FROM (SELECT DISTINCT election FROM turnout_today) ORDER BY {ORDER}")
    rounds = []
    for election in (r["election"] for r in told):
        report(election)
        rounds.append(write_round(connection, election, columns))
    return {
        "rounds": rounds,
        "blocs": {name: label(name) for name in blocs().names},
        "finer": dict(blocs().finer),
        "variables": list(_write_variables(connection, columns)),
        "themes": {name: dict(named) for name, named in variables().themes.items()},
        "rankings": list(_write_rankings(connection, columns)),
    }


def write_round(connection: store.Connection, election: str, columns: Columns) -> dict[str, Any]:
    """One round: turnout, votes by option and by bloc, who leads."""
    turnout = columns.align(
        store.frame(connection, "SELECT * EXCLUDE (election) FROM turnout_today WHERE election = ?", [election])
    )
    for name in COUNTS:
        columns.numbers(f"{election}/{name}", turnout[name])
    columns.small(f"{election}/quality", _graded(turnout["quality"]))
    votes = _votes(connection, election)
    options = (
        votes.group_by("option")
        .agg(pl.sum("votes"), pl.first("nuance", "bloc", "fine"))
        .sort("votes", "option", descending=[True, False])
        .head(MOST)
    )
    best = pl.Series(np.zeros(len(columns.stations)))
    leader = pl.Series(np.zeros(len(columns.stations), np.uint8))
    for number, option in enumerate(options["option"]):
        column = _column(columns, votes.filter(pl.col("option") == option))
        columns.numbers(f"{election}/option-{number}", column)
        ahead = (column > best).fill_null(False)
        leader = leader.zip_with(~ahead, pl.Series([number + 1] * len(leader), dtype=pl.UInt8))
        best = best.zip_with(~ahead, column)
    columns.small(f"{election}/leader", leader)
    present = _write_blocs(election, votes, columns)
    return {
        "election": election,
        "stations": len(turnout) - turnout["registered"].null_count(),
        "options": options.select("option", "nuance", "bloc", "fine", "votes").to_dicts(),
        "blocs": present,
    }


def _write_blocs(election: str, votes: pl.DataFrame, columns: Columns) -> list[str]:
    """The votes of each coarse bloc, and of the finer ones inside it where it has more than one; their names."""
    inside = votes.select("bloc", "fine").drop_nulls().unique().filter(pl.col("bloc") != pl.col("fine"))
    several = inside.group_by("bloc").len().filter(pl.col("len") > 1)["bloc"].to_list()
    finer = inside.filter(pl.col("bloc").is_in(several))["fine"].to_list()
    found = set(votes["bloc"].drop_nulls()) | set(finer)
    present = [name for name in blocs().names if name in found]
    for name in present:
        part = votes.filter(pl.col("bloc" if name in blocs().labels else "fine") == name)
        columns.numbers(f"{election}/bloc-{name}", _column(columns, part))
    return present


def _votes(connection: store.Connection, election: str) -> pl.DataFrame:
    """station_id, option, nuance, bloc, fine, votes: options are candidates, or nuances where those are too many."""
    votes = store.frame(
        connection,
        "SELECT station_id, election, candidate, nuance, votes FROM results_today WHERE election = ?",
        [election],
    ).with_columns(
        bloc=blocs().of("election", "candidate", "nuance"),
        fine=blocs().of("election", "candidate", "nuance", fine=True),
    )
    many = votes["candidate"].n_unique() > OPTIONS
    return votes.with_columns(option=pl.coalesce("nuance", "candidate") if many else pl.col("candidate"))


def _column(columns: Columns, votes: pl.DataFrame) -> pl.Series:
    return columns.align(votes.group_by("station_id").agg(pl.sum("votes")))["votes"]


def _write_variables(connection: store.Connection, columns: Columns) -> Iterator[dict[str, Any]]:
    """The latest vintage of each, in the order of variables.toml."""
    table = store.frame(
        connection,
        """SELECT station_id, variable, value, vintage, quality FROM variables
        QUALIFY row_number() OVER (PARTITION BY station_id, variable ORDER BY vintage DESC NULLS LAST) = 1""",
    )
    secret = pl.col("station_id").is_in(pl.Series(sorted(hidden_stations(connection))).implode())
    shown = table.with_columns(value=pl.when(~secret).then("value"))
    found = {str(key[0]): part for key, part in shown.partition_by("variable", as_dict=True).items()}
    for definition in variables():
        if definition.name not in found:
            continue
        part = columns.align(found[definition.name])
        columns.numbers(f"variables/{definition.name}", part["value"])
        columns.small(f"variables/{definition.name}", _graded(part["quality"]))
        yield {
            "variable": definition.name,
            "label": dict(definition.label),
            "unit": definition.unit,
            "theme": definition.theme,
            "key": definition.name in KEY,
            "vintage": part["vintage"].max(),
            "mean": part["value"].fill_nan(None).mean(),
        }


def _write_rankings(connection: store.Connection, columns: Columns) -> Iterator[dict[str, Any]]:
    """Every ranking that was kept, the last one first, with whatever columns it has."""
    kept = rows(
        connection,
        "SELECT target, election, max(rowid) AS written FROM ranking GROUP BY ALL ORDER BY written DESC",
    )
    for number, one in enumerate(kept):
        table = columns.align(
            store.frame(
                connection, "SELECT * FROM ranking WHERE target = ? AND election = ?", [one["target"], one["election"]]
            )
        )
        names = [c for c in SHOWN if c in table.columns and table[c].null_count() < len(table)]
        for name in names:
            values = _graded(table[name]) if name in ("quality", "grade") else table[name]
            columns.numbers(f"ranking/{number}/{name}", values)
        yield {
            "target": one["target"],
            "election": one["election"],
            "label": label(one["target"]),
            "columns": names,
            "notes": notes(connection, one["target"], one["election"]),
        }


def _graded(quality: pl.Series) -> pl.Series:
    """1 (sure) to 4."""
    return quality.replace_strict(GRADES, default=None, return_dtype=pl.UInt8)
