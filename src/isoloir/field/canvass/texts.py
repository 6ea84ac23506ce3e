"""The texts of the canvass in a language; templates say `c.<name>`."""

from __future__ import annotations

from django.utils.translation import get_language

from isoloir.language import LANGUAGES, texts_of


def texts(language: str | None = None) -> dict[str, str]:
    """The texts in a language; without one, in that of the request."""
    wanted = (language or get_language() or "")[:2]
    return texts_of("isoloir.field.canvass")[wanted if wanted in LANGUAGES else "fr"]


def said(fr: str, en: str) -> str:
    """One of the two, in the language of the request; a command sets its own (`override`)."""
    return en if (get_language() or "fr").startswith("en") else fr
