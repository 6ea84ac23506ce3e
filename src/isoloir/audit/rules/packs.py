"""Reading the packs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from isoloir.errors import SettingsError
from isoloir.language import say
from isoloir.law import rules

NAMES = ("angers-2017", "cnil-2013", "cnil-2020", "campaign")


@dataclass(frozen=True)
class Text:
    """A text in French and in English."""

    fr: str
    en: str

    def __str__(self) -> str:
        return say(self.fr, self.en)


@dataclass(frozen=True)
class Pack:
    """Obligations that are judged together, on one day's law (None: today's); `scored` are those that are counted."""

    name: str
    title: Text
    on: date | None
    scored: tuple[str, ...]
    titles: dict[str, Text]
    rules: dict[str, tuple[dict[str, Any], ...]]


@cache
def pack(name: str) -> Pack:
    """The pack of this name; raise SettingsError where there is none, or where it names a rule that does not exist."""
    if name not in NAMES:
        raise SettingsError(f"--rules {name}: {say('règles connues', 'known rules')}: {', '.join(NAMES)}")
    read = tomllib.loads((resources.files("isoloir.audit.rules") / f"{name}.toml").read_text(encoding="utf-8"))
    obligations = read["obligations"]
    return Pack(
        name=name,
        title=Text(**read["title"]),
        on=read.get("on"),
        scored=tuple(read.get("scored", obligations)),
        titles={key: Text(**o["title"]) for key, o in obligations.items()},
        rules={key: tuple(_cite(rule) for rule in o["rules"]) for key, o in obligations.items()},
    )


def _cite(name: str) -> dict[str, Any]:
    rule = rules().get(name)
    if rule is None:
        raise SettingsError(f"the law knows no rule {name}")
    return {
        "id": rule.id,
        "fr": rule.text.fr,
        "en": rule.text.en,
        "article": rule.article,
        "link": rule.link,
        "from": rule.valid_from.isoformat(),
        "to": rule.valid_to.isoformat() if rule.valid_to else None,
        "force": rule.force,
    }
