"""How big the fictional country is: its départements, and how many communes, stations and IRIS each holds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from string import ascii_uppercase, digits
from typing import Literal

Size = Literal["departement", "france"]

# The middle of the country in EPSG:3035, in the Atlantic west of France: no real place lies inside.
MIDDLE = (2_690_000.0, 2_840_000.0)
BLOCK_WIDTH, BLOCK_HEIGHT = 62_000.0, 68_000.0  # of a département, metres
MERGER_YEARS = (2016, 2017, 2018, 2019)  # communes nouvelles
FRANCE_DEPARTEMENTS = 100


@dataclass(frozen=True)
class Plan:
    """Counts are those of 2022, after the mergers of communes."""

    codes: tuple[str, ...]  # of the départements
    columns: int  # départements side by side
    communes: int
    divided: int  # communes with two stations or more
    divided_stations: int  # stations in those
    largest: int  # stations of the largest city
    mergers: int  # communes nouvelles
    constituencies: int
    cantons: int  # per département

    @property
    def rows(self) -> int:
        """Départements from south to north."""
        return -(-len(self.codes) // self.columns)


def make_plan(size: Size, scale: float = 1.0) -> Plan:
    """The plan of a size; `scale` shrinks France for tests (0.02: two départements)."""
    if size == "departement":
        return Plan(
            codes=("X1",),
            columns=1,
            communes=_scaled(250, scale),
            divided=_scaled(30, scale),
            divided_stations=_scaled(280, scale),
            largest=_scaled(120, scale),
            mergers=_scaled(6, scale),
            constituencies=4,
            cantons=12,
        )
    codes = tuple("".join(pair) for pair in product("XYW", digits + ascii_uppercase))
    count = max(1, round(FRANCE_DEPARTEMENTS * scale))
    share = count / FRANCE_DEPARTEMENTS
    return Plan(
        codes=codes[1 : count + 1],
        columns=min(13, count),
        communes=round(34_900 * share),
        divided=round(6_800 * share),
        divided_stations=round(40_900 * share),
        largest=max(60, round(900 * share)),
        mergers=round(750 * share),
        constituencies=max(4, round(577 * share)),
        cantons=20,
    )


def _scaled(count: int, scale: float) -> int:
    return max(3, round(count * scale))
