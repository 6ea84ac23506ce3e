"""French and English side by side: a text exists in both or does not compile."""

from __future__ import annotations

import locale
import os
import tomllib
from functools import cache
from importlib import resources

from isoloir.settings import settings


@cache
def language() -> str:
    """`fr` or `en`: the setting, else the system's language, else English."""
    if settings().language:
        return settings().language
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if (system or locale.getlocale()[0] or "").lower().startswith("fr") else "en"


def say(fr: str, en: str) -> str:
    """The text in the user's language."""
    return fr if language() == "fr" else en


LANGUAGES = ("fr", "en")


@cache
def texts_of(package: str) -> dict[str, dict[str, str]]:
    """Every text of a package's `texts.toml`, by language and name."""
    raw = tomllib.loads((resources.files(package) / "texts.toml").read_text(encoding="utf-8"))
    return {language: {name: pair[language] for name, pair in raw.items()} for language in LANGUAGES}
