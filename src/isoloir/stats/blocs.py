"""Blocs: an editable mapping of the ministry's nuances and of presidential candidates."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import polars as pl

from isoloir.errors import SettingsError


@dataclass(frozen=True)
class Blocs:
    """What `blocs.toml` says."""

    labels: dict[str, dict[str, str]]  # bloc -> {"fr": ..., "en": ...}
    nuances: dict[str, str]  # nuance -> bloc
    candidates: dict[str, dict[str, str]]  # "2012_pres" -> {family name -> bloc}, where a file gives no nuance

    def of(self, election: str, candidate: str, nuance: str) -> pl.Expr:
        """The bloc of each row, from three columns; null where nobody placed it."""
        keys = {f"{e}|{c}": b for e, names in self.candidates.items() for c, b in names.items()}
        named = pl.concat_str([pl.col(election).str.slice(0, 9), pl.col(candidate)], separator="|")
        by_name = named.replace_strict(keys, default=None, return_dtype=pl.String)
        by_nuance = (
            pl.col(nuance).str.strip_prefix("BC-").replace_strict(self.nuances, default=None, return_dtype=pl.String)
        )
        return pl.coalesce(by_name, by_nuance)


@cache
def blocs(file: Path | None = None) -> Blocs:
    """Read `blocs.toml`, or the user's own; raise SettingsError where it is not consistent."""
    try:
        text = (file or Path(str(resources.files("isoloir.stats") / "blocs.toml"))).read_text(encoding="utf-8")
        raw = tomllib.loads(text)
        labels = {name: {"fr": b["fr"], "en": b["en"]} for name, b in raw["blocs"].items()}
        nuances = {n: name for name, b in raw["blocs"].items() for n in b["nuances"]}
        candidates = {e: {c: b for b, cs in named.items() for c in cs} for e, named in raw["candidates"].items()}
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise SettingsError(f"{file or 'blocs.toml'}: not a description of blocs ({error!r})") from error
    unknown = {b for named in candidates.values() for b in named.values()} - set(labels)
    if unknown:
        raise SettingsError(f"{file or 'blocs.toml'}: candidates are placed in unknown blocs {sorted(unknown)}")
    return Blocs(labels, nuances, candidates)
