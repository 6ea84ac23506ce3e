"""Counts of blocks added up over IRIS, grid cells and stations: each address carries its share of its block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from isoloir.simulate.geography import Floats, Ints, Territory
from isoloir.simulate.settlement import Addresses, Blocks

GRID_METRES = 200


@dataclass
class Parts:
    """Units (IRIS or cells) and the share of each block that lies in each: `shares` is (units, blocks)."""

    key: Ints
    shares: csr_matrix

    def add_up(self, counts: Floats) -> Floats:
        """Counts of blocks (blocks, n) to counts of units (units, n)."""
        return np.asarray(self.shares @ counts)

    def pairs(self) -> tuple[Ints, Ints, Floats]:
        """Unit (position), block and share of every part."""
        rows = np.repeat(np.arange(self.shares.shape[0]), np.diff(self.shares.indptr))
        return rows, self.shares.indices.astype(np.int64), self.shares.data


def split_by_iris(land: Territory, blocks: Blocks, addresses: Addresses) -> Parts:
    """Keys are seeds of the territory; every seed of the communes present has a row."""
    _, seed = land.tree.query(np.c_[addresses.x, addresses.y])
    own = land.seed_commune[seed] == blocks.commune[addresses.block]
    first = np.searchsorted(land.seed_commune, blocks.commune[addresses.block])
    seed = np.where(own, seed, first)  # a house that stands on the border
    present = np.flatnonzero(np.isin(land.seed_commune, np.unique(blocks.commune)))
    return _split(np.asarray(seed, dtype=np.int64), addresses, len(blocks.x), present)


def split_by_cell(blocks: Blocks, addresses: Addresses) -> Parts:
    """Keys are `row * 100_000 + column` of the 200 m grid in EPSG:3035, for cells with an address."""
    column, row = (addresses.x // GRID_METRES).astype(np.int64), (addresses.y // GRID_METRES).astype(np.int64)
    key = row * 100_000 + column
    return _split(key, addresses, len(blocks.x), np.unique(key))


def _split(key: Ints, addresses: Addresses, blocks: int, keys: Ints) -> Parts:
    weight = addresses.dwellings / np.bincount(addresses.block, addresses.dwellings, blocks)[addresses.block]
    shares = csr_matrix((weight, (np.searchsorted(keys, key), addresses.block)), shape=(len(keys), blocks))
    shares.sum_duplicates()
    return Parts(keys, shares)


def iris_codes(land: Territory, seeds: Ints, year: int) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.str_]]:
    """Code of the IRIS and of the commune of each seed, in the geography of a year."""
    number = land.seed_number[seeds]
    commune = land.code[land.at(year)[land.seed_commune[seeds]]]
    tail = np.where(number == 0, "0000", np.char.zfill((number + 100).astype(str), 4))
    return np.char.add(commune, tail), commune
