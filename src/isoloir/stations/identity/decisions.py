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
from isoloir.stations.identity import overlap
from isoloir.stations.identity.known import NOTHING, Lessons
from isoloir.stations.identity.profiles import Ballots, Features, Years
from isoloir.stations.identity.sides import Indices, Side
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
class Stations:
    """The stations of one side of a group, in the order of their codes, out of the table of all of them."""

    rows: slice
    communes: list[str]
    codes: list[str]
    registered: NDArray[np.float64]
    constituencies: list[str | None]
    year: int
    place: Indices
    spans: tuple[Years, Years]

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True)
class Group:
    """The stations of one decision: before and after."""

    before: Stations
    after: Stations

    @property
    def years(self) -> tuple[int, int]:
        """The last year before and the first year after."""
        return self.before.year, self.after.year

    @property
    def hard(self) -> bool:
        """Whether it takes more than counting the stations."""
        return len(self.before) > 1 and len(self.after) > 1

    @property
    def alone(self) -> bool:
        """Whether it is one commune, then and later."""
        return len(set(self.before.communes)) == len(set(self.after.communes)) == 1


def decide(
    seen: pl.DataFrame,
    steps: Steps,
    links: pl.DataFrame,
    ballots: Ballots,
    lessons: Lessons,
    outlines: overlap.Outlines,
) -> Decided:
    """Decide every group of `links` (of `succession.groups`)."""
    stations = _stations(seen, steps, links, ballots)
    rows: list[Rows] = []
    notices: list[Notice] = []
    for group in _groups(stations):
        _decide_one(group, stations, ballots, lessons, outlines, rows, notices)
    moves = _table(rows, stations)
    kept = moves.filter("kept").drop("kept")
    return Decided(moves.drop("kept"), kept, notices)


def _stations(seen: pl.DataFrame, steps: Steps, links: pl.DataFrame, ballots: Ballots) -> pl.DataFrame:
    """The stations of both sides of every group that has two, numbered in the order of their codes."""
    stations = seen.join(steps.lasting, on=[*PLACE, "year"], how="inner").join(ballots.places, on=PLACE, how="left")
    sides = []
    for side, (commune, year) in enumerate((("commune_code", "year"), ("next_commune", "next_year"))):
        nodes = links.select("group", commune_code=commune, year=year).unique()
        sides.append(nodes.join(stations, on=["commune_code", "year"]).with_columns(side=pl.lit(side, pl.Int32)))
    table = pl.concat(sides).filter(pl.col("side").n_unique().over("group") == 2)
    return table.with_columns(pl.col("place").fill_null(0)).sort("group", "side", *PLACE)


def _groups(stations: pl.DataFrame) -> Iterable[Group]:
    columns = {c: stations[c].to_list() for c in ("commune_code", "station_code", "constituency_code")}
    registered = np.maximum(stations["registered"].to_numpy().astype(float), 1.0)
    year, first, last = (stations[c].to_numpy().astype(np.int32) for c in ("year", "first_year", "last_year"))
    place = stations["place"].to_numpy().astype(np.intp)
    number = 2 * stations["group"].to_numpy().astype(np.int64) + stations["side"].to_numpy()
    ends = np.r_[np.flatnonzero(np.diff(number, prepend=-1)), len(number)].tolist()

    def side(start: int, end: int, latest: bool) -> Stations:
        rows = slice(start, end)
        years = year[rows]
        return Stations(
            rows,
            columns["commune_code"][rows],
            columns["station_code"][rows],
            registered[rows],
            columns["constituency_code"][rows],
            int(years.max() if latest else years.min()),
            place[rows],
            (first[rows], last[rows]),
        )

    for k in range(0, len(ends) - 1, 2):
        yield Group(side(ends[k], ends[k + 1], True), side(ends[k + 1], ends[k + 2], False))


def _decide_one(
    group: Group,
    stations: pl.DataFrame,
    ballots: Ballots,
    lessons: Lessons,
    outlines: overlap.Outlines,
    rows: list[Rows],
    notices: list[Notice],
) -> None:
    known = lessons.of(group.years) if group.hard else NOTHING
    before, after = _sides(group, ballots)
    communes = group.before.communes, group.after.communes
    shared = _overlap(group, stations, outlines) if group.hard else None
    found = transfer(before, after, known, communes=communes, overlap=shared)
    rows.append(_moves(group, found))
    label = f"{', '.join(sorted(set(communes[0])))}, {group.years[0]} to {group.years[1]}"
    lost = len(group.before) - int((found.share.sum(1) > 0).sum())
    if lost:
        found.reasons.append(f"{lost} of {len(group.before)} stations lead nowhere")
    notices.extend(Notice(ORIGIN, f"{label}: {reason}", value=communes[0][0]) for reason in found.reasons)


def _sides(group: Group, ballots: Ballots) -> tuple[Side, Side]:
    labels = _labels(group) if group.hard and group.alone else ([], [])
    found = []
    for later, (side, marks) in enumerate(zip((group.before, group.after), labels, strict=True)):
        votes = (
            ballots.side(side.place, side.year, bool(later), *side.spans) if group.hard else Features.none(len(side))
        )
        codes = side.codes if group.alone else [f"{c}_{s}" for c, s in zip(side.communes, side.codes, strict=True)]
        found.append(Side(codes, side.registered, votes.values, votes.noise, votes.keys, votes.columns, marks))
    return found[0], found[1]


def _labels(group: Group) -> tuple[list[list[str | None]], list[list[str | None]]]:
    """Partitions that a renumbering tends to respect: the constituency, and the first half of codes like 0312."""
    sides = group.before, group.after
    found: tuple[list[list[str | None]], list[list[str | None]]] = ([], [])
    if min(len(s) for s in sides) < 8:
        return found
    halves: list[list[str | None]] = [[c[:2] for c in s.codes] for s in sides]
    for marks in ([s.constituencies for s in sides], halves):
        usable = all(None not in m and 1 < len(set(m)) <= max(len(m) / 4, 2) for m in marks)
        if usable and set(marks[0]) == set(marks[1]):
            for own, m in zip(found, marks, strict=True):
                own.append(list(m))
    return found


def _overlap(group: Group, stations: pl.DataFrame, outlines: overlap.Outlines) -> NDArray[np.float64] | None:
    if not all(outlines.covers(c) for c in {*group.before.communes, *group.after.communes}):
        return None
    sides = []
    for side in (group.before, group.after):
        shapes: list[overlap.Shape | None] = []
        for _, part in stations[side.rows].group_by("commune_code", maintain_order=True):
            shapes += outlines.of(part)
        sides.append(shapes)
    if any(all(s is None for s in side) for side in sides):
        return None
    points, weights = outlines.points(sorted(set(group.after.communes)))
    return overlap.overlap(sides[0], sides[1], points, weights)


def _moves(group: Group, found: Transfer) -> Rows:
    i, j = np.nonzero(found.share > 1e-9)
    facts = found.share[i, j], found.evidence[i, j], found.quality[i, j], found.kept[i, j]
    return Rows(group.before.rows.start + i, group.after.rows.start + j, *facts)


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
