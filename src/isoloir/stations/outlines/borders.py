"""Borders between communes, moved to where their addresses are.

Outlines of communes that can be had without a download are generalised: in Val-de-Marne 2 % of the addresses lie
across the border, 20 m away in the middle case and 180 m in the worst. Around each address that lies on the wrong
side the border is drawn anew between the addresses of the two communes, as the borders of stations are; elsewhere it
stays. With exact outlines no address lies on the wrong side but for a few errors, and nothing changes.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from isoloir.stations.outlines.contour import trace
from isoloir.stations.outlines.faces import Shapes, carve
from isoloir.stations.outlines.fragments import absorb
from isoloir.stations.outlines.mesh import Floats, Ints, snap, triangulate
from isoloir.stations.outlines.sites import MARGIN, METRES, TRUSTED, Plane, frame

AROUND = 150.0  # metres around an address on the wrong side where the border may move
CONTEXT = 300.0  # metres around that from where addresses are evidence
STEP = 25.0  # metres between the points that hold the border in place where no address contradicts it
HOLD = 12.0  # metres from the border to those points, on either side
FREE = 60.0  # metres from an address on the wrong side within which nothing holds the border
FEWEST = 3  # so many addresses on the wrong side are evidence; fewer may be errors


@dataclass(frozen=True)
class _Points:
    degrees: Floats
    commune: Ints
    stray: NDArray[np.bool_]  # outside its commune, but near it


def settle_borders(addresses: pl.DataFrame, communes: pl.DataFrame, *, threads: int = 2) -> pl.DataFrame:
    """`communes` with the outlines that contain their addresses better; same columns and rows, in the same order.

    `addresses` and `communes` have the columns ADDRESSES and COMMUNES of `isoloir.sources.reading`. Neighbours keep a
    common border; land of communes without addresses, or of none, is given away only next to an address.
    """
    shapes = shapely.from_wkb(communes["geometry"].to_numpy())
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    points = _points(addresses, communes["commune_code"], shapes)
    if not points.stray.any():
        return communes
    zones = _zones(points.degrees[points.stray])
    tree, land = shapely.STRtree(_grown(zones, CONTEXT)), shapely.STRtree(shapes)
    zone, near = _members(tree, points.degrees)
    starts = np.searchsorted(zone, np.arange(len(zones) + 1))
    shares = [near[starts[z] : starts[z + 1]] for z in range(len(zones))]
    moved = [z for z, mine in enumerate(shares) if points.stray[mine].sum() >= FEWEST]
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        gained = list(pool.map(lambda z: _settle(zones[z], points, shares[z], shapes, land), moved))
    return _exchange(communes, shapes, zones[moved], gained)


def _points(addresses: pl.DataFrame, codes: pl.Series, shapes: Shapes) -> _Points:
    """The trusted points of known communes, and which of them stray."""
    index = pl.DataFrame({"commune_code": codes, "commune": np.arange(len(codes))})
    index = index.filter(pl.Series(~shapely.is_missing(shapes))).unique("commune_code", keep="first")
    table = (
        addresses.filter(
            pl.col("score").fill_null(1.0) >= TRUSTED, pl.col("longitude").is_finite(), pl.col("latitude").is_finite()
        )
        .join(index, on="commune_code")
        .select("commune", "longitude", "latitude")
        .unique()
        .sort("commune", "longitude", "latitude")
    )
    commune, degrees = table["commune"].to_numpy(), table.select("longitude", "latitude").to_numpy()
    stray = np.zeros(len(commune), dtype=bool)
    bounds = np.searchsorted(commune, np.arange(len(codes) + 1))
    for c in np.unique(commune):
        part = slice(bounds[c], bounds[c + 1])
        shapely.prepare(shapes[c])
        outside = np.flatnonzero(~shapely.intersects_xy(shapes[c], degrees[part, 0], degrees[part, 1]))
        if len(outside):
            lines = shapely.shortest_line(shapely.points(degrees[part][outside]), shapes[c])
            ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
            plane = Plane(*degrees[part][0])
            distance = np.hypot(*((ends[:, 1] - ends[:, 0]) * plane.scale).T)
            stray[bounds[c] + outside[distance <= MARGIN]] = True
    return _Points(degrees, commune, stray)


def _zones(strays: Floats) -> Shapes:
    """Where borders may move: discs around the strays, those that touch as one."""
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    east = AROUND / (METRES * np.maximum(np.cos(np.radians(strays[:, 1:])), 0.01))
    discs = np.stack([strays[:, :1] + east * np.cos(turn), strays[:, 1:] + AROUND / METRES * np.sin(turn)], axis=2)
    zones: Shapes = shapely.get_parts(shapely.union_all(shapely.polygons(discs)))
    return zones


def _grown(zones: Shapes, metres: float) -> Shapes:
    west, south, east, north = shapely.bounds(zones).T
    dy = metres / METRES
    dx = dy / np.maximum(np.cos(np.radians(south)), 0.01)
    grown: Shapes = shapely.box(west - dx, south - dy, east + dx, north + dy)
    return grown


def _members(tree: shapely.STRtree, degrees: Floats, chunk: int = 500_000) -> tuple[Ints, Ints]:
    """The (zone, point) pairs of points near zones, sorted; in chunks, because points as objects are heavy."""
    pairs = []
    for start in range(0, len(degrees), chunk):
        point, zone = tree.query(shapely.points(degrees[start : start + chunk]))
        pairs.append(np.stack([zone, point + start]))
    zone, point = np.concatenate(pairs, axis=1)
    order = np.lexsort((point, zone))
    return zone[order], point[order]


def _settle(
    zone: shapely.Geometry,
    points: _Points,
    mine: Ints,
    shapes: Shapes,
    land: shapely.STRtree,
) -> tuple[Ints, Shapes]:
    """The communes that share a zone, and the part of it that each of them takes; -1 is nobody's land."""
    plane = Plane(*shapely.get_coordinates(shapely.centroid(zone))[0])
    ground = shapely.transform(zone, plane.metres)
    shapely.prepare(ground)
    mine = mine[shapely.dwithin(shapely.points(plane.metres(points.degrees[mine])), ground, CONTEXT)]
    xy, owner = plane.metres(points.degrees[mine]), points.commune[mine]
    around = np.sort(land.query(shapely.transform(ground.buffer(CONTEXT), plane.degrees), predicate="intersects"))
    nearby = shapely.transform(shapes[around], plane.metres)
    held, holder = _hold(ground, nearby, around, xy[points.stray[mine]])
    xy, owner = snap(np.concatenate([xy, held])), np.concatenate([owner, holder])
    _, first = np.unique(xy, axis=0, return_index=True)
    xy, owner = xy[first], owner[first]
    owners, label = np.unique(owner, return_inverse=True)
    ring, nearest = frame(ground, xy)
    label, real = np.concatenate([label, label[nearest]]), np.arange(len(xy) + len(ring)) < len(xy)
    mesh = triangulate(*np.concatenate([xy, ring]).T.copy())
    label = absorb(mesh, label, real, len(owners))
    labels, parts = carve(zone, trace(mesh, label, real), plane, real)
    return owners[labels], parts


