"""May this be done, on that day? One pure and total function, which explains itself.

An operation is allowed when no rule in force refuses it. A rule refuses unless its condition is known not to hold, or
what makes the operation lawful is known to hold, or another rule is known to lift it: what nobody established counts
against the operation, so learning less never allows more. A day on which no rule is known allows nothing, nor is
anything allowed of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from isoloir.errors import NotAllowed
from isoloir.language import say
from isoloir.law.facts import OPERATIONS, Facts, Text, Value, vocabulary
from isoloir.law.rules import Rule, in_force

NO_RULE = "NO-RULE"
NO_FACT = "NO-FACT"
_NOTHING_KNOWN = Text(
    "Rien n'est établi de cette opération : sans faits, rien n'est permis.",
    "Nothing is established of this operation: without facts, nothing is allowed.",
)


@dataclass(frozen=True)
class Reason:
    """Why: a rule, what it did here, its words for the person refused, and the facts that it still waits for.

    A refusal without unknown facts is the law's own word; one with them lasts until somebody establishes them.
    """

    rule: str
    does: Literal["refuses", "lifted", "lifts", "satisfied"]
    text: Text
    article: str = ""
    unknown: tuple[str, ...] = ()
    by: str = ""  # the rule that lifted it


@dataclass(frozen=True)
class Duty:
    """What has to be done along with the operation; `certain` is false where a fact that decides it is unknown."""

    rule: str
    text: Text
    article: str
    certain: bool


@dataclass(frozen=True)
class Decision:
    """Whether it is allowed, why, what it obliges to, and every rule that had a say, the surest refusals first."""

    operation: str
    on: date
    allowed: bool
    reasons: tuple[Reason, ...]
    duties: tuple[Duty, ...]
    rules: tuple[str, ...]

    @property
    def refusals(self) -> tuple[Reason, ...]:
        """The reasons that refuse."""
        return tuple(reason for reason in self.reasons if reason.does == "refuses")

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles that refuse."""
        return tuple(dict.fromkeys(reason.article for reason in self.refusals if reason.article))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The facts that could still turn a refusal."""
        return tuple(dict.fromkeys(fact for reason in self.refusals for fact in reason.unknown))


def decide(operation: str, facts: Facts, on: date) -> Decision:
    """Judge the operation by the rules of that day; never raises."""
    known, complaints = vocabulary().read(facts)
    if operation not in OPERATIONS:
        complaints = (f"{operation!r} is no operation; one of {', '.join(OPERATIONS)}", *complaints)
    concerned = in_force(operation, on)
    reasons = [Reason(NO_FACT, "refuses", Text(what, what)) for what in complaints]
    if not known:
        reasons.append(Reason(NO_FACT, "refuses", _NOTHING_KNOWN))
    if not concerned:
        reasons.append(Reason(NO_RULE, "refuses", _no_rule(on)))
    lifted = _lifted(concerned, known)
    reasons += [reason for rule in concerned if (reason := _reason(rule, operation, known, lifted))]
    reasons.sort(key=lambda reason: (reason.does != "refuses", bool(reason.unknown)))
    duties = tuple(duty for rule in concerned if (duty := _duty(rule, known)))
    heard = dict.fromkeys([*(reason.rule for reason in reasons), *(duty.rule for duty in duties)])
    allowed = not any(reason.does == "refuses" for reason in reasons)
    return Decision(operation, on, allowed, tuple(reasons), duties, tuple(heard))


def require(operation: str, facts: Facts, on: date) -> Decision:
    """The decision where it allows; raise NotAllowed where it refuses.

    The error carries the words and articles of the rules that surely refuse, the facts that others wait for, and the
    ids of all.
    """
    decision = decide(operation, facts, on)
    if decision.allowed:
        return decision
    words = " ".join(_cited(reason) for reason in decision.refusals if not reason.unknown)
    if decision.unknown:
        missing = ", ".join(decision.unknown)
        words += say(f" Faits à établir : {missing}.", f" Facts to establish: {missing}.")
    raise NotAllowed(words.strip(), tuple(reason.rule for reason in decision.refusals))


def _cited(reason: Reason) -> str:
    """The words of a refusal with the article that they stand on."""
    words = say(reason.text.fr, reason.text.en)
    return f"{words.removesuffix('.')} ({reason.article})." if reason.article else words


def _lifted(concerned: Sequence[Rule], known: Mapping[str, Value]) -> dict[str, str]:
    """Which rule is lifted, and by which."""
    lifting = [r for r in concerned if r.lifts and r.may_lift and r.when.holds(known) and r.satisfied.holds(known)]
    return {target: rule.id for rule in reversed(lifting) for target in rule.lifts}


def _reason(rule: Rule, operation: str, known: Mapping[str, Value], lifted: Mapping[str, str]) -> Reason | None:
    """What the rule has to say here; None where it does not concern the situation, or is a mere duty."""
    applies, satisfied = rule.when.holds(known), rule.satisfied.holds(known)
    if applies is False:
        return None
    owed = rule.effect == "duty" and operation == "erase"  # an unmet duty to erase is no ground to refuse erasing
    if rule.refuses and not satisfied and not owed:
        if rule.id in lifted:
            return Reason(rule.id, "lifted", rule.text, rule.article, by=lifted[rule.id])
        waits = (() if applies else rule.when.open(known)) + (() if satisfied is False else rule.satisfied.open(known))
        return Reason(rule.id, "refuses", rule.text, rule.article, tuple(dict.fromkeys(waits)))
    if not applies or rule.effect == "duty":
        return None
    does: Literal["lifts", "satisfied"] = "lifts" if rule.id in lifted.values() else "satisfied"
    return Reason(rule.id, does, rule.text, rule.article)


def _duty(rule: Rule, known: Mapping[str, Value]) -> Duty | None:
    """What the rule obliges to here."""
    applies = rule.when.holds(known)
    if rule.effect != "duty" or applies is False:
        return None
    return Duty(rule.id, rule.text, rule.article, certain=bool(applies))


def _no_rule(on: date) -> Text:
    return Text(
        f"Aucune règle connue de cette opération au {on} : sans règle, rien n'est permis.",
        f"No rule of this operation is known on {on}: without a rule, nothing is allowed.",
    )
