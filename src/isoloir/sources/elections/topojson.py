"""TopoJSON whose features are stations: outline, and the results of several rounds in their properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyogrio

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.elections import table as t
from isoloir.sources.reading import Entry, Reading

COUNTS = {"registered": "inscrits", "voters": "votants", "blank": "blancs", "valid_votes": "exprimes"}
VOTES = {
    "candidate": pl.String,
    "first_name": pl.String,
    "nuance": pl.String,
    "panel": pl.Int16,
    "said": pl.String,
}


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """Read turnout, results, outlines and polling places; raise SourceError or LayoutChanged where there are none."""
    facts = entry.facts
    features = _features(file, facts["layer"])
    stations = pl.DataFrame(
        [
            (i, str(p.get("departement")), str(p.get("commune")), str(p.get("bureau")))
            for i, p in enumerate(features, 1)
        ],
        schema={"row": pl.UInt32, "departement": pl.String, "commune": pl.String, "station": pl.String},
        orient="row",
    )
    said = pl.concat_str("departement", "commune", "station", separator=" ")
    commune = t.commune_of(pl.col("departement"), pl.col("commune"))
    outlines = stations.with_columns(geometry=_geometry(file, facts["layer"], len(features)))
    placed, notices = t.place(outlines, commune, pl.col("station"), file, area, said)
    turnout, results = _rounds(features, facts["rounds"], file)
    places = placed.select("row", "commune_code", "station_code")
    turnout = turnout.join(places, on="row").with_columns(
        constituency_code=t.constituency(codes.departement("commune_code"), pl.col("constituency"))
    )
    turnout, unread = t.count(turnout, COUNTS, file)
    votes, left = t.read_votes(results.join(places, on="row"), "said", file)
    reading = t.reading(turnout, votes, [*notices, *unread, *left])
    reading.tables["outlines"] = placed.select(
        "row", "commune_code", "station_code", "geometry", vintage=pl.lit(facts["vintage"])
    ).lazy()
    return reading


def _features(file: Path, layer: str) -> list[dict[str, Any]]:
    """The properties of each feature of a layer."""
    try:
        text = file.read_text(encoding="utf-8")
        if not text.strip():
            raise SourceError("the file is empty; fetch it again", file=file)
        topology = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(f"not whole JSON ({error.msg}); fetch it again", file=file, row=error.lineno) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot be read ({error})", file=file) from error
    objects = topology.get("objects", {}) if isinstance(topology, dict) else {}
    if layer not in objects:
        raise LayoutChanged(f"no layer {layer!r}; found {sorted(objects)}", file=file)
    return [geometry.get("properties") or {} for geometry in objects[layer].get("geometries", [])]


def _geometry(file: Path, layer: str, expected: int) -> pl.Series:
    """The outlines of a layer as WKB, in its order."""
    try:
        _, table = pyogrio.read_arrow(file, layer=layer, columns=[])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise SourceError(f"outlines cannot be read ({error})", file=file) from error
    column = table.column(table.schema.names[-1]).combine_chunks()
    series = pl.Series("geometry", column.to_pylist(), dtype=pl.Binary)
    if len(series) != expected:
        raise LayoutChanged(f"{len(series)} outlines for {expected} stations", file=file)
    return series


def _rounds(features: list[dict[str, Any]], rounds: dict[str, str], file: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Counts and votes of each round that a feature has, all as the file gives them."""
    counts: list[dict[str, Any]] = []
    votes: list[dict[str, Any]] = []
    for row, properties in enumerate(features, 1):
        for name, election in rounds.items():
            if name not in properties:
                raise LayoutChanged(f"no round {name!r}; found {sorted(properties)}", file=file, row=row)
            found = properties[name]
            if found is None:  # decided in the first round
                continue
            key = {"row": row, "election": election}
            counts.append(key | {"constituency": _text(found.get("circonscription"))}
                          | {c: _text(found.get(c)) for c in COUNTS.values()})  # fmt: skip
            votes += [key | _candidate(c) for c in found.get("candidats") or []]
    key_types = {"row": pl.UInt32, "election": pl.String}
    return (
        pl.DataFrame(counts, schema=key_types | dict.fromkeys(["constituency", *COUNTS.values()], pl.String)),
        pl.DataFrame(votes, schema=key_types | VOTES).with_columns(candidate=t.candidate_name(pl.col("candidate"))),
    )


def _candidate(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "candidate": found.get("nom"),
        "first_name": found.get("prenom"),
        "nuance": found.get("nuance"),
        "panel": found.get("numero_panneau"),
        "said": _text(found.get("voix")),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
