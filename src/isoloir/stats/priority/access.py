"""How long a station takes: doors, minutes at each, metres between them, and what it costs to get going."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isoloir.stats.priority.effects import Drawn
from isoloir.stats.priority.index import Floats

VOTERS_PER_DOOR = 1.4  # registered voters behind a door (Pons 2018)
PLAUSIBLE = (0.8, 2.5)  # voters per door; outside, the variable counts something else (second homes, hostels)
DENSE, METRES = 2000.0, 12.0  # addresses per km2 of a street lined with houses, and metres between two of them
SPREAD, UNKNOWN_SPREAD = 0.15, 0.3  # of the logarithm of the minutes of a station, with a density and without


@dataclass(frozen=True)
class Ground:
    """What is known of the doors of each station, each (S,); nan is unknown."""

    registered: Floats  # persons
    voters_per_door: Floats  # registered voters per main residence
    voters_per_address: Floats  # registered voters per address: a tower is one address
    density: Floats  # registered voters per km2


@dataclass(frozen=True)
class Access:
    """How long stations take."""

    doors: Floats  # (S,)
    minutes: Floats  # (D, S): of a pair of canvassers, per registered voter behind any door, opened or not
    setup_hours: Floats  # (D,): once a station

    def hours(self, registered: Floats) -> Floats:
        """Hours of a pair for all doors of each station, (D, S)."""
        return self.minutes * registered / 60 + self.setup_hours[:, None]


def estimate_access(ground: Ground, drawn: Drawn, rng: np.random.Generator) -> Access:
    """Minutes per voter: knock, talk where the door opens, walk to the next address.

    What is shared by all stations comes from the priors; each station has its own spread on top, wider where its
    density is unknown: there it is given the median of the others.
    """
    per_door = np.where(
        np.isfinite(ground.voters_per_door), np.clip(ground.voters_per_door, *PLAUSIBLE), VOTERS_PER_DOOR
    )
    per_address = np.fmax(np.where(np.isfinite(ground.voters_per_address), ground.voters_per_address, per_door), 0.5)
    known = np.isfinite(ground.density) & (ground.density > 0)
    middle = np.median(ground.density[known]) if known.any() else DENSE
    addresses = np.where(known, ground.density, middle) / per_address  # per km2
    metres = METRES * np.maximum(DENSE / np.maximum(addresses, 1.0), 0.2) ** drawn.scatter[:, None]
    at_door = (drawn.knock_minutes + drawn.opening * drawn.talk_minutes)[:, None] / per_door
    walk = (metres / per_address) * (60 / 1000 / drawn.walk_km_h)[:, None]
    own = np.exp(rng.normal(0, 1, (len(drawn.opening), len(per_door))) * np.where(known, SPREAD, UNKNOWN_SPREAD))
    return Access(ground.registered / per_door, (at_door + walk) * own, drawn.setup_hours)
