"""The situations of `situations/`, each with its place, for the tests of the law."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from isoloir.law.situations import Situation, read_situations

FOLDER = Path(__file__).parent / "situations"


@cache
def situations() -> tuple[tuple[str, Situation], ...]:
    """Every situation, named by its file and number."""
    files = sorted(FOLDER.glob("*.toml"), key=lambda file: int(file.stem.split("_")[0]))
    return tuple((f"{file.stem}:{n}", s) for file in files for n, s in enumerate(read_situations(file), 1))
