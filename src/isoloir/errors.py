"""Every error that Isoloir raises on purpose.

    IsoloirError
    ├── SettingsError      a setting or an option that makes no sense
    ├── SourceError        an official file that cannot be used
    │   ├── Unreachable    its address did not answer, or answered something else
    │   └── LayoutChanged  its columns or codes are not those that the reader knows
    ├── StationError       stations, outlines or variables that cannot be built
    ├── StatsError         a figure that the data cannot give
    ├── NotAllowed         the law refuses (carries the rules that refused)
    ├── BadAddress         an address that nobody can be reached at; shown masked
    ├── NotSent            a message that its gateway did not take
    ├── BookError          a contact book that cannot be opened: its keys are missing or do not fit
    └── AuditError         a website that cannot be observed

A message says what, where (file, row, value) and what to do next. The command line prints it on one line and
exits 1; anything that is not an `IsoloirError` is a bug and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def _english(_fr: str, en: str) -> str:
    return en


say: Callable[[str, str], str] = _english
"""The few words that errors add to what they are told; `isoloir.language`, once it is read, puts its own here."""


class IsoloirError(Exception):
    """The root of the tree."""


class SettingsError(IsoloirError):
    """A setting or an option that makes no sense."""


class SourceError(IsoloirError):
    """An official file that cannot be used."""

    def __init__(self, what: str, *, file: Path | str | None = None, row: int | None = None, value: object = None):
        where = "" if file is None else f"{file}"
        where += "" if row is None else say(f", ligne {row}", f", row {row}")
        shown = "" if value is None else say(f" (valeur {value!r})", f" (value {value!r})")
        super().__init__(f"{where}{say(' : ', ': ')}{what}{shown}" if where else f"{what}{shown}")
        self.file, self.row, self.value = file, row, value


class Unreachable(SourceError):
    """An address that did not answer, or answered something else."""


class LayoutChanged(SourceError):
    """Columns or codes that the reader does not know."""


class StationError(IsoloirError):
    """Stations, outlines or variables that cannot be built."""


class StatsError(IsoloirError):
    """A figure that the data cannot give."""


class NotAllowed(IsoloirError):
    """The law refuses; `rules` names what refused."""

    def __init__(self, what: str, rules: tuple[str, ...] = ()):
        super().__init__(f"{what} [{', '.join(rules)}]" if rules else what)
        self.rules = rules


class BadAddress(IsoloirError):
    """An address that nobody can be reached at; the message shows its first letter only."""

    def __init__(self, channel: str, value: str, why: str):
        masked = f"{value[:1]}…, {len(value)}"
        super().__init__(say(f"adresse {channel} ({masked} caractères) : {why}",
                             f"{channel} address ({masked} characters): {why}"))  # fmt: skip
        self.channel, self.why = channel, why


class NotSent(IsoloirError):
    """A message that its gateway did not take; it may later."""


class BookError(IsoloirError):
    """A contact book that cannot be opened: its keys are missing or do not fit."""


class AuditError(IsoloirError):
    """A website that cannot be observed."""
