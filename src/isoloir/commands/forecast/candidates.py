"""Who stands where, from a file: `code` of a station, commune or constituency, `nuance`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isoloir.codes import OVERSEAS
from isoloir.errors import SourceError
from isoloir.sources.delimited import read_text, require
from isoloir.stats.blocs import Blocs
from isoloir.stats.forecast import Standing
from isoloir.stats.history import History, Strings

_LETTERS = {code: letters[:2] for letters, code in OVERSEAS.items()}  # 971 -> ZA


def read_candidates(file: Path, history: History, blocs: Blocs) -> tuple[Standing, pl.DataFrame]:
    """How many candidates of each finer bloc stand at every station, and the rows that mean nothing here.

    One line a candidate. Codes are stations (`75056_0101`), constituencies (`0101`, `101`, `01-1`, `01001`, `97101`,
    `ZA01`) or communes (`75056`); where a code can be two things it is what most codes of the file are. A station of
    which the file says nothing gets what is usual in its commune, constituency or département, else everybody.
    Raises SourceError, naming the row, for a file that cannot be read, lacks a column, or has no row with a meaning.
    """
    table = _read(file)
    known = {
        "station": (history.station_id, _variants(history.station_id, _station_forms)),
        "constituency": (history.constituency, _variants(history.constituency, _constituency_forms)),
        "commune": (history.commune, _variants(history.commune, lambda code: [code, code.lstrip("0")])),
    }
    codes = table["code"].unique().to_list()
    kinds = sorted(known, key=lambda kind: -sum(code in known[kind][1] for code in codes))
    options = blocs.of("election", "candidate", "nuance", fine=True)
    placed = table.with_columns(election=pl.lit(""), candidate=pl.lit("")).with_columns(option=options)
    names = placed["option"].drop_nulls().unique().sort().to_list()
    count = np.zeros((history.stations, len(names)), np.int64)
    useless: list[tuple[int, str, str]] = []
    at = {kind: _places(known[kind][0]) for kind in kinds}
    each = placed.group_by("code", "nuance", "option", maintain_order=True).agg(pl.len(), pl.min("row"))
    for code, nuance, option, number, row in each.iter_rows():
        kind = next((k for k in kinds if code in known[k][1]), None)
        if kind is None or option is None:
            useless.append((row, code, nuance))
            continue
        count[at[kind][known[kind][1][code]], names.index(option)] += number
    if not count.any():
        first = table.row(0, named=True)
        told = f"{first['code']}, {first['nuance']}"
        raise SourceError(
            "no row names a place of this database and a known nuance", file=file, row=first["row"], value=told
        )
    held = tuple(history.finer.get(option, option) for option in names)
    whole = np.minimum(_usual(count, history), 100).astype(np.int8)
    schema = {"row": pl.Int64, "code": pl.String, "nuance": pl.String}
    return Standing(tuple(names), held, whole), pl.DataFrame(useless, schema=schema, orient="row")


def _read(file: Path) -> pl.DataFrame:
    """row, code, nuance of every line that has a code, in upper case."""
    if not file.is_file():
        raise SourceError("no such file of candidates", file=file)
    table, notices = read_text(file)
    lost = [notice for notice in notices if notice.row is not None]
    if lost:
        raise SourceError(lost[0].what, file=file, row=lost[0].row, value=lost[0].value)
    table = table.rename({name: name.strip().lower().removeprefix("\ufeff") for name in table.columns})
    require(table, ["code", "nuance"], file)
    clean = pl.col("code", "nuance").fill_null("").str.strip_chars(" \"'\t").str.to_uppercase()
    table = table.select("row", clean).filter((pl.col("code") != "") | (pl.col("nuance") != ""))
    if table.is_empty():
        raise SourceError("no candidate at all; give one line each: code,nuance", file=file)
    return table


def _variants(codes: Strings, forms: Callable[[str], list[str]]) -> dict[str, str]:
    """Every way of writing each code -> the code; a code itself wins over another's variant."""
    own = [c for c in np.unique(codes).tolist() if c]
    found: dict[str, str] = {}
    for code in own:
        for form in forms(code):
            found.setdefault(form, code)
    return found | {code: code for code in own}


def _station_forms(code: str) -> list[str]:
    commune, _, station = code.partition("_")
    return [code, f"{commune}_{station.lstrip('0')}", f"{commune.lstrip('0')}_{station.lstrip('0')}"]


def _constituency_forms(code: str) -> list[str]:
    """`0101`: `101`, `01-1`, `01-01`, `1-1`, `01001`; `97101`: `ZA01`, too."""
    found = re.match(r"^(97\d|98\d|.{2})(\d{2})$", code)
    if not found:
        return [code]
    place, number = found[1], found[2]
    names = [place, *([_LETTERS[place]] if place in _LETTERS else [])]
    forms = [f"{n}{mark}{d}" for n in names for mark in ("", "-", "_") for d in (number, f"0{number}")]
    forms += [f"{n}{mark}{int(number)}" for n in names for mark in "-_"]
    return [*forms, *(f.lstrip("0") for f in forms)]


def _places(codes: Strings) -> dict[str, NDArray[np.int64]]:
    order = np.argsort(codes, kind="stable")
    names, first = np.unique(codes[order], return_index=True)
    return dict(zip(names.tolist(), np.split(order, first[1:]), strict=True))


def _usual(count: NDArray[np.int64], history: History) -> NDArray[np.int64]:
    """The same, with stations of which nothing is said given the middle of their surroundings, else everybody."""
    out = count.copy()
    for labels in (history.commune, history.constituency, history.departement):
        missing = np.asarray(out.sum(axis=1) == 0)
        if not missing.any():
            return out
        for label, rows in _places(labels).items():
            lacking = rows[missing[rows]]
            if label and 0 < len(lacking) < len(rows):
                out[lacking] = np.ceil(np.median(out[rows[~missing[rows]]], axis=0)).astype(np.int64)
    out[~out.any(axis=1)] = 1
    return out
