"""What a spreadsheet takes for a formula (OWASP, CSV injection), wherever a table is read or written."""

from __future__ import annotations

import re

# Full-width signs count too; so does what comes after another delimiter than the file's, where a spreadsheet may split.
_SIGNS = r"=+\-@|＝＋－＠｜﹦﹢﹣﹫"
_SPLITS = r";,|\t\r\n"
_COMPUTED = re.compile(rf"^(?=[\t\r\n])|^(?=\s*[{_SIGNS}])|[{_SPLITS}](?=\s*[{_SIGNS}]\S)")
_PLAIN = re.compile(rf"|\w[^{_SPLITS}]*")  # most cells, told at once: no sign is a letter or a digit


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute the cell, or a part of it."""
    return _COMPUTED.search(cell) is not None


def as_text(cell: str) -> str:
    """The cell with an apostrophe before all that a spreadsheet would compute."""
    return cell if _PLAIN.fullmatch(cell) else _COMPUTED.sub(lambda found: f"{found[0]}'", cell)
