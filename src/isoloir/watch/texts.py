"""Every text of the pages of watched sites, French and English side by side in `texts.toml`."""

from __future__ import annotations

from django.http import HttpRequest

from isoloir.language import language, texts_of


def texts() -> dict[str, str]:
    """The texts in the language of the request."""
    return texts_of("isoloir.watch")[language()]


def context(_: HttpRequest) -> dict[str, object]:
    """`w`, for the templates."""
    return {"w": texts()}
