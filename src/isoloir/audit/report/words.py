"""What reports call things, in the language that is asked for, from `words.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads((resources.files("isoloir.audit.report") / "words.toml").read_text(encoding="utf-8"))


class Words:
    """The words of one language: `words("title", host="exemple.fr")`."""

    def __init__(self, language: Language):
        self.language: Language = language

    def __call__(self, key: str, **values: object) -> str:
        """A text; KeyError where there is none."""
        return _table()[key][self.language].format(**values)

    def of(self, both: Mapping[str, str]) -> str:
        """The text of this language, out of a finding's `{fr, en}`."""
        return both[self.language]

    def known(self, prefix: str, name: str) -> str:
        """What something is called; its own name where no word is known. `inner-2` is `inner` and a number."""
        stem, _, number = name.partition("-")
        for key, suffix in ((f"{prefix}-{name}", ""), (f"{prefix}-{stem}", f" {number}" if number else "")):
            if key in _table():
                return self(key) + suffix
        return name

    def number(self, value: float, digits: int = 0) -> str:
        """A number as it is written in the language."""
        text = f"{value:,.{digits}f}"
        return text.replace(",", "\u202f").replace(".", ",") if self.language == "fr" else text

    def day(self, moment: Any) -> str:
        """A day as it is written in the language, from ISO 8601."""
        year, month, day = str(moment)[:10].split("-")
        return f"{day}/{month}/{year}" if self.language == "fr" else f"{year}-{month}-{day}"
