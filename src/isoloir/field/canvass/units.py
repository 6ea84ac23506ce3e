"""The smallest things whose counts are shown: buildings of eleven dwellings or more, and what smaller ones add up to.

The units of a turf divide its buildings: each belongs to one, so that no total less its parts tells of fewer than
eleven dwellings. Eleven is INSEE's threshold for incomes (FiLoSoFi).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from isoloir.field.canvass.walking import side

LEAST = 11  # dwellings


@dataclass(frozen=True)
class Home:
    """What units are made of."""

    station: str
    street: str
    number: str
    dwellings: int


@dataclass(frozen=True)
class Group:
    """The buildings (rows) of a unit. `level` is building, segment, station or turf."""

    level: str
    station: str
    name: str
    rows: tuple[int, ...]


def divide(homes: Sequence[Home]) -> list[Group]:
    """Every building in one unit, as small as it may be."""
    groups = [
        Group("building", home.station, f"{home.number} {home.street}".strip(), (row,))
        for row, home in enumerate(homes)
        if home.dwellings >= LEAST
    ]
    left = [row for row, home in enumerate(homes) if home.dwellings < LEAST]
    segments: dict[Hashable, list[int]] = defaultdict(list)
    for row in left:
        segments[homes[row].station, homes[row].street, side(homes[row].number)].append(row)
    rest: dict[str, list[int]] = defaultdict(list)
    for rows in segments.values():
        home = homes[rows[0]]
        if _dwellings(homes, rows) >= LEAST:
            groups.append(Group("segment", home.station, _span(homes, rows), tuple(rows)))
        else:
            rest[home.station] += rows
    for station, rows in sorted(rest.items()):
        groups = _settle(homes, groups, station, rows)
    return groups


def _settle(homes: Sequence[Home], groups: list[Group], station: str, rows: list[int]) -> list[Group]:
    """What is left of a station is one unit; too small, it takes the station's smallest unit in."""
    own = sorted((group for group in groups if group.station == station), key=lambda g: _dwellings(homes, g.rows))
    if _dwellings(homes, rows) >= LEAST:
        return [*groups, Group("station", station, station, tuple(rows))]
    if own:
        return [g for g in groups if g is not own[0]] + [Group("station", station, station, (*own[0].rows, *rows))]
    return [*groups, Group("turf", station, station, tuple(rows))]


def _dwellings(homes: Sequence[Home], rows: Sequence[int]) -> int:
    return sum(homes[row].dwellings for row in rows)


def _span(homes: Sequence[Home], rows: Sequence[int]) -> str:
    """`3 to 27 Rue des Lilas`, without a word: 3-27."""
    numbers = [homes[row].number for row in rows if homes[row].number]
    street = homes[rows[0]].street
    return street if not numbers else f"{numbers[0]}-{numbers[-1]} {street}"
