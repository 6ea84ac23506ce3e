"""Where people live: street blocks in each commune, and the addresses along their streets.

A block is the finest place: its voters and its census are known, and a station is a set of blocks, so that the
boundary between two stations runs along streets and every true value of a station is a sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isoloir.simulate.geography import BLOCK_PITCH, VOTERS_PER_BLOCK, Floats, Ints, Territory

FIRST_YEAR, REGISTER_YEAR = 2007, 2022
VOTERS_PER_ADDRESS = 1.4
GEOCODING = (0.02, 0.1)  # share of addresses put in a wrong place, and share of those in another commune


@dataclass
class Blocks:
    """The blocks of a département, sorted by commune (indices into the territory)."""

    commune: Ints
    x: Floats  # EPSG:3035
    y: Floats
    angle: Floats  # of the streets, radians
    column: Ints  # street numbers inside the commune
    row: Ints
    voters: Ints  # registered in 2022
    opened: Ints  # year when it was built
    growth: Floats  # of the registered voters, a year

    def registered(self, year: int) -> Ints:
        """Registered voters of each block; at least one, so that no station is ever empty."""
        scale = (1 + self.growth) ** (year - REGISTER_YEAR) * np.where(self.opened > year, 0.03, 1.0)
        offset = (self.column * 0.618 + self.row * 0.414) % 1.0
        return np.maximum(1, np.floor(self.voters * scale + offset)).astype(np.int64)


@dataclass
class Addresses:
    """Address points; `x`, `y` are true, `shown_x`, `shown_y` are what the geocoder found."""

    block: Ints
    x: Floats
    y: Floats
    shown_x: Floats
    shown_y: Floats
    score: Floats
    number: Ints  # in the street
    street: Ints  # index into names.STREETS
    dwellings: Ints


def draw_blocks(land: Territory, departement: int, rng: np.random.Generator) -> Blocks:
    """A dense core and, around villages, hamlets; never outside the commune."""
    communes = np.flatnonzero(land.departement == departement)
    town = land.stations[communes] > 3
    wanted = np.ceil(
        land.registered[communes] / np.where(town, VOTERS_PER_BLOCK["city"], VOTERS_PER_BLOCK["village"])
    ).astype(np.int64)
    angle = rng.uniform(0, np.pi / 2, len(communes))
    which = np.repeat(np.arange(len(communes)), 3 * wanted + 20)
    column, row = _try_places(land, communes[which], town[which], rng)
    centre = np.diff(which, prepend=-1) > 0  # the block at the seed: every commune has at least that one
    column[centre], row[centre] = 0, 0
    x, y = _locate(land, communes[which], angle[which], column, row)
    keep = centre | _inside(land, x, y, communes[which])
    which, column, row = which[keep], column[keep], row[keep]
    _, first = np.unique(np.c_[which, column, row], axis=0, return_index=True)
    order = np.sort(first)
    which, column, row = which[order], column[order], row[order]
    rank = np.arange(len(which)) - np.searchsorted(which, which)
    chosen = rank < wanted[which]
    which, column, row = which[chosen], column[chosen], row[chosen]
    x, y = _locate(land, communes[which], angle[which], column, row)
    have = np.bincount(which, minlength=len(communes))
    mean = land.registered[communes][which] / have[which]
    voters = np.maximum(2, rng.poisson(mean * rng.gamma(6.0, 1 / 6.0, len(which)))).astype(np.int64)
    new = (rng.random(len(which)) < 0.05) & town[which]
    return Blocks(
        commune=communes[which],
        x=x,
        y=y,
        angle=angle[which],
        column=column,
        row=row,
        voters=voters,
        opened=np.where(new, rng.integers(2009, 2024, len(which)), 0),
        growth=rng.normal(0.003, 0.008, len(communes))[which],
    )


def _try_places(land: Territory, commune: Ints, town: np.ndarray, rng: np.random.Generator) -> tuple[Ints, Ints]:
    core = town | (rng.random(len(commune)) < 0.45)
    reach = np.where(core, land.radius[commune] * np.where(town, 1.0, 0.8), 1900.0)
    distance = reach * np.sqrt(rng.random(len(commune)))
    turn = rng.uniform(0, 2 * np.pi, len(commune))
    column = np.round(distance * np.cos(turn) / BLOCK_PITCH).astype(np.int64)
    return column, np.round(distance * np.sin(turn) / BLOCK_PITCH).astype(np.int64)


def _locate(land: Territory, commune: Ints, angle: Floats, column: Ints, row: Ints) -> tuple[Floats, Floats]:
    a, b = column * BLOCK_PITCH, row * BLOCK_PITCH
    x = land.x[commune] + a * np.cos(angle) - b * np.sin(angle)
    return x, land.y[commune] + a * np.sin(angle) + b * np.cos(angle)


def _inside(land: Territory, x: Floats, y: Floats, commune: Ints) -> np.ndarray:
    """Whether a whole block is clear of every border, however bent."""
    distance, seed = land.tree.query(np.c_[x, y], k=8)
    owner = land.seed_commune[np.minimum(seed, len(land.seed_commune) - 1)]
    other = np.where(owner != commune[:, None], distance, np.inf).min(axis=1)
    own = np.where(owner == commune[:, None], distance, np.inf).min(axis=1)
    room = np.minimum.reduce([x - land.box[0], land.box[2] - x, y - land.box[1], land.box[3] - y])
    return np.asarray((other - own > 6.0 * BLOCK_PITCH) & (room > 2 * BLOCK_PITCH))


def draw_addresses(blocks: Blocks, towers: Floats, rng: np.random.Generator) -> Addresses:
    """Address points on the four streets around each block; `towers` is the share of points that are buildings."""
    homes = np.maximum(1, np.round(blocks.voters / VOTERS_PER_ADDRESS)).astype(np.int64)
    per_point = 1 + towers * 9
    points = np.maximum(1, np.round(homes / per_point)).astype(np.int64)
    block = np.repeat(np.arange(len(points)), points)
    side = rng.integers(0, 4, len(block))
    along = np.round(rng.uniform(-0.47, 0.47, len(block)) * BLOCK_PITCH / 3) * 3
    inward = BLOCK_PITCH / 2 - rng.uniform(6, 13, len(block))
    a = np.choose(side, [along, inward, along, -inward])
    b = np.choose(side, [-inward, along, inward, along])
    angle = blocks.angle[block]
    x = blocks.x[block] + a * np.cos(angle) - b * np.sin(angle)
    y = blocks.y[block] + a * np.sin(angle) + b * np.cos(angle)
    line = np.where(side % 2 == 0, blocks.row[block] * 2 + side // 2, blocks.column[block] * 2 + (side == 1) + 4001)
    position = np.where(side % 2 == 0, blocks.column[block], blocks.row[block]) * BLOCK_PITCH + along
    weight = np.where(rng.random(len(block)) < towers[block], rng.gamma(0.8, 10.0, len(block)) + 2, 1.0)
    shown_x, shown_y, score = _geocode(blocks, block, x, y, rng)
    return Addresses(
        block=block,
        x=x,
        y=y,
        shown_x=shown_x,
        shown_y=shown_y,
        score=score,
        number=2 * ((np.abs(position) // 9).astype(np.int64) % 400) + 1 + (side // 2),
        street=(line * 7919 + blocks.commune[block] * 104729) % 320,
        dwellings=np.maximum(1, np.round(weight)).astype(np.int64),
    )


def _geocode(
    blocks: Blocks, block: Ints, x: Floats, y: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Mostly right to a metre; a few are found in a street of the same name elsewhere, with a low score."""
    n = len(block)
    score = np.round(1 - rng.beta(1.5, 22.0, n), 2)
    wrong = np.flatnonzero(rng.random(n) < GEOCODING[0])
    far = rng.random(len(wrong)) < GEOCODING[1]
    begin = np.searchsorted(blocks.commune, blocks.commune[block[wrong]])
    end = np.searchsorted(blocks.commune, blocks.commune[block[wrong]], side="right")
    other = np.where(far, rng.integers(0, len(blocks.x), len(wrong)), rng.integers(begin, end))
    shown_x, shown_y = x + rng.normal(0, 0.5, n), y + rng.normal(0, 0.5, n)
    shown_x[wrong] = blocks.x[other] + rng.uniform(-45, 45, len(wrong))
    shown_y[wrong] = blocks.y[other] + rng.uniform(-45, 45, len(wrong))
    score[wrong] = np.round(rng.uniform(0.15, 0.6, len(wrong)), 2)
    return shown_x, shown_y, score
