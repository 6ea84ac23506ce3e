"""The texts of the canvass in a language; templates say `c.<name>`."""

from __future__ import annotations

from isoloir.language import language as spoken
from isoloir.language import texts_of


def texts(language: str | None = None) -> dict[str, str]:
    """The texts in a language; without one, in that of the request."""
    return texts_of("isoloir.field.canvass")[language or spoken()]
