"""Which option is which: rows of districts that lost an option, and columns whose party nobody wrote down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from isoloir.errors import StatsError
from isoloir.stats.transitions.likelihood import softmax
from isoloir.stats.transitions.margins import Floats, rake

_SHARED = 0.05  # of the districts that must have a party of their own kind
_SMOOTH = 3.0  # voters added to both tables before their ratio is taken


def align_rows(votes: list[Floats]) -> list[npt.NDArray[np.int64]]:
    """Place the options of each district among those of the fullest one, in order; one array of positions a district.

    A district that leaves out an option nobody chose there has fewer rows and the following ones move up. The places
    left empty are those for which the sizes of the others fit best (least squares on log shares).
    """
    width = max(map(len, votes))
    full = np.array([np.log((v + 0.5) / (v + 0.5).sum()) for v in votes if len(v) == width])
    usual, spread = np.median(full, axis=0), full.std(axis=0) + 0.5
    smallest = float(np.log(0.5 / np.mean([v.sum() for v in votes])))
    return [
        np.arange(width) if len(v) == width else _place(np.log((v + 0.5) / (v + 0.5).sum()), usual, spread, smallest)
        for v in votes
    ]


def align_names(names: Sequence[Sequence[Hashable]]) -> list[npt.NDArray[np.int64]]:
    """Place the options of each district by their names; one array of positions a district.

    Names of hardly any district share the places after the others: they have nothing to learn from each other, and
    a place each would make every district as wide as all of them together.
    """
    count = Counter(name for district in names for name in dict.fromkeys(district))
    shared = [name for name, districts in count.items() if districts >= max(2, _SHARED * len(names))]
    place = {name: i for i, name in enumerate(shared)}
    out = []
    for district in names:
        if len(set(district)) < len(district):
            raise StatsError(f"a party is named twice in one district: {', '.join(map(str, district))}")
        alone = (i for i, _ in enumerate(district, len(shared)))
        out.append(np.array([place[name] if name in place else next(alone) for name in district]))
    return out


def _place(sizes: Floats, usual: Floats, spread: Floats, smallest: float) -> npt.NDArray[np.int64]:
    """Dynamic programming over (options placed, places passed)."""
    n, width = len(sizes), len(usual)
    cost = np.full((n + 1, width + 1), np.inf)
    took = np.zeros((n + 1, width + 1), dtype=bool)
    cost[0, 0] = 0.0
    for place in range(width):
        empty = ((smallest - usual[place]) / spread[place]) ** 2
        for i in range(max(0, n - (width - place)), min(place, n) + 1):
            if cost[i, place] + empty < cost[i, place + 1]:
                cost[i, place + 1], took[i, place + 1] = cost[i, place] + empty, False
            if i < n:
                fit = cost[i, place] + ((sizes[i] - usual[place]) / spread[place]) ** 2
                if fit < cost[i + 1, place + 1]:
                    cost[i + 1, place + 1], took[i + 1, place + 1] = fit, True
    places, i = [], n
    for place in range(width, 0, -1):
        if took[i, place]:
            places.append(place - 1)
            i -= 1
    return np.array(places[::-1])


def match_columns(theta: Floats, origins: Floats, destinations: Floats) -> npt.NDArray[np.int64]:
    """The row that each column belongs to (C), R where none does: the candidate of the party.

    One to one, such that the signed root of the evidence against independence, log(T / E) * sqrt(T), is highest in sum
    (Kuhn 1955).
    """
    rows, columns = origins.sum(0), destinations.sum(0)
    table = rake(softmax(theta) * rows[:, None], rows, columns)
    chance = np.outer(rows, columns) / rows.sum()
    evidence = np.log((table + _SMOOTH) / (chance + _SMOOTH)) * np.sqrt(table + _SMOOTH)
    evidence[rows == 0] = -1e6
    found = np.full(len(columns), len(rows))
    row, column = linear_sum_assignment(evidence, maximize=True)
    kept = evidence[row, column] > 0
    found[column[kept]] = row[kept]
    return found
