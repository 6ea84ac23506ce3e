"""Every text of the pages, French and English side by side in `texts.toml`; the browser gets the same ones.

One file for templates and TypeScript, no compiler: a text exists in both languages or the tests fail.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from isoloir.language import LANGUAGES, speaking, texts_of
from isoloir.language import language as spoken

__all__ = ["LANGUAGES", "context", "speaks", "texts"]


def speaks(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what is said while a request is answered is in its language, as Django read it from the address."""

    def answer(request: HttpRequest) -> HttpResponse:
        with speaking(get_language() or ""):
            return get_response(request)

    return answer


def texts(language: str | None = None) -> dict[str, str]:
    """The texts in a language; without one, in that of the request."""
    return texts_of("isoloir.web")[language or spoken()]


def context(_: HttpRequest) -> dict[str, object]:
    """What every template may use: `t.<name>`."""
    return {"t": texts(), "language": spoken()}