def _hold(ground: shapely.Geometry, nearby: Shapes, around: Ints, strays: Floats) -> tuple[Floats, Ints]:
    """Points that hold borders, and empty land, where no address contradicts them."""
    window = ground.buffer(CONTEXT / 2)
    lines = shapely.get_parts(shapely.line_merge(shapely.union_all(shapely.boundary(nearby)).intersection(window)))
    lines = shapely.segmentize(lines[shapely.length(lines) > 0], STEP)
    ends, line = shapely.get_coordinates(lines, return_index=True)
    a, b = ends[:-1][line[1:] == line[:-1]], ends[1:][line[1:] == line[:-1]]
    along = (b - a) / np.hypot(*(b - a).T)[:, None]
    aside = HOLD * np.column_stack([-along[:, 1], along[:, 0]])
    west, south, east, north = window.bounds
    x, y = np.meshgrid(np.arange(west, east, 2 * STEP), np.arange(south, north, 2 * STEP))
    lattice = np.column_stack([x.ravel(), y.ravel()])
    candidates = np.concatenate([(a + b) / 2 + aside, (a + b) / 2 - aside, lattice])
    owner = np.full(len(candidates), -1)
    spot, within = shapely.STRtree(nearby).query(shapely.points(candidates), predicate="intersects")
    owner[spot] = around[within]
    keep = shapely.distance(shapely.points(candidates), shapely.multipoints(strays)) > FREE
    return candidates[keep], owner[keep]


def _exchange(communes: pl.DataFrame, shapes: Shapes, zones: Shapes, gained: list[tuple[Ints, Shapes]]) -> pl.DataFrame:
    """Cut the zones out of the communes and give each commune its parts of them."""
    parts: dict[int, list[shapely.Geometry]] = {}
    for owners, pieces in gained:
        for owner, piece in zip(owners.tolist(), pieces, strict=True):
            parts.setdefault(owner, []).append(piece)
    parts.pop(-1, None)
    tree, geometry = shapely.STRtree(zones), communes["geometry"].to_list()
    touched = set(tree.query(shapes, predicate="intersects")[0].tolist()) | set(parts)
    for c in sorted(touched):
        hit = zones[tree.query(shapes[c], predicate="intersects")]
        settled = shapely.union_all([shapes[c].difference(shapely.union_all(hit)), *parts.get(c, [])], grid_size=1e-8)
        pieces = shapely.get_parts(settled)
        pieces = pieces[shapely.get_dimensions(pieces) == 2]
        if len(pieces):
            geometry[c] = shapely.to_wkb(shapely.multipolygons(pieces))
    return communes.with_columns(geometry=pl.Series(geometry, dtype=pl.Binary))
