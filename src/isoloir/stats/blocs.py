"""Blocs: an editable mapping of the ministry's nuances and of presidential candidates, finer inside coarse ones."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl

from isoloir.errors import SettingsError

_PREFIXES = ("", "L", "BC-")  # a list, a departmental pair


@dataclass(frozen=True)
class Blocs:
    """What `blocs.toml` says."""

    labels: dict[str, dict[str, str]]  # coarse bloc -> {"fr": ..., "en": ...}
    finer: dict[str, str]  # finer bloc -> the coarse one that holds it
    names: dict[str, dict[str, str]]  # coarse or finer bloc -> {"fr": ..., "en": ...}
    nuances: dict[str, str]  # nuance -> coarse bloc
    candidates: dict[str, dict[str, str]]  # "2012_pres" -> {name without accents -> coarse bloc}
    fine_nuances: dict[str, str]
    fine_candidates: dict[str, dict[str, str]]

    def of(self, election: str, candidate: str, nuance: str, *, fine: bool = False) -> pl.Expr:
        """The bloc (the finer one if `fine`) of each row, from three columns; null where nobody placed it.

        A presidential candidate is placed by name, everybody else by nuance.
        """
        nuances, candidates = (self.fine_nuances, self.fine_candidates) if fine else (self.nuances, self.candidates)
        keys = {f"{e}|{c}": b for e, names in candidates.items() for c, b in names.items()}
        named = pl.concat_str([pl.col(election).str.slice(0, 9), _plain(pl.col(candidate))], separator="|")
        by_name = named.replace_strict(keys, default=None, return_dtype=pl.String)
        return pl.coalesce(by_name, _placed(pl.col(nuance), nuances))

    def stands_for(self, target: str, election: str, candidate: str, nuance: str) -> pl.Expr:
        """Whether each row is `target`: a bloc, a finer bloc, a nuance or a candidate's name. Never null."""
        blocs = [self.of(election, candidate, nuance, fine=fine) == target for fine in (False, True)]
        names = [pl.col(nuance) == target.upper(), _plain(pl.col(candidate)) == _unaccented(target.upper())]
        return pl.any_horizontal([hit.fill_null(False) for hit in (*blocs, *names)])


@cache
def blocs(file: Path | None = None) -> Blocs:
    """Read `blocs.toml`, or the user's own; raise SettingsError where it is not consistent."""
    where = str(file or "blocs.toml")
    try:
        text = (file or Path(str(resources.files("isoloir.stats") / "blocs.toml"))).read_text(encoding="utf-8")
        raw = tomllib.loads(text)
        return _read(raw["blocs"], raw.get("candidates", {}), where)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, AttributeError, TypeError) as error:
        raise SettingsError(f"{where}: not a description of blocs ({error!r})") from error


def _read(coarse: dict[str, Any], named: dict[str, dict[str, list[str]]], where: str) -> Blocs:
    labels = {name: _label(bloc) for name, bloc in coarse.items()}
    inside = {fine: (name, part) for name, bloc in coarse.items() for fine, part in bloc.get("finer", {}).items()}
    holders = {name: name for name in labels} | {fine: name for fine, (name, _) in inside.items()}
    listed = [(name, bloc.get("nuances", [])) for name, bloc in coarse.items()]
    listed += [(fine, part.get("nuances", [])) for fine, (_, part) in inside.items()]
    nuances = _unique([(nuance, name) for name, codes in listed for nuance in codes], where)
    candidates: dict[str, dict[str, str]] = {}
    for election, groups in named.items():
        if unknown := set(groups) - set(holders):
            raise SettingsError(f"{where}: candidates are placed in unknown blocs {sorted(unknown)}")
        pairs = [(_unaccented(c.upper()), name) for name, people in groups.items() for c in people]
        candidates[election] = _unique(pairs, where)
    return Blocs(
        labels=labels,
        finer={fine: name for fine, (name, _) in inside.items()},
        names=labels | {fine: _label(part) for fine, (_, part) in inside.items()},
        nuances={nuance: holders[name] for nuance, name in nuances.items()},
        candidates={e: {c: holders[b] for c, b in people.items()} for e, people in candidates.items()},
        fine_nuances=nuances,
        fine_candidates=candidates,
    )


def _label(bloc: dict[str, Any]) -> dict[str, str]:
    return {"fr": bloc["fr"], "en": bloc["en"]}


def _unique(pairs: list[tuple[str, str]], where: str) -> dict[str, str]:
    """A dictionary of pairs; raises SettingsError where one code or name has two blocs."""
    found: dict[str, str] = {}
    for key, name in pairs:
        if found.setdefault(key, name) != name:
            raise SettingsError(f"{where}: {key} is in two blocs, {found[key]} and {name}; keep one")
    return found


def _placed(nuance: pl.Expr, nuances: dict[str, str]) -> pl.Expr:
    keys = {prefix + code: bloc for prefix in reversed(_PREFIXES) for code, bloc in nuances.items()}
    code = nuance.str.strip_chars().str.to_uppercase()
    return code.replace_strict(keys, default=None, return_dtype=pl.String)


def _plain(text: pl.Expr) -> pl.Expr:
    """Upper case without accents."""
    return text.str.to_uppercase().str.normalize("NFD").str.replace_all(r"\p{M}", "")


def _unaccented(text: str) -> str:
    return str(pl.DataFrame({"x": [text]}).select(_plain(pl.col("x"))).item())
