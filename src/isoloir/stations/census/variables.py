"""The variables of a station: their definitions in variables.toml, read, checked and turned into Polars expressions.

A formula knows column names, numbers, + - * / and parentheses, nothing else. A definition that touches nationality,
origin or religion raises `NotAllowed`, whatever it is called and however it is spelled.
"""

from __future__ import annotations

import ast
import re
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import polars as pl

from isoloir.errors import NotAllowed, StationError

UNITS = (
    *("share", "ratio", "index", "euros", "m2", "per_km2"),
    *("persons", "households", "families", "dwellings", "rooms", "cars"),
)
_AGES = ("0_3", "4_5", "6_10", "11_17", "18_24", "25_39", "40_54", "55_64", "65_79", "80p", "inc")
_HOUSEHOLDS = ("pauv", "1ind", "5ind", "prop", "fmp", "surf", "coll", "mais")
_DWELLINGS = ("av45", "45_70", "70_90", "ap90", "inc", "soc")
GRID_COLUMNS = frozenset(
    ["ind", "men", "ind_snv", *(f"ind_{a}" for a in _AGES), *(f"men_{h}" for h in _HOUSEHOLDS)]
    + [f"log_{d}" for d in _DWELLINGS]
)
STATION_COLUMNS = ("registered", "addresses", "area_m2")  # of the station itself, not of the census

# Arrêté of 24 March 2005, art. 5, and of 19 July 2007, art. 3: nationality and birthplace are published for communes of
# 5,000 inhabitants or groups of three IRIS, never for less; and they never enter a ranking.
ORIGIN_RULES = ("STAT-02", "STAT-03")
RELIGION_RULES = ("SENS-02",)
_ORIGIN_COLUMN = re.compile(
    r"(?:^|_)[HF]?(?:POP|MEN|ACT|CHOM)?\d*(?:FR|FRAN\w*|ETR|ETRANG\w*|IMMI?|IMMI?\d\w*|IMMIG\w*|NAT|NAT\d\w*|NATIO\w*|I?NATC?"
    r"|[ILP]NAI\w*|NAISS?\w*|ORIG\w*|ETHN\w*)\d*(?=_|$)"
)
_ORIGIN_WORD = re.compile(
    r"nationalit|etrang|foreign|immigr|migrant|\borigin|ethni|\braces?\b|racial|birth ?place|(?:country|place) of birth"
    r"|(?:pays|lieu) de naissance|citizenship|citoyennete"
)
_RELIGION = re.compile(
    r"relig|confession|musulm|muslim|islam|\bjuif|\bjuiv|jewish|cathol|chretien|christian|protestant"
)


@dataclass(frozen=True)
class Formula:
    """One way to compute a variable: from sums over the parts of a station, or `averaged` over them."""

    text: str
    tree: ast.expr
    names: frozenset[str]
    averaged: bool = False


@dataclass(frozen=True)
class Computation:
    """A formula on the columns that a table really has; `divisor` is null where nothing is divided."""

    text: str
    columns: tuple[str, ...]
    value: pl.Expr
    divisor: pl.Expr | None
    averaged: bool


@dataclass(frozen=True)
class Variable:
    """A definition of variables.toml; its formulas come in order of preference."""

    name: str
    theme: str
    label: Mapping[str, str]
    unit: str
    formulas: tuple[Formula, ...]
    minimum: float
    source: str

    def compute(self, have: Collection[str], terms: Mapping[str, tuple[Formula, ...]]) -> Computation | None:
        """The first alternative whose columns are all in `have`; null where there is none."""
        for formula in self.formulas:
            if found := _resolve(formula, set(have), terms):
                return found
        return None

    def missing(self, have: Collection[str], terms: Mapping[str, tuple[Formula, ...]]) -> tuple[str, ...]:
        """The columns that the nearest alternative lacks."""
        lacking = [_lacking(f, set(have), terms) for f in self.formulas]
        return tuple(sorted(sorted(lacking, key=len)[0]))


@dataclass(frozen=True)
class Variables:
    """Every definition, the terms that they share and the labels of their themes."""

    definitions: tuple[Variable, ...]
    terms: Mapping[str, tuple[Formula, ...]]
    themes: Mapping[str, Mapping[str, str]]

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.definitions)

    def __len__(self) -> int:
        return len(self.definitions)

    def columns(self) -> frozenset[str]:
        """Every census column that some definition can use."""
        formulas = [f for v in self.definitions for f in v.formulas] + [f for t in self.terms.values() for f in t]
        return frozenset(n for f in formulas for n in f.names) - set(self.terms) - set(STATION_COLUMNS)

    def term(self, name: str, have: Collection[str]) -> Computation | None:
        """A shared term on the columns at hand."""
        return next((c for f in self.terms[name] if (c := _resolve(f, set(have), self.terms))), None)


@cache
def variables() -> Variables:
    """The definitions that come with Isoloir."""
    text = resources.files("isoloir.stations.census").joinpath("variables.toml").read_text(encoding="utf-8")
    return read_definitions(text)


def read_definitions(text: str) -> Variables:
    """Read and check definitions; raise StationError where one is wrong, NotAllowed where the law refuses it."""
    raw = tomllib.loads(text)
    terms = {n: tuple(parse(f, f"term {n}") for f in alternatives) for n, alternatives in raw["terms"].items()}
    found = [
        _definition(name, theme, fields, about["source"], raw["minimum"])
        for theme, about in raw["themes"].items()
        for name, fields in about.get("variables", {}).items()
    ]
    names = [v.name for v in found]
    if repeated := sorted({n for n in names if names.count(n) > 1}):
        raise StationError(f"variables.toml: defined twice: {', '.join(repeated)}")
    for variable in found:
        for formula in variable.formulas:
            _check_names(variable.name, formula, terms)
    for name, formulas in terms.items():
        for formula in formulas:
            _check_names(f"term {name}", formula, {t: f for t, f in terms.items() if t != name})
    return Variables(tuple(found), terms, {t: {"fr": a["fr"], "en": a["en"]} for t, a in raw["themes"].items()})


