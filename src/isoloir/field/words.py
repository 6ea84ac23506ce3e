"""The codes of the book in the words of a page: no user reads `news`, `qr` or `signup_form`."""

from __future__ import annotations

from isoloir.field import wordings
from isoloir.field.channels import Channel
from isoloir.field.imports.layouts import layouts
from isoloir.field.purposes import purposes
from isoloir.field.texts import texts
from isoloir.language import language

IMPORT = "import"


def how(code: str) -> str:
    """How a consent or an objection came."""
    said = texts()
    kind, _, layout = code.partition(" ")
    if kind == IMPORT:
        return f"{said['how_import']} ({layout_name(layout)})" if layout else said["how_import"]
    return said.get(f"how_{code}", code)


def origin(code: str) -> str:
    """Where a contact comes from: a way in, a layout of imports, or what whoever imported called it."""
    return f"{texts()['how_import']} ({layout_name(code)})" if code in layouts() else how(code)


def layout_name(code: str) -> str:
    """What a layout of imports is called; the code itself where it is none."""
    known = layouts().get(code)
    return (known.text.fr if language() == "fr" else known.text.en) if known else code


def purpose(code: str) -> str:
    """What somebody agreed to be written to about; every purpose where it is empty."""
    known = purposes().get(code)
    if known is None:
        return texts()["every_purpose"]
    return known.text.fr if language() == "fr" else known.text.en


def channel(code: str) -> str:
    """On which channel; every one where it is empty."""
    return texts()[f"by_{Channel(code).value}"] if code else texts()["every_channel"]


def box(of: str, on: str) -> str:
    """Purpose and channel in one line."""
    return wordings.sentence(of, Channel(on), language()) if of and on else f"{purpose(of)}, {channel(on)}"
