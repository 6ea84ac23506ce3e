"""Turfs: a block divided among its teams, each turf in one piece and with the same number of doors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isoloir.stats.plan.field import Field, is_connected, pieces

Share = dict[int, float]  # station -> doors


def trim(field: Field, stations: Sequence[int], doors: float) -> Share:
    """The doors to knock at in each station: the worst votes per hour are given up first, the last one in part."""
    spare = float(field.doors[list(stations)].sum()) - doors
    out: Share = {}
    for station in sorted(stations, key=lambda s: (field.worth[s], s)):
        given_up = min(max(spare, 0.0), float(field.doors[station]))
        spare -= given_up
        if field.doors[station] - given_up > 1e-6:
            out[station] = float(field.doors[station]) - given_up
    return out


def divide(field: Field, block: Sequence[int], doors: Share, teams: int) -> list[Share]:
    """Divide the doors of a block evenly; a station on the border of two turfs is shared by both.

    Turf after turf begins at the station farthest from the middle of what is left, and takes the nearest neighbour
    whose loss leaves the rest in one piece, or cuts off no more than it has room for. Stations without doors
    to knock at (the control) may be crossed.
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


def _take(field: Field, left: Share, links: list[frozenset[int]], quota: float) -> Share:
    """Take a turf out of what is left, so that the rest stays in one piece wherever that can be."""
    turf: Share = {}
    middle = field.place[list(left)].mean(axis=0)
    station = max(left, key=lambda s: (float(np.hypot(*(field.place[s] - middle))), -s))
    while True:
        for taken in (station, *_cut_off(station, left, links, quota - sum(turf.values()))):
            part = min(left[taken], quota - sum(turf.values()))
            turf[taken] = part
            left[taken] -= part
            if left[taken] < 1e-6:
                del left[taken]
        if not left or sum(turf.values()) >= quota - 1e-6:
            return turf
        station = _next(field, turf, left, links, quota - sum(turf.values()))


def _next(field: Field, turf: Share, left: Share, links: list[frozenset[int]], room: float) -> int:
    """The nearest neighbour whose loss cuts off no more than there is room for; without neighbours, the nearest of all.

    A station that is taken in part stays with the rest and cuts off nothing.
    """
    middle = field.place[list(turf)].mean(axis=0)
    near = sorted(left, key=lambda s: (float(np.hypot(*(field.place[s] - middle))), s))
    beside = [s for s in near if any(s in links[t] for t in turf)]
    if not beside:
        return near[0]
    lost = {s: left[s] + sum(left[c] for c in _cut_off(s, left, links, room)) for s in beside}
    return next((s for s in beside if left[s] > room or lost[s] <= room), min(beside, key=lambda s: lost[s]))


def _cut_off(station: int, left: Share, links: list[frozenset[int]], room: float) -> list[int]:
    """The stations that would lie apart from most of the rest without this one."""
    if left[station] > room:
        return []
    rest = sorted(pieces(left.keys() - {station}, links), key=lambda p: -sum(left[s] for s in p))
    return [s for piece in rest[1:] if links[station] & set(piece) for s in piece]


def _links(field: Field, block: Sequence[int], doors: Share) -> list[frozenset[int]]:
    """Who is next to whom among the stations with doors, across those of the block without any."""
    out = [set(n) & set(doors) for n in field.neighbours]
    for crossed in pieces([s for s in block if s not in doors], field.neighbours):
        beside = {n for s in crossed for n in field.neighbours[s]} & set(doors)
        for station in beside:
            out[station] |= beside - {station}
    return [frozenset(n) for n in out]
