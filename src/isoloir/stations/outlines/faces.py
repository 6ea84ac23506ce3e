"""From border lines to the outlines of stations: one planar subdivision of the commune, cut along shared lines."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from isoloir.stations.outlines.contour import Contour
from isoloir.stations.outlines.mesh import Bools, Floats, Ints
from isoloir.stations.outlines.sites import Plane

Shapes = NDArray[np.object_]


def carve(commune: shapely.Geometry, contour: Contour, plane: Plane, real: Bools) -> tuple[Ints, Shapes]:
    """The labels that have a part of the commune, and their parts: a partition of the commune, in degrees."""
    nodes, line = contour.lines()
    lines = shapely.linestrings(plane.degrees(contour.node)[nodes], indices=line)
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([commune.boundary, *lines])]))
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    within = shapely.contains_xy(commune, inner[:, 0], inner[:, 1])
    faces, inner = faces[within], plane.metres(inner[within])
    label = contour.label_at(inner[:, 0], inner[:, 1])
    m = contour.mesh
    site = plane.degrees(np.column_stack([m.x, m.y])[real])
    label = _hand_over(faces, label, site, contour.label[real])
    return _collect(faces, label)


def _hand_over(faces: Shapes, label: Ints, site: Floats, site_label: Ints) -> Ints:
    """Labels after giving each part without a site of its station to the neighbour it touches most."""
    size = shapely.area(faces)
    order = np.lexsort((-size, label))
    secondary = order[np.diff(label[order], prepend=-1) == 0]
    orphans = [f for f in secondary if not _holds(faces[f], site[site_label == label[f]])]
    orphans += [f for f in np.setdiff1d(order, secondary) if not (site_label == label[f]).any()]
    if not orphans:
        return label
    label, settled = label.copy(), np.ones(len(faces), dtype=bool)
    settled[orphans] = False
    tree = shapely.STRtree(faces)
    for f in sorted(orphans, key=lambda f: -size[f]):
        beside = tree.query(faces[f], predicate="intersects")
        beside = beside[beside != f]
        touch = shapely.length(shapely.intersection(faces[f].boundary, shapely.boundary(faces[beside])))
        beside, touch = beside[touch > 0], touch[touch > 0]
        if len(beside):  # an island keeps the label of the nearest site
            label[f] = label[beside[np.argmax(touch + settled[beside] * touch.sum())]]
        settled[f] = True
    return label


def _holds(face: shapely.Geometry, sites: Floats) -> bool:
    shapely.prepare(face)
    return bool(shapely.contains_xy(face, sites[:, 0], sites[:, 1]).any())


def _collect(faces: Shapes, label: Ints) -> tuple[Ints, Shapes]:
    labels, first, count = np.unique(label, return_index=True, return_counts=True)
    shapes = faces[first]
    for i in np.flatnonzero(count > 1):
        shapes[i] = shapely.coverage_union_all(faces[label == labels[i]])
    return labels, shapes
