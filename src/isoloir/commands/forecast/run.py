"""Forecast an election from a station database, a scenario and a file of candidates, and write it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from isoloir.codes import ELECTION_TYPES, Area
from isoloir.commands.forecast.candidates import read_candidates
from isoloir.commands.history import read_history, unplaced
from isoloir.errors import SettingsError, StatsError
from isoloir.stats.blocs import blocs
from isoloir.stats.forecast import Forecast, Scenario, Target, predict, read_scenario
from isoloir.stats.history import History
from isoloir.store import database, frame, write_parquet

# What people write for each type, beside its code and its English name.
_WORDS = {
    "pres": ("presidentielle", "présidentielle", "presidentielles", "présidentielles"),
    "legi": ("legislatives", "législatives", "législative", "legislatif"),
    "euro": ("europeennes", "européennes", "europeenne", "européenne"),
    "muni": ("municipales", "municipale"),
    "regi": ("regionales", "régionales", "regionale", "régionale"),
    "dpmt": ("departementales", "départementales", "departementale", "départementale"),
    "cant": ("cantonales", "cantonale"),
    "refe": (),
}


@dataclass(frozen=True)
class Predicted:
    """A forecast, its table and what the reader should know."""

    forecast: Forecast
    table: pl.DataFrame  # code, <bloc>_share, <bloc>_low, <bloc>_high..., abstention_share, _low, _high, grade
    area: Area
    whole: bool  # whether the database covers the whole country, so that the scenario can be the nation's
    unplaced: pl.DataFrame  # candidate, nuance, votes: what no bloc holds in the earlier rounds
    unknown: pl.DataFrame  # code, nuance of the rows of the file of candidates that mean nothing here


def parse_type(word: str) -> str:
    """`legi` from `legislative`, `législatives` or `legi`; SettingsError for anything else."""
    wanted = word.strip().lower()
    for code, english in ELECTION_TYPES.items():
        if wanted in (code, english, english + "s", *_WORDS[code]):
            return code
    raise SettingsError(f"{word!r} is no type of election; choose among {', '.join(ELECTION_TYPES.values())}")


def forecast(
    path: Path,
    target: Target,
    scenario_file: Path,
    candidates: Path | None = None,
    area: Area | None = None,
    blocs_file: Path | None = None,
    seed: int = 0,
) -> Predicted:
    """Forecast every station of today in the area, from the rounds of the database before the target's date.

    Raises SettingsError and StatsError, naming the file and the value, where the scenario or the candidates cannot be.
    """
    area, mapping = area or Area(), blocs(blocs_file)
    with database(path) as connection:
        history = read_history(connection, Area(), mapping)
        missing = unplaced(connection, mapping)
        told = frame(connection, "SELECT value FROM meta WHERE key = 'area'")
    scenario = load_scenario(scenario_file, history.blocs)
    standing, unknown = read_candidates(candidates, history, mapping) if candidates else (None, pl.DataFrame())
    found = predict(history, target, scenario, standing, seed, draws=0)
    table = _table(found, history).filter(area.contains(pl.col("code").str.slice(0, 5)))
    if table.is_empty():
        raise StatsError(f"{path} holds no station of {area}")
    whole = told.is_empty() or told["value"].item(0) == "france"
    return Predicted(found, table, area, whole, missing.filter(pl.col("election").is_in(found.basis)), unknown)


def load_scenario(file: Path, names: tuple[str, ...]) -> Scenario:
    """Read the table `[national]` of a toml; errors name the file."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: not a scenario that can be read ({error})") from error
    if not isinstance(raw.get("national"), dict):
        raise SettingsError(f"{file}: the table [national] is missing; it holds a share for each of {', '.join(names)}")
    try:
        return read_scenario(raw["national"], names)
    except StatsError as error:
        raise StatsError(f"{file}: {error}") from None


def export(predicted: Predicted, file: Path) -> None:
    """Write the table as Parquet, atomically."""
    write_parquet(predicted.table, file)


def parse_date(text: str) -> date:
    """`2024-06-30`; SettingsError for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{text!r} is no date; write it like 2024-06-30") from None


def _table(found: Forecast, history: History) -> pl.DataFrame:
    columns: dict[str, object] = {"code": history.station_id}
    for number, name in enumerate((*found.blocs, "abstention")):
        columns[f"{name}_share"] = found.mean[:, number]
        columns[f"{name}_low"] = found.low[:, number]
        columns[f"{name}_high"] = found.high[:, number]
    return pl.DataFrame(columns | {"grade": np.asarray(found.grade)})
