"""Tidy national tables: one Parquet of turnout (`_territoires`) and one of votes (`_candidats`) per round."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.sources.elections import ministry_wide
from isoloir.sources.elections import table as t
from isoloir.sources.reading import Entry, Reading, expect_columns

TURNOUT = {
    "registered": "inscrits",
    "voters": "votants",
    "blank": "blancs",
    "spoiled": "nuls",
    "valid_votes": "exprimes",
}
VOTES = ["code", "label", "nuance", "voix"]
UNUSED = ("maille", "libelle", "abstentions", "elu")


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """Read turnout or votes, whichever the file holds; raise SourceError where it cannot be used."""
    if file.suffix != ".parquet":
        return ministry_wide.read(file, entry, area)
    election = t.election_of(file, entry)
    try:
        table = pl.read_parquet(file).with_row_index("row", offset=1)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"not a whole Parquet file ({str(error).splitlines()[0]})", file=file) from error
    votes = "voix" in table.columns
    wanted = VOTES if votes else ["code", *TURNOUT.values()]
    notices = expect_columns(table.columns, ["row", *wanted], file, optional=UNUSED)
    key = pl.col("code").str.splitn("_", 2)
    commune, station = codes.commune(key.struct.field("field_0")), key.struct.field("field_1")
    placed, lost = t.place(table, commune, station, file, area, pl.col("code"))
    placed = placed.with_columns(election=pl.lit(election))
    if votes:
        named = placed.with_columns(candidate=t.candidate_name(pl.col("label")))
        results, unread = t.read_votes(named, "voix", file)
        return t.reading(None, results, [*notices, *lost, *unread])
    turnout, unread = t.count(placed, TURNOUT, file)
    return t.reading(turnout, None, [*notices, *lost, *unread])
