"""The results of a département, round after round: who stands where, what each block votes, who goes to round two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isoloir.simulate import voters
from isoloir.simulate.doors import Reserve, is_told, measure_reserve
from isoloir.simulate.geography import Floats, Ints, Territory
from isoloir.simulate.names import MEN, draw_family
from isoloir.simulate.people import People
from isoloir.simulate.rounds import Round
from isoloir.simulate.settlement import Blocks
from isoloir.simulate.stations import Epoch, cut

# Standard deviations (natural logarithm of a weight) of what no variable explains, drawn anew in every round.
COMMUNE_NOISE, QUARTER_NOISE, LOYALTY_NOISE, CANDIDATE_NOISE = 0.10, 0.07, 0.20, 0.20
TURNOUT_NOISE = 2.5  # of abstention between communes, against that of candidates
DEPARTEMENTS_IN_A_REGION = 8
SMALL_COMMUNE = {2008: 3500, 2014: 1000, 2020: 1000}  # inhabitants; below, municipal ballots name persons


@dataclass
class Stage:
    """The stations of an epoch as rows, sorted by commune and station code."""

    epoch: Epoch
    number: Ints  # true number of each row
    commune: npt.NDArray[np.str_]
    commune_index: Ints
    code: npt.NDArray[np.str_]
    row: Ints  # row of each block
    registered: Ints
    constituency: Ints
    canton: Ints


@dataclass
class Outcome:
    """One round in one département. Arrays are (stations,), (stations, options) or (units, options)."""

    round: Round
    stage: Stage
    held: npt.NDArray[np.bool_]
    unit: Ints
    votes: Ints
    silent: Ints  # (stations, 3): abstention, blank, spoiled
    present: npt.NDArray[np.bool_]  # (units, options)
    family: Ints  # (units, options): index into names.FAMILY
    first: Ints
    woman: npt.NDArray[np.bool_]
    table: Ints  # (stations, origins, outcomes) of a presidential round; empty for others
    origins: tuple[str, ...]
    reserve: Reserve | None = None  # of the rounds whose truth tells it


@dataclass
class Zones:
    """Constituency and canton of each block, from 0."""

    constituency: Ints
    canton: Ints


def draw_zones(land: Territory, blocks: Blocks, constituencies: int, cantons: int) -> Zones:
    """Constituencies and cantons: compact groups of communes; a large city is shared among several."""
    pieces = np.maximum(1, land.stations // 30)
    place = np.zeros(len(blocks.x), dtype=np.int64)
    communes, begin = np.unique(blocks.commune, return_index=True)
    total = 0
    for commune, a, b in zip(communes.tolist(), begin.tolist(), [*begin.tolist()[1:], len(blocks.x)], strict=True):
        part = cut(blocks.x[a:b], blocks.y[a:b], blocks.voters[a:b].astype(float), int(pieces[commune]))
        place[a:b] = total + part
        total += int(part.max()) + 1
    weight = np.asarray(np.bincount(place, blocks.voters), dtype=np.float64)
    x = np.bincount(place, blocks.x * blocks.voters) / weight
    y = np.bincount(place, blocks.y * blocks.voters) / weight
    return Zones(cut(x, y, weight, constituencies)[place], cut(x, y, weight, cantons)[place])


def draw_stage(land: Territory, epoch: Epoch, zones: Zones) -> Stage:
    """Rows for the stations of an epoch; a station votes in the zone of most of its voters."""
    numbers = np.unique(epoch.station)
    index = np.array([epoch.commune[n] for n in numbers.tolist()])
    codes = np.array([epoch.code[n] for n in numbers.tolist()])
    order = np.lexsort([codes, land.code[index]])
    rank = np.empty(len(numbers), dtype=np.int64)
    rank[order] = np.arange(len(numbers))
    row = rank[np.searchsorted(numbers, epoch.station)]
    return Stage(
        epoch, numbers[order], land.code[index][order], index[order], codes[order], row,
        np.bincount(row, epoch.registered).astype(np.int64),
        _majority(row, zones.constituency, epoch.registered), _majority(row, zones.canton, epoch.registered),
    )  # fmt: skip


def _majority(row: Ints, zone: Ints, weight: Ints) -> Ints:
    size = int(zone.max()) + 1
    table = np.bincount(row * size + zone, weight, (int(row.max()) + 1) * size)
    return np.asarray(table.reshape(-1, size).argmax(axis=1))


def run_rounds(
    rounds: Sequence[Round], matrices: dict[str, voters.Matrix], stages: list[Stage], blocks: Blocks, people: People,
    departement: int, seed: int,
) -> Iterator[Outcome]:  # fmt: skip
    """Each round in order; the family of every voter goes from one presidential election to the next."""
    families = stages[0].epoch.registered[:, None].copy()
    first: dict[str, tuple[Outcome, Ints]] = {}
    for number, round_ in enumerate(rounds):
        rng = np.random.default_rng([seed, 5, departement, number])
        stage = [s for s in stages if s.epoch.year <= round_.year][-1]
        key = int(rng.integers(0, 2**62))
        before, counts = first.get(round_.after, (None, families))
        if before is None:
            voters.adjust(counts, stage.epoch.registered, key)
        outcome = _stand(round_, stage, before, departement, seed, rng)
        drawn = _draw(outcome, matrices[round_.election], counts, blocks, people, rng, key)
        first[round_.election] = (outcome, drawn)
        if round_.election.endswith("pres_t1"):
            families = np.c_[drawn, np.zeros(len(drawn), dtype=np.int64)]
        yield outcome


def _stand(
    round_: Round, stage: Stage, before: Outcome | None, departement: int, seed: int, rng: np.random.Generator
) -> Outcome:
    """Who stands in each unit, before anybody votes."""
    unit, units = _units(round_, stage)
    shape = (units, len(round_.options))
    region = [seed, 6, departement // DEPARTEMENTS_IN_A_REGION, round_.year]
    source = np.random.default_rng(region) if round_.unit == "region" else rng
    family, first = draw_family(*shape, source), source.integers(0, len(MEN), shape)
    woman, held = source.random(shape) < 0.45, np.ones(len(stage.number), dtype=bool)
    present = source.random(shape) < np.array([o.presence for o in round_.options])
    present[:, np.argmax([o.share for o in round_.options])] = True
    if before is not None:
        same = _same_people(round_, before)
        family, first, woman = before.family[:, same], before.first[:, same], before.woman[:, same]
        if round_.runoff:
            present, contested = _qualify(before)
            held = contested[unit]
    elif round_.type == "cant" and units > 1:
        held = stage.canton % 2 == (round_.year == 2011)  # half of the cantons every three years
    zero = np.zeros((len(stage.number), shape[1]), dtype=np.int64)
    empty = np.zeros((0, 0, 0), dtype=np.int64)
    return Outcome(
        round_, stage, held, unit, zero, zero[:, :3], present, family, first, woman, empty, ()
    )  # fmt: skip


def _same_people(round_: Round, before: Outcome) -> list[int]:
    """For each option of a second round, the one of the first whose people it takes: same nuance, else same bloc."""
    old = before.round.options
    nuances = [o.nuance for o in old]
    return [
        nuances.index(o.nuance) if o.nuance in nuances else next(i for i, p in enumerate(old) if p.blocs in o.blocs)
        for o in round_.options
    ]


def _units(round_: Round, stage: Stage) -> tuple[Ints, int]:
    if round_.unit == "constituency":
        return stage.constituency, int(stage.constituency.max()) + 1
    if round_.unit == "canton":
        return stage.canton, int(stage.canton.max()) + 1
    if round_.unit == "commune":
        codes, unit = np.unique(stage.commune, return_inverse=True)
        return unit.ravel().astype(np.int64), len(codes)
    return np.zeros(len(stage.number), dtype=np.int64), 1


def _qualify(before: Outcome) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Who goes to round two in each unit, and where there is one (Code électoral L162, L193, L210-1, L264)."""
    units = len(before.present)
    votes = np.zeros((units, before.votes.shape[1]))
    np.add.at(votes, before.unit, before.votes)
    valid = votes.sum(axis=1)
    registered = np.bincount(before.unit, before.stage.registered * before.held, units)
    best = votes.max(axis=1)
    threshold = 0.10 * valid if before.round.unit == "commune" else 0.125 * registered
    won = (best > valid / 2) & ((best >= registered / 4) | (before.round.unit == "commune"))
    through = votes >= threshold[:, None]
    top = np.argsort(-votes, axis=1)[:, :2]
    np.put_along_axis(through, top, True, axis=1)
    through &= before.present & (votes > 0)
    return through, (valid > 0) & ~won & (through.sum(axis=1) >= 2)


