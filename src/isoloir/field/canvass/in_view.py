"""What the drawing page's map shows of a pass: the buildings in view, or its turfs where those are too many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min

from isoloir.errors import SettingsError
from isoloir.field.models import Building, Campaign, Turf
from isoloir.language import say

MOST = 5_000  # buildings of an answer, as many as a turf may have
_DIGITS = 6  # of a degree: 10 cm


@dataclass(frozen=True)
class Box:
    """Part of the world, in degrees."""

    west: float
    south: float
    east: float
    north: float


def read_box(text: str) -> Box:
    """`2.44,48.78,2.46,48.80`; raise SettingsError for anything else."""
    try:
        box = Box(*map(float, text.split(",")))
    except (TypeError, ValueError):
        raise SettingsError(
            say(
                f"box={text[:60]!r} : écrivez ouest,sud,est,nord en degrés",
                f"box={text[:60]!r}: write west,south,east,north in degrees",
            )
        ) from None
    if not all(map(math.isfinite, vars(box).values())) or box.west > box.east or box.south > box.north:
        raise SettingsError(
            say(
                f"box={text[:60]!r} : ouest,sud viennent avant est,nord",
                f"box={text[:60]!r}: west,south come before east,north",
            )
        )
    return box


def bounds(campaign: Campaign) -> list[float]:
    """West, south, east and north of the open pass; empty where there is none."""
    ends = _open(campaign).aggregate(w=Min("west"), s=Min("south"), e=Max("east"), n=Max("north"))
    return [] if ends["w"] is None else list(ends.values())


def in_view(campaign: Campaign, box: Box) -> dict[str, Any]:
    """`buildings` (longitude, latitude, dwellings, turf, control; no count, no address) or `turfs` (number, bounds).

    Turfs come where more than `MOST` buildings lie in the box.
    """
    turfs = _open(campaign).filter(west__lte=box.east, east__gte=box.west, south__lte=box.north, north__gte=box.south)
    rows = Building.objects.filter(
        turf__in=turfs, longitude__range=(box.west, box.east), latitude__range=(box.south, box.north)
    ).values_list("longitude", "latitude", "dwellings", "turf__number", "control")[: MOST + 1]
    found = list(rows)
    if len(found) > MOST:
        return {"turfs": list(turfs.order_by("number").values_list("number", "west", "south", "east", "north"))}
    return {
        "buildings": [(round(x, _DIGITS), round(y, _DIGITS), n, turf, int(control)) for x, y, n, turf, control in found]
    }


def _open(campaign: Campaign) -> Any:
    return Turf.objects.of(campaign).filter(of_pass__ended_at=None)
