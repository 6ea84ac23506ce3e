"""Invented names of places, streets and people, put together from the roots in names.toml."""

from __future__ import annotations

import math
import tomllib
from importlib import resources

import numpy as np
import numpy.typing as npt
import polars as pl

_ROOTS: dict[str, list[str]] = tomllib.loads(
    resources.files("isoloir.simulate").joinpath("names.toml").read_text(encoding="utf-8")
)
FAMILY = [root + ending for root in _ROOTS["family_roots"] for ending in _ROOTS["family_endings"]]
WOMEN, MEN = _ROOTS["women"], _ROOTS["men"]
STREETS = pl.Series([f"{kind} {rest}" for kind in _ROOTS["street_kinds"] for rest in _ROOTS["streets"]])


def departement_names(count: int) -> list[str]:
    """The first is Isoloire."""
    prefixes = ("", "Haute-", "Basse-", "Val-de-", "Pays-de-")
    return [prefix + name for prefix in prefixes for name in _ROOTS["departements"]][:count]


def commune_names(count: int, rng: np.random.Generator) -> list[str]:
    """Distinct names of the communes of a département, in no order."""
    plain = [root.removesuffix("e") + end for root in _ROOTS["commune_roots"] for end in _ROOTS["commune_endings"]]
    rivers = [f"{name}-sur-{river}" for name in plain[::25] for river in _ROOTS["rivers"]]
    links = ("le-Haut", "le-Bas", "des-Prés", "de-l'Isoloir")
    saints = [f"Saint-{saint}-{link}" for saint in _ROOTS["saints"] for link in links]
    every = plain + rivers + saints
    return [every[i] for i in rng.permutation(len(every))[:count]]


def draw_family(units: int, people: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Positions in FAMILY (units, people), distinct inside each unit: homonyms are too rare to be drawn by chance."""
    size = len(FAMILY)
    steps = np.array([step for step in range(1, size) if math.gcd(step, size) == 1])
    start, step = rng.integers(0, size, (units, 1)), rng.choice(steps, (units, 1))
    return np.asarray((start + step * np.arange(people)) % size)