def _draw(
    outcome: Outcome,
    matrix: voters.Matrix,
    counts: Ints,
    blocks: Blocks,
    people: People,
    rng: np.random.Generator,
    key: int,
) -> Ints:
    """Let everybody vote: fills the outcome, returns the choices of each block."""
    options, stage = outcome.round.options, outcome.stage
    presence = np.array([o.presence for o in options]) if not outcome.round.after else np.ones(len(options))
    weight = voters.taste(people.traits, options) * _heterogeneity(blocks, len(options), rng)
    luck = np.exp(rng.normal(0, CANDIDATE_NOISE if outcome.round.unit != "country" else 0.0, outcome.present.shape))
    weight *= (outcome.present * luck / presence)[outcome.unit[stage.row]]
    abstain = voters.abstaining(people.traits) * _heterogeneity(blocks, 1, rng, TURNOUT_NOISE)[:, 0]
    loyalty = np.exp(rng.normal(0, LOYALTY_NOISE, int(blocks.commune.max()) + 1))[blocks.commune]
    row = np.where(outcome.held[stage.row], stage.row, -1)
    drawn = np.zeros((len(row), len(options) + 3), dtype=np.int64)
    size = len(stage.number) if outcome.round.type == "pres" else 0
    table = np.zeros((size, counts.shape[1], len(options) + 3), dtype=np.int64)
    voters.draw_choices(
        counts, matrix.pull, matrix.same, matrix.silent, weight, abstain, loyalty, row, key, drawn, table
    )
    if is_told(outcome.round):
        outcome.reserve = measure_reserve(
            counts, matrix.pull, matrix.same, matrix.silent, weight, abstain, loyalty, row, options, len(stage.number)
        )
    total = np.zeros((len(stage.number), len(options) + 3), dtype=np.int64)
    np.add.at(total, stage.row, drawn)
    outcome.votes, outcome.silent, outcome.table, outcome.origins = total[:, :-3], total[:, -3:], table, matrix.origins
    return drawn


def _heterogeneity(blocks: Blocks, columns: int, rng: np.random.Generator, scale: float = 1.0) -> Floats:
    """What no variable explains: by commune, and by quarter of about 600 metres."""
    commune = rng.normal(0, scale * COMMUNE_NOISE, (int(blocks.commune.max()) + 1, columns))[blocks.commune]
    quarter = ((blocks.x // 600).astype(np.int64) * 7919 + (blocks.y // 600).astype(np.int64) * 104729) % 4096
    return np.asarray(np.exp(commune + rng.normal(0, QUARTER_NOISE, (4096, columns))[quarter]))


def small_lists(round_: Round) -> tuple[Floats, int]:
    """How the votes of the last option of a European round divide among the small lists: shares, number of lists."""
    count = round_.lists - (len(round_.options) - 1)
    share = 1.0 / np.arange(1, count + 1) ** 1.4
    return share / share.sum(), count
