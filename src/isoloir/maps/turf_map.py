"""The map of a turf as SVG, for a printer that knows black and white only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from isoloir.errors import StationError

WIDTH, HEIGHT = 1000.0, 1080.0  # units of the drawing
ROOM = 0.18  # of the turf's size, shown around it
METRES = 111_320.0  # of a degree of latitude


@dataclass(frozen=True)
class Shape:
    """A station with its outline, in longitude and latitude."""

    station_id: str
    outline: shapely.Geometry


def draw_turf(shapes: Sequence[Shape], turf: list[str], control: list[str]) -> tuple[str, list[str]]:
    """The drawing, and the control stations that lie on it.

    The stations of `turf` are numbered in order, `control` ones are hatched, the others are there to find one's way.
    """
    own = {station: number for number, station in enumerate(turf, 1)}
    drawn = [s.outline for s in shapes if s.station_id in own]
    if not drawn:
        raise StationError(f"none of the stations {', '.join(turf)} has an outline, so their map cannot be drawn")
    frame = Frame.around(shapely.total_bounds(drawn))
    met = shapely.intersects(np.array([s.outline for s in shapes]), frame.box)
    shown = [s for s, here in zip(shapes, met, strict=True) if here]
    kept = set(control) - set(own)
    near = [s.station_id for s in shown if s.station_id in kept]
    parts = [
        *(
            _area(s, frame, 'fill="#ffffff" stroke="#9a9a9a" stroke-width="1"')
            for s in shown
            if s.station_id not in own
        ),
        *(
            _area(s, frame, 'fill="url(#hatch)" stroke="#555555" stroke-width="1.5"')
            for s in shown
            if s.station_id in kept
        ),
        *(_area(s, frame, 'fill="#e4e4e4" stroke="#000000" stroke-width="4"') for s in shown if s.station_id in own),
        *(_number(s, own[s.station_id], frame) for s in shown if s.station_id in own),
        _scale(frame),
    ]
    return _SVG.format(width=WIDTH, height=HEIGHT, parts="\n".join(parts)), near


@dataclass(frozen=True)
class Frame:
    """What the drawing covers: a corner in degrees, and units per degree."""

    west: float
    north: float
    across: float
    up: float

    @classmethod
    def around(cls, bounds: np.ndarray) -> Frame:
        """A frame of the drawing's proportions around some bounds (west, south, east, north)."""
        west, south, east, north = (float(v) for v in bounds)
        narrowing = math.cos(math.radians((south + north) / 2))
        wide = max((east - west) * narrowing, (north - south) * WIDTH / HEIGHT, 1e-4) * (1 + 2 * ROOM)
        up = WIDTH / wide
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        return cls(middle_x - wide / narrowing / 2, middle_y + HEIGHT / up / 2, up * narrowing, up)

    @property
    def box(self) -> shapely.Polygon:
        """The frame in degrees."""
        return shapely.box(self.west, self.north - HEIGHT / self.up, self.west + WIDTH / self.across, self.north)

    def place(self, points: np.ndarray) -> np.ndarray:
        """Degrees (n, 2) to units of the drawing."""
        return np.column_stack([(points[:, 0] - self.west) * self.across, (self.north - points[:, 1]) * self.up])


def _area(shape: Shape, frame: Frame, look: str) -> str:
    rings = [ring for part in shapely.get_parts(shape.outline) for ring in (part.exterior, *part.interiors)]
    path = " ".join(_ring(frame.place(shapely.get_coordinates(ring))) for ring in rings)
    return f'<path d="{path}" fill-rule="evenodd" stroke-linejoin="round" {look}/>'


def _ring(points: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points) + "Z"


def _number(shape: Shape, number: int, frame: Frame) -> str:
    inside = shapely.intersection(shape.outline, frame.box)
    x, y = frame.place(shapely.get_coordinates(shapely.maximum_inscribed_circle(inside))[:1])[0]
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="25" fill="#ffffff" stroke="#000000" stroke-width="3"/>'
        f'<text x="{x:.1f}" y="{y + 11:.1f}" font-size="31" font-weight="bold" {_CENTRED}>{number}</text>'
    )


def _scale(frame: Frame) -> str:
    """A bar of a round length, and the north."""
    wanted = WIDTH / 4 / frame.up * METRES
    step = 10 ** math.floor(math.log10(wanted))
    length = max(m * step for m in (1, 2, 5) if m * step <= wanted)
    units = length / METRES * frame.up
    named = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    left, bottom = 30, HEIGHT - 30
    return (
        f'<rect x="{left - 14}" y="{bottom - 46}" width="{units + 28:.1f}" height="60" fill="#fff" stroke="#000"/>'
        f'<path d="M{left},{bottom - 8}v8h{units:.1f}v-8" fill="none" stroke="#000000" stroke-width="3"/>'
        f'<text x="{left + units / 2:.1f}" y="{bottom - 14}" font-size="24" {_CENTRED}>{named}</text>'
        f'<path d="M{WIDTH - 50},80l-16,34l16,-10l16,10z" fill="#000000"/>'
        f'<text x="{WIDTH - 50}" y="70" font-size="28" font-weight="bold" {_CENTRED}>N</text>'
    )


_CENTRED = 'text-anchor="middle"'
_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" font-family="Libertinus Serif">
<defs>
<pattern id="hatch" width="12" height="12" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="12" height="12" fill="#ffffff"/><rect width="3" height="12" fill="#777777"/></pattern>
<clipPath id="frame"><rect width="{width:.0f}" height="{height:.0f}"/></clipPath>
</defs>
<g clip-path="url(#frame)">
{parts}
</g>
<rect width="{width:.0f}" height="{height:.0f}" fill="none" stroke="#000000" stroke-width="2"/>
</svg>"""
