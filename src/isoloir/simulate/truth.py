"""What was planted: stations and their lineage, transitions of voters, true variables. The pipeline never reads it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isoloir.simulate.census_columns import THEMES
from isoloir.simulate.doors import measure_walk, reserve_table
from isoloir.simulate.geography import Floats, Territory
from isoloir.simulate.layouts.census import INCOME_VINTAGE, add_columns
from isoloir.simulate.layouts.stream import ParquetStream
from isoloir.simulate.people import People, income_table
from isoloir.simulate.rounds import Round
from isoloir.simulate.settlement import Addresses, Blocks
from isoloir.simulate.stations import Epoch, lineage, registered_in
from isoloir.simulate.voters import SILENT
from isoloir.simulate.votes import Outcome, Stage

README = """What the simulation planted. Nothing here is read by the pipeline; tests and benchmarks compare with it.

stations.parquet     true_id, commune_code, station_code, first_election, last_election, registered: a station under
                     one name, with the rounds between which it bore it (registered at the first)
lineage.parquet      from_commune, from_station, from_election, to_commune, to_station, to_election, registered, share:
                     voters of `from` that live in `to` after the change; communes where nothing changed are left out
transitions.parquet  commune_code, station_code, from_election, to_election, origin, destination, voters: station of
                     to_election; candidates by name, else abstention, blank, spoiled, not registered
variables.parquet    commune_code, station_code, variable, value: stations of 2022, census of 2021; INSEE's names
                     without the year
reserves.parquet     commune_code, station_code, registered, addresses, walk_m (metres past every address), election,
                     bloc, votes, persuadable, mobilisable: the votes of a bloc as expected before the round; those it
                     gains per unit of the logarithm of its weight (a talk that persuades), and per unit that the
                     logarithm of the weight of abstention falls (a talk that mobilises), were every voter talked to
