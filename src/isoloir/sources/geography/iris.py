"""Outlines of IRIS, INSEE's neighbourhoods of about 2,000 people.

The column names changed over the years; the first of each list that the file has is taken. The commune is in the
first five characters of the code.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import LayoutChanged
from isoloir.sources.delimited import list_notices
from isoloir.sources.geography.shapes import locate, read_features, repair, unite
from isoloir.sources.reading import Entry, Reading

_CODES = ("code_iris", "CODE_IRIS", "DCOMIRIS", "iris", "id")
_NAMES = ("nom_iris", "NOM_IRIS", "libiris", "LIBIRIS")


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """The table `units`, level "iris"; `commune_code` is the commune that votes (75056 for all of Paris)."""
    features, stated = read_features(file, entry.facts.get("layer"))
    column = next((c for c in _CODES if c in features.columns), None)
    if column is None:
        raise LayoutChanged(f"no column names the IRIS; tried {list(_CODES)}, found {features.columns}", file=file)
    name = next((c for c in _NAMES if c in features.columns), None)
    code = pl.col(column).cast(pl.String).str.strip_chars(" ").str.extract(r"^([0-9A-Z]{9})$")
    read = features.with_columns(
        unit_code=code,
        commune_code=codes.city(codes.commune(code.str.slice(0, 5))),
        name=pl.col(name) if name else pl.lit(None, pl.String),
    )
    lost = pl.col("commune_code").is_null()
    shown = read.filter(lost).select("row", pl.col(column).cast(pl.String).fill_null("")).rows()
    inside = read.filter(~lost & area.contains("commune_code"))
    shapes, missing = locate(inside["geometry"], inside["row"], entry.facts.get("crs", stated), file)
    shapes, repaired = repair(shapes, inside["row"], file)
    units, united = unite(inside, shapes, ["unit_code", "commune_code"], file)
    named = units.join(inside.select("row", "name"), on="row", how="left").with_columns(level=pl.lit("iris"))
    notices = list_notices(file, f"{column} is no code of an IRIS; the row was left out", shown)
    return Reading({"units": named.drop("row").lazy()}, notices + missing + repaired + united)
