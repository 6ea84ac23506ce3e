"""Infer the transitions between two rounds of a database, and write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from isoloir.codes import Area
from isoloir.commands.transitions.rounds import By, Margins, read_margins
from isoloir.stats.blocs import blocs
from isoloir.stats.transitions import Transitions, estimate
from isoloir.store import atomic, database

TABLE = ("csv", "parquet")
DRAWING = ("svg", "png")


@dataclass(frozen=True)
class Flows:
    """Who moved where between two rounds, on the stations of today in an area."""

    margins: Margins
    found: Transitions
    table: pl.DataFrame  # one row per group (null: all together), origin and destination


def infer_rounds(
    path: Path,
    before: str,
    after: str,
    area: Area | None = None,
    by: By | None = None,
    blocs_file: Path | None = None,
    seed: int = 0,
) -> Flows:
    """Estimate the transitions from the round `before` to the round `after` in an area of a station database.

    Départements, or the constituencies of a single one, have transitions of their own, drawn around common ones; the
    census of the database says what sort of place each station is. Raises StatsError where a round is not there.
    """
    with database(path) as connection:
        margins = read_margins(connection, before, after, area or Area(), by, blocs(blocs_file))
    found = estimate(margins.origins, margins.destinations, margins.groups, seed, margins.census)
    parts = [(None, found), *((str(group), part) for group, part in found.by_group.items())]
    return Flows(margins, found, pl.concat([_tabulate(margins, group, part) for group, part in parts]))


def export(flows: Flows, out: Path) -> list[Path]:
    """Write the flow diagram and the table: one file where `out` ends like one, else all of them into that folder."""
    from isoloir.commands.transitions.diagram import draw

    if out.suffix.lower()[1:] in TABLE + DRAWING:
        files = [out]
    else:
        files = [out / f"transitions.{kind}" for kind in DRAWING + TABLE]
    for file in files:
        kind = file.suffix.lower()[1:]
        with atomic(file) as part:
            if kind in DRAWING:
                draw(flows, part)
            elif kind == "csv":
                flows.table.write_csv(part, float_precision=5)
            else:
                flows.table.write_parquet(part)
    return files


def _tabulate(margins: Margins, group: str | None, part: Transitions) -> pl.DataFrame:
    """Voters, shares with 90 % intervals and the bounds that hold whatever the model, and whether methods disagree."""
    rows, columns = len(margins.rows), len(margins.columns)
    cells = {
        "voters": part.votes,
        "share": part.shares,
        "share_low": part.share_low,
        "share_high": part.share_high,
        "bound_low": part.bound_low,
        "bound_high": part.bound_high,
        "disagree": part.disagree,
    }
    return pl.DataFrame(
        {
            "group": pl.repeat(group, rows * columns, dtype=pl.String, eager=True),
            "origin": np.repeat(margins.rows, columns),
            "destination": np.tile(margins.columns, rows),
            **{name: values.ravel() for name, values in cells.items()},
        }
    )
