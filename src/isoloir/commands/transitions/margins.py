"""Anyone's margins: a table of votes by unit and option, before and after, and the transitions inferred from it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from isoloir.commands.transitions.layout import read_layout
from isoloir.errors import StatsError
from isoloir.stats.transitions import Transitions, balance, estimate_many
from isoloir.stats.transitions.margins import Floats
from isoloir.store import atomic

_ROUNDING = 1e-6  # of the votes of a unit: its two sides are the same
_SHOWN = ("votes", "share", "share_low", "share_high")


@dataclass(frozen=True)
class Margins:
    """One district: votes of each unit by option, before and after, the same total on both sides of a unit."""

    name: str  # file, election and district, for messages
    number: Hashable
    rows: npt.NDArray[Any]  # options, in order
    columns: npt.NDArray[Any]
    labels: list[str | None]  # what each row is called
    origins: Floats  # (units, R)
    destinations: Floats  # (units, C)


@dataclass(frozen=True)
class Inferred:
    """What was inferred from a file, and what had to be done to its figures first."""

    table: pl.DataFrame
    notices: list[str]


def infer_margins(file: Path, out: Path, seed: int = 0) -> Inferred:
    """Estimate the transitions of every district of a file and write them to `out` (.parquet or .csv).

    `file` (.parquet or .csv) has the columns election, district_no, unit, side (row or col), opt, votes, and maybe
    option, the name of the party. A combination that it leaves out is no votes. Districts of one election learn from
    each other. `out` has election, district_no, row_opt, col_opt, votes, share, share_low, share_high; `votes` add up
    to those of `col`. Raises SourceError or StatsError naming file, election, district and unit.
    """
    given, types = read_layout(file)
    notices: list[str] = []
    tables = []
    for election, rows in _parts(given, "election"):
        districts = [
            _district(part, f"{file}, election {election}, district {number}", number, notices)
            for number, part in _parts(rows, "district_no")
        ]
        for district, found in zip(districts, _estimate(districts, seed), strict=True):
            tables.append(_tabulate(election, district, found))
    keys = {"election": "election", "district_no": "district_no", "row_opt": "opt", "col_opt": "opt"}
    table = pl.concat(tables).cast({name: types[key] for name, key in keys.items()})
    with atomic(out) as part:
        table.write_csv(part) if out.suffix.lower() == ".csv" else table.write_parquet(part)
    return Inferred(table, notices)


def _parts(table: pl.DataFrame, key: str) -> list[tuple[Any, pl.DataFrame]]:
    return [(name, part) for (name,), part in table.sort(key).partition_by(key, as_dict=True).items()]


def _district(part: pl.DataFrame, name: str, number: Hashable, notices: list[str]) -> Margins:
    """The margins of a district, balanced."""
    units = np.unique(part["unit"].to_numpy())
    sides = []
    for side in ("row", "col"):
        rows = part.filter(pl.col("side") == side)
        if not rows["votes"].sum():
            raise StatsError(f"{name}: no votes on the side {side}; both sides are needed")
        sides.append(_scatter(rows, units))
    (rows_, x, labels), (columns, y, _) = sides
    before, after = x.sum(1), y.sum(1)
    lost = (before == 0) != (after == 0)
    if lost.any():
        shown = ", ".join(map(str, units[lost][:5]))
        notices.append(f"{name}: {lost.sum()} units with votes on one side only were left out ({shown})")
        x, y, before, after, units = x[~lost], y[~lost], before[~lost], after[~lost], units[~lost]
    if (after > 0).sum() < 2:
        raise StatsError(f"{name}: fewer than two units with votes on both sides do not identify transitions")
    gap = np.abs(before - after) / np.maximum(after, 1e-300)
    if (gap > _ROUNDING).any():
        worst = int(gap.argmax())
        notices.append(
            f"{name}: the sides of {(gap > _ROUNDING).sum()} units differ, at most in unit {units[worst]} "
            f"({before[worst]:g} in row, {after[worst]:g} in col); rows were scaled to columns"
        )
    return Margins(name, number, rows_, columns, labels, balance(x, y), y)


def _scatter(rows: pl.DataFrame, units: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Floats, list[str | None]]:
    """Options in order, votes (units, options), and the label of each option."""
    options = rows.group_by("opt").agg(pl.col("option").first()).sort("opt")
    names = options["opt"].to_numpy()
    votes = np.zeros((len(units), len(names)))
    cells = np.searchsorted(units, rows["unit"].to_numpy()), np.searchsorted(names, rows["opt"].to_numpy())
    votes[cells] = rows["votes"].to_numpy()
    return names, votes, options["option"].to_list()


def _estimate(districts: list[Margins], seed: int) -> list[Transitions | None]:
    """Between the options that somebody chose in each district; None where one side has a single one."""
    found: list[Transitions | None] = [None] * len(districts)
    open_ = [i for i, d in enumerate(districts) if len(d.rows) > 1 and (d.destinations.sum(0) > 0).sum() > 1]
    if open_:
        pairs = [(d.origins, d.destinations[:, d.destinations.sum(0) > 0]) for d in (districts[i] for i in open_)]
        results = estimate_many(pairs, seed, _names([districts[i] for i in open_]))
        for i, result in zip(open_, results, strict=True):
            found[i] = result
    return found


def _names(districts: list[Margins]) -> list[list[Hashable]] | None:
    """Which rows are the same party everywhere: by label, else by codes; None where they are only counted off."""
    if all(None not in d.labels and len(set(d.labels)) == len(d.labels) for d in districts):
        return [list(d.labels) for d in districts]
    if all(d.rows.tolist() == list(range(1, len(d.rows) + 1)) for d in districts):
        return None
    return [d.rows.tolist() for d in districts]


def _tabulate(election: Hashable, district: Margins, found: Transitions | None) -> pl.DataFrame:
    """One row for each pair of options, those that nobody chose included: 0 votes."""
    voters, kept = district.origins.sum(0), district.destinations.sum(0) > 0
    cells = {name: np.zeros((len(district.rows), len(district.columns))) for name in _SHOWN}
    if found is None:  # one option on a side: everybody went there, or everybody came from there
        share = district.destinations.sum(0) / district.destinations.sum()
        cells = {name: np.tile(share, (len(voters), 1)) for name in _SHOWN}
        cells["votes"] = voters[:, None] * share
    else:
        cells["votes"][:, kept] = found.votes
        cells["share"][:, kept] = found.shares
        cells["share_low"][:, kept] = np.minimum(found.share_low, found.shares)
        cells["share_high"][:, kept] = np.maximum(found.share_high, found.shares)
    size = cells["votes"].size
    return pl.DataFrame(
        {
            "election": [election] * size,
            "district_no": [district.number] * size,
            "row_opt": np.repeat(district.rows, len(district.columns)),
            "col_opt": np.tile(district.columns, len(district.rows)),
            **{name: values.ravel() for name, values in cells.items()},
        }
    )
