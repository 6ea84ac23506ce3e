"""Rules are read strictly, and say of themselves all that a lawyer has to know."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from isoloir.errors import NotAllowed, SettingsError
from isoloir.law import decide, require, rules
from isoloir.law.conditions import read_condition
from isoloir.law.facts import vocabulary
from isoloir.law.rules import read_rules
from isoloir.law.situations import read_situations

TODAY = date(2026, 12, 1)
RULE = """
[[rule]]
id = "X-01"
operations = ["message"]
effect = "forbid"
force = "law"
when = { objected = true }
article = "art. 1"
link = "https://example.org"
from = 2020-01-01
fr = "Non."
en = "No."
read = "seen"
read_on = 2026-11-24
"""


def test_a_rule_is_read() -> None:
    (rule,) = read_rules("theme", RULE, vocabulary())
    assert rule.id == "X-01"
    assert rule.in_force(date(2020, 1, 1))
    assert not rule.in_force(date(2019, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('article = "art. 1"', "", "article is missing"),
        ('link = "https://example.org"', 'link = ""', "link is missing"),
        ("from = 2020-01-01", "", "from is missing"),
        ("from = 2020-01-01", 'from = "2020"', "from is not a date"),
        ("from = 2020-01-01", "from = 2020-01-01\nto = 2019-01-01", "ends before it begins"),
        ('operations = ["message"]', 'operations = ["shout"]', "no operation shout"),
        ('effect = "forbid"', 'effect = "discourage"', "effect is 'discourage'"),
        ('force = "law"', 'force = "habit"', "force is 'habit'"),
        ('read = "seen"', 'read = "surely"', "read is 'surely'"),
        ("objected = true", "objcted = true", "no fact is called 'objcted'"),
        ("objected = true", 'objected = "yes"', "fact objected"),
        ("objected = true", 'channel = "pigeon"', "pigeon"),
        ("objected = true", "channel = { below = 3 }", "cannot be compared"),
        ("objected = true", "households = { all = [3] }", "cannot be compared"),
        ('en = "No."', 'en = "No."\nmet = { objected = false }', "met is not for a rule of effect forbid"),
        ('en = "No."', 'en = "No."\nremark = "x"', "no field is called remark"),
        ('effect = "forbid"', 'effect = "allow_with_consent"', "needs a table `consent`"),
    ],
)
def test_a_rule_that_makes_no_sense_is_an_error_that_names_it(old: str, new: str, says: str) -> None:
    with pytest.raises(SettingsError, match=r"rules/theme\.toml") as error:
        read_rules("theme", RULE.replace(old, new), vocabulary())
    assert says in str(error.value)


def test_an_unverified_rule_refuses_and_lifts_nothing() -> None:
    unverified = [rule for rule in rules().values() if rule.read == "unverified"]
    assert {"TTPA-05", "CLASS-02", "GOV-01"} <= {rule.id for rule in unverified}
    assert not any(rule.may_lift for rule in unverified)
    assert all(rule.may_lift for rule in rules().values() if rule.lifts and rule.read != "unverified")


def test_a_rule_is_lifted_only_where_it_gates_the_same_operation() -> None:
    for rule in rules().values():
        for target in rule.lifts:
            assert set(rule.operations) & set(rules()[target].operations), f"{rule.id} lifts {target} nowhere"


def test_law_that_succeeds_law_leaves_no_day_between() -> None:
    for before, after in [
        ("SENS-01", "SENS-02"),
        ("BASE-00", "BASE-01"),
        ("OPT-00", "OPT-01"),
        ("RET-00", "RET-01"),
        ("SEC-01", "SEC-02"),
        ("ROLL-00", "ROLL-01"),
        ("TIME-00", "TIME-01"),
        ("TIME-04A", "TIME-04"),
        ("MSG-03A", "MSG-03"),
        ("WEB-00", "WEB-01"),
    ]:
        ends = rules()[before].valid_to
        assert ends is not None
        assert (rules()[after].valid_from - ends).days == 1


@pytest.mark.parametrize(
    ("table", "facts", "truth"),
    [
        ({"channel": "email"}, {"channel": "email"}, True),
        ({"channel": ["email", "sms"]}, {"channel": "post"}, False),
        ({"channel": "email"}, {}, None),
        ({"channel": {"not": "email"}}, {"channel": "email"}, False),
        ({"data_categories": "special"}, {"data_categories": frozenset({"email", "union"})}, True),
        ({"data_categories": {"within": ["email"]}}, {"data_categories": frozenset()}, True),
        ({"data_categories": {"all": ["email", "phone"]}}, {"data_categories": frozenset({"email"})}, False),
        ({"data_categories": {"none": "special"}}, {"data_categories": frozenset({"email"})}, True),
        ({"households": {"below": 11}}, {"households": 11}, False),
        ({"households": {"at_least": 11, "below": 13}}, {"households": 12}, True),
        ({"channel": "email", "objected": True}, {"channel": "post"}, False),
        ({"channel": "email", "objected": True}, {"channel": "email"}, None),
        ([{"channel": "email"}, {"objected": True}], {"objected": True}, True),
        ([{"channel": "email"}, {"objected": True}], {"objected": False}, None),
    ],
)
def test_conditions_are_true_false_or_unknown(table: object, facts: dict[str, object], truth: bool | None) -> None:
    assert read_condition(table, vocabulary()).holds(facts) is truth  # type: ignore[arg-type]


def test_a_refusal_names_the_facts_that_would_settle_it() -> None:
    decision = decide("erase", {}, TODAY)
    assert set(decision.unknown) >= {"record_kind", "kept_years"}
    sure = decide("erase", {"record_kind": "opt_out_mark", "kept_years": 1}, TODAY)
    assert next(r for r in sure.refusals if r.rule == "OPT-03").unknown == ()


def test_a_refusal_carries_words_and_rules() -> None:
    with pytest.raises(NotAllowed, match="SENS-02") as refused:
        require("collect", {"data_categories": ["religion"]}, TODAY)
    assert "SENS-08" in refused.value.rules


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "situation.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_may_hold_one_situation(tmp_path: Path) -> None:
    (one,) = read_situations(write(tmp_path, 'operation = "erase"\n[facts]\nrecord_kind = "contact"\n'))
    assert (one.operation, one.on, one.facts) == ("erase", None, {"record_kind": "contact"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('operation = "shout"', "'shout'"),
        ('operation = "erase"\n[facts]\nrelgion = true', "'relgion'"),
        ('operation = "erase"\n[facts]\nrecord_kind = "shoebox"', "'shoebox'"),
        ('operation = "erase"\non = "today"', "not a day"),
        ('operation = "erase"\nmood = "good"', "mood"),
        ("operation =", "cannot be read"),
    ],
)
def test_a_situation_that_makes_no_sense_is_an_error_that_names_it(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=r"situation\.toml") as error:
        read_situations(write(tmp_path, text))
    assert says in str(error.value)
