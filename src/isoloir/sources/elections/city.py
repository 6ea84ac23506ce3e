"""Tables that cities publish: one commune, wide (a column per candidate) or long (a line per candidate).

Facts of the .toml:

    election, commune     what the file is about
    station               the columns of the station's code, joined after padding to `digits` each
    station_pattern       what of them is the code: a regular expression with one group
    columns               {role = "column"}: registered, voters, blank, spoiled, valid_votes, constituency
    candidate, votes      long files: the columns of the name and of the votes
    sums                  {role = [roles]}: counts that follow from others
    absent                true where an empty cell means that the candidate did not stand there
    ignored               columns that are known and not used
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import LayoutChanged
from isoloir.sources.delimited import read_text, require
from isoloir.sources.elections import table as t
from isoloir.sources.reading import Entry, Notice, Reading

# A column of one of these names is never a candidate.
NEVER = {
    *("abstentions", "procurations", "blancs", "nuls", "votants", "inscrits", "exprimes", "exprimés", "total"),
    *("participation", "canton", "circonscription", "quartier", "lieu", "adresse", "geo_point_2d", "geo_shape"),
}


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """Read one table of one round of one commune; raise SourceError or LayoutChanged where it cannot be used."""
    facts = entry.facts
    election = t.election_of(file, entry)
    table, notices = read_text(file)
    columns: dict[str, str] = dict(facts["columns"])
    long = [facts["candidate"], facts["votes"]] if "candidate" in facts else []
    require(table, [*facts["station"], *columns.values(), *long], file)
    parts = [pl.col(c).str.strip_chars().str.pad_start(facts.get("digits", 0), "0") for c in facts["station"]]
    key = pl.concat_str(parts)
    station = key.str.extract(facts["station_pattern"]) if "station_pattern" in facts else key
    table = table.filter(pl.any_horizontal(pl.exclude("row").str.strip_chars() != ""))
    placed, lost = t.place(table, codes.commune(pl.lit(facts["commune"])), station, file, area, key)
    number = pl.col(columns.pop("constituency")) if "constituency" in columns else pl.lit(None)
    placed = placed.with_columns(
        election=pl.lit(election), constituency_code=t.constituency(codes.departement("commune_code"), number)
    )
    counted, unread = t.count(placed, columns, file)
    for role, parts_of in facts.get("sums", {}).items():
        counted = counted.with_columns(pl.sum_horizontal(parts_of, ignore_nulls=False).alias(role))
    if long:
        results, left = _long(counted, facts, file)
        keys = ["commune_code", "station_code", *(c for c in t.COUNTS if c in counted.columns)]
        counted = counted.unique(keys, keep="first", maintain_order=True)
    else:
        results, left = _wide(counted, table.columns, facts, file)
    return t.reading(counted, results, [*notices, *lost, *unread, *left])


def _long(table: pl.DataFrame, facts: dict[str, Any], file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    known = {*facts["station"], *facts["columns"].values(), facts["candidate"], facts["votes"], *facts["ignored"]}
    own = {"row", "commune_code", "station_code", "election", "constituency_code", *t.COUNTS}
    unused = [c for c in table.columns if c not in known | own]
    named = table.with_columns(candidate=t.candidate_name(pl.col(facts["candidate"])))
    results, notices = t.read_votes(named, facts["votes"], file)
    if unused:
        notices.append(Notice(file, f"columns not used: {', '.join(unused)}", severity="info"))
    return results, notices


def _wide(
    table: pl.DataFrame, header: list[str], facts: dict[str, Any], file: Path
) -> tuple[pl.DataFrame, list[Notice]]:
    """One row per station and candidate: every column that is nothing else is a candidate."""
    known = {"row", *facts["station"], *facts["columns"].values(), *facts.get("ignored", ())}
    unknown = [c for c in header if c not in known]
    candidates = [c for c in unknown if c.lower() not in NEVER]
    if not candidates:
        raise LayoutChanged("no column of a candidate", file=file, row=1)
    keys = ["row", "commune_code", "station_code", "election"]
    votes = table.unpivot(candidates, index=keys, variable_name="name", value_name="said")
    if facts.get("absent"):
        votes = votes.filter(pl.col("said").str.strip_chars() != "")
    results, notices = t.read_votes(votes.with_columns(candidate=t.candidate_name(pl.col("name"))), "said", file)
    if unused := [c for c in unknown if c not in candidates]:
        notices.append(Notice(file, f"columns not used: {', '.join(unused)}", severity="info"))
    return results, notices
