"""Outlines that somebody drew: GeoJSON (RFC 7946) in, polygons in degrees out; what is wrong is said by feature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from isoloir.errors import SourceError
from isoloir.language import say

LARGEST = 2_000_000  # bytes of a file
MOST = 500  # outlines of a file
_WIDEST = 1.0  # degrees: some hundred kilometres, which nobody walks
_DEGREES = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4979")


@dataclass(frozen=True)
class Outline:
    """A turf to be; `row` is its feature in the file, from 1."""

    row: int
    name: str
    area: BaseGeometry


def read_outlines(raw: bytes | str, file: Path | str) -> list[Outline]:
    """The polygons of a GeoJSON; raise SourceError, which names the feature and the value, for what is none."""
    if len(raw) > LARGEST:
        raise SourceError(say(f"au plus {LARGEST} octets", f"at most {LARGEST} bytes"), file=file, value=len(raw))
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise SourceError(say("ce n'est pas du JSON", "this is not JSON"), file=file, value=str(error)) from None
    features = list(_features(found, file))
    if not features:
        raise SourceError(say("aucun contour dans ce fichier", "no outline in this file"), file=file)
    if len(features) > MOST:
        raise SourceError(say(f"au plus {MOST} contours", f"at most {MOST} outlines"), file=file, value=len(features))
    return [_outline(feature, row, file) for row, feature in enumerate(features, 1)]


def _features(found: Any, file: Path | str) -> Iterator[dict[str, Any]]:
    if not isinstance(found, dict):
        raise SourceError(say("un GeoJSON est un objet", "a GeoJSON is an object"), file=file, value=str(found)[:40])
    named = str((found.get("crs") or {}).get("properties", {}).get("name", "")) if found.get("crs") else ""
    if named and not named.endswith(_DEGREES):
        raise SourceError(_in_metres(), file=file, value=named)
    if found.get("type") == "FeatureCollection":
        yield from found.get("features") or []
    elif found.get("type") == "Feature":
        yield found
    else:
        yield {"type": "Feature", "geometry": found}


def _outline(feature: Any, row: int, file: Path | str) -> Outline:
    def wrong(fr: str, en: str, value: object) -> SourceError:
        return SourceError(say(fr, en), file=file, row=row, value=value)

    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise wrong(
            "un secteur est un Polygon ou un MultiPolygon", "a turf is a Polygon or a MultiPolygon", kind or "null"
        )
    try:
        area = shapely.force_2d(shape(geometry))
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        raise wrong("coordonnées illisibles", "coordinates that cannot be read",
                    str((geometry or {}).get("coordinates"))[:60]) from None  # fmt: skip
    if area.is_empty:
        raise wrong("ce contour est vide", "this outline is empty", "[]")
    west, south, east, north = area.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise SourceError(_in_metres(), file=file, row=row, value=(round(west, 1), round(south, 1)))
    if not area.is_valid:
        raise wrong("ce contour se croise ; redessinez-le sans boucle",
                    "this outline crosses itself; draw it without a loop", shapely.is_valid_reason(area))  # fmt: skip
    if max(east - west, north - south) > _WIDEST:
        raise wrong("ce contour est trop grand pour être marché (plus d'un degré)",
                    "this outline is too large to be walked (more than a degree)",
                    round(max(east - west, north - south), 2))  # fmt: skip
    properties = feature.get("properties") or {}
    name = properties.get("name") or properties.get("nom") or "" if isinstance(properties, dict) else ""
    return Outline(row, " ".join(str(name).split())[:120], area)


def _in_metres() -> str:
    return say(
        "les coordonnées sont des degrés (WGS 84) ; convertissez : ogr2ogr -t_srs EPSG:4326 secteurs.geojson <fichier>",
        "coordinates are degrees (WGS 84); convert: ogr2ogr -t_srs EPSG:4326 turfs.geojson <file>",
    )
