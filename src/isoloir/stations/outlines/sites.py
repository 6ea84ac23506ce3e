"""From the address points of one commune to the distinct, labelled sites that its outlines are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from scipy.spatial import cKDTree

from isoloir.stations.outlines.mesh import Bools, Floats, Ints, snap

METRES = 111_320.0  # a degree of latitude
MARGIN = 250.0  # metres: a point so near its commune is evidence (outlines are generalised); a farther one is an error
TRUSTED = 0.5  # geocoding scores below this are right one time in four


@dataclass(frozen=True)
class Plane:
    """A local equirectangular projection: metres east and north of a corner."""

    longitude: float
    latitude: float

    @property
    def scale(self) -> Floats:
        """Metres per degree, east and north."""
        return np.array([METRES * max(np.cos(np.radians(self.latitude)), 0.01), METRES])

    def metres(self, degrees: Floats) -> Floats:
        """(n, 2) degrees to metres."""
        projected: Floats = (degrees - np.array([self.longitude, self.latitude])) * self.scale
        return projected

    def degrees(self, metres: Floats) -> Floats:
        """(n, 2) metres to degrees."""
        unprojected: Floats = metres / self.scale + np.array([self.longitude, self.latitude])
        return unprojected


@dataclass(frozen=True)
class Sites:
    """Points of a mesh, each with the index of its station; those that are not `real` frame the others.

    The last four are the corners of a rectangle around the commune and all sites, counter-clockwise.
    """

    plane: Plane
    x: Floats
    y: Floats
    label: Ints
    real: Bools
    inside: Bools  # real, and inside the commune
    points: Ints  # per station: the address points that count
    set_aside: dict[str, Bools] = field(default_factory=dict)  # reason -> which address points


def gather(commune: shapely.Geometry, degrees: Floats, label: Ints, weight: Floats, score: Floats) -> Sites | None:
    """The sites of a commune; None where no address point can be used. `label` counts stations from 0."""
    stations = int(label.max()) + 1
    outside = ~shapely.contains_xy(commune, degrees[:, 0], degrees[:, 1])
    west, south, east, north = commune.bounds
    plane = Plane((west + east) / 2, (south + north) / 2)
    doubtful = score < TRUSTED
    far = outside.copy()
    if outside.any():
        ground = shapely.transform(commune, plane.metres)
        far[outside] = shapely.distance(shapely.points(plane.metres(degrees[outside])), ground) > MARGIN
    usable = ~(doubtful | far)
    alone = np.bincount(label[usable], minlength=stations)[label] == 0
    usable |= alone & ~outside  # a doubtful point is better than none
    if not usable.any():
        return None
    position = snap(plane.metres(degrees[usable]))
    kept, shared = _settle(position, label[usable], weight[usable])
    contested = np.zeros(len(label), dtype=bool)
    contested[np.flatnonzero(usable)[shared]] = True
    xy, site_label = position[kept], label[usable][kept]
    ring, nearest = frame(shapely.transform(commune, plane.metres), xy)
    return Sites(
        plane,
        np.concatenate([xy[:, 0], ring[:, 0]]),
        np.concatenate([xy[:, 1], ring[:, 1]]),
        np.concatenate([site_label, site_label[nearest]]),
        np.arange(len(xy) + len(ring)) < len(xy),
        np.concatenate([~outside[usable][kept], np.zeros(len(ring), dtype=bool)]),
        np.bincount(label[usable], minlength=stations),
        {"outside": outside, "far": far, "doubtful": doubtful & ~usable, "shared": contested},
    )


def _settle(position: Floats, label: Ints, weight: Floats) -> tuple[Ints, Ints]:
    """One point for each distinct place, of the station with most addresses there; and the points of other stations.

    A station that would lose all its places keeps the one where its share is largest, if the winner has another.
    """
    _, place = np.unique(np.ascontiguousarray(position).view(np.complex128).ravel(), return_inverse=True)
    pair, member, first = _groups(place, label)
    total = np.bincount(member, weights=weight)
    order = np.lexsort((pair[:, 1], -total, pair[:, 0]))
    wins = order[np.diff(pair[order, 0], prepend=-1) != 0]
    winner = pair[wins, 1]  # by place
    places = np.bincount(winner, minlength=int(label.max()) + 1)
    for station in np.setdiff1d(pair[:, 1], winner):
        claims = np.flatnonzero((pair[:, 1] == station) & (places[winner[pair[:, 0]]] > 1))
        if len(claims):
            claim = claims[np.argmax(total[claims])]
            where = pair[claim, 0]
            places[winner[where]] -= 1
            winner[where], wins[where] = station, claim
            places[station] += 1
    return first[wins], np.flatnonzero(winner[place] != label)


def _groups(place: Ints, label: Ints) -> tuple[Ints, Ints, Ints]:
    """The distinct (place, label) pairs, the pair of each point, and the first point of each pair."""
    labels = int(label.max()) + 1
    key, first, member = np.unique(place * labels + label, return_index=True, return_inverse=True)
    return np.column_stack(np.divmod(key, labels)), member, first


def frame(shape: shapely.Geometry, xy: Floats) -> tuple[Floats, Ints]:
    """Points around a shape, in metres, and the nearest site of each.

    They run along its convex hull pushed outwards; the last four are the corners of a rectangle far outside.
    """
    west, south, east, north = shape.bounds
    middle, size = np.array([west + east, south + north]) / 2, max(east - west, north - south) + 100.0
    hull = shapely.transform(shape.convex_hull, lambda c: middle + (c - middle) * 1.05).exterior
    ring = np.unique(snap(shapely.get_coordinates(hull.segmentize(hull.length / 64))), axis=0)
    far = max(2 * size, 2 * float(np.abs(xy - middle).max()))
    corners = snap(middle + far * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]))
    around = np.concatenate([ring, corners])
    return around, cKDTree(xy).query(around)[1]
