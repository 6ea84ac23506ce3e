"""What controls and banners say: intents and texts, from `words.toml`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Any


@cache
def words() -> dict[str, Any]:
    """The tables `intents` (patterns by intent, in order) and `texts` (one pattern each)."""
    return tomllib.loads((resources.files("isoloir.audit") / "words.toml").read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """Text as the patterns expect it: lower case, no accents, straight apostrophes, single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", re.sub("[’‘`´ʼ]", "'", bare.lower())).strip()


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(words()["texts"][name])


def says(text: str, name: str) -> bool:
    """Whether a text says what the pattern of this name looks for."""
    return _pattern(name).search(plain(text)) is not None


def around(text: str) -> str:
    """The sentences of a text that speak of cookies, each with the two that follow it."""
    sentences = re.split(r"(?<=[.!?…])\s+", text)
    spoken = [n for n, sentence in enumerate(sentences) if says(sentence, "strong")]
    return " ".join(s for n, s in enumerate(sentences) if any(at <= n <= at + 2 for at in spoken))


@cache
def _intents() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((intent, re.compile("|".join(patterns))) for intent, patterns in words()["intents"].items())


def intent(name: str) -> str:
    """What a control of this name does; empty where its name does not tell. One that offers both is `settings`."""
    text = plain(name)
    if not text or len(text) > 120:
        return ""
    for found, pattern in _intents():
        if pattern.search(text):
            return "settings" if found == "both" else found
    return ""
