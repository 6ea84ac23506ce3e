"""Every text of the pages of watched sites, French and English side by side in `texts.toml`."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language

from isoloir.language import LANGUAGES, texts_of


def tongue() -> str:
    """The language of the request."""
    wanted = (get_language() or "")[:2]
    return wanted if wanted in LANGUAGES else "fr"


def texts() -> dict[str, str]:
    """The texts in that language."""
    return texts_of("isoloir.watch")[tongue()]


def context(_: HttpRequest) -> dict[str, object]:
    """`w`, for the templates."""
    return {"w": texts()}
