"""What many scores say together: means over elections, and which claims they support."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from isoloir.stats.backtest.reach import FIRST, Reach
from isoloir.stats.backtest.scores import Gain
from isoloir.stats.backtest.sizes import BySize
from isoloir.stats.backtest.trial import Score

Table = dict[str, dict[str, float]]  # method -> column -> mean over elections
MEASURES: dict[str, Callable[[Score], float]] = {
    "mae": lambda s: s.everywhere.mae,
    "rmse": lambda s: s.everywhere.rmse,
    "r2": lambda s: s.everywhere.r2,
    "rank": lambda s: s.everywhere.rank,
    "within": lambda s: s.within,
    "close": lambda s: s.close.mae if s.close else np.nan,
    "close_rank": lambda s: s.close.rank if s.close else np.nan,
    "cover": lambda s: s.cover.share if s.cover else np.nan,
    "width": lambda s: s.cover.width if s.cover else np.nan,
    "floor": lambda s: s.floor,
}


def comparable(scores: Sequence[Score]) -> list[Score]:
    """The scores of the elections that every method could predict, so that means are of the same elections.

    All of them where there is no such election.
    """
    methods = {s.method for s in scores}
    answered: dict[str, set[str]] = {}
    for score in scores:
        answered.setdefault(score.election, set()).add(score.method)
    return [s for s in scores if answered[s.election] == methods] or list(scores)


def table(scores: Sequence[Score], measure: str) -> Table:
    """The mean of a measure over elections, by method and column, abstention last; nan where never known."""
    found: dict[str, dict[str, list[float]]] = {}
    columns = sorted(dict.fromkeys(s.column for s in scores), key=lambda column: column == "abstention")
    for score in scores:
        cells = found.setdefault(score.method, {column: [] for column in columns})
        cells[score.column].append(MEASURES[measure](score))
    return {method: {c: _mean(values) for c, values in cells.items()} for method, cells in found.items()}


@dataclass(frozen=True)
class Evidence:
    """What the elections held out support, in figures; nan where it could not be measured."""

    best: str  # the method judged
    rival: str  # the simple method with the smallest mean error
    closer: float  # how much smaller the error of the best is than the rival's, as a share of it: summed MAE
    wins: int  # of `contests` (an election and a column each), those in which no simple method has a smaller MAE
    contests: int
    within: float  # rank correlation inside départements, mean
    movement: (
        float  # share of the stations' own movement, beyond the nation's, that was foreseen (R2 over uniform swing)
    )
    cover: float  # of the 90 % intervals
    width: float
    cover_by_size: tuple[float, float]  # the lowest and the highest over tenths of the stations, blocs and abstention
    reached: dict[str, float]  # by order: share of the reserve that 20 % of the voters hold
    reached_by_station: dict[str, float]  # the same of 20 % of the stations


def evidence(scores: Sequence[Score], reaches: Sequence[Reach], best: str, sizes: Sequence[BySize] = ()) -> Evidence:
    """Weigh the scores of one method against all others; `sizes` of that method tell how even its intervals are."""
    cells: dict[tuple[str, str], dict[str, Score]] = {}
    for score in scores:
        cells.setdefault((score.election, score.column), {})[score.method] = score
    own = {key: by for key, by in cells.items() if best in by}
    others = sorted({s.method for s in scores if s.method != best})
    closer = {name: _closer([by for by in own.values() if name in by], best, name) for name in others}
    everywhere = [name for name in others if all(name in by for by in own.values())] or others
    rival = min(everywhere, key=lambda name: closer[name], default="")
    return Evidence(
        best=best,
        rival=rival,
        closer=closer.get(rival, np.nan),
        wins=sum(by[best].everywhere.mae <= min(s.everywhere.mae for s in by.values()) for by in own.values()),
        contests=len(own),
        within=_mean([by[best].within for by in own.values()]),
        movement=_mean([_movement(by, best) for by in own.values()]),
        cover=_mean([MEASURES["cover"](by[best]) for by in own.values()]),
        width=_mean([MEASURES["width"](by[best]) for by in own.values()]),
        cover_by_size=_extremes([s for s in sizes if s.method == best]),
        reached=_reached([r.by_voter for r in reaches]),
        reached_by_station=_reached([r.by_station for r in reaches]),
    )


def _closer(cells: list[dict[str, Score]], best: str, name: str) -> float:
    """1 - the ratio of the errors, each summed over columns and elections."""
    if not cells:
        return float("nan")
    ours, theirs = (sum(by[method].everywhere.mae for by in cells) for method in (best, name))
    return 1 - ours / max(theirs, 1e-12)


def _movement(by: dict[str, Score], best: str) -> float:
    """1 - squared error / squared error of uniform swing: what was foreseen of how stations differ from the nation."""
    if "uniform_swing" not in by:
        return float("nan")
    return float(1 - (by[best].everywhere.rmse / max(by["uniform_swing"].everywhere.rmse, 1e-12)) ** 2)


def _extremes(sizes: Sequence[BySize]) -> tuple[float, float]:
    known = [c for s in sizes for c in s.cover if np.isfinite(c)]
    return (min(known), max(known)) if known else (float("nan"), float("nan"))


def _reached(curves: Sequence[Mapping[str, Gain]]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for by_order in curves:
        for order, curve in by_order.items():
            found.setdefault(order, []).append(curve.at(FIRST))
    return {order: _mean(values) for order, values in found.items()}


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else float("nan")
