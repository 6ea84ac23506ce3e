"""Rank the stations of an area for an election to come, and keep the ranking in the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir.codes import Area, Election
from isoloir.commands.history import read_history
from isoloir.commands.priority.ground import read_badly_registered, read_ground, read_names, read_reachable
from isoloir.commands.priority.outlook import look_ahead
from isoloir.commands.priority.question import Question, eve, round_of
from isoloir.commands.priority.words import notes, sentences
from isoloir.commands.ranking import COLUMNS, Note, write_notes, write_ranking
from isoloir.errors import StatsError
from isoloir.stats.blocs import blocs
from isoloir.stats.history import Floats, History
from isoloir.stats.priority import Outlook, Ranked, effects, prioritise
from isoloir.stats.priority.gain import CHANNELS
from isoloir.store import Connection, database

Report = Callable[[str, float], None]


@dataclass(frozen=True)
class Prioritised:
    """A ranking, what it rests on, and what may be believed of it."""

    table: pl.DataFrame  # one row per station with voters: the columns of the table `ranking`, name and commune
    notes: list[Note]
    ranked: Ranked
    history: History  # of the ranked stations, in the order of `ranked`
    election: Election
    opponent: str | None
    question: Question


def prioritise_stations(
    path: Path, question: Question, keep: bool = True, report: Report = lambda _stage, _share: None
) -> Prioritised:
    """Rank by net votes per canvassing hour; `keep` writes the tables `ranking` and `ranking_notes`.

    A round that the database holds is ranked as on its eve: nothing of that day or later is used. `report` hears
    how far it is. Raises StatsError or SettingsError where the question has no answer.
    """
    mapping = blocs(question.blocs)
    question.check(tuple(mapping.labels))
    with database(path, write=keep) as connection:
        # a scenario and candidates are the nation's: they are told of all stations, whatever part of them is ranked
        report("history", 0)
        told = question.scenario or question.candidates
        whole = read_history(connection, Area() if told else question.area, mapping)
        report("history", 1)
        election = round_of(question.election, whole)
        found = _rank(connection, eve(election, whole), election, question, report)
        if keep:
            write_ranking(connection, found.table)
            write_notes(connection, question.target, str(election), found.notes)
    return found


def _rank(
    connection: Connection, history: History, election: Election, question: Question, report: Report
) -> Prioritised:
    known = pl.DataFrame({"commune": history.commune, "registered": history.registered}).with_row_index("row")
    asked = known.filter(question.area.contains("commune"), pl.col("registered").fill_nan(0) > 0)
    rows = asked["row"].to_numpy().astype(np.int64)
    if not len(rows):
        raise StatsError(f"no station of {question.area} has registered voters in any round before {election}")
    assumed = effects(question.effects).choose(question.chosen)
    report("forecast", 0)
    outlook, opponent, useless = look_ahead(history, rows, election, question)
    report("forecast", 1)
    report("ranking", 0)
    history = history.take(rows)
    ranked = prioritise(
        outlook,
        read_ground(connection, history),
        assumed,
        election.type,
        question.hours,
        read_badly_registered(connection, history) if question.registration else None,
        read_reachable(connection, history),
        question.seed,
    )
    report("ranking", 1)
    table = _table(read_names(connection, history), history, outlook, ranked, election, question)
    return Prioritised(table, notes(ranked, table, question, useless), ranked, history, election, opponent, question)


def _table(
    names: pl.DataFrame, history: History, outlook: Outlook, ranked: Ranked, election: Election, question: Question
) -> pl.DataFrame:
    turnout, support = outlook.turnout.mean(axis=0), outlook.support.mean(axis=0)
    ordinary = ranked.rank > 0
    return (
        names.with_columns(
            target=pl.lit(question.target),
            election=pl.lit(str(election)),
            registered=history.registered,
            abstention_share=1 - turnout,
            support_share=support,
            score=(1 - turnout) * support,
            level=_or_null(ranked.level, ordinary),
            rank=_or_null(ranked.rank, ordinary),
            quality=pl.Series(_quality(history)).replace("", None),
            votes_per_hour=ranked.rate.mean(axis=0),
            votes_per_hour_low=ranked.low,
            votes_per_hour_high=ranked.high,
            probability=_or_null(ranked.probability, ordinary),
            grade=pl.Series(ranked.grade.astype(str)),
            doors=ranked.doors,
            hours=ranked.hours.mean(axis=0),
            **{channel: ranked.channels[channel] for channel in CHANNELS},
            **{f"factor_{name}": part for name, part in ranked.parts.items()},
        )
        .with_columns(**sentences(ranked))
        .sort("rank", "station_id", nulls_last=True)
        .select(*COLUMNS, "name", "commune")
    )


def _quality(history: History) -> NDArray[np.str_]:
    """The grade of the last round that a station is known in."""
    grade = np.full(history.stations, "", dtype="U1")
    for round_ in history.rounds:
        grade = np.where(round_.quality != "", round_.quality, grade)
    return grade


def _or_null(values: Floats | NDArray[np.integer], where: NDArray[np.bool_]) -> pl.Series:
    return pl.Series(values).scatter(np.flatnonzero(~where), None)
