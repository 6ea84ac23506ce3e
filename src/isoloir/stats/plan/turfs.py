"""Turfs: a block divided among its teams, each turf in one piece and with the same number of doors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isoloir.stats.plan.field import Field, is_connected, pieces

Share = dict[int, float]  # station -> doors
Links = Sequence[frozenset[int]]
BRIDGE = 0.1  # of a station's doors, left to the next turf where it would otherwise fall into pieces
TINY = 1e-6


def trim(field: Field, stations: Sequence[int], doors: float) -> Share:
    """The doors to knock at in each station: the worst votes per hour are given up first, the last one in part."""
    spare = float(field.doors[list(stations)].sum()) - doors
    out: Share = {}
    for station in sorted(stations, key=lambda s: (field.worth[s], s)):
        given_up = min(max(spare, 0.0), float(field.doors[station]))
        spare -= given_up
        if field.doors[station] - given_up > TINY:
            out[station] = float(field.doors[station]) - given_up
    return out


def divide(field: Field, block: Sequence[int], doors: Share, teams: int) -> list[Share]:
    """Divide the doors of a block evenly; a station on the border of two turfs is shared by both.

    Turf after turf begins at the station farthest from the middle of what is left, and takes the nearest neighbour
    whose loss leaves the rest in one piece, or cuts off no more than it has room for; where there is none, it leaves a
    tenth of the nearest as a bridge. Stations without doors to knock at (the control) may be crossed.
    """
    left = dict(doors)
    links = _links(field, block, doors)
    quota = sum(doors.values()) / teams
    out = []
    for _ in range(teams - 1):
        out.append(_take(field, left, links, quota))
    return [*out, left]


def is_whole(field: Field, block: Sequence[int], doors: Share, turf: Share) -> bool:
    """Whether a turf is in one piece, stations without doors crossed."""
    return is_connected(sorted(turf), _links(field, block, doors))


def _take(field: Field, left: Share, links: Links, quota: float) -> Share:
    """Take a turf out of what is left, so that the rest stays in one piece."""
    turf: Share = {}
    middle = field.place[list(left)].mean(axis=0)
    station = max(left, key=lambda s: (float(np.hypot(*(field.place[s] - middle))), -s))
    while True:
        room = quota - sum(turf.values())
        cut_off = _cut_off(station, left, links)
        bridge = left[station] + sum(left[s] for s in cut_off) > room
        _move(station, left, turf, (1 - BRIDGE if bridge and cut_off else 1) * left[station], room)
        for other in [] if bridge else cut_off:
            _move(other, left, turf, left[other], room)
        room = quota - sum(turf.values())
        if not left or room < TINY:
            return turf
        station = _next(field, turf, left, links, room)


def _move(station: int, left: Share, turf: Share, doors: float, room: float) -> None:
    taken = min(doors, room)
    turf[station] = turf.get(station, 0.0) + taken
    left[station] -= taken
    if left[station] < TINY:
        del left[station]


def _next(field: Field, turf: Share, left: Share, links: Links, room: float) -> int:
    """The nearest neighbour that can be had whole or for the rest of the turf, else the nearest one as a bridge.

    Where a turf has no new neighbour left it comes back to a bridge of its own, and last it goes elsewhere.
    """
    middle = field.place[list(turf)].mean(axis=0)
    near = sorted(left, key=lambda s: (float(np.hypot(*(field.place[s] - middle))), s))
    beside = [s for s in near if s not in turf and any(s in links[t] for t in turf)]
    free = (s for s in beside if left[s] > room or left[s] + sum(left[c] for c in _cut_off(s, left, links)) <= room)
    return next(free, next(iter([*beside, *(s for s in near if s in turf), *near])))


def _cut_off(station: int, left: Share, links: Links) -> list[int]:
    """The stations that would lie apart from most of the rest without this one."""
    rest = sorted(pieces(left.keys() - {station}, links), key=lambda p: -sum(left[s] for s in p))
    return [s for piece in rest[1:] if links[station] & set(piece) for s in piece]


def _links(field: Field, block: Sequence[int], doors: Share) -> Links:
    """Who is next to whom among the stations with doors, across those of the block without any."""
    out = [set(n) & set(doors) for n in field.neighbours]
    for crossed in pieces([s for s in block if s not in doors], field.neighbours):
        beside = {n for s in crossed for n in field.neighbours[s]} & set(doors)
        for station in beside:
            out[station] |= beside - {station}
    return [frozenset(n) for n in out]
