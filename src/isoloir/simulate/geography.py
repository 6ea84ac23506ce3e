"""The ground: communes and IRIS as one planar tessellation, cut from one Voronoi diagram of the whole country.

Every IRIS (and every commune that has none) owns a seed; a place belongs to the nearest seed. Edges between two
communes are then bent, both sides alike, inside the kite of their two seeds: cells can neither overlap nor leave a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.optimize import brentq
from scipy.spatial import Voronoi, cKDTree

from isoloir.simulate import names
from isoloir.simulate.plan import BLOCK_HEIGHT, BLOCK_WIDTH, MERGER_YEARS, MIDDLE, Plan

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BENDS = 3  # points added inside an edge between two communes
DIVIDED_INTO_IRIS = 5  # a commune with this many stations has IRIS
BLOCK_PITCH = 105.0  # metres between two streets
VOTERS_PER_BLOCK = {"village": 17.0, "city": 75.0}


@dataclass
class Territory:
    """Communes as they were before any merger (arrays of the same length), and the seeds of their IRIS."""

    plan: Plan
    box: tuple[float, float, float, float]  # EPSG:3035
    departement: Ints  # index into plan.codes
    code: npt.NDArray[np.str_]
    name: npt.NDArray[np.str_]
    x: Floats
    y: Floats
    stations: Ints  # that the commune has in 2022
    registered: Floats  # that it should have in 2022
    radius: Floats  # of the built-up area, metres
    merged_into: Ints  # index of the commune that took it, itself where none did
    merged_in: Ints  # year, 0 where none
    seed_x: Floats
    seed_y: Floats
    seed_commune: Ints
    seed_number: Ints  # of the IRIS inside its commune from 1, 0 where the commune is one piece
    cells: npt.NDArray[np.object_]  # polygons of the seeds
    tree: cKDTree

    def at(self, year: int) -> Ints:
        """The commune (index) that each commune belongs to in a year."""
        own = np.arange(len(self.code))
        return np.where((self.merged_in > 0) & (self.merged_in <= year), self.merged_into, own)


def draw_territory(plan: Plan, seed: int) -> Territory:
    """Lay out the whole country; a few seconds for France."""
    rng = np.random.default_rng([seed, 1])
    count = plan.communes + plan.mergers + _extra(plan)
    box = country_box(plan)
    departement = np.arange(count) % len(plan.codes)
    departement.sort()
    x, y = _scatter(plan, departement, box, rng)
    stations, registered = _sizes(plan, departement, rng)
    blocks = registered / np.where(stations > 3, VOTERS_PER_BLOCK["city"], VOTERS_PER_BLOCK["village"])
    radius = BLOCK_PITCH * np.sqrt(1.6 * blocks / np.pi)
    x, y = _make_room(x, y, np.where(stations >= DIVIDED_INTO_IRIS, radius, 0.0), box)
    seed_x, seed_y, seed_commune, seed_number = _seeds(x, y, stations, radius, rng)
    cells, pairs = _tessellate(seed_x, seed_y, seed_commune, box, rng)
    merged_into, merged_in = _merge(plan, departement, stations, seed_commune[pairs], rng)
    name = np.empty(count, dtype="<U60")
    code = np.empty(count, dtype="<U5")
    for d, prefix in enumerate(plan.codes):
        inside = np.flatnonzero(departement == d)
        drawn = np.array(names.commune_names(len(inside), rng))
        name[inside] = drawn
        code[inside[np.argsort(drawn)]] = [f"{prefix}{i + 1:03d}" for i in range(len(inside))]
    return Territory(
        plan, box, departement, code, name, x, y, stations, registered, radius, merged_into, merged_in,
        seed_x, seed_y, seed_commune, seed_number, cells, cKDTree(np.c_[seed_x, seed_y]),
    )  # fmt: skip


def _extra(plan: Plan) -> int:
    """How many mergers are of three communes rather than two."""
    return plan.mergers // 2


def country_box(plan: Plan) -> tuple[float, float, float, float]:
    """West, south, east and north of the country, EPSG:3035."""
    width, height = plan.columns * BLOCK_WIDTH, plan.rows * BLOCK_HEIGHT
    return MIDDLE[0] - width / 2, MIDDLE[1] - height / 2, MIDDLE[0] + width / 2, MIDDLE[1] + height / 2


def _scatter(plan: Plan, departement: Ints, box: tuple[float, ...], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """One commune per square of a grid inside each département, moved at random: no two are very near."""
    x, y = np.empty(len(departement)), np.empty(len(departement))
    for d in range(len(plan.codes)):
        inside = np.flatnonzero(departement == d)
        across = int(np.ceil(np.sqrt(len(inside) * BLOCK_WIDTH / BLOCK_HEIGHT)))
        up = -(-len(inside) // across)
        spot = rng.permutation(across * up)[: len(inside)]
        jitter = rng.uniform(0.15, 0.85, (2, len(inside)))
        x[inside] = box[0] + BLOCK_WIDTH * (d % plan.columns + (spot % across + jitter[0]) / across)
        y[inside] = box[1] + BLOCK_HEIGHT * (d // plan.columns + (spot // across + jitter[1]) / up)
    return x, y


def _sizes(plan: Plan, departement: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Stations by a power law of the rank, dealt out to the départements; registered voters of each commune."""
    ranks = np.arange(1, plan.divided + 1)

    def excess(exponent: float) -> float:
        return float(np.maximum(2, plan.largest * ranks**-exponent).sum() - plan.divided_stations)

    sizes = np.maximum(2, np.round(plan.largest * ranks ** -brentq(excess, 0.05, 3.0))).astype(np.int64)
    stations = np.ones(len(departement), dtype=np.int64)
    first = np.searchsorted(departement, np.arange(len(plan.codes)))
    turn = rng.permutation(len(plan.codes))
    stations[first[turn[ranks % len(plan.codes)]] + (ranks - 1) // len(plan.codes)] = sizes
    village = np.clip(rng.lognormal(np.log(330.0), 0.8, len(stations)), 35, 1250)
    division = stations * 860.0 * rng.normal(1.0, 0.08, len(stations))
    return stations, np.where(stations == 1, village, division)


def _make_room(x: Floats, y: Floats, radius: Floats, box: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Push the neighbours of a city out of its built-up area."""
    x, y = x.copy(), y.copy()
    tree = cKDTree(np.c_[x, y])
    for city in np.flatnonzero(radius > 700):
        room = 1.7 * radius[city]
        near = np.array([i for i in tree.query_ball_point((x[city], y[city]), 3 * room) if i != city], dtype=np.int64)
        if len(near) == 0:
            continue
        dx, dy = x[near] - x[city], y[near] - y[city]
        distance = np.hypot(dx, dy) + 1.0
        factor = np.maximum(1.0, (room + distance * 2 / 3) / distance)
        x[near], y[near] = x[city] + dx * factor, y[city] + dy * factor
    return np.clip(x, box[0] + 300, box[2] - 300), np.clip(y, box[1] + 300, box[3] - 300)


def _seeds(
    x: Floats, y: Floats, stations: Ints, radius: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, Ints, Ints]:
    """A spiral of seeds over each city, one seed in the middle of the other communes."""
    pieces = np.where(stations >= DIVIDED_INTO_IRIS, np.maximum(2, np.round(stations * 0.6)), 1).astype(np.int64)
    commune = np.repeat(np.arange(len(x)), pieces)
    number = np.arange(len(commune)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    whole = pieces[commune] == 1
    turn = number * np.pi * (3 - np.sqrt(5)) + rng.uniform(0, 0.4, len(commune)) + commune
    reach = np.where(whole, 0.0, radius[commune] * np.sqrt((number + 0.5) / pieces[commune]))
    return (
        x[commune] + reach * np.cos(turn),
        y[commune] + reach * np.sin(turn),
        commune,
        np.where(whole, 0, number + 1),
    )


def _tessellate(
    x: Floats, y: Floats, commune: Ints, box: tuple[float, float, float, float], rng: np.random.Generator
) -> tuple[npt.NDArray[np.object_], Ints]:
    """The polygon of every seed, and the pairs of seeds that share an edge."""
    n = len(x)
    mirrored = [(x, y), (2 * box[0] - x, y), (2 * box[2] - x, y), (x, 2 * box[1] - y), (x, 2 * box[3] - y)]
    points = np.concatenate([np.c_[a, b] for a, b in mirrored])
    diagram = Voronoi(points)
    pairs, ends = np.asarray(diagram.ridge_points), np.asarray(diagram.ridge_vertices)
    keep = (pairs < n).any(axis=1) & (ends >= 0).all(axis=1)
    pairs, ends = pairs[keep].astype(np.int64), diagram.vertices[ends[keep]]
    owner = np.concatenate([commune, np.repeat(-1, 4 * n)])
    lines = _bend(points[pairs], ends, owner[pairs[:, 0]] != owner[pairs[:, 1]], rng)
    inside = (pairs < n).all(axis=1)
    return _polygons(points, pairs, lines, n), pairs[inside]


def _bend(seeds: Floats, ends: Floats, border: npt.NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """Points along each edge: (edges, BENDS + 2, 2). A point moves towards one of the two seeds, a little."""
    t = np.linspace(0, 1, BENDS + 2)[None, :, None]
    lines = ends[:, :1] * (1 - t) + ends[:, 1:] * t
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    target = seeds[np.arange(len(seeds))[:, None], rng.integers(0, 2, (len(seeds), BENDS))]
    way = target - lines[:, 1:-1]
    distance = np.maximum(np.linalg.norm(way, axis=2), 1.0)
    limit = np.minimum(0.15, 0.12 * length[:, None] / (BENDS + 1) / distance)
    step = rng.uniform(0.2, 1.0, limit.shape) * limit * (border & (length > 60))[:, None]
    lines[:, 1:-1] += step[:, :, None] * way
    return lines


def _polygons(points: Floats, pairs: Ints, lines: Floats, n: int) -> npt.NDArray[np.object_]:
    """Chain the edges around each seed, counter-clockwise."""
    cell = np.concatenate([pairs[:, 0], pairs[:, 1]])
    both = np.concatenate([lines, lines])
    real = cell < n
    cell, both = cell[real], both[real]
    start, end = both[:, 0] - points[cell], both[:, -1] - points[cell]
    backwards = start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0] < 0
    both[backwards] = both[backwards, ::-1]
    middle = (start + end) / 2
    order = np.lexsort([np.arctan2(middle[:, 1], middle[:, 0]), cell])
    cell, both = cell[order], both[order, :-1]
    length = np.linalg.norm(end - start, axis=1)[order]
    keep = np.ones(both.shape[:2], dtype=bool)
    keep[:, 1:] = (length > 60)[:, None]
    ring = np.repeat(cell, keep.sum(axis=1))
    return np.asarray(shapely.polygons(shapely.linearrings(both[keep], indices=ring)))


def _merge(plan: Plan, departement: Ints, stations: Ints, pairs: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Groups of two or three neighbouring communes without IRIS, of one département, that become one."""
    count = len(departement)
    into, year = np.arange(count), np.zeros(count, dtype=np.int64)
    small = stations < DIVIDED_INTO_IRIS
    pairs = pairs[(departement[pairs[:, 0]] == departement[pairs[:, 1]]) & small[pairs].all(axis=1)]
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    begin = np.searchsorted(pairs[:, 0], np.arange(count + 1))
    left, removed, target = plan.mergers, 0, plan.mergers + _extra(plan)
    for chief in rng.permutation(count):
        neighbours = pairs[begin[chief] : begin[chief + 1], 1]
        free = [int(i) for i in neighbours if year[i] == 0]
        wanted = min(2 if removed + left < target else 1, len(free))
        if left == 0 or year[chief] or not wanted:
            continue
        members = [chief, *free[:wanted]]
        into[members], year[members] = chief, rng.choice(MERGER_YEARS)
        left, removed = left - 1, removed + wanted
    return into, year
