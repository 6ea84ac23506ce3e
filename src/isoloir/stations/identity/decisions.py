"""Deciding every step in which something happened: gather the evidence of a group of communes, then `transfer`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir.sources.reading import Notice
from isoloir.stations.identity import overlap, profiles
from isoloir.stations.identity.known import Known, known_stations
from isoloir.stations.identity.lessons import Lesson
from isoloir.stations.identity.sides import Side
from isoloir.stations.identity.sightings import PLACE, Steps
from isoloir.stations.identity.transfers import Transfer, transfer

ORIGIN = Path("lineage")  # what notices of this stage name as their file
MOVES = {
    "commune_code": pl.String,
    "station_code": pl.String,
    "year": pl.Int32,
    "next_commune": pl.String,
    "next_station": pl.String,
    "next_year": pl.Int32,
    "share": pl.Float64,
    "evidence": pl.String,
    "quality": pl.String,
}


@dataclass(frozen=True)
class Decided:
    """moves: the columns of MOVES. kept: those of them in which the station is the same, unchanged."""

    moves: pl.DataFrame
    kept: pl.DataFrame
    notices: list[Notice]


class Rows(NamedTuple):
    """Moves of one group: rows of the table of stations, and what `Transfer` says of them."""

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    share: NDArray[np.float64]
    evidence: NDArray[np.object_]
    quality: NDArray[np.object_]
    kept: NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """The stations of one decision: before and after, in the order of their codes."""

    number: int
    before: pl.DataFrame
    after: pl.DataFrame

    @property
    def sides(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Before and after."""
        return self.before, self.after

    @property
    def first_rows(self) -> tuple[int, int]:
        """Where each side begins in the table of stations."""
        return int(self.before["row"][0]), int(self.after["row"][0])

    @property
    def years(self) -> tuple[int, int]:
        """The last year before and the first year after."""
        return int(self.before["year"].max()), int(self.after["year"].min())  # type: ignore[arg-type]

    @property
    def hard(self) -> bool:
        """Whether it takes more than counting the stations."""
        return self.before.height > 1 and self.after.height > 1


def decide(
    turnout: pl.LazyFrame,
    results: pl.LazyFrame,
    seen: pl.DataFrame,
    steps: Steps,
    links: pl.DataFrame,
    outlines: overlap.Outlines,
) -> Decided:
    """Decide every group of `links` (of `succession.groups`)."""
    stations = _stations(seen, steps, links)
    found = _groups(stations)
    rounds = turnout.select("commune_code", "election").unique().collect()
    rows: list[Rows] = []
    notices: list[Notice] = []
    for years, part in _by_years([g for g in found if g.hard]):
        known = known_stations(turnout, results, seen, steps.steps, steps.lasting, rounds, years)
        wanted = stations.filter(pl.col("group").is_in([g.number for g in part])).select(profiles.ASKED)
        long = profiles.collect(turnout, results, profiles.windows(rounds, wanted))
        features = profiles.tabulate(long, {(g.number, k): t.height for g in part for k, t in enumerate(g.sides)})
        for group in part:
            _decide_one(group, features, known, outlines, rows, notices)
    for group in found:
        if not group.hard:
            _decide_one(group, {}, None, outlines, rows, notices)
    moves = _table(rows, stations)
    kept = moves.filter("kept").drop("kept")
    return Decided(moves.drop("kept"), kept, notices)


def _stations(seen: pl.DataFrame, steps: Steps, links: pl.DataFrame) -> pl.DataFrame:
    """The stations of both sides of every group, numbered in the order of their codes."""
    stations = seen.join(steps.lasting, on=[*PLACE, "year"], how="inner")
    sides = []
    for side, (commune, year) in enumerate((("commune_code", "year"), ("next_commune", "next_year"))):
        nodes = links.select("group", commune_code=commune, year=year).unique()
        sides.append(nodes.join(stations, on=["commune_code", "year"]).with_columns(side=pl.lit(side, pl.Int32)))
    table = pl.concat(sides).sort("group", "side", *PLACE)
    return table.with_columns(number=pl.int_range(pl.len()).over("group", "side"), row=pl.int_range(pl.len()))


def _groups(stations: pl.DataFrame) -> list[Group]:
    parts = {(int(k[0]), int(k[1])): t for k, t in stations.partition_by("group", "side", as_dict=True).items()}
    numbers = sorted(number for number, side in parts if side == 0 and (number, 1) in parts)
    return [Group(number, parts[number, 0], parts[number, 1]) for number in numbers]


def _by_years(groups: list[Group]) -> Iterable[tuple[tuple[int, int], list[Group]]]:
    by: dict[tuple[int, int], list[Group]] = {}
    for group in groups:
        by.setdefault(group.years, []).append(group)
    return sorted(by.items())


