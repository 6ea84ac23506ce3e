"""Situations as files that a lawyer can read: what happens, on which day, what is known, and what the law should say.

    [common]                       # what is known unless a situation says otherwise
    objected = false

    [[situation]]
    text = "Un message à une personne qui s'est désabonnée."
    on = 2027-02-01
    operation = "message"
    facts = { objected = true }
    refused_by = ["OPT-01"]        # what is expected, all of it optional

A file may also hold one situation without heading: `operation`, `on`, `text` and a table `[facts]`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from isoloir.errors import SettingsError
from isoloir.law.facts import OPERATIONS, vocabulary

_FIELDS = {"text", "on", "operation", "facts", "refused_by", "articles", "lifted", "satisfied", "duties", "silent"}


@dataclass(frozen=True)
class Situation:
    """What happens and, where the file says so, what is expected.

    `refused_by` are the rules that refuse, all of them, and `articles` theirs; `lifted` maps each rule that would have
    refused to the one that lifts it; `satisfied` are rules that hold and are respected; `duties` are owed; `silent` are
    rules in force that do not concern it.
    """

    text: str
    operation: str
    on: date | None
    facts: Mapping[str, Any]
    expects: Mapping[str, Any]


def read_situations(file: Path) -> list[Situation]:
    """The situations of a file; raise SettingsError, naming situation and value, for a word that nobody declared."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read as a situation ({error})") from None
    common = table.pop("common", {})
    entries = table.pop("situation") if "situation" in table else [table]
    return [_situation(file, number, entry, common) for number, entry in enumerate(entries, 1)]


def _situation(file: Path, number: int, entry: dict[str, Any], common: dict[str, Any]) -> Situation:
    where = f"{file}, situation {number}"
    if foreign := set(entry) - _FIELDS:
        raise SettingsError(f"{where}: no field is called {', '.join(sorted(foreign))}")
    if entry.get("operation") not in OPERATIONS:
        raise SettingsError(f"{where}: operation is {entry.get('operation')!r}; one of {', '.join(OPERATIONS)}")
    on = entry.get("on")
    if on is not None and (not isinstance(on, date) or hasattr(on, "hour")):
        raise SettingsError(f"{where}: on is {on!r}, not a day such as 2027-02-01")
    facts = {**common, **entry.get("facts", {})}
    if complaints := vocabulary().read(facts)[1]:
        raise SettingsError(f"{where}: {'; '.join(complaints)}")
    expects = {name: entry[name] for name in entry if name not in ("text", "on", "operation", "facts")}
    return Situation(entry.get("text", ""), entry["operation"], on, facts, expects)