"""


Ground = tuple[Blocks, Addresses]


class Truth:
    """The files of `truth/`, département after département."""

    def __init__(self, folder: Path, rounds: Sequence[Round]):
        here = folder / "truth"
        self.stations = ParquetStream(here / "stations.parquet")
        self.lineage = ParquetStream(here / "lineage.parquet")
        self.transitions = ParquetStream(here / "transitions.parquet")
        self.variables = ParquetStream(here / "variables.parquet")
        self.reserves = ParquetStream(here / "reserves.parquet")
        self.rounds = rounds
        (here / "README.txt").write_text(README, encoding="utf-8")

    def write(
        self, land: Territory, history: list[Epoch], people: People, stage: Stage, votes: list[Outcome], ground: Ground
    ) -> None:
        """`stage` holds the stations of 2022."""
        prefix = str(stage.commune[0])[:2]
        self.stations.write(_stations(land, history, self.rounds, prefix))
        self.lineage.write(_lineage(land, history, self.rounds))
        self.variables.write(_variables(people, stage))
        self.transitions.write(
            pl.concat([_transitions(o, self.rounds) for o in votes if len(o.table) and len(o.origins) > 1])
        )
        self.reserves.write(pl.concat([_reserves(o, ground) for o in votes if o.reserve is not None]))

    def close(self) -> None:
        """Finish every file."""
        for stream in (self.stations, self.lineage, self.transitions, self.variables, self.reserves):
            stream.close()


def first_round(rounds: Sequence[Round], year: int) -> str:
    """The first round of a year that is held everywhere."""
    return next(r.election for r in rounds if r.year == year and r.type != "cant" and not r.after)


def last_round(rounds: Sequence[Round], year: int) -> str:
    """The last first round of a year that is held everywhere."""
    return [r.election for r in rounds if r.year == year and r.type != "cant" and not r.after][-1]


def _stations(land: Territory, history: list[Epoch], rounds: Sequence[Round], prefix: str) -> pl.DataFrame:
    """A new row each time that a station changes its commune, its code or its blocks."""
    rows: list[list[Any]] = []
    open_rows: dict[int, tuple[list[Any], bytes]] = {}
    for epoch in history:
        first, last = first_round(rounds, epoch.year), last_round(rounds, epoch.year)
        for number, size in registered_in(epoch).items():
            name = [str(land.code[epoch.commune[number]]), epoch.code[number]]
            blocks = np.flatnonzero(epoch.station == number).tobytes()
            row, before = open_rows.get(number, ([None] * 6, b""))
            if row[1:3] == name and before == blocks:
                row[4] = last
            else:
                rows.append([f"{prefix}-{number}", *name, first, last, size])
                open_rows[number] = rows[-1], blocks
    columns = ["true_id", "commune_code", "station_code", "first_election", "last_election", "registered"]
    return pl.DataFrame(rows, schema=columns, orient="row").sort("commune_code", "station_code", "first_election")


def _lineage(land: Territory, history: list[Epoch], rounds: Sequence[Round]) -> pl.DataFrame:
    rows = []
    for before, after in pairwise(history):
        dates = last_round(rounds, before.year), first_round(rounds, after.year)
        for a, b, moved, size in lineage(before, after):
            old = (str(land.code[before.commune[a]]), before.code[a], dates[0])
            rows.append((*old, str(land.code[after.commune[b]]), after.code[b], dates[1], moved, moved / size))
    ends = ("commune", "station", "election")
    columns = [*(f"from_{e}" for e in ends), *(f"to_{e}" for e in ends), "registered", "share"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _variables(people: People, stage: Stage) -> pl.DataFrame:
    """Sums over the blocks of each station; incomes from the mixture of its blocks."""
    size, counts = len(stage.number), people.counts[INCOME_VINTAGE]
    total = np.zeros((size, counts.shape[1]))
    np.add.at(total, stage.row, counts)
    values: dict[str, Floats] = {}
    for theme in THEMES:
        values |= add_columns(total, theme.columns)
    income = income_table(people, counts[:, :32].sum(axis=1), stage.row, size)
    values |= {f"DISP_{name}": value for name, value in income.items()}
    names, count = list(values), len(values)
    return pl.DataFrame(
        {
            "commune_code": pl.Series(stage.commune).gather(np.repeat(np.arange(size), count)),
            "station_code": pl.Series(stage.code).gather(np.repeat(np.arange(size), count)),
            "variable": pl.Series(names).gather(np.tile(np.arange(count), size)),
            "value": np.column_stack(list(values.values())).ravel().astype(np.float32),
        }
    )


def _transitions(outcome: Outcome, rounds: Sequence[Round]) -> pl.DataFrame:
    """Cells with voters of one presidential round, after the first of all."""
    row, origin, destination = np.nonzero(outcome.table)
    reached = [*(o.last for o in outcome.round.options), *SILENT]
    before = (
        outcome.round.after
        or [r.election for r in rounds if r.election.endswith("pres_t1") and r.year < outcome.round.year][-1]
    )
    return pl.DataFrame(
        {
            "commune_code": pl.Series(outcome.stage.commune).gather(row),
            "station_code": pl.Series(outcome.stage.code).gather(row),
            "from_election": pl.Series([before]).new_from_index(0, len(row)),
            "to_election": pl.Series([outcome.round.election]).new_from_index(0, len(row)),
            "origin": pl.Series(list(outcome.origins)).gather(origin),
            "destination": pl.Series(reached).gather(destination),
            "voters": outcome.table[row, origin, destination].astype(np.int32),
        }
    )


def _reserves(outcome: Outcome, ground: Ground) -> pl.DataFrame:
    """What talks at the doors of one round would change."""
    stage, reserve = outcome.stage, outcome.reserve
    assert reserve is not None
    addresses, walk = measure_walk(*ground, stage.row, len(stage.number))
    stations = {
        "commune_code": stage.commune,
        "station_code": stage.code,
        "registered": stage.registered,
        "addresses": addresses,
        "walk_m": walk,
    }
    return reserve_table(reserve, outcome.round.election, pl.DataFrame(stations))