def _decide_one(
    group: Group,
    features: dict[tuple[int, int], profiles.Features],
    known: Known | None,
    outlines: overlap.Outlines,
    rows: list[Rows],
    notices: list[Notice],
) -> None:
    before, after, lesson = _sides(group, features, known)
    communes = group.before["commune_code"].to_list(), group.after["commune_code"].to_list()
    shared = _overlap(group, outlines) if group.hard else None
    years = group.years[1] - group.years[0]
    found = transfer(before, after, years, communes=communes, overlap=shared, lesson=lesson)
    rows.append(_moves(group, found))
    label = f"{', '.join(sorted(set(communes[0])))}, {group.years[0]} to {group.years[1]}"
    lost = group.before.height - int((found.share.sum(1) > 0).sum())
    if lost:
        found.reasons.append(f"{lost} of {group.before.height} stations lead nowhere")
    notices.extend(Notice(ORIGIN, f"{label}: {reason}", value=communes[0][0]) for reason in found.reasons)


def _sides(
    group: Group, features: dict[tuple[int, int], profiles.Features], known: Known | None
) -> tuple[Side, Side, Lesson | None]:
    both = [features.get((group.number, k)) or profiles.Features.none(t.height) for k, t in enumerate(group.sides)]
    lesson = known.lesson(both[0].names, both[1].names) if known else None
    alone = group.before["commune_code"].n_unique() == group.after["commune_code"].n_unique() == 1
    labels = _labels(group) if alone else ([], [])
    sides = [
        Side(_codes(table, alone), _sizes(table), f.values, f.noise, f.keys, marks)
        for table, f, marks in zip(group.sides, both, labels, strict=True)
    ]
    return sides[0], sides[1], lesson


def _codes(table: pl.DataFrame, alone: bool) -> list[str]:
    return (table["station_code"] if alone else table["commune_code"] + "_" + table["station_code"]).to_list()


def _sizes(table: pl.DataFrame) -> NDArray[np.float64]:
    sizes: NDArray[np.float64] = np.maximum(table["registered"].to_numpy().astype(float), 1.0)
    return sizes


def _labels(group: Group) -> tuple[list[list[str | None]], list[list[str | None]]]:
    """Partitions that a renumbering tends to respect: the constituency, and the first half of codes like 0312."""
    tables = group.sides
    if min(t.height for t in tables) < 8:
        return [], []
    found: tuple[list[list[str | None]], list[list[str | None]]] = ([], [])
    for column in (pl.col("constituency_code"), pl.col("station_code").str.head(2)):
        marks = [t.select(column).to_series() for t in tables]
        usable = all(m.null_count() == 0 and 1 < m.n_unique() <= max(len(m) / 4, 2) for m in marks)
        if usable and set(marks[0]) == set(marks[1]):
            for side, m in zip(found, marks, strict=True):
                side.append(m.to_list())
    return found


def _overlap(group: Group, outlines: overlap.Outlines) -> NDArray[np.float64] | None:
    if not all(outlines.covers(c) for t in group.sides for c in t["commune_code"].unique()):
        return None
    sides = []
    for table in group.sides:
        shapes: list[overlap.Shape | None] = []
        for _, part in table.group_by("commune_code", maintain_order=True):
            shapes += outlines.of(part)
        sides.append(shapes)
    if any(all(s is None for s in side) for side in sides):
        return None
    points, weights = outlines.points(group.after["commune_code"].unique().to_list())
    return overlap.overlap(sides[0], sides[1], points, weights)


def _moves(group: Group, found: Transfer) -> Rows:
    i, j = np.nonzero(found.share > 1e-9)
    facts = found.share[i, j], found.evidence[i, j], found.quality[i, j], found.kept[i, j]
    return Rows(group.first_rows[0] + i, group.first_rows[1] + j, *facts)


def _table(rows: list[Rows], stations: pl.DataFrame) -> pl.DataFrame:
    """The moves of all groups, from the rows of their stations."""
    if not rows:
        return pl.DataFrame(schema=MOVES | {"kept": pl.Boolean})
    before, after, share, evidence, quality, kept = (np.concatenate(c) for c in zip(*rows, strict=True))
    old = stations.select(*PLACE, "year")[before]
    new = stations.select(next_commune="commune_code", next_station="station_code", next_year="year")[after]
    facts = {"share": np.minimum(share, 1.0), "evidence": evidence.tolist(), "quality": quality.tolist(), "kept": kept}
    table = pl.concat([old, new, pl.DataFrame(facts)], how="horizontal")
    return table.select(*(pl.col(c).cast(t) for c, t in MOVES.items()), "kept")
