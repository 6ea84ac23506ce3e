"""The ministry's long files until 2014: one line per station, round and candidate, below lines of explanation.

Without header, in one of two widths: 13 fields, or 15 with the constituency and the canton after the commune's name.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import LayoutChanged
from isoloir.sources.delimited import list_notices
from isoloir.sources.elections import table as t
from isoloir.sources.elections.text import OVERFLOW, decode, refuse_cut_line, split
from isoloir.sources.reading import Entry, Reading

_PLACE = ["turn", "departement", "commune", "name"]
_REST = ["station", "registered", "voters", "valid_votes", "panel", "candidate", "first_name", "nuance", "votes"]
LAYOUTS = {13: [*_PLACE, *_REST], 15: [*_PLACE, "constituency", "canton", *_REST]}
PREAMBLE = 60  # lines of explanation that a file may have at most


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """Read both rounds of a long file; raise SourceError or LayoutChanged where it cannot be used."""
    stem = t.election_of(file, entry, one_round=False)
    text, notices = decode(file)
    skip, names = _find_start(text, file)
    last = text.rstrip("\n").rsplit("\n", 1)[-1]
    refuse_cut_line(text, len(names), last.count(";") + 1, file)
    table = split(text, file, separator=";", width=len(names), skip=skip)
    table = table.rename({f"f{i}": name for i, name in enumerate(names)})
    odd = ~pl.col("turn").is_in(["1", "2"]) | pl.col(OVERFLOW).is_not_null() | pl.col("votes").is_null()
    shown = table.filter(odd.fill_null(True)).select("row", said=pl.concat_str(names, separator=";", ignore_nulls=True))
    notices += list_notices(file, f"not a line of {len(names)} fields with a round; left out", shown.rows())
    table = table.filter(~odd.fill_null(True))

    said = pl.concat_str("departement", "commune", "station", separator=" ", ignore_nulls=True)
    commune = t.commune_of(pl.col("departement"), pl.col("commune"))
    placed, lost = t.place(table, commune, pl.col("station"), file, area, said, repeated=True)
    placed = placed.with_columns(election=pl.lit(f"{stem}_t") + pl.col("turn"))
    counted, unread = t.count(placed, {c: c for c in t.COUNTS if c in names}, file)
    results, left = t.read_votes(_results(counted, stem), "votes", file)
    return t.reading(_turnout(counted), results, [*notices, *lost, *unread, *left])


def _find_start(text: str, file: Path) -> tuple[int, list[str]]:
    """How many lines of explanation there are, and the names of the fields below them."""
    for skip, line in enumerate(text.split("\n", PREAMBLE)[:PREAMBLE]):
        fields = line.rstrip(";").count(";") + 1
        if fields in LAYOUTS and line.lstrip('" ')[:1] in ("1", "2"):
            return skip, LAYOUTS[fields]
    found = text[:60].split("\n", 1)[0]
    raise LayoutChanged(f"no line of 13 or 15 fields in the first {PREAMBLE} lines", file=file, row=1, value=found)


def _turnout(table: pl.DataFrame) -> pl.DataFrame:
    """One row per station and round, from the lines of its candidates; what they disagree on stays twice."""
    number = pl.col("constituency") if "constituency" in table.columns else pl.lit(None)
    table = table.with_columns(constituency_code=t.constituency(codes.departement("commune_code"), number))
    keys = ["election", "commune_code", "station_code", *(c for c in t.COUNTS if c in table.columns)]
    return table.unique(keys, keep="first", maintain_order=True)


def _results(table: pl.DataFrame, stem: str) -> pl.DataFrame:
    # In presidential files the code is a short name of the candidate, not a nuance; NC is "not communicated".
    nuance = pl.lit(None, pl.String) if stem.endswith("_pres") else t.clean_text(pl.col("nuance")).replace("NC", None)
    return table.with_columns(
        candidate=t.candidate_name(pl.col("candidate")),
        first_name=t.clean_text(pl.col("first_name")),
        nuance=nuance,
        panel=pl.col("panel").cast(pl.Int16, strict=False),
    )
