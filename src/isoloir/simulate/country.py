"""`isoloir simulate`: a fictional country, from the ground to the ballot boxes, written as official files.

Reads top to bottom: the territory is drawn once; each département is settled, peopled, divided into stations and
voted through on its own, and written before the next; what spans the country (outlines, mergers) is written last.
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from isoloir.errors import SettingsError
from isoloir.simulate import names, voters
from isoloir.simulate.ballots import Ballots, count_ballots
from isoloir.simulate.geography import Floats, Territory, draw_territory
from isoloir.simulate.layouts.census import VINTAGES, Census
from isoloir.simulate.layouts.elections import Aggregated
from isoloir.simulate.layouts.ground import population_of, write_changes, write_constituencies, write_outlines
from isoloir.simulate.layouts.ministry import NUMBERED, WIDE, Ministry
from isoloir.simulate.layouts.register import Register
from isoloir.simulate.people import People, draw_people, draw_traits, towers
from isoloir.simulate.places import Parts, split_by_cell, split_by_iris
from isoloir.simulate.plan import Plan, Size, make_plan
from isoloir.simulate.rounds import Round, calendar
from isoloir.simulate.settlement import Addresses, Blocks, draw_addresses, draw_blocks
from isoloir.simulate.stations import REFERENCE, Epoch, draw_history
from isoloir.simulate.truth import Truth
from isoloir.simulate.votes import Stage, draw_stage, draw_zones, run_rounds

Progress = Callable[[str, float], None]
WORKERS = 2
FOLDERS = ("elections", "register", "insee", "geography", "truth")


@dataclass
class Summary:
    """How much was written, and how long it took."""

    folder: Path
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    bytes: int = 0


@dataclass
class Departement:
    """Everything about one département, in memory until it is written."""

    number: int
    name: str
    blocks: Blocks
    addresses: Addresses
    people: People
    history: list[Epoch]
    stages: list[Stage]
    ballots: list[Ballots]
    iris: Parts
    cells: Parts


def simulate(out: Path, size: Size, seed: int, progress: Progress | None = None, scale: float = 1.0) -> Summary:
    """Write the country in `out`; the same seed gives the same bytes.

    `progress` is told what is being done and the share that is done. Raise SettingsError where `out` cannot be used.
    """
    started, tell = time.monotonic(), progress or (lambda _what, _share: None)
    if size not in ("departement", "france"):
        raise SettingsError(f"{size!r} is no size of a simulation; give departement or france")
    part = _prepare(out)
    tell("territory", 0.0)
    plan, rounds = make_plan(size, scale), calendar()
    land = draw_territory(plan, seed)
    matrices = voters.scale_matrices(rounds, seed)
    summary = _write_all(part, land, rounds, matrices, seed, tell)
    _publish(part, out)
    summary.folder, summary.seconds = out, time.monotonic() - started
    summary.bytes = sum(f.stat().st_size for name in FOLDERS for f in (out / name).rglob("*") if f.is_file())
    tell("done", 1.0)
    return summary


def _write_all(
    part: Path, land: Territory, rounds: Sequence[Round], matrices: dict[str, voters.Matrix], seed: int, tell: Progress
) -> Summary:
    """Départements are drawn side by side and written in order."""
    options = {r.election: len(r.options) for r in rounds if r.election in WIDE or r.election in NUMBERED}
    aggregated, ministry, register = Aggregated(part), Ministry(part, options), Register(part)
    census, truth = Census(part), Truth(part, rounds)
    population, references = np.zeros(len(land.code)), []
    for dep in _draw_all(land, rounds, matrices, seed):
        stage = dep.stages[REFERENCE]
        aggregated.write(dep.ballots, dep.name)
        ministry.write(dep.ballots, dep.name)
        register.write(land, dep.addresses, stage)
        census.write(land, dep.people, dep.iris, dep.cells, dep.blocks.commune, seed + dep.number)
        truth.write(land, dep.history, dep.people, stage, [b.outcome for b in dep.ballots], (dep.blocks, dep.addresses))
        population += population_of(land, dep.blocks.commune, dep.people, VINTAGES[-1])
        references.append(stage)
        tell(dep.name, 0.02 + 0.93 * (dep.number + 1) / len(land.plan.codes))
    for writer in (aggregated, ministry, register, census, truth):
        writer.close()
    tell("outlines", 0.96)
    _write_ground(part, land, population, references)
    return Summary(
        part,
        {
            "departements": len(land.plan.codes),
            "communes": len(np.unique(land.at(9999))),
            "stations": register.stations.rows,
            "addresses": register.addresses.rows,
            "rounds": len(rounds),
            "turnout rows": aggregated.general.rows,
            "candidate rows": aggregated.candidates.rows,
            "iris rows": next(iter(census.themes.values())).rows,
            "true iris": int((land.seed_number > 0).sum()),
            "grid cells": census.grid.rows,
            "lineage rows": truth.lineage.rows,
        },
    )


def _write_ground(part: Path, land: Territory, population: Floats, references: list[Stage]) -> None:
    write_outlines(part, land, population)
    write_changes(part, land)
    write_constituencies(part, references)


def _draw_all(
    land: Territory, rounds: Sequence[Round], matrices: dict[str, voters.Matrix], seed: int
) -> Iterator[Departement]:
    """Draw ahead with WORKERS threads (the arrays release the lock), never more than two ahead of the writer."""
    todo = iter(range(len(land.plan.codes)))
    with ThreadPoolExecutor(WORKERS) as pool:
        waiting: deque[Future[Departement]] = deque()
        for number in todo:
            waiting.append(pool.submit(draw_departement, land, number, rounds, matrices, seed))
            if len(waiting) > WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def draw_departement(
    land: Territory, number: int, rounds: Sequence[Round], matrices: dict[str, voters.Matrix], seed: int
) -> Departement:
    """One département, from its street blocks to its ballots."""
    rng = np.random.default_rng([seed, 2, number])
    blocks = draw_blocks(land, number, rng)
    traits = draw_traits(land, blocks, seed, rng)
    people = draw_people(blocks, traits, rng, list(VINTAGES))
    addresses = draw_addresses(blocks, towers(traits), rng)
    history = draw_history(land, blocks, number, rng)
    zones = draw_zones(land, blocks, _constituencies(land.plan, land)[number], land.plan.cantons)
    stages = [draw_stage(land, epoch, zones) for epoch in history]
    votes = run_rounds(rounds, matrices, stages, blocks, people, number, seed)
    return Departement(
        number=number,
        name=names.departement_names(len(land.plan.codes))[number],
        blocks=blocks,
        addresses=addresses,
        people=people,
        history=history,
        stages=stages,
        ballots=[count_ballots(outcome, land, rng) for outcome in votes],
        iris=split_by_iris(land, blocks, addresses),
        cells=split_by_cell(blocks, addresses),
    )


def _constituencies(plan: Plan, land: Territory) -> list[int]:
    """Constituencies of each département, by its voters; at least one."""
    voters_in = np.bincount(land.departement, land.registered)
    return [max(1, round(float(n))) for n in plan.constituencies * voters_in / voters_in.sum()]


def _prepare(out: Path) -> Path:
    """An empty folder inside `out`, where files grow until they are whole."""
    if out.exists() and not out.is_dir():
        raise SettingsError(f"{out}: not a folder; give another --out")
    part = out / ".simulating"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    return part


def _publish(part: Path, out: Path) -> None:
    """Put the finished folders in place of older ones."""
    for name in FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
        (part / name).rename(out / name)
    part.rmdir()
