"""Where the teams go: contiguous blocks of stations, grown from the best places outwards."""

from __future__ import annotations

import heapq

from isoloir.stats.plan.field import Field

SEEDS = 60  # places from which a block is tried


def grow_blocks(field: Field, sizes: list[int], doors_per_team: float, smallest: int) -> list[list[int]]:
    """One contiguous block for each group of teams: the one with most votes per hour, the way there counted in.

    Each block takes the best neighbour next until it holds the doors of its teams and at least `smallest` stations.
    What one block takes is no longer there for the next. A block ends where its island ends.
    """
    free = set(range(len(field.doors)))
    out: list[list[int]] = []
    for teams in sizes:
        seeds = heapq.nlargest(SEEDS, free, key=lambda s: field.worth[s])
        grown = [_grow(field, seed, free, teams * doors_per_team, smallest) for seed in seeds]
        wanted = [block for block in grown if _is_enough(field, block, teams * doors_per_team, smallest)] or grown
        if not wanted:
            break
        best = max(wanted, key=lambda block: _worth(field, block, teams))
        out.append(best)
        free -= set(best)
    return out


def _grow(field: Field, seed: int, free: set[int], doors: float, smallest: int) -> list[int]:
    block: list[int] = []
    total, seen = 0.0, {seed}
    edge = [(-field.worth[seed], seed)]
    while edge and (total < doors or len(block) < smallest):
        _, station = heapq.heappop(edge)
        block.append(station)
        total += float(field.doors[station])
        for other in field.neighbours[station] & free - seen:
            seen.add(other)
            heapq.heappush(edge, (-field.worth[other], other))
    return block


def _is_enough(field: Field, block: list[int], doors: float, smallest: int) -> bool:
    return field.doors[block].sum() >= doors and len(block) >= smallest


def _worth(field: Field, block: list[int], teams: int) -> float:
    work = float(field.hours[block].sum())
    return float(field.votes[block].sum()) / (work + teams * field.travel_hours(block, work / teams))
