"""Why something could not be observed, in French and English, from `reasons.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from isoloir.audit.rules.packs import Text


@cache
def _known() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    table = tomllib.loads((resources.files("isoloir.audit.findings") / "reasons.toml").read_text(encoding="utf-8"))
    return tuple((re.compile(r["pattern"]), r["fr"], r["en"]) for r in table["reason"])


def told(reason: str) -> Text:
    """A reason of a visit in words; as it was said where no words are known for it."""
    for pattern, fr, en in _known():
        if found := pattern.search(reason):
            return Text(found.expand(fr).replace(" ()", ""), found.expand(en).replace(" ()", ""))
    return Text(reason, reason)
