"""Columns in which people said yes or no, in files that no layout describes: told by their names and by their cells.

What somebody said must not get lost because a service, or whoever kept the file, called its column otherwise. A column
that is taken for one by mistake keeps people out; one that is missed writes to those who said no.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

from isoloir.law.sensitive import recognise

Kind = Literal["objected", "agreed", "answered"]
_EVERY = ("email", "sms", "phone", "post")
_TELLING = 80  # characters with which a cell says yes or no
_HUMP = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")


@dataclass(frozen=True)
class Answer:
    """What a column tells: `objected` (a yes is a no), `agreed` (nothing is no yes), `answered` (a no counts)."""

    kind: Kind
    channels: tuple[str, ...]


def of_column(name: str) -> Answer | None:
    """What a column of that name tells of consent and on which channels; None where it tells nothing of it."""
    text = _words(_HUMP.sub(" ", name))
    table = _table()
    if table["not"].search(text) or recognise(name):
        return None
    kinds: tuple[Kind, ...] = ("objected", "agreed", "answered")
    kind = next((one for one in kinds if table[one].search(text)), None)
    if kind is None:
        return None
    channels = tuple(one for one in _EVERY if table[f"channel {one}"].search(text))
    return Answer(kind, channels or _EVERY)


def says_no(cell: str) -> bool:
    """Whether a cell objects in words (“désabonnée le 12 mars”), and does not only lack a yes."""
    return _begins("cell no", cell[:_TELLING])


def says_no_yes(cell: str) -> bool:
    """Whether a cell denies that somebody agreed, or says that the address failed (“en attente”, “bounced”)."""
    return _begins("cell no yes", cell[:_TELLING])


@lru_cache(maxsize=8192)
def _begins(kind: str, cell: str) -> bool:
    return bool(_table()[kind].match(_words(cell)))


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", letters))


@cache
def _table() -> dict[str, re.Pattern[str]]:
    raw = tomllib.loads((resources.files("isoloir.field.imports") / "answers.toml").read_text(encoding="utf-8"))
    return {key: re.compile("|".join(rf"\b(?:{one})" for one in patterns)) for key, patterns in raw.items()}
