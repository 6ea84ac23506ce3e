"""What holds of every decision, whatever the situation: it is total, pure, and never kinder for knowing less."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.errors import NotAllowed
from isoloir.law import OPERATIONS, decide, require, rules
from isoloir.law.facts import UNKNOWN, Fact, vocabulary
from isoloir.law.rules import in_force

FACTS = vocabulary()
DAYS = st.one_of(
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.sampled_from(sorted({day for rule in rules().values() for day in (rule.valid_from, rule.valid_to) if day})),
)
NUMBERS = st.one_of(st.sampled_from([0, 1, 2, 3, 6, 7, 10, 11, 13, 14, 59, 60, 4999, 5000, 9999, 10000]), st.integers())


def values(fact: Fact) -> st.SearchStrategy[Any]:
    return {
        "boolean": st.booleans(),
        "number": NUMBERS,
        "one": st.sampled_from(fact.values) if fact.values else st.nothing(),
        "several": st.lists(st.sampled_from(fact.values), max_size=4) if fact.values else st.nothing(),
    }[fact.type]


KNOWN = st.fixed_dictionaries({}, optional={name: values(fact) for name, fact in FACTS.items()})
ANYTHING = st.dictionaries(
    st.one_of(st.sampled_from(list(FACTS)), st.text(max_size=8)),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda x: st.lists(x, max_size=3)),
    max_size=6,
)


@given(st.one_of(st.sampled_from(OPERATIONS), st.text(max_size=9)), st.one_of(KNOWN, ANYTHING), DAYS)
@settings(max_examples=300, deadline=None)
def test_a_decision_never_raises_and_always_says_why(operation: str, facts: dict[str, Any], on: date) -> None:
    decision = decide(operation, facts, on)
    assert decision.allowed is not bool(decision.refusals)
    for reason in decision.reasons:
        assert reason.text.fr
        assert reason.text.en
        assert reason.rule in decision.rules
    assert decide(operation, dict(reversed(facts.items())), on) == decision, "the same, in whatever order it is told"


@given(st.sampled_from(OPERATIONS), KNOWN, DAYS, st.data())
@settings(max_examples=400, deadline=None)
def test_knowing_less_never_allows_more(operation: str, facts: dict[str, Any], on: date, data: st.DataObject) -> None:
    forgotten = data.draw(st.sets(st.sampled_from(sorted(facts))) if facts else st.just(set()))
    less = {name: value for name, value in facts.items() if name not in forgotten}
    unsure = {name: UNKNOWN if name in forgotten else value for name, value in facts.items()}
    before, after = decide(operation, facts, on), decide(operation, less, on)
    assert after == decide(operation, unsure, on), "unknown is the same as not told"
    assert {r.rule for r in before.refusals} <= {r.rule for r in after.refusals}
    assert {d.rule for d in before.duties} <= {d.rule for d in after.duties}
    assert before.allowed or not after.allowed


@given(st.sampled_from(OPERATIONS), KNOWN, DAYS, st.text(min_size=1, max_size=8).filter(lambda name: name not in FACTS))
@settings(max_examples=100, deadline=None)
def test_a_word_that_nobody_declared_refuses(operation: str, facts: dict[str, Any], on: date, name: str) -> None:
    decision = decide(operation, {**facts, name: True}, on)
    assert not decision.allowed
    assert "NO-FACT" in decision.rules


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_known_is_refused_on_every_day(operation: str) -> None:
    for on in (date(1900, 1, 1), date(2012, 1, 26), date(2017, 4, 23), date(2026, 12, 1), date(2100, 1, 1)):
        assert not decide(operation, {}, on).allowed


def test_a_day_without_rules_allows_nothing() -> None:
    on = date(1900, 1, 1)
    assert not in_force("display", on)
    assert decide("display", {"personal_data": False}, on).rules == ("NO-RULE",)


@given(st.sampled_from(OPERATIONS), KNOWN, DAYS)
@settings(max_examples=200, deadline=None)
def test_require_raises_exactly_where_the_decision_refuses(operation: str, facts: dict[str, Any], on: date) -> None:
    decision = decide(operation, facts, on)
    if decision.allowed:
        assert require(operation, facts, on) == decision
    else:
        with pytest.raises(NotAllowed) as refused:
            require(operation, facts, on)
        assert refused.value.rules == tuple(reason.rule for reason in decision.refusals)


@given(st.sampled_from(sorted(rules())), KNOWN)
@settings(max_examples=300, deadline=None)
def test_a_rule_is_silent_outside_its_dates(name: str, facts: dict[str, Any]) -> None:
    rule = rules()[name]
    for operation in rule.operations:
        assert name not in decide(operation, facts, date.fromordinal(rule.valid_from.toordinal() - 1)).rules
        if rule.valid_to:
            assert name not in decide(operation, facts, date.fromordinal(rule.valid_to.toordinal() + 1)).rules
