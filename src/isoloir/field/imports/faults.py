"""What can be wrong with a file or a row, said so that nobody's data show in the words."""

from __future__ import annotations

from dataclasses import dataclass

from isoloir.errors import IsoloirError
from isoloir.language import say, texts_of


class BadFile(IsoloirError):
    """A file that cannot be imported as a whole; nothing of it was written."""

    def __init__(self, file: str, what: str, *, line: int | None = None, value: str | None = None):
        where = file if line is None else say(f"{file}, ligne {line}", f"{file}, line {line}")
        shown = "" if value is None else say(f" (valeur {masked(value)})", f" (value {masked(value)})")
        super().__init__(f"{where}{say(' :', ':')} {what}{shown}")
        self.file, self.line = file, line


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row does not enter: a reason of `texts.toml`, the column and its masked value, the rules that say so."""

    reason: str
    column: str = ""
    value: str = ""
    rules: tuple[str, ...] = ()


RULES = {
    "no_consent": ("BASE-01",),
    "not_opted_in": ("BASE-01",),
    "opted_out": ("OPT-01",),
    "suppressed": ("OPT-01",),
    "occasional": ("CLASS-01", "CLASS-02"),
}


def refuse(reason: str, column: str = "", value: str = "") -> Refusal:
    """The refusal of a row, its value masked."""
    return Refusal(reason, column, masked(value) if value else "", RULES.get(reason, ()))


def reason_text(reason: str, language: str | None = None) -> str:
    """What a reason means, for the person who imports."""
    name = f"reason_{reason}"
    if language:
        return texts_of("isoloir.field.imports")[language][name]
    return say(texts_of("isoloir.field.imports")["fr"][name], texts_of("isoloir.field.imports")["en"][name])


def masked(value: str) -> str:
    """The ends of a value and its length: enough to find it in the file, too little to tell whose it is."""
    shown = f"{value[0]}…{value[-1]}" if len(value) > 3 and (value[0] + value[-1]).isprintable() else "…"
    return say(f"{shown}, {len(value)} caractères", f"{shown}, {len(value)} characters")
