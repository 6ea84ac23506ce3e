"""Stations over time: which block votes where, year after year.

A station is a set of blocks with a persistent true number. Between two dates stations split where voters settled,
merge, give blocks to a neighbour, get new codes, or the whole commune is drawn again; communes join.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from isoloir.simulate.geography import Floats, Ints, Territory
from isoloir.simulate.settlement import REGISTER_YEAR, Blocks

# Years with a round published for every commune: stations change between them, never within one.
YEARS = (2007, 2009, 2010, 2012, 2014, 2015, 2017, 2019, 2020, 2021, 2022, 2024)
# Chance that it happens to a divided commune between two dates.
RENUMBER, REDRAW, MERGE, MOVE = 0.006, 0.004, 0.012, 0.05
GREAT_RENUMBERING = 2014  # the largest city of one département in three renumbers everything
STATIONS_SINCE = {2007: 0.945, 2012: 0.975, 2017: 0.993, 2022: 1.0, 2024: 1.008}  # number, against 2022
ODD_CODES = ("0E11", "04.1", "069A")


@dataclass
class Epoch:
    """The stations of one year: which (true number) each block belongs to, and what each is called."""

    year: int
    station: Ints  # by block
    registered: Ints  # by block
    commune: dict[int, int] = field(default_factory=dict)  # true number -> commune that it votes in
    code: dict[int, str] = field(default_factory=dict)


def draw_history(land: Territory, blocks: Blocks, departement: int, rng: np.random.Generator) -> list[Epoch]:
    """The stations of every year in YEARS, in order."""
    return list(_History(land, blocks, departement, rng).run())


def cut(x: Floats, y: Floats, weight: Floats, parts: int, angle: float = 0.0) -> Ints:
    """Divide places into `parts` compact groups of nearly equal weight, by straight cuts along the streets."""
    out = np.zeros(len(x), dtype=np.int64)
    across, along = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    todo = [(np.arange(len(x)), min(parts, len(x)), 0)]
    while todo:
        places, count, first = todo.pop()
        out[places] = first
        if count == 1:
            continue
        axis = across if np.ptp(across[places]) >= np.ptp(along[places]) else along
        order = places[np.argsort(axis[places], kind="stable")]
        left = count // 2
        total = np.cumsum(weight[order])
        split = int(np.searchsorted(total, total[-1] * left / count)) + 1
        split = min(max(split, left), len(order) - (count - left))
        todo.append((order[:split], left, first))
        todo.append((order[split:], count - left, first + left))
    return out


class _History:
    """One pass through the years; `station` is changed in place and copied into each Epoch."""

    def __init__(self, land: Territory, blocks: Blocks, departement: int, rng: np.random.Generator):
        self.land, self.blocks, self.rng = land, blocks, rng
        self.communes = np.flatnonzero(land.departement == departement)
        self.begin = np.searchsorted(blocks.commune, self.communes)
        self.end = np.searchsorted(blocks.commune, self.communes, side="right")
        self.station = np.zeros(len(blocks.x), dtype=np.int64)
        self.commune: dict[int, int] = {}
        self.code: dict[int, str] = {}
        self.next = 0
        largest = int(self.communes[np.argmax(land.stations[self.communes])])
        self.renumbered = largest if departement % 3 == 0 else -1
        self.odd = int(self.communes[np.argsort(-land.stations[self.communes])[1]]) if departement % 9 == 0 else -1

    def run(self) -> Iterator[Epoch]:
        for number, year in enumerate(YEARS):
            registered = self.blocks.registered(year)
            if number == 0:
                self._open(registered)
            else:
                self._join(year, YEARS[number - 1])
                for commune in self._divided(year):
                    self._change(commune, year, registered)
            yield Epoch(year, self.station.copy(), registered, dict(self.commune), dict(self.code))

    def _open(self, registered: Ints) -> None:
        for commune, begin, end in zip(self.communes.tolist(), self.begin.tolist(), self.end.tolist(), strict=True):
            wanted = max(1, round(int(self.land.stations[commune]) * STATIONS_SINCE[2007]))
            part = self._cut(slice(begin, end), registered, wanted)
            self.station[begin:end] = self.next + part
            self._name(commune, list(range(self.next, self.next + int(part.max()) + 1)))
            if commune == self.odd:
                for number, code in zip(range(self.next + 3, self.next + 6), ODD_CODES, strict=True):
                    if number in self.code and self.commune[number] == commune:
                        self.code[number] = code
            self.next += int(part.max()) + 1

    def _cut(self, where: slice | Ints, registered: Ints, parts: int) -> Ints:
        if parts == 1:
            return np.zeros(len(self.blocks.x[where]), dtype=np.int64)
        angle = float(self.blocks.angle[where][0])
        return cut(self.blocks.x[where], self.blocks.y[where], registered[where].astype(float), parts, angle)

    def _name(self, commune: int, numbers: list[int], *, sectors: bool = False) -> None:
        """Codes 0001, 0002...; in sectors of twenty: 0101, 0102... 0201."""
        for i, number in enumerate(numbers):
            self.commune[number] = commune
            self.code[number] = f"{i // 20 + 1:02d}{i % 20 + 1:02d}" if sectors else f"{i + 1:04d}"

    def _join(self, year: int, before: int) -> None:
        """Communes nouvelles: the stations of the members follow those of the chief town, with new codes."""
        land, inside = self.land, self.communes
        new = inside[(land.merged_in[inside] > before) & (land.merged_in[inside] <= year)]
        for chief in np.unique(land.merged_into[new]).tolist():
            members = [chief, *(int(m) for m in new if land.merged_into[m] == chief and m != chief)]
            self._name(chief, [n for m in members for n in self._numbers(m)])

    def _numbers(self, commune: int) -> list[int]:
        """True numbers of the stations that stand in a commune of the territory, in the order of their codes."""
        i = int(np.searchsorted(self.communes, commune))
        found = np.unique(self.station[self.begin[i] : self.end[i]]).tolist()
        return sorted(found, key=lambda n: self.code[n])

    def _divided(self, year: int) -> list[int]:
        inside = self.communes[self.land.stations[self.communes] > 1]
        return [int(c) for c in inside if not 0 < self.land.merged_in[c] <= year]

    def _change(self, commune: int, year: int, registered: Ints) -> None:
        numbers, wanted = self._numbers(commune), self._wanted(commune, year)
        chance = self.rng.random(4)
        stable = commune == self.odd  # keeps its odd codes
        if chance[0] < REDRAW and len(numbers) > 4 and not stable:
            self._redraw(commune, registered, wanted)
            return
        while len(numbers) < wanted and self._split(commune, numbers, registered):
            numbers = self._numbers(commune)
        if chance[1] < MERGE and len(numbers) > 2:
            self._close(numbers, registered)
        if chance[2] < MOVE * min(4.0, 1 + len(numbers) / 20) and len(numbers) > 1:
            self._move(self._numbers(commune), registered)
        if (chance[3] < RENUMBER and not stable) or (commune == self.renumbered and year == GREAT_RENUMBERING):
            self._renumber(commune)

    def _wanted(self, commune: int, year: int) -> int:
        share = float(np.interp(year, list(STATIONS_SINCE), list(STATIONS_SINCE.values())))
        stable = 0.35 + 0.3 * ((commune * 0.618) % 1.0)  # small communes do not all open theirs in the same year
        return int(int(self.land.stations[commune]) * share + stable)

    def _redraw(self, commune: int, registered: Ints, wanted: int) -> None:
        """New stations everywhere; a true number goes on where most of its voters are."""
        i = int(np.searchsorted(self.communes, commune))
        where = slice(int(self.begin[i]), int(self.end[i]))
        for old in self._numbers(commune):
            self._forget(old)
        part = self._cut(where, registered, max(2, wanted))
        self.station[where] = self.next + part
        self._name(commune, list(range(self.next, self.next + int(part.max()) + 1)))
        self.next += int(part.max()) + 1

    def _split(self, commune: int, numbers: list[int], registered: Ints) -> bool:
        """The largest station gives half of its blocks to a new one, with the next code."""
        sizes = [int(registered[self.station == n].sum()) for n in numbers]
        blocks = np.flatnonzero(self.station == numbers[int(np.argmax(sizes))])
        if len(blocks) < 2:
            return False
        part = self._cut(blocks, registered, 2)
        self.station[blocks[part == 1]] = self.next
        taken = {self.code[n] for n in numbers}
        last = max((int(c) for c in taken if c.isdigit()), default=0)
        self.commune[self.next], self.code[self.next] = commune, f"{last + 1:04d}"
        self.next += 1
        return True

    def _close(self, numbers: list[int], registered: Ints) -> None:
        """The smallest station joins its nearest neighbour, which keeps its code."""
        sizes = [int(registered[self.station == n].sum()) for n in numbers]
        small = numbers[int(np.argmin(sizes))]
        self.station[self.station == small] = self._neighbour(small, numbers)
        self._forget(small)

    def _neighbour(self, number: int, numbers: list[int]) -> int:
        own = self._centre(number)
        others = [n for n in numbers if n != number]
        return min(others, key=lambda n: (float(np.hypot(*(self._centre(n) - own))), n))

    def _centre(self, number: int) -> Floats:
        blocks = self.station == number
        return np.array([self.blocks.x[blocks].mean(), self.blocks.y[blocks].mean()])

    def _move(self, numbers: list[int], registered: Ints) -> None:
        """A station gives the blocks nearest to its neighbour: 10 to 35 % of its voters."""
        giver = numbers[int(self.rng.integers(len(numbers)))]
        taker = self._neighbour(giver, numbers)
        blocks = np.flatnonzero(self.station == giver)
        if len(blocks) < 3:
            return
        way = self._centre(taker) - self._centre(giver)
        order = blocks[np.argsort(-(self.blocks.x[blocks] * way[0] + self.blocks.y[blocks] * way[1]), kind="stable")]
        share = np.cumsum(registered[order]) / registered[order].sum()
        gone = max(1, int(np.searchsorted(share, self.rng.uniform(0.1, 0.35))))
        self.station[order[:gone]] = taker

    def _renumber(self, commune: int) -> None:
        """Same stations, other codes: in the order of the map, in sectors where the city is large."""
        numbers = self._numbers(commune)
        turn = self.rng.uniform(0, 2 * np.pi)
        along = [float(self._centre(n) @ [np.cos(turn), np.sin(turn)]) for n in numbers]
        self._name(commune, [numbers[i] for i in np.argsort(along)], sectors=len(numbers) > 40)

    def _forget(self, number: int) -> None:
        self.commune.pop(number)
        self.code.pop(number)


def lineage(before: Epoch, after: Epoch) -> list[tuple[int, int, int, int]]:
    """(from, to, registered voters that moved, registered of from) of every commune where anything changed.

    Voters are those of the earlier date, by the blocks that they live in: over all `to` they add up to `from`.
    """
    pairs, inverse = np.unique(np.c_[before.station, after.station], axis=0, return_inverse=True)
    moved = np.bincount(inverse.ravel(), before.registered).astype(np.int64)
    size = np.bincount(before.station, before.registered).astype(np.int64)
    changed = {
        c
        for a, b in pairs.tolist()
        if a != b or before.code[a] != after.code[b] or before.commune[a] != after.commune[b]
        for c in (before.commune[a], after.commune[b])
    }
    return [
        (a, b, m, int(size[a]))
        for (a, b), m in zip(pairs.tolist(), moved.tolist(), strict=True)
        if before.commune[a] in changed or after.commune[b] in changed
    ]


def registered_in(epoch: Epoch) -> dict[int, int]:
    """Registered voters by true number."""
    sizes = np.bincount(epoch.station, epoch.registered).astype(np.int64)
    return {n: int(sizes[n]) for n in np.unique(epoch.station).tolist()}


REFERENCE = YEARS.index(REGISTER_YEAR)
