"""Pure cleaners for the codes of départements, communes, stations and elections.

Codes are strings. Each cleaner exists once as a Polars expression, for columns; the scalar form runs the same
expression, so that the two cannot disagree.

The INSEE commune code of the overseas départements is derived from the ministry's letters (`ZA101` is `97101`,
`ZN818` is `98818`; Mayotte was `ZM5` before `ZM6`, Polynesia `ZP0` before `ZP7`, and both mean the same communes);
`ZZ` (French citizens abroad) has no INSEE code and stays. Départements starting with W, X or
Y do not exist: the simulated country lives there, so that nobody can take it for a real result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from isoloir.errors import SettingsError

DEPARTEMENT = r"(?:[0-9]{2}|2[AB]|ZZ|[WXY][0-9A-Z])"
COMMUNE = rf"^({DEPARTEMENT}[0-9]{{3}})$"
STATION = r"^([1-9A-Z][0-9A-Z.\-]{0,9})$"  # without the zeros in front
ELECTION = r"^([0-9]{4})_(pres|legi|euro|muni|regi|dpmt|cant|refe)_t([12])$"
ELECTION_TYPES = {
    "pres": "presidential",
    "legi": "legislative",
    "euro": "european",
    "muni": "municipal",
    "regi": "regional",
    "dpmt": "departmental",
    "cant": "cantonal",
    "refe": "referendum",
}
# The ministry's letters overseas, with the hundreds digits seen in its files, and what INSEE writes for both.
OVERSEAS = {"ZA1": "971", "ZB2": "972", "ZC3": "973", "ZD4": "974", "ZS5": "975", "ZM5": "976", "ZM6": "976"}
OVERSEAS |= {"ZX7": "977", "ZX8": "978", "ZW0": "986", "ZW6": "986", "ZP0": "987", "ZP7": "987", "ZN8": "988"}
# The cities whose census is by arrondissement and whose results are by city: first and last arrondissement.
ARRONDISSEMENTS = {"75056": ("75101", "75120"), "69123": ("69381", "69389"), "13055": ("13201", "13216")}


def commune(column: str | pl.Expr) -> pl.Expr:
    """The INSEE code of a commune, 5 characters; null where the text is no commune code."""
    text = _text(column).str.to_uppercase().str.replace(r"^([0-9]{4})$", "0$1")
    return (text.str.slice(0, 3).replace(OVERSEAS) + text.str.slice(3)).str.extract(COMMUNE)


def station(column: str | pl.Expr) -> pl.Expr:
    """A station's code inside its commune, upper case, zero-padded to 4; null where the text is no station code.

    Codes are not numbers: `0E11`, `04.1` and `069A` are real ones. A code that a spreadsheet turned into a number
    (`0,00E+00`, `1E+11`) cannot be recovered and is null.
    """
    text = _text(column).str.to_uppercase().str.replace(r"(?:\.0+)+$", "").str.strip_chars_start("0")
    return text.str.extract(STATION).str.pad_start(4, "0")


def station_key(commune_code: pl.Expr, station_code: pl.Expr) -> pl.Expr:
    """`94001_0001`: how a station is named in files that give one code for both."""
    return pl.concat_str([commune_code, station_code], separator="_")


def departement(commune_code: str | pl.Expr) -> pl.Expr:
    """The département of a commune code: 3 characters overseas, 2 elsewhere."""
    code = pl.col(commune_code) if isinstance(commune_code, str) else commune_code
    return pl.when(code.str.contains(r"^9[78]")).then(code.str.slice(0, 3)).otherwise(code.str.slice(0, 2))


def departement_of(commune_code: str) -> str:
    """`departement` for one value."""
    return commune_code[:3] if commune_code[:2] in ("97", "98") else commune_code[:2]


def clean_commune(text: str) -> str | None:
    """`commune` for one value."""
    return _scalar(commune(pl.col("x")), text)


def clean_station(text: str) -> str | None:
    """`station` for one value."""
    return _scalar(station(pl.col("x")), text)


@dataclass(frozen=True, order=True)
class Election:
    """A round of an election, named as data.gouv.fr does: `2017_pres_t1`."""

    year: int
    type: str
    round: int

    @classmethod
    def parse(cls, text: str) -> Election:
        """Raise SettingsError where the text names no round."""
        found = re.match(ELECTION, text)
        if not found:
            raise SettingsError(f"{text!r} names no election; write it like 2017_pres_t1 or 2022_legi_t2")
        return cls(int(found[1]), found[2], int(found[3]))

    def __str__(self) -> str:
        return f"{self.year}_{self.type}_t{self.round}"


@dataclass(frozen=True)
class Area:
    """A part of France: départements and communes, or everything when both are empty."""

    departements: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, words: str | Iterable[str]) -> Area:
        """`france`, `75`, `94 44109`, `974`; an arrondissement stands for its city."""
        words = words.split() if isinstance(words, str) else words
        parts = [part for word in words for part in re.split(r"[,\s]+", word.strip().upper()) if part]
        departements, communes = [], []
        for part in parts:
            if part in ("FRANCE", "ALL"):
                return cls()
            if len(part) == 5 and (code := clean_commune(part)):
                communes.append(city_of(code))
            elif re.match(rf"^(?:{DEPARTEMENT}|9[78][0-9])$", part) and part not in ("97", "98"):
                departements.append(part)
            else:
                raise SettingsError(
                    f"{part!r} is no area; give a département (75, 2A, 974), a commune (44109) or france"
                )
        return cls(tuple(sorted(set(departements))), tuple(sorted(set(communes))))

    @property
    def everything(self) -> bool:
        """Whether this is the whole country."""
        return not (self.departements or self.communes)

    def contains(self, commune_code: str | pl.Expr) -> pl.Expr:
        """A filter on a column of clean commune codes; the arrondissements of a city are inside it."""
        if self.everything:
            return pl.lit(True)
        code = pl.col(commune_code) if isinstance(commune_code, str) else commune_code
        return departement(code).is_in(self.departements) | city(code).is_in(self.communes)

    def __str__(self) -> str:
        return " ".join(self.departements + self.communes) or "france"


def city(commune_code: str | pl.Expr) -> pl.Expr:
    """The commune that votes: Paris, Lyon and Marseille for their arrondissements, else the commune itself."""
    code = pl.col(commune_code) if isinstance(commune_code, str) else commune_code
    for whole, (first, last) in ARRONDISSEMENTS.items():
        code = pl.when(code.is_between(pl.lit(first), pl.lit(last))).then(pl.lit(whole)).otherwise(code)
    return code


def city_of(commune_code: str) -> str:
    """`city` for one value."""
    return next((c for c, (a, b) in ARRONDISSEMENTS.items() if a <= commune_code <= b), commune_code)


def _text(column: str | pl.Expr) -> pl.Expr:
    expr = pl.col(column) if isinstance(column, str) else column
    return expr.cast(pl.String).str.strip_chars(" \t\"'\u00a0\ufeff")


def _scalar(expr: pl.Expr, text: str) -> str | None:
    value = pl.DataFrame({"x": [text]}).select(expr.alias("x")).item()
    return None if value is None else str(value)
