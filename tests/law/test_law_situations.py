"""Every situation of `situations/` is judged as its file says, and every rule is told apart by some of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from lawbook import situations

from isoloir.law import Decision, Rule, decide, rules
from isoloir.law.facts import vocabulary
from isoloir.law.rules import in_force
from isoloir.law.situations import Situation

NAMED = dict(situations())
DAY = timedelta(days=1)


def verdict(situation: Situation, on: date | None = None) -> Decision:
    day = on or situation.on
    assert day is not None, "a situation of the tests names its day"
    return decide(situation.operation, situation.facts, day)


def complaints(situation: Situation, decision: Decision) -> list[str]:
    """What the decision says otherwise than the file."""
    expects = situation.expects
    heard = set(decision.rules)
    exactly = {
        "refused_by": ({reason.rule for reason in decision.refusals}, set),
        "articles": (set(decision.articles), set),
        "lifted": ({reason.rule: reason.by for reason in decision.reasons if reason.does == "lifted"}, dict),
    }
    at_least = {
        "satisfied": {reason.rule for reason in decision.reasons if reason.does in ("satisfied", "lifts")},
        "duties": {duty.rule for duty in decision.duties if duty.certain},
    }
    found = [f"{name}: {said}" for name, (said, kind) in exactly.items() if said != kind(expects.get(name, ()))]
    found += [f"{name}: {said}" for name, said in at_least.items() if not set(expects.get(name, ())) <= said]
    return found + [f"not silent: {rule}" for rule in expects.get("silent", ()) if rule in heard]


@pytest.mark.parametrize("name", NAMED)
def test_a_situation_is_judged_as_its_file_says(name: str) -> None:
    situation = NAMED[name]
    decision = verdict(situation)
    assert not complaints(situation, decision), situation.text
    assert decision.allowed is not bool(situation.expects.get("refused_by"))


def speaking(rule: str) -> list[Situation]:
    """The situations that the rule is expected to speak in."""
    fields = ("refused_by", "lifted", "satisfied", "duties")

    def named(situation: Situation) -> set[str]:
        lifters = set(dict(situation.expects.get("lifted", {})).values())
        return lifters.union(*(situation.expects.get(field, ()) for field in fields))

    return [s for s in NAMED.values() if rule in named(s)]


def keeping_quiet(rule: str) -> list[Situation]:
    return [s for s in NAMED.values() if rule in s.expects.get("silent", ())]


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.id)
def test_a_rule_has_its_source_its_dates_and_both_its_sides(rule: Rule) -> None:
    assert rule.article
    assert rule.link.startswith("http")
    assert rule.text.fr != rule.text.en
    assert rule.seen_in or rule.read in ("unverified", "own"), "a text that was read was read somewhere"
    assert rule.note or rule.read != "unverified", "what is unverified says what is to be checked"
    assert speaking(rule.id), f"no situation where {rule.id} applies"
    quiet = [s for s in keeping_quiet(rule.id) if s.on and rule.in_force(s.on) and s.operation in rule.operations]
    assert quiet, f"no situation where {rule.id} is in force and does not apply"


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.id)
def test_a_rule_speaks_from_its_first_day_to_its_last(rule: Rule) -> None:
    """Each situation where it applies is judged again on both ends of its life, and the day beyond."""
    for situation in speaking(rule.id):
        assert rule.id in verdict(situation, rule.valid_from).rules
        assert rule.id not in verdict(situation, rule.valid_from - DAY).rules
        if rule.valid_to:
            assert rule.id in verdict(situation, rule.valid_to).rules
            assert rule.id not in verdict(situation, rule.valid_to + DAY).rules


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.id)
def test_without_a_rule_some_situation_is_judged_otherwise(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    """No rule is there for show: taking it away is noticed."""
    monkeypatch.setattr("isoloir.law.decision.in_force", lambda *asked: [r for r in in_force(*asked) if r is not rule])
    assert any(complaints(situation, verdict(situation)) for situation in speaking(rule.id))


def test_there_are_enough_situations_each_with_its_own_words() -> None:
    texts = [situation.text for situation in NAMED.values()]
    assert len(texts) >= 150
    assert all(texts)


def test_every_fact_is_asked_by_a_rule_and_told_by_a_situation() -> None:
    asked = {fact for rule in rules().values() for fact in rule.facts}
    told = {fact for situation in NAMED.values() for fact in situation.facts}
    assert asked == set(vocabulary())
    assert set(vocabulary()) - told == set()
