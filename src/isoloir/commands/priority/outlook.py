"""What the stations will do in an election to come, as draws."""

from __future__ import annotations

import numpy as np

from isoloir.codes import Election
from isoloir.commands.priority.question import TURNOUT, Question
from isoloir.errors import StatsError
from isoloir.stats.history import Floats, History, Round
from isoloir.stats.priority import Outlook
from isoloir.stats.priority.outlook import project

NATIONAL = ("pres", "legi", "euro", "regi")


def look_ahead(history: History, election: Election, question: Question) -> tuple[Outlook, str | None]:
    """Draws of turnout, support and opponent, and who the opponent is (None where turnout is the aim).

    Raises StatsError where the history holds no round to look ahead from.
    """
    rounds = _teachers(history, election)
    turnout = np.stack([1 - r.abstention for r in rounds])
    if question.target == TURNOUT:
        nobody = np.full_like(turnout, 0.5)
        drawn = project(turnout, nobody, nobody, history.registered, question.draws, question.seed)
        return Outlook(drawn.turnout, np.ones_like(drawn.turnout), np.zeros_like(drawn.turnout)), None
    shares = np.stack([np.where(r.stood, r.shares, np.nan) for r in rounds])
    target = history.blocs.index(question.target)
    opponent = _opponent(shares, history, target, question.against)
    drawn = project(
        turnout, shares[..., target], shares[..., opponent], history.registered, question.draws, question.seed
    )
    return drawn, history.blocs[opponent]


def _teachers(history: History, election: Election) -> list[Round]:
    """First rounds of the same type, newest first, then those of any national election."""
    usable = [r for r in history.rounds if r.round == election.round and np.isfinite(r.shares).any()]
    same = [r for r in usable if r.type == election.type]
    other = [r for r in usable if r.type != election.type and r.type in NATIONAL]
    if not same and not other:
        raise StatsError(f"this database holds no past round with results that says anything about {election}")
    return [*reversed(same), *reversed(other)]


def _opponent(shares: Floats, history: History, target: int, against: str | None) -> int:
    """The bloc named, else the strongest other one of the last round."""
    if against is not None:
        return history.blocs.index(against)
    weight = np.nan_to_num(history.registered)
    strength = np.nan_to_num(np.nan_to_num(shares[0]).T @ weight)
    strength[target] = -1
    return int(np.argmax(strength))
