"""The vocabulary: every fact that a rule may ask about, declared in `facts.toml`; any other word is an error."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from isoloir.errors import SettingsError

Operation = Literal[
    "collect",
    "import",
    "combine",
    "segment",
    "message",
    "canvass",
    "display",
    "retain",
    "export",
    "erase",
    "audit",
]
OPERATIONS: tuple[str, ...] = get_args(Operation)
UNKNOWN = "unknown"

Value = bool | int | str | frozenset[str]
Facts = Mapping[str, Any]
"""What is known of a situation. A name that is absent, None or "unknown" is a fact that nobody established."""


@dataclass(frozen=True)
class Text:
    """A sentence in French and in English."""

    fr: str
    en: str


@dataclass(frozen=True)
class Fact:
    """A fact that a rule may ask about: yes or no, a whole number, one word of a list, or several of them."""

    name: str
    type: Literal["boolean", "number", "one", "several"]
    label: Text
    values: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, value: object) -> Value | None:
        """The value as conditions compare it, None where it is unknown; raise ValueError where it is not one."""
        if value is None or value == UNKNOWN:
            return None
        match self.type:
            case "boolean" if isinstance(value, bool):
                return value
            case "number" if isinstance(value, int) and not isinstance(value, bool):
                return value
            case "one" if isinstance(value, str) and value in self.values:
                return value
            case "several" if isinstance(value, list | tuple | set | frozenset):
                return self._words(value)
        raise ValueError(f"fact {self.name} is {value!r}; expected: {self.expected}")

    @property
    def expected(self) -> str:
        """The values that it takes, for an error."""
        kinds = {"boolean": "true or false", "number": "a whole number"}
        words = ", ".join(self.values)
        return kinds.get(self.type) or (f"one of {words}" if self.type == "one" else f"a list of {words}")

    def expand(self, words: list[str]) -> frozenset[str]:
        """The words with each group in its members' place; raise ValueError for a word that is neither."""
        return self._declared(member for word in words for member in self.groups.get(word, (word,)))

    def _words(self, words: Any) -> frozenset[str] | None:
        found = frozenset(words)
        return None if UNKNOWN in found else self._declared(found)

    def _declared(self, words: Iterable[str]) -> frozenset[str]:
        found = frozenset(words)
        if foreign := found - set(self.values):
            raise ValueError(f"fact {self.name} has no value {', '.join(sorted(map(str, foreign)))}; {self.expected}")
        return found


class Vocabulary(Mapping[str, Fact]):
    """Every declared fact by its name."""

    def __init__(self, facts: Mapping[str, Fact]):
        self._facts = dict(facts)

    def __getitem__(self, name: str) -> Fact:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def read(self, facts: Facts) -> tuple[dict[str, Value], tuple[str, ...]]:
        """What is known, and a complaint for each fact that is not declared or has no such value."""
        known: dict[str, Value] = {}
        complaints = []
        for name, given in sorted(facts.items(), key=lambda item: str(item[0])):
            try:
                value = self._facts[name].read(given)
            except KeyError:
                complaints.append(f"no fact is called {name!r}; see `isoloir law facts`")
            except (ValueError, TypeError) as error:
                complaints.append(str(error))
            else:
                if value is not None:
                    known[name] = value
        return known, tuple(complaints)


@cache
def vocabulary() -> Vocabulary:
    """The facts of `facts.toml`, in its order."""
    table = tomllib.loads((resources.files("isoloir.law") / "facts.toml").read_text(encoding="utf-8"))
    return Vocabulary({name: _fact(name, entry) for name, entry in table.items()})


def _fact(name: str, entry: dict[str, Any]) -> Fact:
    try:
        label = Text(entry["fr"], entry["en"])
        groups = {group: tuple(words) for group, words in entry.get("groups", {}).items()}
        fact = Fact(name, entry["type"], label, tuple(entry.get("values", ())), groups)
    except KeyError as missing:
        raise SettingsError(f"facts.toml, {name}: {missing} is missing") from None
    if (fact.type in ("one", "several")) != bool(fact.values):
        raise SettingsError(f"facts.toml, {name}: a fact of type {fact.type} has {len(fact.values)} values")
    for group, words in groups.items():
        if foreign := set(words) - set(fact.values):
            raise SettingsError(f"facts.toml, {name}: group {group} has no value {', '.join(sorted(foreign))}")
    return fact
