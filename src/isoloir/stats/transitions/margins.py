"""Margins of stations: what is refused, what is certain without a model, and tables raked to match."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from isoloir.errors import StatsError

Floats = npt.NDArray[np.float64]
CLOSE, ROUGH = 1e-7, 1e-4  # of a station's voters: how far sums may stay from its margins
_SWEEPS = 500


def read_margins(origins: npt.ArrayLike, destinations: npt.ArrayLike, where: str = "") -> tuple[Floats, Floats]:
    """Check (stations, R) and (stations, C) counts of registered voters and return them as floats.

    Raises StatsError naming the first station whose figures are negative, not numbers, or do not add up.
    """
    x, y = _counts(origins, f"{where}origins"), _counts(destinations, f"{where}destinations")
    if len(x) != len(y):
        raise StatsError(f"{where}{len(x)} stations in the origins and {len(y)} in the destinations: one row each")
    gap = np.abs(x.sum(1) - y.sum(1))
    if (gap > 1e-6 * np.maximum(x.sum(1), 1)).any():
        station = int(gap.argmax())
        raise StatsError(
            f"{where}station {station} has {x[station].sum():g} registered voters in the origins and "
            f"{y[station].sum():g} in the destinations: both must hold every registered voter, abstention included "
            "(isoloir.stats.transitions.balance rescales)"
        )
    if not x.sum():
        raise StatsError(f"{where}no station has a registered voter")
    return x, y


def read_covariates(values: npt.ArrayLike, stations: int) -> Floats:
    """Check covariates (stations, K) and return them as floats; raise StatsError naming the first that is no number."""
    try:
        array = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatsError(f"covariates: numbers expected ({error})") from error
    if array.ndim != 2 or len(array) != stations:
        raise StatsError(f"covariates: one row a station expected ({stations}), got the shape {array.shape}")
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        station, covariate = wrong[0]
        raise StatsError(
            f"covariates: station {station} has no value of covariate {covariate}; leave the covariate out, or give "
            "the station the mean of its neighbours"
        )
    return array


def _counts(values: npt.ArrayLike, name: str, options: int = 2) -> Floats:
    try:
        array = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatsError(f"{name}: counts of voters expected ({error})") from error
    if array.ndim != 2 or array.shape[1] < options or not len(array):
        raise StatsError(
            f"{name}: a table of stations by {options} options or more expected, got the shape {array.shape}"
        )
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        station, option = np.argwhere(wrong)[0]
        raise StatsError(f"{name}: station {station}, option {option} holds {array[station, option]:g} voters")
    return array


def require_votes(votes: Floats, name: str) -> None:
    """Refuse options that nobody chose anywhere: nothing can be said of their voters."""
    empty = np.flatnonzero(votes == 0)
    if len(empty):
        raise StatsError(f"{name}: nobody chose option {', '.join(map(str, empty))} in any station; leave it out")


def balance(origins: npt.ArrayLike, destinations: npt.ArrayLike) -> Floats:
    """Rescale the origins of each station to its registered voters in the destinations; (stations, R).

    For two elections between which voters moved: it supposes that those who left were like those who stayed.
    Raises StatsError where a station has destinations and no origin.
    """
    x, y = _counts(origins, "origins", 1), _counts(destinations, "destinations", 1)
    before, after = x.sum(1), y.sum(1)
    lost = np.flatnonzero((before == 0) & (after > 0))
    if len(lost):
        raise StatsError(
            f"station {lost[0]} has {after[lost[0]]:g} registered voters now and none before; leave it out"
        )
    return np.asarray(x * np.divide(after, before, out=np.zeros_like(after), where=before > 0)[:, None])


def bounds(origins: Floats, destinations: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest share (R, C) that the margins allow, whatever the voters did.

    Duncan and Davis, American Sociological Review 18(6), 1953. An origin without voters may hold anything: 0 to 1.
    """
    rows, columns = origins.shape[1], destinations.shape[1]
    low, high = np.zeros((rows, columns)), np.ones((rows, columns))
    rest = origins.sum(1)[:, None] - destinations
    for r in range(rows):
        x, voters = origins[:, r, None], origins[:, r].sum()
        if voters:
            low[r] = np.maximum(x - rest, 0).sum(0) / voters
            high[r] = np.minimum(x, destinations).sum(0) / voters
    return np.minimum(low, 1.0), np.minimum(high, 1.0)


def rake(table: Floats, rows: Floats, columns: Floats) -> Floats:
    """Scale one table (R, C) until its sums are `rows` and `columns` (Deming and Stephan 1940)."""
    tables: Floats = rake_each(np.ascontiguousarray(table)[None], np.ascontiguousarray(rows)[None], columns[None])
    return np.asarray(tables[0])


@numba.njit(cache=True, nogil=True)
def rake_each(tables: Floats, rows: Floats, columns: Floats, close: float = CLOSE) -> Floats:
    """Scale every table (n, R, C) until its sums are `rows` (n, R) and `columns` (n, C); all cells stay positive."""
    out = np.zeros_like(tables)
    n, height, width = tables.shape
    for i in range(n):
        total = rows[i].sum()
        if total <= 0.0:
            continue
        cell = tables[i] + 1e-12 * np.outer(rows[i], columns[i]) / total
        for _ in range(_SWEEPS):
            gap = 0.0
            for c in range(width):
                s = cell[:, c].sum()
                gap = max(gap, abs(s - columns[i, c]))
                cell[:, c] *= columns[i, c] / s if s > 0.0 else 0.0
            for r in range(height):
                s = cell[r].sum()
                cell[r] *= rows[i, r] / s if s > 0.0 else 0.0
            if gap <= close * total:
                break
        out[i] = cell
    return out
