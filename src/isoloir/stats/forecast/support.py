"""What the past says of each bloc at each station: smoothed ratios to the national level."""

from __future__ import annotations

import numpy as np

from isoloir.stats.forecast.standing import RESIDUAL, appeal, stood, strengths
from isoloir.stats.history import Floats, History, Round

NATIONAL = ("pres", "legi", "euro", "regi")  # types whose lists and parties are those of the whole country
MEMORY, FADING = 5, 0.5  # rounds that count; weight of a round against the next one
PSEUDO = 3.0  # votes at the national level added to every count, so that a small station says little


def telling(history: History) -> list[Round]:
    """First rounds of national elections known for most voters (else any round), newest first."""
    voters = np.nan_to_num(history.registered)
    known = [r for r in history.rounds if voters[np.isfinite(r.abstention)].sum() > voters.sum() / 2]
    first = [r for r in known if r.round == 1] or known
    return ([r for r in first if r.type in NATIONAL] or first)[::-1]


def support(history: History, kind: str) -> Floats:
    """Log ratio of each bloc to its national level, from the last two rounds that tell, (S, B); 0 where nothing does.

    A candidature stronger or weaker than usual is discounted. Of the residual bloc only rounds of the
    same type tell something: its lists share nothing but a label.
    """
    rounds = [r for r in telling(history) if r.known.any()]
    out = np.zeros((history.stations, len(history.blocs)))
    for column, bloc in enumerate(history.blocs):
        logs = []
        for round_ in rounds:
            if bloc == RESIDUAL and round_.type != kind:
                continue
            if (found := _ratio(round_, column, history)) is not None:
                logs.append(found)
            if len(logs) == MEMORY:
                break
        if logs:
            out[:, column] = np.average(logs, axis=0, weights=FADING ** np.arange(len(logs)))
    return out


def _ratio(round_: Round, column: int, history: History) -> Floats | None:
    """The smoothed log ratio of one bloc in one round; None where most voters had no candidate of it."""
    voters = np.nan_to_num(round_.registered * (1 - round_.abstention))
    there = round_.known & round_.stood[:, column] & (voters > 0)
    if voters[there].sum() < 0.5 * voters.sum():
        return None
    usual = appeal(stood(round_, history), strengths(history, round_.type), history.blocs, voters)[:, column]
    votes = np.where(there, voters * np.nan_to_num(round_.shares[:, column]), 0)
    expected = np.where(there, voters * usual, 0)
    expected *= votes.sum() / expected.sum()
    pseudo = _shape(votes, expected) if history.blocs[column] == RESIDUAL else PSEUDO
    return np.asarray(np.log((votes + pseudo) / (expected + pseudo)))


def _shape(votes: Floats, expected: Floats) -> float:
    """How many votes at the national level to add where a bloc may be mere noise: more, the less stations differ.

    The shape of the gamma distribution of true ratios, 1 / their variance, from the counts by moments (Clayton and
    Kaldor, Biometrics 43, 1987).
    """
    excess = float(((votes - expected) ** 2 - votes).sum() / (expected**2).sum())
    return max(PSEUDO, 1 / max(excess, 1e-4))
