"""The control: one station in five is left alone, drawn inside strata of five that are alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

STRATUM = 5


def draw_control(
    territories: Sequence[Sequence[int]], rate: np.ndarray, rng: np.random.Generator
) -> tuple[dict[int, int], set[int]]:
    """The stratum of each station, and the stations left alone.

    Inside each territory stations are ranked by `rate` and cut in strata of five; what is left over of all territories
    makes further strata, the last of which may be smaller and then has a control with that part of the chance: every
    station is left alone with the chance of one in five (Pons, American Economic Review 108(6), 2018, section III).
    """
    strata, rest = [], []
    for stations in territories:
        ranked = sorted(stations, key=lambda s: (-rate[s], s))
        whole = len(ranked) // STRATUM * STRATUM
        strata += [ranked[i : i + STRATUM] for i in range(0, whole, STRATUM)]
        rest += ranked[whole:]
    rest.sort(key=lambda s: (-rate[s], s))
    strata += [rest[i : i + STRATUM] for i in range(0, len(rest), STRATUM)]
    number = {station: n for n, stratum in enumerate(strata) for station in stratum}
    places = [int(rng.integers(STRATUM)) for _ in strata]  # beyond the end of a small stratum: nobody is left alone
    return number, {s[place] for s, place in zip(strata, places, strict=True) if place < len(s)}
