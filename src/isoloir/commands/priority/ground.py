"""What the database knows of the doors of each station, in the order of a history."""

from __future__ import annotations

import numpy as np
import polars as pl

from isoloir.stats.history import Floats, History
from isoloir.stats.priority import Ground
from isoloir.store import Connection, frame

MOVERS = "moved_under_2_years_share"
_WANTED = (
    "registered_per_dwelling",
    "registered_per_address",
    "registered_density",
    MOVERS,
    "outside_households_share",
)
HOSTEL = 0.5  # above that share of people outside households, doors are those of a prison, a hospital or a barracks
STILL_ELSEWHERE = 0.6  # of those who moved within two years, at a guess: registering again is up to them


def read_ground(connection: Connection, history: History) -> Ground:
    """Voters, voters per door and per address, density; nan where a variable is missing."""
    values = _variables(connection, history)
    return Ground(
        registered=history.registered,
        voters_per_door=values["registered_per_dwelling"],
        voters_per_address=values["registered_per_address"],
        density=values["registered_density"],
    )


def read_badly_registered(connection: Connection, history: History) -> Floats | None:
    """The share of the voters behind the doors who are registered where they lived before; None where unknown.

    Who moved lately and did not register again; where a station has no figure, the median of the others.
    """
    movers = _variables(connection, history)[MOVERS]
    known = np.isfinite(movers)
    if not known.any():
        return None
    return np.clip(STILL_ELSEWHERE * np.where(known, movers, np.median(movers[known])), 0, 1)


def read_reachable(connection: Connection, history: History) -> np.ndarray:
    """Whether a station has doors that one can walk to: not abroad, not a prison or a barracks."""
    hostel = _variables(connection, history)["outside_households_share"]
    abroad = np.char.startswith(history.commune, "ZZ")
    return ~(abroad | (np.nan_to_num(hostel) > HOSTEL))


def read_names(connection: Connection, history: History) -> pl.DataFrame:
    """station_id, name, commune: how people call them."""
    named = frame(
        connection,
        "SELECT station_id, s.name, c.name AS commune FROM stations s LEFT JOIN communes c USING (commune_code)"
        " WHERE valid_to IS NULL",
    )
    return _in_order(history).join(named, on="station_id", how="left", maintain_order="left")


def _variables(connection: Connection, history: History) -> dict[str, Floats]:
    table = frame(
        connection,
        """SELECT station_id, variable, value FROM variables WHERE list_contains(?, variable)
        QUALIFY row_number() OVER (PARTITION BY station_id, variable ORDER BY vintage DESC NULLS LAST) = 1""",
        [list(_WANTED)],
    )
    found = {}
    for name in _WANTED:
        part = table.filter(pl.col("variable") == name).select("station_id", "value")
        column = _in_order(history).join(part, on="station_id", how="left", maintain_order="left")["value"]
        found[name] = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return found


def _in_order(history: History) -> pl.DataFrame:
    return pl.DataFrame({"station_id": history.station_id})
