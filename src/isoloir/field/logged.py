"""The audit log in words: what each code of an act, and of what is told of it, means to whoever reads the page."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from isoloir.field import words
from isoloir.field.channels import Channel
from isoloir.field.models import LogEntry
from isoloir.field.texts import texts
from isoloir.language import language

_ACTORS = {
    "person": {"fr": "la personne", "en": "the person"},
    "command line": {"fr": "ligne de commande", "en": "command line"},
    "account": {"fr": "compte", "en": "account"},
}


@cache
def codes() -> dict[str, dict[str, dict[str, str]]]:
    """`acts` and `told`: the words of each code in each language."""
    return tomllib.loads((resources.files("isoloir.field") / "log.toml").read_text(encoding="utf-8"))


def in_words(entry: LogEntry) -> dict[str, str]:
    """Who did what, and what is told of it; a subject stays the identifier that it is."""
    kind, _, number = entry.actor.partition(" ") if entry.actor.startswith("account ") else (entry.actor, "", "")
    return {
        "actor": " ".join(filter(None, (_ACTORS.get(kind, {}).get(language(), kind), number))),
        "action": act(entry.action),
        "subject": words.channel(entry.subject) if entry.subject in tuple(Channel) else "",
        "told": "; ".join(f"{_said('told', name)}: {_value(name, value)}" for name, value in entry.counts.items()),
    }


def act(code: str) -> str:
    """What the code of an act means."""
    return _said("acts", code)


def _said(kind: str, code: str) -> str:
    return codes()[kind].get(code, {}).get(language(), code)


def _value(name: str, value: int | str) -> str:
    code = str(value)
    match name:
        case "how":
            return words.how(code)
        case "purpose":
            return words.purpose("" if code == "all" else code)
        case "channel":
            return words.channel(code if code in tuple(Channel) else "")
        case "role" | "was":
            return texts().get(f"role_{code}", code)
    return code
