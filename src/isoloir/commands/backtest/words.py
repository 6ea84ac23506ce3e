"""What the report calls things, and how it writes numbers."""

from __future__ import annotations

import math
import re
import tomllib
from functools import cache
from importlib import resources

from isoloir.codes import Election
from isoloir.language import language, say
from isoloir.stats.blocs import Blocs

METHODS = {
    "forecast": ("prévision d'Isoloir", "Isoloir's forecast"),
    "composite": ("composite des deux dernières", "composite of the last two"),
    "lagged_ridge": ("régression ridge", "lagged ridge regression"),
    "uniform_swing": ("évolution uniforme", "uniform swing"),
    "proportional_swing": ("évolution proportionnelle", "proportional swing"),
    "commune_mean": ("moyenne de la commune", "commune mean"),
    "last_of_type": ("dernière du même type", "last of the same type"),
    "same_as_last": ("comme la dernière fois", "same as last time"),
}
ORDERS = METHODS | {
    "po": ("indice PO (2012)", "PO index (2012)"),
    "last_result": ("dernier résultat", "last result"),
    "size": ("taille seule", "size alone"),
    "random": ("au hasard", "random"),
    "perfect": ("ordre parfait", "perfect order"),
}
TYPES = {
    "pres": ("présidentielle", "presidential"),
    "legi": ("législatives", "legislative"),
    "euro": ("européennes", "European"),
    "muni": ("municipales", "municipal"),
    "regi": ("régionales", "regional"),
    "dpmt": ("départementales", "departmental"),
    "cant": ("cantonales", "cantonal"),
    "refe": ("référendum", "referendum"),
}


def text(key: str, **values: object) -> str:
    """A sentence of texts.toml, filled in."""
    filled = _texts()[key][language()].format(**values)
    return re.sub(r" (?=[;:?!»%])|(?<=«) ", "\N{NARROW NO-BREAK SPACE}", filled) if language() == "fr" else filled


@cache
def _texts() -> dict[str, dict[str, str]]:
    file = resources.files("isoloir.commands.backtest").joinpath("texts.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def method(name: str) -> str:
    """A method or an order of visits, as a reader would call it."""
    return say(*ORDERS.get(name, (name, name)))


def column(name: str, mapping: Blocs) -> str:
    """A bloc's label, or abstention."""
    if name == "abstention":
        return "abstention"
    return mapping.labels.get(name, {}).get(language(), name)


def election(name: str) -> str:
    """`2022_legi_t1` as `législatives 2022, 1er tour`."""
    e = Election.parse(name)
    rank_fr, rank_en = ("1er tour", "first round") if e.round == 1 else ("2nd tour", "second round")
    fr, en = TYPES[e.type]
    return say(f"{fr} {e.year}, {rank_fr}", f"{en} {e.year}, {rank_en}")


def number(value: float | None, digits: int = 2) -> str:
    """A number in the reader's language; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return say(text.replace(".", ","), text).replace("-", "\N{MINUS SIGN}")


def r2(value: float | None) -> str:
    """A share of variance; far below zero, where the truth hardly varies, the figure itself says nothing."""
    return "< \N{MINUS SIGN}1" if value is not None and value < -1 else number(value)


def points(value: float | None, digits: int = 2) -> str:
    """A share, 0 to 1, in points."""
    return number(None if value is None else 100 * value, digits)


def percent(value: float | None, digits: int = 0) -> str:
    """A share, 0 to 1, in percent."""
    text = points(value, digits)
    return text if text == "–" else say(f"{text}\N{NARROW NO-BREAK SPACE}%", f"{text}%")
