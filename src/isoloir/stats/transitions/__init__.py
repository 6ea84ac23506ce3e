"""Voter transitions: who came from where, from the results of stations alone (R x C ecological inference).

Nobody's ballot is known twice, so nothing here is observed: it is inferred from how stations differ, under the
assumptions that `pooling` and `likelihood` state. `bound_low` and `bound_high` hold without any assumption.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from isoloir.errors import StatsError
from isoloir.stats.transitions.intervals import ALONE, MATCHED, SHARED, Calibration, draw_shares, half_width
from isoloir.stats.transitions.likelihood import for_each, softmax, spread_stations
from isoloir.stats.transitions.margins import (
    ROUGH,
    Floats,
    balance,
    bounds,
    rake_each,
    read_covariates,
    read_margins,
    require_votes,
)
from isoloir.stats.transitions.matching import align_names, align_rows
from isoloir.stats.transitions.place import surround
from isoloir.stats.transitions.pooling import Constants, District, fit_alone, fit_plain, fit_pooled

__all__ = ["Transitions", "balance", "bounds", "estimate", "estimate_many"]

_DISAGREE = 0.5  # of the half-width of the interval


@dataclass(frozen=True)
class Transitions:
    """Shares of each origin's voters by destination, 0 to 1, and everything needed to doubt them."""

    shares: Floats  # (R, C); each row sums to 1
    share_low: Floats  # (R, C) ends of the 90 % interval
    share_high: Floats
    bound_low: Floats  # (R, C) certain bounds of Duncan and Davis
    bound_high: Floats
    tables: Floats  # (stations, R, C) registered voters; sums match both margins of every station
    disagree: npt.NDArray[np.bool_]  # (R, C): estimators differ by more than half the interval's half-width
    matched: npt.NDArray[np.int64] | None = None  # (C) origin whose candidate the column is, -1 for none
    by_group: dict[object, Transitions] = field(default_factory=dict)

    @property
    def votes(self) -> Floats:
        """Registered voters of each cell (R, C), all stations together."""
        return np.asarray(self.tables.sum(0))


def estimate(
    origins: npt.ArrayLike,
    destinations: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    seed: int = 0,
    covariates: npt.ArrayLike | None = None,
) -> Transitions:
    """Estimate how the voters of R origins spread over C destinations.

    `origins` (stations, R) and `destinations` (stations, C) count registered voters, abstention and blank votes
    included, so that both add up to the registered voters of the station. `groups` (stations) names the constituency
    or département of each station: each has its own transitions, drawn around common ones. `seed` fixes the draws of
    the intervals. `covariates` (stations, K), in any unit, say what sort of place each station is (census): shares of
    a station shift with what they explain of its result, shrunk (`place`). Raises StatsError where the margins do not
    match, an option has no voter at all, or there is one station only (it identifies nothing).

    Gaussian approximation of Brown and Payne (JASA 81, 1986) with the place's own effect and empirical-Bayes shrinkage
    (`pooling`); station tables by iterative proportional fitting (Deming and Stephan 1940).
    """
    x, y = read_margins(origins, destinations)
    require_votes(x.sum(0), "origins")
    require_votes(y.sum(0), "destinations")
    _require_stations(x)
    members = _members(groups, len(x))
    for label, where in members.items():
        if not x[where].sum():
            raise StatsError(f"group {label!r}: no station has a registered voter")
    census = None if covariates is None else read_covariates(covariates, len(x))
    constants = Constants()
    with threadpool_limits(1, user_api="blas"):  # many small products: threads cost more than they bring
        places = surround(
            [y[where] for where in members.values()],
            None if census is None else [census[where] for where in members.values()],
        )
        districts = [District(x[w], y[w], around) for w, around in zip(members.values(), places, strict=True)]
        if len(districts) == 1:
            fit_alone(districts[0], constants)
        else:
            fit_pooled(districts, constants, matched=False)
        calibration = ALONE if len(districts) == 1 else SHARED
        parts = for_each(lambda district: _conclude(district, constants, calibration, seed), districts)
    if len(parts) == 1:
        return parts[0]
    return _join(dict(zip(members, parts, strict=True)), list(members.values()), x, y)


