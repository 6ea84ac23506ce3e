"""The lessons of earlier elections: each announced as if it were still to come, then compared with what came."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isoloir.stats.forecast.announce import Announced, announce
from isoloir.stats.forecast.standing import Standing, everywhere, stood
from isoloir.stats.forecast.support import NATIONAL, telling
from isoloir.stats.history import Floats, History, Round

MOST = 8  # lessons
_PARTLY = 300  # stations of which a round must be known to teach how wide intervals are


@dataclass(frozen=True)
class Past:
    """One earlier round, what was announced for it and what came; S stations, columns are blocs and abstention."""

    round: Round
    announced: Announced
    truth: Floats  # (S, B + 1), nan where unknown and where the bloc had no candidate
    weights: Floats  # (S,) registered voters
    unit: Floats  # (S,) the number of the constituency

    @property
    def surprise(self) -> Floats:
        """What came less what was announced."""
        return self.truth - self.announced.both()

    @property
    def told(self) -> bool:
        """Whether most stations have results by bloc, not turnout alone."""
        return bool(self.round.known.mean() > 0.5)


def lessons_of(raw: History, eve: History, kind: str, number: int, census: Floats) -> list[Past]:
    """The newest rounds of that type or of national elections that had a past of their own, newest first.

    `eve` is `raw` with what single stations lack filled in: it announces, and only `raw` is the truth.
    """
    found: list[Past] = []
    for round_ in reversed(raw.rounds):
        if round_.round != number or not (round_.type == kind or round_.type in NATIONAL):
            continue
        if (past := _announce_again(eve, round_, census)) is not None:
            found.append(past)
        if len(found) == MOST:
            break
    return found


def partial_of(raw: History, eve: History, kind: str, number: int, census: Floats) -> list[Past]:
    """Rounds of that type known for a part of the country only, each announced for that part from its own levels."""
    found = []
    for round_ in reversed(raw.rounds):
        if round_.round == number and round_.type == kind and _PARTLY <= round_.known.sum() < 0.5 * raw.stations:
            rows = np.flatnonzero(round_.known)
            if (past := _announce_again(eve.take(rows), round_.take(rows), census[rows])) is not None:
                found.append(past)
    return found


def _announce_again(eve: History, round_: Round, census: Floats) -> Past | None:
    """None where most turnout is unknown, or nothing by bloc came before."""
    before = eve.before(round_.date)
    registered = np.nan_to_num(round_.registered)
    known = np.isfinite(round_.abstention) & (registered > 0)
    if registered[known].sum() <= 0.5 * np.nan_to_num(eve.registered).sum():
        return None
    if not any(r.known.mean() > 0.5 for r in telling(before)):
        return None
    told = round_.known.mean() > 0.5
    standing = _complete(stood(round_, eve), round_) if told else everywhere(eve)
    national = levels(round_) if told else levels(replace(telling(before)[0], abstention=round_.abstention))
    announced = announce(before, round_.type, standing, national, registered, census)
    shares = np.where(round_.stood & round_.known[:, None] & told, round_.shares, np.nan)
    truth = np.column_stack([shares, np.where(known, round_.abstention, np.nan)])
    unit = np.unique(eve.constituency, return_inverse=True)[1].astype(np.float64)
    return Past(round_, announced, truth, np.where(known, registered, 0), unit)


def levels(round_: Round) -> Floats:
    """National shares of valid votes by bloc, then abstention, over the stations that are known; (B + 1,)."""
    registered = np.nan_to_num(round_.registered)
    known = np.where(np.isfinite(round_.abstention), registered, 0)
    abstention = np.nan_to_num(round_.abstention, nan=1.0)
    votes = np.where(round_.known, registered * (1 - abstention), 0)
    shares = votes @ np.nan_to_num(round_.shares) / max(votes.sum(), 1e-9)
    return np.append(shares, known @ abstention / max(known.sum(), 1e-9))


def _complete(standing: Standing, round_: Round) -> Standing:
    """The same, with everybody standing where nothing is known: nothing is learned there."""
    unknown = ~round_.known | ~(standing.count > 0).any(axis=1)
    return replace(standing, count=np.where(unknown[:, None], 1, standing.count).astype(np.int8))
