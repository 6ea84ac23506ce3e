"""What the first stations of a ranking would have reached, and how much of that is size, how much evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from isoloir.stats.backtest.baselines import same_as_last
from isoloir.stats.backtest.question import Floats
from isoloir.stats.backtest.scores import Gain, gain_curve
from isoloir.stats.backtest.trial import Trial

FIRST = 0.2


@dataclass(frozen=True)
class Reach:
    """The reserve of one bloc, reached in the order of several rankings.

    The reserve of a station is `registered * abstention * support` as they turned out to be: the voters who stayed at
    home, counted by how those around them voted. It is what the index PO estimates. It is no effect of a campaign.
    """

    election: str
    bloc: str
    by_station: Mapping[str, Gain]  # every station costs the same, so that big ones come first
    by_voter: Mapping[str, Gain]  # a station costs its registered voters, so that size earns nothing

    def first_fifth(self, order: str) -> tuple[float, float]:
        """The share of the reserve that the first 20 % of the stations, then of the voters, hold."""
        return self.by_station[order].at(FIRST), self.by_voter[order].at(FIRST)


def reach(trial: Trial, bloc: str, method: str) -> Reach | None:
    """Rank by `method`, by PO and the last result, by size alone and by the truth; None where there is no reserve.

    A ranking by station sorts by expected votes except PO and the last result, which are used as published: as rates.
    Random order needs no ranking: it reaches 20 % of the reserve with 20 % of the voters.
    """
    column = trial.question.history.blocs.index(bloc)
    registered = trial.question.registered
    rate = trial.truth[:, -1] * trial.truth[:, column]
    reserve = np.where(registered > 0, registered * rate, np.nan)
    if not np.nansum(reserve) > 0:
        return None
    said = trial.answers[method].mean
    orders = {method: said[:, -1] * said[:, column], **_published(trial, column), "perfect": rate}
    rates = {name: rate for name, rate in orders.items() if rate is not None}
    doors = np.maximum(registered, 1)
    return Reach(
        election=trial.question.election,
        bloc=bloc,
        by_station={
            **{name: gain_curve(reserve, _votes(name, r, registered)) for name, r in rates.items()},
            "size": gain_curve(reserve, registered),
        },
        by_voter={name: gain_curve(reserve, r, doors) for name, r in rates.items()},
    )


def _published(trial: Trial, column: int) -> dict[str, Floats | None]:
    last = same_as_last(trial.question)
    if last is None:
        return {}
    return {"po": last.mean[:, -1] * last.mean[:, column], "last_result": last.mean[:, column]}


def _votes(name: str, rate: Floats, registered: Floats) -> Floats:
    return rate if name in ("po", "last_result") else rate * registered
