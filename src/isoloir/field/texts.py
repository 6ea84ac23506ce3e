"""Every text of the field's pages, French and English side by side in `texts.toml`; templates say `f.<name>`."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import lazy

from isoloir.language import language as spoken
from isoloir.language import texts_of
from isoloir.law import cited


def texts(language: str | None = None) -> dict[str, str]:
    """The texts in a language; without one, in that of the request."""
    return texts_of("isoloir.field")[language or spoken()]


def context(_: HttpRequest) -> dict[str, object]:
    """What every template of the field may use."""
    return {"f": texts(), "closed_by": lazy(_closed, str)()}


def _closed() -> str:
    """Why pages about people open to nobody who is not signed in."""
    return cited("SEC-02", spoken())