def estimate_many(
    districts: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]],
    seed: int = 0,
    names: Sequence[Sequence[Hashable]] | None = None,
) -> list[Transitions]:
    """Estimate the transitions of districts whose origins are the same parties and whose destinations are candidates.

    `districts` holds one (origins (stations, R), destinations (stations, C)) pair each, in registered voters (or, as in
    New Zealand, in ballots) that add up station by station. The party of a candidate need not be known: columns are
    matched with rows from the data. `names` says which party each origin of each district is; without them origins come
    in the same order everywhere, and where a district leaves some out, their sizes say which. One result a district, in
    its own rows and columns. Raises StatsError naming the district.

    The lift of each party over chance is shared by the districts (partial pooling; `pooling`).
    """
    if not len(districts):
        raise StatsError("no district to estimate")
    margins = [read_margins(*pair, where=f"district {i}: ") for i, pair in enumerate(districts)]
    for i, (x, y) in enumerate(margins):
        _require_stations(x, f"district {i}: ")
        require_votes(y.sum(0), f"district {i}: destinations")
    places = align_rows([x.sum(0) for x, _ in margins]) if names is None else align_names(names)
    for i, ((x, _), place) in enumerate(zip(margins, places, strict=True)):
        if len(place) != x.shape[1]:
            raise StatsError(f"district {i}: {len(place)} names for {x.shape[1]} origins")
    width = int(max(place.max() for place in places)) + 1
    wide = []
    for (x, y), place in zip(margins, places, strict=True):
        full = np.zeros((len(x), width))
        full[:, place] = x
        wide.append(District(full, y, surround([y], None)[0]))
    constants = Constants()
    with threadpool_limits(1, user_api="blas"):
        fit_pooled(wide, constants, matched=True)
        results = for_each(lambda district: _conclude(district, constants, MATCHED, seed), wide)
    return [_narrow(whole, place) for whole, place in zip(results, places, strict=True)]


def _require_stations(x: Floats, where: str = "") -> None:
    """One station is consistent with everything between the bounds."""
    if (x.sum(1) > 0).sum() < 2:
        raise StatsError(f"{where}one station with voters does not identify transitions; two or more are needed")


def _members(groups: npt.ArrayLike | None, stations: int) -> dict[object, npt.NDArray[np.int64]]:
    """Stations of each group, in order of first appearance."""
    if groups is None:
        return {None: np.arange(stations)}
    labels = np.asarray(groups)
    if labels.shape != (stations,):
        raise StatsError(f"groups: one label a station expected ({stations}), got the shape {labels.shape}")
    empty = [i for i, label in enumerate(labels.tolist()) if label is None or label != label]
    if empty:
        raise StatsError(f"groups: station {empty[0]} has no label")
    found: dict[object, list[int]] = {}
    for station, label in enumerate(labels.tolist()):
        found.setdefault(label, []).append(station)
    return {label: np.array(where) for label, where in found.items()}


def _conclude(district: District, constants: Constants, calibration: Calibration, seed: int) -> Transitions:
    """Station tables, shares and intervals of a fitted district."""
    x, y = district.origins, district.destinations
    tables = rake_each(spread_stations(x, district.theta, district.surroundings), x, y)
    voters = x.sum(0)
    expected = softmax(district.theta)
    shares = _divide(tables.sum(0), voters, expected)
    other = fit_plain(district, constants)
    plain = _divide(
        rake_each(spread_stations(x, other.theta, other.surroundings), x, y, ROUGH).sum(0), voters, expected
    )
    spread = draw_shares(district, np.random.default_rng(seed)).std(axis=0)
    half = half_width(shares, plain, spread, voters, y.sum(0) / y.sum(), calibration)
    low, high = bounds(x, y)
    return Transitions(
        shares=shares,
        share_low=np.clip(shares - half, low, high),
        share_high=np.clip(shares + half, low, high),
        bound_low=low,
        bound_high=high,
        tables=tables,
        disagree=np.abs(shares - plain) > _DISAGREE * half,
        matched=None if district.kind is None else np.where(district.kind < len(voters), district.kind, -1),
    )


def _divide(table: Floats, voters: Floats, expected: Floats) -> Floats:
    """Shares of a table (R, C); those of the model where an origin has no voter here."""
    return np.where(voters[:, None] > 0, table / np.maximum(voters[:, None], 1e-300), expected)


def _join(parts: dict[object, Transitions], members: list[npt.NDArray[np.int64]], x: Floats, y: Floats) -> Transitions:
    """All groups together: errors are taken to be common to the groups, so widths average and do not shrink."""
    tables = np.zeros((len(x), x.shape[1], y.shape[1]))
    weights = np.array([x[where].sum(0) for where in members]) / x.sum(0)
    for where, part in zip(members, parts.values(), strict=True):
        tables[where] = part.tables
    mean = {
        name: np.einsum("gr,grc->rc", weights, np.array([getattr(p, name) for p in parts.values()]))
        for name in ("shares", "share_low", "share_high", "disagree")
    }
    low, high = bounds(x, y)
    return Transitions(
        shares=mean["shares"],
        share_low=np.clip(mean["share_low"], low, high),
        share_high=np.clip(mean["share_high"], low, high),
        bound_low=low,
        bound_high=high,
        tables=tables,
        disagree=mean["disagree"] > 0.5,
        by_group=parts,
    )


def _narrow(whole: Transitions, place: npt.NDArray[np.int64]) -> Transitions:
    """The rows that the district has, in its own order."""
    back = np.full(whole.shares.shape[0] + 1, -1)
    back[place] = np.arange(len(place))
    assert whole.matched is not None
    return Transitions(
        shares=whole.shares[place],
        share_low=whole.share_low[place],
        share_high=whole.share_high[place],
        bound_low=whole.bound_low[place],
        bound_high=whole.bound_high[place],
        tables=whole.tables[:, place],
        disagree=whole.disagree[place],
        matched=back[whole.matched],
    )
