"""Isoloir's own forecast, asked as every other method is."""

from __future__ import annotations

from isoloir.stats.backtest.question import Answer, Question
from isoloir.stats.forecast import Scenario, Standing, Target, everywhere, predict


def forecast(question: Question) -> Answer:
    """Means and 90 % intervals of `stats.forecast.predict`; it looks at earlier rounds only, whatever the mode.

    Errors as `predict`.
    """
    history = question.history
    standing = everywhere(history, question.stands)
    if question.numbers is not None:
        held = tuple(history.finer.get(option, option) for option in question.options)
        standing = Standing(question.options, held, question.numbers)
    target = Target(question.type, question.round, question.date)
    found = predict(history, target, Scenario.exact(question.national), standing, draws=1)
    return Answer(found.mean, found.low, found.high)
