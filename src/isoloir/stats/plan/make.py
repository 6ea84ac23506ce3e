"""A plan: blocks where votes are cheap, a control drawn in them, turfs of equal doors, and hours that add up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isoloir.errors import StatsError
from isoloir.stats.plan.blocks import grow_blocks
from isoloir.stats.plan.control import STRATUM, draw_control
from isoloir.stats.plan.field import Field, Floats, Ints, pieces
from isoloir.stats.plan.turfs import Share, divide, is_whole, trim

TRIES = 24
STEP = 1.12


@dataclass(frozen=True)
class Turf:
    """What one team does."""

    block: int
    doors: Share  # station -> doors
    work_hours: float
    travel_hours: float
    whole: bool  # in one piece


@dataclass(frozen=True)
class Plan:
    """Turfs and control, by the places of stations in the field."""

    turfs: list[Turf]
    stratum: Ints  # (S,): -1 outside the plan
    control: frozenset[int]
    share: Floats  # (S,): of its doors that are to be knocked at

    @property
    def hours(self) -> float:
        """Of all teams, the way included."""
        return sum(t.work_hours + t.travel_hours for t in self.turfs)


@dataclass(frozen=True)
class _Drawn:
    """Blocks with their teams and what the control left of them."""

    blocks: list[list[int]]
    teams: list[int]
    treated: list[list[int]]
    stratum: dict[int, int]
    control: set[int]

    def most(self, field: Field) -> float:
        """The doors that every team can have."""
        return min(float(field.doors[t].sum()) / n for t, n in zip(self.treated, self.teams, strict=True))


def make_plan(field: Field, hours: float, teams: int, control: bool = True, seed: int = 0) -> Plan:
    """Spend the hours of `teams` pairs, the way from the start included.

    Every turf has the same doors. Raises StatsError where hours or teams make no sense, where no station brings votes,
    or where there are fewer doors than hours.
    """
    _check(field, hours, teams)
    every = float(field.doors.sum()) / teams
    guess = hours / teams * float(field.doors.sum() / field.hours.sum())
    drawn, doors = None, 0.0
    for attempt in range(TRIES):
        wanted = guess * STEP**attempt * (STRATUM / (STRATUM - 1) if control else 1.0)
        drawn = _draw(field, min(wanted, every), teams, control, np.random.default_rng([seed, attempt]))
        doors = _fit(field, drawn, hours)
        if doors < drawn.most(field) * (1 - 1e-9) or wanted >= every:
            break  # the hours are used up before the doors are, or there are no more doors
    assert drawn is not None
    if not doors > 0:
        raise StatsError(f"{hours:g} hours for {teams} teams do not reach the first door from this start; start nearer")
    turfs, share = _turfs(field, drawn, doors), np.zeros(len(field.doors))
    for turf in turfs:
        for station, part in turf.doors.items():
            share[station] += part / field.doors[station]
    stratum = np.full(len(field.doors), -1)
    for station, number in drawn.stratum.items():
        stratum[station] = number
    return Plan(turfs, stratum, frozenset(drawn.control), np.clip(share, 0, 1))


def _draw(field: Field, doors: float, teams: int, control: bool, rng: np.random.Generator) -> _Drawn:
    """Blocks of at least one stratum, so that every block keeps work when its control is drawn."""
    typical = float(np.median(field.doors))
    together = max(1, round(STRATUM * typical / doors)) if control else 1
    sizes = [len(part) for part in np.array_split(np.arange(teams), max(1, teams // together))]
    blocks = grow_blocks(field, sizes, doors, STRATUM if control else 1)
    if len(blocks) < len(sizes):
        raise StatsError(f"there are stations for {len(blocks)} of {len(sizes)} groups of teams only; plan fewer teams")
    joined = pieces([s for b in blocks for s in b], field.neighbours)
    counts = [sum(n for b, n in zip(blocks, sizes, strict=True) if b[0] in piece) for piece in joined]
    stratum: dict[int, int] = {s: -1 for b in joined for s in b}
    left_alone: set[int] = set()
    if control:
        stratum, left_alone = draw_control(joined, field.rate, rng)
    treated = [[s for s in block if s not in left_alone] for block in joined]
    return _Drawn(joined, counts, treated, stratum, left_alone)


def _fit(field: Field, drawn: _Drawn, hours: float) -> float:
    """The doors of each team that use up the hours, or all that there are."""
    low, high = 0.0, drawn.most(field)
    if high <= 0 or sum(t.work_hours + t.travel_hours for t in _turfs(field, drawn, high)) <= hours:
        return high
    for _ in range(14):
        middle = (low + high) / 2
        spent = sum(t.work_hours + t.travel_hours for t in _turfs(field, drawn, middle))
        low, high = (middle, high) if spent <= hours else (low, middle)
    return low


def _turfs(field: Field, drawn: _Drawn, doors: float) -> list[Turf]:
    out = []
    for number, (block, treated, teams) in enumerate(zip(drawn.blocks, drawn.treated, drawn.teams, strict=True)):
        left = trim(field, treated, doors * teams)
        for turf in divide(field, block, left, teams):
            work = float(sum(field.hours[s] * part / field.doors[s] for s, part in turf.items()))
            travel = field.travel_hours(list(turf), work) if turf else 0.0
            out.append(Turf(number, turf, work, travel, is_whole(field, block, left, turf)))
    return out


def _check(field: Field, hours: float, teams: int) -> None:
    if not (np.isfinite(hours) and hours > 0):
        raise StatsError(f"{hours} hours make no plan; give a positive number")
    if teams < 1:
        raise StatsError(f"{teams} teams make no plan; give at least one")
    if not len(field.doors) or not np.all(np.isfinite(field.votes) & (field.doors > 0) & (field.hours > 0)):
        raise StatsError("a plan needs stations with doors, hours and expected votes, all of them known")
    if not np.any(field.votes > 0):
        raise StatsError("no station is expected to bring a vote for an hour of canvassing; there is nothing to plan")
    if len(field.place) != len(field.doors) or len(field.neighbours) != len(field.doors):
        raise StatsError("every station to plan needs a place and its neighbours")
