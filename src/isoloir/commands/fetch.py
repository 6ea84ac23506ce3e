"""Fetch the official files of an area, and show how far it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from isoloir.codes import Area
from isoloir.errors import SettingsError
from isoloir.sources import fetch as official
from isoloir.sources.catalogue import catalogue
from isoloir.sources.fetch import Fetched
from isoloir.sources.reading import Source


def fetch(area: Area, folder: Path, only: list[str] | None, report: Callable[[str, float], None]) -> list[Fetched]:
    """Fetch what the area needs, or the named sources; every outcome is returned, failures among them."""

    def bar(name: str, done: int, total: int | None) -> None:
        report(name, done / total if total else 0.0)

    return list(official.fetch(area, folder, sources=_chosen(only), progress=bar))


def _chosen(only: list[str] | None) -> list[Source] | None:
    known = catalogue()
    unknown = sorted(set(only or []) - set(known))
    if unknown:
        raise SettingsError(f"no source is called {', '.join(unknown)}; `isoloir sources` lists them")
    return [known[name] for name in only] if only else None
