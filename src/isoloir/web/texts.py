"""Every text of the pages, French and English side by side in `texts.toml`; the browser gets the same ones.

One file for templates and TypeScript, no compiler: a text exists in both languages or the tests fail.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language

from isoloir.language import LANGUAGES, texts_of

__all__ = ["LANGUAGES", "context", "texts"]


def texts(language: str | None = None) -> dict[str, str]:
    """The texts in a language; without one, in that of the request."""
    wanted = (language or get_language() or "")[:2]
    return texts_of("isoloir.web")[wanted if wanted in LANGUAGES else "fr"]


def context(_: HttpRequest) -> dict[str, object]:
    """What every template may use: `t.<name>`."""
    return {"t": texts(), "language": (get_language() or "fr")[:2]}
