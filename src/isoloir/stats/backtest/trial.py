"""Hold out an election, ask every method about it, and score the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from isoloir.errors import StatsError
from isoloir.stats.backtest.question import Answer, Bools, Floats, Method, Question
from isoloir.stats.backtest.scores import (
    Accuracy,
    Cover,
    accuracy,
    closest_third,
    coverage,
    noise_floor,
    rank_within,
)
from isoloir.stats.history import History, Round

Mode = Literal["rolling", "leave-one-out"]
FEWEST_STATIONS = 30  # of which the truth is known: fewer make no table


@dataclass(frozen=True)
class Trial:
    """One election held out. S stations, B blocs; columns are the blocs, then abstention."""

    question: Question
    truth: Floats  # (S, B + 1): nan where unknown, and where a bloc had no candidate: nobody needs to predict that
    answers: Mapping[str, Answer]  # by method; those that the history did not allow are not there
    close: Bools  # (S,): in the closest third of the constituencies (of the départements where those are unknown)
    refused: Mapping[str, str]  # by method: why it could not answer

    @property
    def columns(self) -> tuple[str, ...]:
        """The blocs, then `abstention`."""
        return (*self.question.history.blocs, "abstention")

    def voters(self) -> Floats:
        """The persons behind each true share, (S, B + 1): voters for a bloc, registered for abstention."""
        registered = self.question.registered
        voted = registered * (1 - self.truth[:, -1])
        return np.column_stack([*[voted] * (self.truth.shape[1] - 1), registered])


@dataclass(frozen=True)
class Score:
    """How good one method was for one column of one election; weighted by registered voters."""

    election: str
    method: str
    column: str
    everywhere: Accuracy
    close: Accuracy | None  # in the closest third; None where no station of it is known
    within: float  # rank correlation inside départements
    cover: Cover | None  # of the 90 % intervals, where the method has any
    floor: float  # RMSE that chance alone leaves


def hold_out(history: History, election: str, mode: Mode = "rolling") -> tuple[Question, Round]:
    """The question about one round of the history, and the truth.

    `rolling` leaves the rounds before it; `leave-one-out` also those after it, but never another round of the same
    election. The scenario is the true national result, and the candidates are those who stood: what is judged is how
    the nation's vote is spread over stations. Raises StatsError where the history has no such round, the round has no
    result, or nothing comes before it.
    """
    round_ = history.round(election)
    if round_ is None:
        known = ", ".join(r.election for r in history.rounds)
        raise StatsError(f"no {election} in this database; it has {known or 'no round at all'}")
    if not np.isfinite(round_.shares).any():
        raise StatsError(f"{election} has no result by bloc in this database: it can teach but not test")
    before = history.before(round_.date)
    if not before.rounds:
        raise StatsError(f"{election} is the first election of this database: there is nothing to predict it from")
    others = tuple(r for r in history.rounds if r.election[:-1] != election[:-1])
    question = Question(
        history=before if mode == "rolling" else replace(history, rounds=others),
        election=election,
        type=round_.type,
        date=round_.date,
        round=round_.round,
        registered=np.where(round_.registered > 0, round_.registered, np.nan_to_num(history.registered)),
        national=national_shares(round_),
        stands=_filled(round_.stood).astype(bool),
        options=round_.options,
        numbers=None if round_.option_stood is None else _filled(round_.option_stood),
    )
    return question, round_


def _filled(there: NDArray[Any]) -> NDArray[Any]:
    """Who stands, (S, K): where nobody is known to, those who stand in most places, since somebody does."""
    known = np.asarray(there.any(axis=1))
    if not known.any():
        return there
    usual = np.maximum(np.median(there[known].astype(np.int8), axis=0), 0).astype(there.dtype)
    if not usual.any():
        usual[np.argmax(there[known].sum(axis=0))] = 1
    return np.where(known[:, None], there, usual)


def national_shares(round_: Round) -> Floats:
    """Shares of valid votes by bloc over all known stations, then abstention, (B + 1,)."""
    registered = np.nan_to_num(round_.registered)
    abstention = np.nan_to_num(round_.abstention, nan=1.0)
    shares = np.nan_to_num(round_.shares)
    votes = np.where(np.isfinite(round_.shares).any(axis=1), registered * (1 - abstention), 0)
    known = np.where(np.isfinite(round_.abstention), registered, 0)
    if votes.sum() <= 0:
        raise StatsError(f"{round_.election}: no station has both a turnout and a result")
    return np.append(votes @ shares / votes.sum(), known @ abstention / known.sum())


def ask(history: History, election: str, methods: Mapping[str, Method], mode: Mode = "rolling") -> Trial:
    """Hold out one round and ask every method; errors as `hold_out`, and where no method can answer."""
    question, round_ = hold_out(history, election, mode)
    answers, refused = {}, {}
    for name, method in methods.items():
        try:
            answer = method(question)
        except StatsError as error:
            refused[name] = str(error)
            continue
        if answer is not None:
            answers[name] = answer
    if not answers:
        raise StatsError(f"{election}: no method can predict it from the earlier rounds of this database")
    shares = np.where(round_.stood, round_.shares, np.nan)
    truth = np.column_stack([shares, round_.abstention])
    truth[~(question.registered > 0)] = np.nan
    places = np.where(history.constituency == "", history.departement, history.constituency)
    close = closest_third(shares, np.nan_to_num(question.registered * (1 - round_.abstention)), places)
    return Trial(question, truth, answers, close, refused)


def scores(trial: Trial) -> list[Score]:
    """Every method and column with at least 30 known stations."""
    weights = trial.question.registered
    voters = trial.voters()
    found = []
    for number, column in enumerate(trial.columns):
        true = trial.truth[:, number]
        if np.isfinite(true).sum() < FEWEST_STATIONS:
            continue
        floor = noise_floor(true, np.nan_to_num(voters[:, number]), weights)
        near = trial.close & np.isfinite(true)
        for method, answer in trial.answers.items():
            said = answer.mean[:, number]
            cover = None
            if answer.low is not None and answer.high is not None:
                cover = coverage(true, answer.low[:, number], answer.high[:, number], weights)
            found.append(
                Score(
                    election=trial.question.election,
                    method=method,
                    column=column,
                    everywhere=accuracy(true, said, weights),
                    close=accuracy(true[near], said[near], weights[near]) if near.any() else None,
                    within=rank_within(true, said, trial.question.history.departement, weights),
                    cover=cover,
                    floor=floor,
                )
            )
    return found
