"""French and English side by side: a text exists in both or does not compile."""

from __future__ import annotations

import locale
import os
from functools import cache

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
