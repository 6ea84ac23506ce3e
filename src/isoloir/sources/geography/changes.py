"""Communes that merged, split or took another code, since 1999, from either of INSEE's two files of history.

Until 2018 the file is `historiq`: one row per commune and event, three digits in MOD, the other commune in COMECH.
Since 2019 it is `v_mvt_commune`: one row per commune before and commune after, two digits in MOD. Both also tell
what changes no vote (names, cantons, parcels, communes that are only associated or delegated): that is left aside.

    kind     historiq                                             v_mvt_commune, from a COM to another COM
    split    200 created, 210 restored (out of COMECH)            20 created, 21 restored
    merge    300 shared out, 310/311 merged, 330/331 merged       30 suppressed, 31 merged, 32 new commune,
             and kept as associated or delegated; 312/332/333     33 merged and associated
             when the code was also that of a new commune
    recode   410/411 other département (from DEPANC), 500 other   41 other département, 50 other seat
             seat (from C_LANC to C_LOFF)

Meaning of the codes: INSEE, Code officiel géographique, "Liste de modalités", and "Dessin du fichier historiq".
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.sources.delimited import list_notices, read_table, read_text, require
from isoloir.sources.reading import Entry, Notice, Reading

SINCE = "1999-01-01"
_MVT = {"20": "split", "21": "split", "30": "merge", "31": "merge", "32": "merge", "33": "merge"}
_MVT |= {"41": "recode", "50": "recode"}
_MVT_ASIDE = ("10", "34", "35", "70", "71", "72")
_GONE = ("300", "310", "311", "330", "331")
_GONE_IF_CENTRE = ("312", "332", "333")
_CENTRE = ("320", "321", "340", "341")


def read_mvt(file: Path, _entry: Entry, area: Area) -> Reading:
    """The table `commune_changes` from `v_mvt_commune_*.csv`."""
    table, notices = read_text(file)
    require(table, ["MOD", "DATE_EFF", "TYPECOM_AV", "COM_AV", "TYPECOM_AP", "COM_AP"], file)
    unknown = table.filter(~pl.col("MOD").is_in([*_MVT, *_MVT_ASIDE])).select("row", "MOD")
    notices += list_notices(file, "MOD has no known meaning; the row was left out", unknown.rows())
    between = (pl.col("TYPECOM_AV") == "COM") & (pl.col("TYPECOM_AP") == "COM") & (pl.col("COM_AV") != pl.col("COM_AP"))
    changes = table.filter(between & pl.col("MOD").is_in(_MVT)).select(
        "row",
        from_code="COM_AV",
        to_code="COM_AP",
        date="DATE_EFF",
        kind=pl.col("MOD").replace_strict(_MVT, default=None),
    )
    return _finish(changes, notices, area, file)


def read_historiq(file: Path, _entry: Entry, area: Area) -> Reading:
    """The table `commune_changes` from INSEE's file of history as COGugaison publishes it."""
    table, notices = read_table(file)
    require(table, ["DEPCOM", "COMECH", "MOD", "EFF", "DEPANC", "C_LOFF", "C_LANC"], file)
    table = table.filter(pl.col("EFF") >= SINCE)
    centres = table.filter(pl.col("MOD").is_in(_CENTRE)).select("DEPCOM", since="EFF")
    earlier = table.filter(pl.col("MOD").is_in(_GONE_IF_CENTRE)).join(centres, on="DEPCOM")
    was_commune = earlier.filter(pl.col("since") < pl.col("EFF")).unique("row")
    gone = pl.concat([table.filter(pl.col("MOD").is_in(_GONE)), was_commune.select(table.columns)])
    changes = [
        _change(gone, "DEPCOM", "COMECH", "merge"),
        _change(table.filter(pl.col("MOD").is_in(["200", "210"])), "COMECH", "DEPCOM", "split"),
        _change(table.filter(pl.col("MOD").is_in(["410", "411"])), "DEPANC", "DEPCOM", "recode"),
        _change(table.filter(pl.col("MOD") == "500"), "C_LANC", "C_LOFF", "recode"),
    ]
    return _finish(pl.concat(changes), notices, area, file)


def _change(rows: pl.DataFrame, before: str, after: str, kind: str) -> pl.DataFrame:
    return rows.select("row", from_code=before, to_code=after, date="EFF", kind=pl.lit(kind))


def _finish(changes: pl.DataFrame, notices: list[Notice], area: Area, file: Path) -> Reading:
    read = changes.with_columns(
        codes.commune("from_code"),
        codes.commune("to_code"),
        date=pl.col("date").cast(pl.String).str.to_date("%Y-%m-%d", strict=False),
        shown=pl.concat_str("from_code", "to_code", "date", separator=" ", ignore_nulls=True),
    )
    lost = pl.any_horizontal(pl.col("from_code", "to_code", "date").is_null())
    shown = read.filter(lost).select("row", "shown").rows()
    notices += list_notices(file, "this is no change between two communes; the row was left out", shown)
    since = pl.col("date") >= pl.lit(SINCE).str.to_date()
    inside = area.contains("from_code") | area.contains("to_code")
    kept = read.filter(~lost & since & inside & (pl.col("from_code") != pl.col("to_code")))
    table = kept.select("from_code", "to_code", "date", "kind").unique().sort("date", "to_code", "from_code")
    return Reading({"commune_changes": table.lazy()}, notices)
