"""Every text of the field's pages, French and English side by side in `texts.toml`; templates say `f.<name>`."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.translation import get_language

from isoloir.language import LANGUAGES, texts_of
from isoloir.law import cited


def texts(language: str | None = None) -> dict[str, str]:
    """The texts in a language; without one, in that of the request."""
    wanted = (language or get_language() or "")[:2]
    return texts_of("isoloir.field")[wanted if wanted in LANGUAGES else "fr"]


def context(_: HttpRequest) -> dict[str, object]:
    """What every template of the field may use."""
    return {"f": texts(), "closed_by": lazy(_closed, str)()}


def _closed() -> str:
    """Why pages about people open to nobody who is not signed in."""
    return cited("SEC-02", (get_language() or "fr")[:2])