def parse(text: str, variable: str) -> Formula:
    """Parse a formula; raise StationError where it is more than arithmetic, NotAllowed for a refused column."""
    _refuse(variable, text, re.findall(r"\w+", text))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise StationError(f"variables.toml: {variable}: {text!r} is no formula ({error.msg})") from error
    for node in ast.walk(tree):
        if not _allowed(node):
            raise StationError(
                f"variables.toml: {variable}: {text!r} holds more than columns, numbers, + - * / and parentheses"
            )
    names = frozenset(n.id for n in ast.walk(tree) if isinstance(n, ast.Name))
    _refuse(variable, text, names)  # once more on what Python made of it: it normalises full-width letters and the like
    return Formula(text, tree, names)


def refused(column: str) -> bool:
    """Whether a column of a file tells nationality, origin or religion."""
    try:
        _refuse("", "", [column])
    except NotAllowed:
        return True
    return False


def _definition(name: str, theme: str, fields: dict[str, Any], source: str, minimum: float) -> Variable:
    known = {"fr", "en", "unit", "formula", "mean", "minimum"}
    if extra := set(fields) - known:
        raise StationError(f"variables.toml: {name}: unknown keys {sorted(extra)}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not fields.get("fr") or not fields.get("en"):
        raise StationError(f"variables.toml: {name}: needs a name in lower case and labels fr and en")
    if fields.get("unit") not in UNITS:
        raise StationError(f"variables.toml: {name}: unit {fields.get('unit')!r} is none of {', '.join(UNITS)}")
    if not fields.get("formula") and not fields.get("mean"):
        raise StationError(f"variables.toml: {name}: needs a formula or a mean")
    _refuse(name, f"{name} {fields['fr']} {fields['en']}", [name])
    formulas = [parse(f, name) for f in fields.get("formula", ())]
    formulas += [replace(parse(f, name), averaged=True) for f in fields.get("mean", ())]
    label = {"fr": fields["fr"], "en": fields["en"]}
    return Variable(name, theme, label, fields["unit"], tuple(formulas), fields.get("minimum", minimum), source)


def _refuse(variable: str, text: str, columns: Iterable[str]) -> None:
    words = " ".join([text, *columns])
    if _RELIGION.search(_plain(words)):
        raise NotAllowed(
            f"{variable}: {words!r} is about religion, which is never recorded (GDPR art. 9)", RELIGION_RULES
        )
    if _ORIGIN_WORD.search(_plain(words)) or any(_ORIGIN_COLUMN.search(_plain(c).upper()) for c in columns):
        raise NotAllowed(
            f"{variable}: {words!r} is about nationality or origin, never used here and not published for a place as "
            "small as a station (arrêté du 24 mars 2005, art. 5)",
            ORIGIN_RULES,
        )


def _plain(text: str) -> str:
    """Lower case, no accents, no compatibility forms."""
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text)
    return "".join(c for c in split if not unicodedata.combining(c)).lower()


def _allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", node.id))
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return isinstance(node, ast.BinOp | ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Load)


def _check_names(variable: str, formula: Formula, terms: Mapping[str, tuple[Formula, ...]]) -> None:
    """A name that is no term, no column of the station and no grid column must look like one of INSEE's."""
    for name in formula.names - set(terms) - set(STATION_COLUMNS) - GRID_COLUMNS:
        if not re.fullmatch(r"(?:P|C|PCT)_[A-Z0-9_]+|(?:DISP|DEC)_[A-Z0-9]+", name):
            raise StationError(
                f"variables.toml: {variable}: {name!r} is no column of INSEE's, no term and no station column"
            )


def _resolve(formula: Formula, have: set[str], terms: Mapping[str, tuple[Formula, ...]]) -> Computation | None:
    inner: dict[str, Computation] = {}
    for name in formula.names & set(terms):
        resolved = next((c for f in terms[name] if (c := _resolve(f, have, terms))), None)
        if resolved is None:
            return None
        inner[name] = resolved
    if not formula.names - set(terms) <= have:
        return None
    lookup = {n: c.value for n, c in inner.items()}
    columns = (formula.names - set(terms)).union(*(c.columns for c in inner.values()))
    divided = isinstance(formula.tree, ast.BinOp) and isinstance(formula.tree.op, ast.Div)
    divisor = _expression(formula.tree.right, lookup) if divided else None  # type: ignore[attr-defined]
    value = _expression(formula.tree, lookup)
    return Computation(formula.text, tuple(sorted(columns)), value, divisor, formula.averaged)


def _lacking(formula: Formula, have: set[str], terms: Mapping[str, tuple[Formula, ...]]) -> set[str]:
    lacking = set(formula.names) - set(terms) - have
    for name in formula.names & set(terms):
        lacking |= sorted((_lacking(f, have, terms) for f in terms[name]), key=len)[0]
    return lacking


_OPERATIONS: dict[type[ast.operator], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: pl.when(b != 0).then(a / b),
}


def _expression(node: ast.expr, lookup: Mapping[str, pl.Expr]) -> pl.Expr:
    if isinstance(node, ast.Constant):
        return pl.lit(float(node.value))  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return lookup.get(node.id, pl.col(node.id))
    assert isinstance(node, ast.BinOp)
    return _OPERATIONS[type(node.op)](_expression(node.left, lookup), _expression(node.right, lookup))
