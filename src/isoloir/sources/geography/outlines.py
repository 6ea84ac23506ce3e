"""Outlines of stations, whatever the format and the coordinates.

What a .toml says of a file: how it names its stations (see `isoloir.sources.keys`), `vintage`, and where needed
`layer`, `crs` for a file whose own statement is missing or wrong, and `repeated = "first"` for a file in which a code
that comes again belongs to another station (elsewhere the outlines of one code are parts of it, and are united).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir.codes import Area
from isoloir.errors import LayoutChanged
from isoloir.sources.geography.shapes import locate, read_features, repair, unite
from isoloir.sources.keys import read_keys
from isoloir.sources.reading import Entry, Notice, Reading

# The columns by which the outlines of a file that no .toml knows can be named, in the order tried.
_USUAL_KEYS = ("codeBureauVote", "id_brut_miom", "code", "CODE_BV", "code_bv", "id_bv", "BUREAU_ID", "id_brut_reu")


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """The table `outlines`: one valid outline per station of the area, in EPSG:4326."""
    facts = dict(entry.facts)
    features, stated = read_features(file, facts.get("layer"))
    facts["key"] = facts.get("key") or _find_key(features.columns, file)
    keyed, unplaced = read_keys(features, facts, file)
    inside = keyed.filter(area.contains("commune_code"))
    shapes, lost = locate(inside["geometry"], inside["row"], facts.get("crs", stated), file)
    shapes, repaired = repair(shapes, inside["row"], file)
    first_only = facts.get("repeated") == "first"
    outlines, united = unite(inside, shapes, ["commune_code", "station_code"], file, first_only=first_only)
    used = {"row", "geometry", *([facts["key"]] if isinstance(facts["key"], str) else facts["key"])}
    extra = [c for c in features.columns if c not in used]
    unused = [Notice(file, f"columns not used: {', '.join(extra)}", severity="info")] if extra else []
    vintage = pl.lit(facts.get("vintage"), pl.Int16).alias("vintage")
    return Reading({"outlines": outlines.with_columns(vintage).lazy()}, unplaced + lost + repaired + united + unused)


def _find_key(columns: list[str], file: Path) -> str:
    for name in _USUAL_KEYS:
        if name in columns:
            return name
    found = [c for c in columns if c not in ("row", "geometry")]
    raise LayoutChanged(f"no column names the stations; tried {list(_USUAL_KEYS)}, found {found[:12]}", file=file)
