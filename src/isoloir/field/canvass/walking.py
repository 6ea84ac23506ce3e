"""In which order buildings are walked: one side of a street, then the other; blocks by the shortest way round.

No distance along streets is known here: distances are straight lines, and are called so where they are shown.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

METRES = 111_320.0  # a degree of latitude
_FAR = 10**8  # decimetres
Point = tuple[float, float]  # longitude, latitude


@dataclass(frozen=True)
class Address:
    """A place with doors; `street` names are those of one commune."""

    street: str
    number: str
    point: Point


def side(number: str) -> int:
    """0 for even numbers and where there is none, 1 for odd ones."""
    found = re.match(r"\d+", number)
    return int(found[0]) % 2 if found else 0


def walk(addresses: Sequence[Address]) -> list[int]:
    """The order of the walk: up one side of a street, down the other; streets by the shortest way from end to end."""
    streets: dict[str, list[int]] = defaultdict(list)
    for i, address in enumerate(addresses):
        streets[address.street].append(i)
    ways = [_serpentine(addresses, rows) for _, rows in sorted(streets.items())]
    ends = [(addresses[way[0]].point, addresses[way[-1]].point) for way in ways]
    return [row for street, forward in _order(ends) for row in (ways[street] if forward else reversed(ways[street]))]


def metres(one: Point, other: Point) -> float:
    """The straight line between two points."""
    narrow = math.cos(math.radians((one[1] + other[1]) / 2))
    return math.hypot((one[0] - other[0]) * narrow, one[1] - other[1]) * METRES


def _serpentine(addresses: Sequence[Address], rows: list[int]) -> list[int]:
    """Odd numbers upwards, even ones back."""

    def number(row: int) -> tuple[int, str]:
        found = re.match(r"\d+", addresses[row].number)
        return (int(found[0]) if found else 0, addresses[row].number)

    odd = sorted((row for row in rows if side(addresses[row].number)), key=number)
    even = sorted((row for row in rows if not side(addresses[row].number)), key=number, reverse=True)
    return odd + even


def _order(ends: Sequence[tuple[Point, Point]]) -> list[tuple[int, bool]]:
    """The streets in order, and whether each is walked forward: a path through both ends of each (OR-Tools).

    Each street is two nodes, one an end, that lie at no distance from one another and are therefore visited together.
    """
    if len(ends) < 2:
        return [(street, True) for street in range(len(ends))]
    nodes = [point for pair in ends for point in pair]
    depot = len(nodes)  # at no distance from everything: the path may begin and end anywhere
    manager = pywrapcp.RoutingIndexManager(depot + 1, 1, depot)
    routing = pywrapcp.RoutingModel(manager)
    apart = [[_apart(nodes, i, j) for j in range(depot)] + [0] for i in range(depot)] + [[0] * (depot + 1)]
    transit = routing.RegisterTransitMatrix(apart)
    routing.SetArcCostEvaluatorOfAllVehicles(transit)
    for street in range(len(ends)):
        first, last = manager.NodeToIndex(2 * street), manager.NodeToIndex(2 * street + 1)
        following, preceding = routing.NextVar(first), routing.NextVar(last)
        routing.solver().Add((following == last) + (preceding == first) == 1)
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
    search.solution_limit = 200  # a count, not a time: the same streets always come out in the same order
    found = routing.SolveWithParameters(search)
    return _read(manager, routing, found) if found else _nearest(ends)


def _apart(nodes: Sequence[Point], i: int, j: int) -> int:
    return 0 if i // 2 == j // 2 else min(round(10 * metres(nodes[i], nodes[j])), _FAR)


def _read(
    manager: pywrapcp.RoutingIndexManager, routing: pywrapcp.RoutingModel, found: pywrapcp.Assignment
) -> list[tuple[int, bool]]:
    order: dict[int, bool] = {}
    index = found.Value(routing.NextVar(routing.Start(0)))
    while not routing.IsEnd(index):
        node = manager.IndexToNode(index)
        order.setdefault(node // 2, node % 2 == 0)
        index = found.Value(routing.NextVar(index))
    return list(order.items())


def _nearest(ends: Sequence[tuple[Point, Point]]) -> list[tuple[int, bool]]:
    """Where the solver finds nothing: always the nearest end."""
    left, order, here = set(range(1, len(ends))), [(0, True)], ends[0][1]
    while left:
        _, street, forward = min(
            (metres(here, ends[s][0 if ahead else 1]), s, ahead) for s in left for ahead in (True, False)
        )
        order.append((street, forward))
        left.remove(street)
        here = ends[street][1 if forward else 0]
    return order
