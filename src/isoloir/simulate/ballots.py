"""An outcome as two plain tables: one row per station, and one row per station and candidate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from isoloir.simulate.geography import Ints, Territory
from isoloir.simulate.names import FAMILY, MEN, WOMEN, draw_family
from isoloir.simulate.votes import SMALL_COMMUNE, Outcome, small_lists

BLANK_SINCE = 2014  # blank ballots are counted apart since 1 April 2014 (loi 2014-172): after the municipal rounds
INHABITANTS_PER_VOTER = 1.36
_LISTS = ["Agir pour", "Ensemble pour", "Un élan pour", "Vivre mieux à", "Demain", "Passion"]
_SMALL_LISTS = [
    f"{a} {b}"
    for a in ("Alliance", "Mouvement", "Liste", "Union", "Cercle", "Appel", "Rencontre")
    for b in ("des Rivages", "du Vent d'Ouest", "des Isolés", "de la Marée", "du Large", "des Phares")
]


@dataclass
class Ballots:
    """`turnout` has one row per station; `results` repeats `row`, the position of its station in `turnout`."""

    outcome: Outcome
    turnout: pl.DataFrame
    results: pl.DataFrame


def count_ballots(outcome: Outcome, land: Territory, rng: np.random.Generator) -> Ballots:
    """What the official files say of a round in a département; empty where it was not held."""
    stage, kind = outcome.stage, outcome.round.type
    small = np.zeros(len(stage.number), dtype=bool)
    if kind == "muni":
        size = np.bincount(stage.commune_index, stage.registered, len(land.code))[stage.commune_index]
        small = size * INHABITANTS_PER_VOTER < SMALL_COMMUNE[outcome.round.year]
    shown = outcome.held & ~(small & (outcome.round.year < 2014))
    rows = np.flatnonzero(shown)
    turnout = _turnout(outcome, land, rows)
    lists = np.flatnonzero(shown & ~small)
    parts = [_candidates(outcome, land, lists, rng)]
    if (shown & small).any():
        parts.append(_persons(outcome, np.flatnonzero(shown & small), rng))
    position = np.full(len(stage.number), -1)
    position[rows] = np.arange(len(rows))
    results = pl.concat(parts).with_columns(pl.Series("row", position)[pl.concat(parts)["row"].to_numpy()])
    return Ballots(outcome, turnout, results.sort("row", maintain_order=True))


def _turnout(outcome: Outcome, land: Territory, rows: Ints) -> pl.DataFrame:
    stage = outcome.stage
    abstention, blank, spoiled = outcome.silent[rows].T
    registered, valid = stage.registered[rows], outcome.votes[rows].sum(axis=1)
    year, kind = outcome.round.year, outcome.round.type
    apart = year > BLANK_SINCE or (year == BLANK_SINCE and kind != "muni")
    return pl.DataFrame(
        {
            "departement": [c[:2] for c in stage.commune[rows].tolist()],
            "commune": stage.commune[rows],
            "name": land.name[stage.commune_index[rows]],
            "station": stage.code[rows],
            "constituency": stage.constituency[rows] + 1,
            "canton": stage.canton[rows] + 1,
            "registered": registered,
            "abstentions": abstention,
            "voters": registered - abstention,
            "blank": pl.Series(blank) if apart else pl.Series([None] * len(rows), dtype=pl.Int64),
            "spoiled": spoiled if apart else blank + spoiled,
            "valid": valid,
        },
        schema_overrides={"departement": pl.String, "commune": pl.String, "name": pl.String, "station": pl.String},
    )


def _candidates(outcome: Outcome, land: Territory, rows: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """One row per station and option that stands there, in the order of the panels."""
    options = outcome.round.options
    where, option = np.nonzero(outcome.present[outcome.unit[rows]])
    row = rows[where]
    unit = outcome.unit[row]
    table = pl.DataFrame(
        {
            "row": row,
            "panel": option + 1,
            "votes": outcome.votes[row, option],
            "code": _pick([o.nuance for o in options], option),
        }
    ).with_columns(_names(outcome, unit, option))
    if outcome.round.type in ("muni", "regi"):
        label = _pick(_LISTS, (option + outcome.family[unit, option]) % len(_LISTS))
        town = land.name[outcome.stage.commune_index[row]]
        table = table.with_columns(
            list=label + " " + (pl.Series(town) if outcome.round.type == "muni" else "la région")
        )
    elif outcome.round.type == "euro":
        table = _add_small_lists(outcome, rows, table, rng)
    elif outcome.round.type == "dpmt":  # pairs of a woman and a man: `list` holds the other one
        table = table.with_columns(list=_partners(outcome, unit, option))
    else:
        table = table.with_columns(list=pl.lit(None, pl.String))
    return table.select("row", "panel", "votes", "code", "last", "first", "sex", "list")


def _names(outcome: Outcome, unit: Ints, option: Ints) -> list[pl.Series]:
    options = outcome.round.options
    if options[0].last:
        return [
            _pick([o.last for o in options], option).alias("last"),
            _pick([o.first for o in options], option).alias("first"),
            _pick([o.sex for o in options], option).alias("sex"),
        ]
    woman, first = outcome.woman[unit, option], outcome.first[unit, option]
    return [
        _pick(FAMILY, outcome.family[unit, option]).alias("last"),
        _pick([*MEN, *WOMEN], first + len(MEN) * woman).alias("first"),
        _pick(["M", "F"], woman.astype(np.int64)).alias("sex"),
    ]


def _partners(outcome: Outcome, unit: Ints, option: Ints) -> pl.Series:
    last = _pick(FAMILY, (outcome.family[unit, option] + 97) % len(FAMILY))
    sex = np.where(outcome.woman[unit, option], 0, len(MEN))
    return last + " " + _pick([*MEN, *WOMEN], (outcome.first[unit, option] + 5) % len(MEN) + sex)


def _add_small_lists(outcome: Outcome, rows: Ints, table: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """A European ballot has some thirty lists; the last option is shared out among the small ones."""
    share, count = small_lists(outcome.round)
    main = len(outcome.round.options) - 1
    votes = rng.multinomial(outcome.votes[rows, main], share)
    number = np.tile(np.arange(count), len(rows))
    draw = np.random.default_rng(outcome.round.year)
    family, first = draw.permutation(len(FAMILY))[: main + count], draw.integers(0, len(MEN), main + count)
    small = pl.DataFrame({"row": np.repeat(rows, count), "panel": main + 1 + number, "votes": votes.ravel()})
    both = pl.concat([table.filter(pl.col("panel") <= main).select("row", "panel", "votes"), small])
    option = both["panel"].to_numpy() - 1
    codes = [o.nuance for o in outcome.round.options[:main]] + ["LDIV"] * count
    both = both.with_columns(
        code=_pick(codes, option),
        last=_pick([FAMILY[i] for i in family], option),
        first=_pick([MEN[i] for i in first], option),
        sex=pl.lit("M"),
        list=_pick((_SMALL_LISTS * 2)[: main + count], option),
    )
    return both.sort("row", "panel")


def _persons(outcome: Outcome, rows: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """Small communes: as many names as seats or so, and a voter may tick many: votes exceed valid ballots."""
    seats = 11 if not outcome.round.after else 3
    commune = np.unique(outcome.stage.commune_index[rows])
    count = seats + rng.integers(0, 5, len(commune))
    begin = np.cumsum(count) - count
    chance = rng.beta(5.0, 2.5, int(count.sum()))
    family = draw_family(len(commune), int(count.max()), rng)[np.arange(count.max()) < count[:, None]]
    first, woman = rng.integers(0, len(MEN), len(family)), rng.random(len(family)) < 0.45
    place = np.searchsorted(commune, outcome.stage.commune_index[rows])
    row = np.repeat(np.arange(len(rows)), count[place])
    number = np.arange(len(row)) - np.repeat(np.cumsum(count[place]) - count[place], count[place])
    person = begin[place[row]] + number
    valid = outcome.votes[rows].sum(axis=1)
    return pl.DataFrame(
        {
            "row": rows[row],
            "panel": number + 1,
            "votes": rng.binomial(valid[row], chance[person]),
            "code": pl.Series([None] * len(row), dtype=pl.String),
            "last": _pick(FAMILY, family[person]),
            "first": _pick([*MEN, *WOMEN], (first + len(MEN) * woman)[person]),
            "sex": _pick(["M", "F"], woman[person].astype(np.int64)),
            "list": pl.Series([None] * len(row), dtype=pl.String),
        }
    )


def _pick(names: list[str], index: Ints) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(index)
