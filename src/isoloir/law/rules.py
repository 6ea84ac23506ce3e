"""The rules: one TOML table each, in `rules/`, grouped by theme; what a field means is told in `docs/law.md`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

from isoloir.errors import SettingsError
from isoloir.law.conditions import ALWAYS, NEVER, Condition, read_condition
from isoloir.law.facts import OPERATIONS, Text, Vocabulary, vocabulary

Effect = Literal["forbid", "allow", "allow_with_consent", "duty"]
Force = Literal["law", "guidance", "policy"]
Reading = Literal["seen", "partly", "unverified", "own"]

CLOSING = {"forbid": "unless", "allow": "provided", "allow_with_consent": "consent", "duty": "met"}
"""The second table of a rule, by its effect: what makes lawful the operation that the rule concerns."""

_FORCES = ("law", "guidance", "policy")
_READINGS = ("seen", "partly", "unverified", "own")
_REQUIRED = ("id", "operations", "effect", "force", "when", "article", "link", "from", "fr", "en", "read", "read_on")
_OPTIONAL = ("to", "lifts", "note", "pack", "seen_in", *CLOSING.values())


@dataclass(frozen=True)
class Rule:
    """One rule: what it concerns, what it does, where it is written, when it holds and who read it.

    It concerns a situation where `when` holds, and is at peace with it where `satisfied` holds as well. `refuses` says
    that it refuses the others; a duty or a permission without a second table refuses nothing.
    """

    id: str
    theme: str
    operations: tuple[str, ...]
    effect: Effect
    force: Force
    when: Condition
    satisfied: Condition
    refuses: bool
    lifts: tuple[str, ...]
    article: str
    link: str
    valid_from: date
    valid_to: date | None
    text: Text
    read: Reading
    read_on: date
    seen_in: str = ""
    note: str = ""
    pack: str = ""

    def in_force(self, on: date) -> bool:
        """Whether the day is between its first and its last, both included."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    @property
    def may_lift(self) -> bool:
        """Whether it may lift another rule: not before somebody has read the text that it stands on."""
        return self.read != "unverified"

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact that it asks about."""
        return tuple(dict.fromkeys(self.when.facts + self.satisfied.facts))


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id, theme after theme; raise SettingsError where a file says what makes no sense."""
    folder = resources.files("isoloir.law") / "rules"
    found: dict[str, Rule] = {}
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name):
        for rule in read_rules(file.name.removesuffix(".toml"), file.read_text(encoding="utf-8"), vocabulary()):
            if rule.id in found:
                raise SettingsError(f"rules/{file.name}, {rule.id}: there are two rules of this name")
            found[rule.id] = rule
    for rule in found.values():
        if missing := set(rule.lifts) - set(found):
            raise SettingsError(f"rules/{rule.theme}.toml, {rule.id}: lifts {', '.join(missing)}, which is no rule")
    return found


@lru_cache(maxsize=1024)
def in_force(operation: str, on: date) -> tuple[Rule, ...]:
    """The rules that concern the operation on that day."""
    return tuple(rule for rule in rules().values() if operation in rule.operations and rule.in_force(on))


def read_rules(theme: str, text: str, words: Vocabulary) -> list[Rule]:
    """The rules of one file; raise SettingsError, naming file, rule and field, where one is not as it must be."""
    found = []
    for table in tomllib.loads(text)["rule"]:
        try:
            found.append(_rule(theme, table, words))
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(f"rules/{theme}.toml, {table.get('id', 'a rule without id')}: {error}") from None
    return found


def _rule(theme: str, table: dict[str, Any], words: Vocabulary) -> Rule:
    _check(table)
    effect, closing = table["effect"], CLOSING[table["effect"]]
    given = table.get(closing)
    return Rule(
        id=table["id"],
        theme=theme,
        operations=tuple(table["operations"]),
        effect=effect,
        force=table["force"],
        when=read_condition(table["when"], words) if table["when"] else ALWAYS,
        satisfied=read_condition(given, words) if given else NEVER if effect == "forbid" else ALWAYS,
        refuses=bool(given) or effect == "forbid",
        lifts=tuple(table.get("lifts", ())),
        article=table["article"],
        link=table["link"],
        valid_from=table["from"],
        valid_to=table.get("to"),
        text=Text(table["fr"], table["en"]),
        read=table["read"],
        read_on=table["read_on"],
        seen_in=table.get("seen_in", ""),
        note=table.get("note", ""),
        pack=table.get("pack", ""),
    )


def _check(table: dict[str, Any]) -> None:
    if missing := [name for name in _REQUIRED if table.get(name) in (None, "", [])]:
        raise ValueError(f"{', '.join(missing)} is missing")
    if foreign := set(table) - {*_REQUIRED, *_OPTIONAL}:
        raise ValueError(f"no field is called {', '.join(sorted(foreign))}")
    for field, known in (("effect", tuple(CLOSING)), ("force", _FORCES), ("read", _READINGS)):
        if table[field] not in known:
            raise ValueError(f"{field} is {table[field]!r}; one of {', '.join(known)}")
    if foreign := set(table["operations"]) - set(OPERATIONS):
        raise ValueError(f"there is no operation {', '.join(sorted(foreign))}")
    if foreign := {*CLOSING.values()} & set(table) - {CLOSING[table["effect"]]}:
        raise ValueError(f"{', '.join(foreign)} is not for a rule of effect {table['effect']}")
    if table["effect"] == "allow_with_consent" and not table.get("consent"):
        raise ValueError("allow_with_consent needs a table `consent`")
    for field in ("from", "to", "read_on"):
        if not isinstance(table.get(field, table["from"]), date):
            raise ValueError(f"{field} is not a date")
    if table.get("to", table["from"]) < table["from"]:
        raise ValueError("ends before it begins")


def cited(name: str, language: str) -> str:
    """What a rule says to whom it refuses something, in a language, with its id and its article."""
    rule = rules()[name]
    words = rule.text.en if language == "en" else rule.text.fr
    return f"{words.removesuffix('.')} ({name}, {rule.article})."
