"""The simple forecasts that a model has to beat. Each is told what the model is told: national shares, and who stands.

All but the two that only repeat use the same last step: a bloc without a candidate gets nothing, what is left is
rescaled, and each bloc is raked to its national share. Where a station has no history, its commune's mean stands in,
and where that is missing too the national level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from isoloir.stats.backtest.question import Answer, Floats, Method, Question, national_rounds
from isoloir.stats.history import History, Round

MEMORY = 6  # rounds that a lag may reach back
TRAINING = 60_000  # rows that the ridge regression learns from, over all rounds: its few coefficients need no more
PENALTY = 10.0
FAR = 5.0  # standard deviations: the density of one tower must not decide
RAKINGS = 50


def same_as_last(question: Question) -> Answer | None:
    """The shares of the last election, whatever it was; the scenario is not used."""
    return _repeat(question, question.earlier())


def last_of_type(question: Question) -> Answer | None:
    """The shares of the last election of the same type; the scenario is not used."""
    same = [r for r in question.earlier() if r.type == question.type]
    return _repeat(question, same + question.earlier()) if same else None


def composite(question: Question) -> Answer | None:
    """The mean deviation from the national level of the last two elections, added to the scenario."""
    past = _deviations(question.earlier())
    if past is None:
        return None
    pair = np.stack([_nth(past, 0), _nth(past, 1)])
    known = np.isfinite(pair)
    mean = np.where(known, pair, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return _add(question, np.where(known.any(axis=0), mean, np.nan))


def uniform_swing(question: Question) -> Answer | None:
    """The last election, moved everywhere by the same points."""
    past = _deviations(question.earlier())
    return None if past is None else _add(question, _nth(past, 0))


def proportional_swing(question: Question) -> Answer | None:
    """The last election, multiplied everywhere by the same factor."""
    past = _deviations(question.earlier(), ratio=True)
    if past is None:
        return None
    ratio = np.nan_to_num(_fill(_nth(past, 0), question.history), nan=1.0)
    return _settle(question, ratio * _level_of(question))


def commune_mean(question: Question) -> Answer | None:
    """Every station of a commune has the mean deviation of its commune at the last election."""
    past = _deviations(question.earlier())
    return None if past is None else _add(question, _commune_means(_nth(past, 0), question.history))


def lagged_ridge(question: Question) -> Answer | None:
    """Ridge regression of the deviation on two lags, the last of the same type and the census, over all other rounds.

    The approach of public models of French stations: linear, one equation a bloc. Features are standardised, so that
    one penalty fits all; a missing one is at its mean. None where no other round has an earlier one to learn from.
    """
    history = question.history
    wanted = _lags(question.earlier(), question.type, history)
    lessons = [
        (lags, _deviation(r))
        for r in national_rounds(history)
        if (lags := _lags(_before(r, history), r.type, history)) is not None
    ]
    if wanted is None or not lessons:
        return None
    rows = np.random.default_rng(0).permutation(len(history.station_id))[: TRAINING // len(lessons)]
    census, weights = history.census, np.nan_to_num(history.registered[rows])
    out = np.empty_like(wanted[..., 0])
    for column in range(out.shape[1]):
        x = np.concatenate([np.column_stack([lags[rows, column], census[rows]]) for lags, _ in lessons])
        y = np.concatenate([deviation[rows, column] for _, deviation in lessons])
        found = _regress(x, y, np.tile(weights, len(lessons)), np.column_stack([wanted[:, column], census]))
        out[:, column] = wanted[:, column, 0] if found is None else found
    return _add(question, out)


BASELINES: dict[str, Method] = {
    "same_as_last": same_as_last,
    "last_of_type": last_of_type,
    "uniform_swing": uniform_swing,
    "proportional_swing": proportional_swing,
    "commune_mean": commune_mean,
    "lagged_ridge": lagged_ridge,
    "composite": composite,
}


def raked(shares: Floats, stands: NDArray[np.bool_], national: Floats, weights: Floats) -> Floats:
    """Shares (S, B) that are nothing where nobody stands, fill each station, and meet the national shares (B,).

    Iterative proportional fitting; `weights` (S,) are the expected valid votes. Stations are exact and the nation is
    met as closely as who stands allows: the shares of blocs that stand nowhere go to the others.
    """
    total = national.sum()
    out = np.where(stands, np.maximum(shares, 1e-6), 0.0)
    share = weights / weights.sum()
    for _ in range(RAKINGS):
        out *= (total / np.maximum(out.sum(axis=1), 1e-300))[:, None]
        factor = national / np.maximum(share @ out, 1e-300)
        if np.abs(factor[(national > 0) & stands.any(axis=0)] - 1).max(initial=0) < 1e-6:
            break
        out *= np.where(stands.any(axis=0), factor, 0)
    return np.asarray(out * (total / np.maximum(out.sum(axis=1), 1e-300))[:, None])


def level_of(round_: Round) -> Floats:
    """The national level of each bloc among the stations where it stood, then of abstention; (B + 1,), nan: none."""
    values, known = _values(round_)
    registered = np.nan_to_num(round_.registered)
    voted = registered * (1 - np.nan_to_num(round_.abstention, nan=1.0))
    weight = known * np.column_stack([*[voted] * (values.shape[1] - 1), registered])
    with np.errstate(invalid="ignore"):
        return np.asarray((np.where(known, values, 0) * weight).sum(axis=0) / weight.sum(axis=0))


def _values(round_: Round) -> tuple[Floats, NDArray[np.bool_]]:
    """Shares and abstention side by side, (S, B + 1), and where each is known of somebody who stood.

    Results of less than half of the voters, those of a city, have no national level and are as good as unknown.
    """
    values = np.column_stack([round_.shares, round_.abstention])
    registered = np.nan_to_num(round_.registered)
    whole = registered[round_.known].sum() > registered.sum() / 2
    stood = np.column_stack([round_.stood & whole, np.ones(len(values), bool)])
    return values, np.isfinite(values) & stood


def _deviation(round_: Round, ratio: bool = False) -> Floats:
    """What a station is above the national level (or its multiple of it), (S, B + 1); nan where nobody stood."""
    values, known = _values(round_)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = values / level_of(round_) if ratio else values - level_of(round_)
    return np.where(known & np.isfinite(found), found, np.nan)


def _deviations(rounds: list[Round], ratio: bool = False) -> Floats | None:
    """The deviations of several rounds, (K, S, B + 1); None where there is no round."""
    return np.stack([_deviation(r, ratio) for r in rounds[:MEMORY]]) if rounds else None


def _nth(stack: Floats, number: int) -> Floats:
    """Of each station and column the first (0), second (1), ... of the known values along the first axis."""
    known = np.isfinite(stack)
    chosen = known & (np.cumsum(known, axis=0) == number + 1)
    return np.where(chosen.any(axis=0), np.where(chosen, stack, 0).sum(axis=0), np.nan)


def _level_of(question: Question) -> Floats:
    """The level of the scenario among the stations where each bloc stands, (B + 1,)."""
    w = question.registered / question.registered.sum()
    present = np.append(w @ question.stands, 1.0)
    return np.asarray(question.national / np.maximum(present, 1e-9))


def _add(question: Question, deviation: Floats) -> Answer:
    known = np.nan_to_num(_fill(deviation, question.history), nan=0.0)
    return _settle(question, known + _level_of(question))


def _settle(question: Question, values: Floats) -> Answer:
    """The last step of every baseline that is told the scenario."""
    abstention = np.clip(values[:, -1], 0, 1)
    voters = question.registered * np.maximum(1 - abstention, 1e-3)
    return Answer(np.column_stack([raked(values[:, :-1], question.stands, question.national[:-1], voters), abstention]))


def _repeat(question: Question, rounds: list[Round]) -> Answer | None:
    """The first known shares among the rounds; who does not stand now gets nothing, the rest is rescaled."""
    if not rounds:
        return None
    past = np.stack([np.column_stack([r.shares, r.abstention]) for r in rounds[:MEMORY]])
    values = _fill(_nth(past, 0), question.history)
    values = np.where(np.isfinite(values), values, question.national)
    shares = np.where(question.stands, np.maximum(values[:, :-1], 0), 0)
    nobody = shares.sum(axis=1) <= 0  # none of those who stand now stood then
    shares[nobody] = np.where(question.stands, question.national[:-1], 0)[nobody]
    shares *= question.national[:-1].sum() / np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
    return Answer(np.column_stack([shares, values[:, -1]]))


def _fill(values: Floats, history: History) -> Floats:
    return np.where(np.isfinite(values), values, _commune_means(values, history))


def _commune_means(values: Floats, history: History) -> Floats:
    """The mean of each commune given to all its stations, (S, C); nan where the commune has none."""
    _, at = np.unique(history.commune, return_inverse=True)
    known = np.isfinite(values)
    out = np.empty_like(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        for column in range(values.shape[1]):
            weight = np.where(known[:, column], np.nan_to_num(history.registered), 0)
            total = np.bincount(at, np.nan_to_num(values[:, column]) * weight)
            out[:, column] = (total / np.bincount(at, weight))[at]
    return out


def _before(round_: Round, history: History) -> list[Round]:
    return [r for r in reversed(national_rounds(history)) if r.date < round_.date]


def _lags(past: list[Round], kind: str, history: History) -> Floats | None:
    """What the regression sees of each station's past: last, last but one, last of the type; (S, B + 1, 3)."""
    stack = _deviations(past)
    if stack is None:
        return None
    last = _fill(_nth(stack, 0), history)
    same = _deviations([r for r in past if r.type == kind])
    others = [_nth(stack, 1), last if same is None else _nth(same, 0)]
    return np.stack([last, *(np.where(np.isfinite(other), other, last) for other in others)], axis=-1)


def _regress(x: Floats, y: Floats, weights: Floats, wanted: Floats) -> Floats | None:
    """Learn deviations (N,) from features (N, F), the first of which must be known; predict (S,) for (S, F)."""
    rows = np.isfinite(y) & np.isfinite(x[:, 0]) & (weights > 0)
    if rows.sum() < x.shape[1] + 2:
        return None
    x, y, weights = x[rows], y[rows], weights[rows]
    use = np.flatnonzero(np.isfinite(x).any(axis=0))
    use = use[np.nanstd(x[:, use], axis=0) > 1e-9]
    mean, spread = np.nanmean(x[:, use], axis=0), np.nanstd(x[:, use], axis=0)

    def scaled(features: Floats) -> Floats:
        return np.asarray(np.nan_to_num(np.clip((features[:, use] - mean) / spread, -FAR, FAR)))

    model = Ridge(alpha=PENALTY).fit(scaled(x), y, sample_weight=weights / weights.mean())
    return np.asarray(np.where(np.isfinite(wanted[:, 0]), model.predict(scaled(wanted)), np.nan))
