"""Notes about buildings: made of a closed list of words, so that none can be about a person."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources

from isoloir.law import rules

RULE = "DOOR-03"  # what a note about somebody would break
LONGEST = 80  # characters, as the table keeps them
_WORD = re.compile(r"[^\s,.;:!?()'’/]+")
_CODE = re.compile(r"(?=.*[0-9])[0-9a-z*#]{1,6}")
_DIGITS = 8  # more would be a telephone number


def foreign_words(text: str) -> tuple[str, ...]:
    """The words of a note that do not describe a building; the whole note where it is too long or full of digits."""
    if len(text) > LONGEST or sum(c.isdigit() for c in text) > _DIGITS:
        return (text,)
    return tuple(word for word in _WORD.findall(text) if not _describes(plain(word)))


def refused_by(language: str) -> dict[str, str]:
    """The rule of law that refuses a note about somebody: its id, its text in a language, and its article."""
    rule = rules()[RULE]
    return {"rule": RULE, "text": rule.text.en if language == "en" else rule.text.fr, "article": rule.article}


def _describes(word: str) -> bool:
    return word in words() or len(word) == 1 or bool(_CODE.fullmatch(word))


def plain(word: str) -> str:
    """Lower case, without accents."""
    bare = unicodedata.normalize("NFD", word.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c))


@cache
def words() -> frozenset[str]:
    """The closed list."""
    table = tomllib.loads((resources.files("isoloir.field.canvass") / "notes.toml").read_text(encoding="utf-8"))
    return frozenset(table["building"].split())
