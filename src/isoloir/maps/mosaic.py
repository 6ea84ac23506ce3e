"""The whole country as pictures whose pixels are station numbers: what the map draws when it is seen from afar.

Seen from afar a station is smaller than a pixel, so outlines are a waste. A tile of the mosaic holds 512 x 512 numbers
instead: 1 + the station's place in the list of stations, 0 where there is none. The browser looks the colour of each
number up, so another election or another ranking is another list of colours and no other tile, neighbours leave no gap
between them, and the drawing takes as long for 69,000 stations as for ten.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from rasterio.features import rasterize
from scipy.ndimage import distance_transform_edt

from isoloir import store

MIN_ZOOM, MAX_ZOOM = 3, 9  # at zoom 9 a pixel is 106 m wide in France; outlines take over there
SIDE = 512  # pixels
BLOCK = 8  # tiles drawn at once, in each direction
MARGIN = 2  # pixels around a block: a gap at its edge is closed from the other side
GAP = 1.5  # pixels: where careless outlines leave a gap up to twice as wide, the nearest station takes it

Geometries = NDArray[np.object_]
Numbers = NDArray[np.uint32]
Tile = tuple[int, int, int]  # zoom, x, y


def write_mosaic(outlines: Geometries, numbers: Numbers, out: Path, facts: dict[str, object]) -> None:
    """Write the archive (PMTiles, version 3) of the pictures of `outlines` (n, EPSG:4326), numbered by `numbers` (n).

    A tile is 512 rows of 512 unsigned 32-bit numbers, little-endian, compressed with gzip. `facts` join the metadata.
    """
    tiles = dict(draw(outlines, numbers))
    for zoom in range(MAX_ZOOM - 1, MIN_ZOOM - 1, -1):
        tiles |= dict(halve(tiles, zoom))
    west, south, east, north = shapely.total_bounds(outlines)
    with store.atomic(out) as part, part.open("wb") as stream:
        writer = Writer(stream)
        for tile in sorted(tiles, key=lambda tile: zxy_to_tileid(*tile)):
            content = np.ascontiguousarray(tiles[tile], "<u4").tobytes()
            writer.write_tile(zxy_to_tileid(*tile), gzip.compress(content, 6, mtime=0))
        writer.finalize(
            {
                "tile_type": TileType.UNKNOWN,
                "tile_compression": Compression.GZIP,
                "min_zoom": MIN_ZOOM,
                "max_zoom": MAX_ZOOM,
                "min_lon_e7": int(west * 1e7),
                "min_lat_e7": int(south * 1e7),
                "max_lon_e7": int(east * 1e7),
                "max_lat_e7": int(north * 1e7),
            },
            facts,
        )


def draw(outlines: Geometries, numbers: Numbers) -> Iterator[tuple[Tile, Numbers]]:
    """The tiles of the largest zoom that hold anything."""
    flat = shapely.transform(outlines, project)
    tree = shapely.STRtree(flat)
    wide = BLOCK * SIDE
    for i, j in sorted(_blocks(shapely.bounds(flat), wide)):
        left, top = i * wide - MARGIN, j * wide - MARGIN
        inside = np.sort(tree.query(shapely.box(left, top, left + wide + 2 * MARGIN, top + wide + 2 * MARGIN)))
        if not len(inside):
            continue
        picture = rasterize(
            ((flat[k], int(numbers[k])) for k in inside),
            out_shape=(wide + 2 * MARGIN, wide + 2 * MARGIN),
            transform=Affine.translation(left, top),
            fill=0,
            dtype="int32",
        ).astype(np.uint32)
        picture = close_gaps(picture)[MARGIN:-MARGIN, MARGIN:-MARGIN]
        for y in range(BLOCK):
            for x in range(BLOCK):
                tile = picture[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE]
                if tile.any():
                    yield (MAX_ZOOM, i * BLOCK + x, j * BLOCK + y), tile


def project(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitudes and latitudes (n, 2) as pixels of the largest zoom, from the north-west of the world (EPSG:3857)."""
    world = SIDE * 2**MAX_ZOOM
    x = (degrees[:, 0] + 180) / 360
    y = (1 - np.arcsinh(np.tan(np.radians(degrees[:, 1]))) / np.pi) / 2
    return np.asarray(np.column_stack([x, y]) * world)


def close_gaps(picture: Numbers) -> Numbers:
    """Narrow gaps between stations given to the nearest one; the sea and the neighbours of the country stay empty."""
    empty = picture == 0
    if not empty.any() or empty.all():
        return picture
    distance, (rows, columns) = distance_transform_edt(empty, return_indices=True)
    # What is near a station on both sides is a gap between two; at the coast only one side is near.
    narrow = empty & (distance <= GAP) & _between(empty)
    return np.where(narrow, picture[rows, columns], picture)


def _between(empty: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Empty pixels with stations within two pixels on opposite sides, along a row or a column."""
    full = np.pad(~empty, 2)
    height, width = empty.shape

    def moved(rows: int, columns: int) -> NDArray[np.bool_]:
        return full[2 + rows : 2 + rows + height, 2 + columns : 2 + columns + width]

    across = (moved(0, -1) | moved(0, -2)) & (moved(0, 1) | moved(0, 2))
    along = (moved(-1, 0) | moved(-2, 0)) & (moved(1, 0) | moved(2, 0))
    return across | along


def halve(tiles: dict[Tile, Numbers], zoom: int) -> Iterator[tuple[Tile, Numbers]]:
    """The tiles of a zoom from those of the next: one pixel of four, never a mixture, for numbers have no mean."""
    for x, y in sorted({(x // 2, y // 2) for z, x, y in tiles if z == zoom + 1}):
        whole = np.zeros((2 * SIDE, 2 * SIDE), np.uint32)
        for row in (0, 1):
            for column in (0, 1):
                child = tiles.get((zoom + 1, 2 * x + column, 2 * y + row))
                if child is not None:
                    whole[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE] = child
        if (tile := whole[1::2, 1::2]).any():
            yield (zoom, x, y), tile


def _blocks(bounds: NDArray[np.float64], wide: int) -> set[tuple[int, int]]:
    """The blocks that some outline touches."""
    low, high = np.floor(bounds[:, :2] / wide).astype(int), np.floor(bounds[:, 2:] / wide).astype(int)
    return {
        (i, j)
        for (left, top), (right, bottom) in zip(low, high, strict=True)
        for i in range(left, right + 1)
        for j in range(top, bottom + 1)
    }
