"""Conditions over facts: tables of equalities, memberships and comparisons, true, false or unknown.

    { channel = "email" }                        the channel is e-mail
    { channel = ["email", "sms"] }               it is one of these; a fact with several values: it has one of these
    { notice_states = { all = ["sender"] } }     it has all of these
    { data_categories = { within = ["email"] } } it has nothing else
    { data_categories = { none = ["union"] } }   it has none of these
    { households = { below = 11 } }              a number; also at_least, at_most
    { recipient = { not = "public" } }           anything else

The lines of a table hold together; of several tables, one suffices. Unknown spreads as in Kleene's logic: learning a
fact can settle a condition, and never unsettles it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from isoloir.law.facts import Fact, Value, Vocabulary

Truth = bool | None
"""True, False, or None: unknown."""

_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "below": lambda value, limit: value < limit,
    "at_least": lambda value, limit: value >= limit,
    "at_most": lambda value, limit: value <= limit,
}
_SETS: dict[str, Callable[[frozenset[str], frozenset[str]], bool]] = {
    "any": lambda value, words: bool(value & words),
    "all": lambda value, words: value >= words,
    "within": lambda value, words: value <= words,
    "none": lambda value, words: not value & words,
    "not": lambda value, words: not value & words,
}


@dataclass(frozen=True)
class Test:
    """One line of a condition: a fact, how it is compared, and with what."""

    fact: str
    how: str
    against: Value

    def holds(self, known: Mapping[str, Value]) -> Truth:
        """Whether it holds, None where the fact is unknown."""
        value = known.get(self.fact)
        if value is None:
            return None
        if self.how == "is":
            return value == self.against
        if self.how in _NUMBERS:
            return _NUMBERS[self.how](cast(int, value), cast(int, self.against))
        words = value if isinstance(value, frozenset) else frozenset([cast(str, value)])
        return _SETS[self.how](words, cast("frozenset[str]", self.against))


@dataclass(frozen=True)
class Condition:
    """Tables of tests: all lines of one table hold."""

    tables: tuple[tuple[Test, ...], ...]

    def holds(self, known: Mapping[str, Value]) -> Truth:
        """Whether one of the tables holds, None where that is unknown."""
        return _any(_all(test.holds(known) for test in table) for table in self.tables)

    def open(self, known: Mapping[str, Value]) -> tuple[str, ...]:
        """The unknown facts that could still settle it, in the order of the tables."""
        waiting = [table for table in self.tables if _all(test.holds(known) for test in table) is None]
        return tuple(dict.fromkeys(test.fact for table in waiting for test in table if test.holds(known) is None))

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact that it asks about."""
        return tuple(dict.fromkeys(test.fact for table in self.tables for test in table))


ALWAYS = Condition(((),))
NEVER = Condition(())


def read_condition(given: Any, vocabulary: Vocabulary) -> Condition:
    """The condition of a TOML table or array of tables; raise ValueError for an unknown fact, word or comparison."""
    tables = given if isinstance(given, list) else [given]
    return Condition(tuple(tuple(_tests(table, vocabulary)) for table in tables))


def _tests(table: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[Test]:
    for name, given in table.items():
        if name not in vocabulary:
            raise ValueError(f"no fact is called {name!r} in facts.toml")
        fact = vocabulary[name]
        compared = given if isinstance(given, dict) else {"any" if _has_words(fact) else "is": given}
        for how, against in compared.items():
            yield Test(name, how, _against(fact, how, against))


def _against(fact: Fact, how: str, given: Any) -> Value:
    if how in _NUMBERS and fact.type == "number" and isinstance(given, int):
        return given
    if how in _SETS and _has_words(fact):
        return fact.expand(given if isinstance(given, list) else [given])
    if how == "is" and not _has_words(fact):
        value = fact.read(given)
        if value is not None:
            return value
    raise ValueError(f"fact {fact.name} ({fact.type}) cannot be compared by {how!r} with {given!r}")


def _has_words(fact: Fact) -> bool:
    return fact.type in ("one", "several")


def _all(truths: Iterator[Truth]) -> Truth:
    every = list(truths)
    return False if False in every else None if None in every else True


def _any(truths: Iterator[Truth]) -> Truth:
    every = list(truths)
    return True if True in every else None if None in every else False
