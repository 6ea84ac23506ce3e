"""French and English side by side: a text exists in both or does not compile.

The one place that knows which of them is spoken: that of the request under way, else that of the user's settings.
"""

from __future__ import annotations

import locale
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources

from isoloir import errors
from isoloir.settings import settings

LANGUAGES = ("fr", "en")
_spoken: ContextVar[str] = ContextVar("language", default="")


def language() -> str:
    """`fr` or `en`: that of `speaking`, else the setting, else the system's language, else English."""
    return _spoken.get() or _own()


@contextmanager
def speaking(spoken: str) -> Iterator[None]:
    """In this language until the block ends, in this thread: a web page speaks its visitor's, not its server's."""
    before = _spoken.set(spoken[:2] if spoken[:2] in LANGUAGES else "")
    try:
        yield
    finally:
        _spoken.reset(before)


@cache
def _own() -> str:
    if settings().language:
        return settings().language
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if (system or locale.getlocale()[0] or "").lower().startswith("fr") else "en"


def say(fr: str, en: str) -> str:
    """The text in the language that is spoken."""
    return fr if language() == "fr" else en


errors.say = say  # errors stand below this room, and ask it for their few words


@cache
def texts_of(package: str) -> dict[str, dict[str, str]]:
    """Every text of a package's `texts.toml`, by language and name."""
    raw = tomllib.loads((resources.files(package) / "texts.toml").read_text(encoding="utf-8"))
    return {language: {name: pair[language] for name, pair in raw.items()} for language in LANGUAGES}
