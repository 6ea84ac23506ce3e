"""The electoral register (REU): where the addresses of each station are, and where each station votes.

The register has its own names for stations (`id_brut_reu`: `01001_1`, `75120_15`); the ministry's results have others
(`01001_0001`, `75056_2015`). Its table of stations gives both (`id_brut_miom`): where that table lies beside the table
of addresses it is used, else the register's name is made canonical, which is the same but for a few hundred stations.
The file of addresses has 16 million rows: it stays lazy, and only the columns and rows that are needed are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.delimited import EXAMPLES, list_notices, read_table, require
from isoloir.sources.keys import canonical, read_keys
from isoloir.sources.reading import Entry, Notice, Reading

_STATIONS = "table-bv-reu"
_POINT = ["longitude", "latitude"]
_STREET = r"^(?:[0-9]+ ?(?:bis|ter|quater|[A-Za-z])? )?(.*?\S),? +[0-9A-Z]{2}[0-9]{3} "  # 12 bis Rue Haxo 75020 Paris


def read_addresses(file: Path, entry: Entry, area: Area) -> Reading:
    """The tables `addresses` and `streets`; addresses without a point, or with one that is nowhere, are told.

    `key`, `weight`, `score` and `address` in the facts name the columns, the last three of them optional; `key` is one
    column (`01001_1`), or two.
    """
    facts = entry.facts
    points = _scan(file)
    columns = points.collect_schema().names()
    keys = [facts["key"]] if isinstance(facts["key"], str) else list(facts["key"])
    missing = [c for c in [*keys, *_POINT] if c not in columns]
    if missing:
        raise LayoutChanged(f"missing columns {missing}; found {columns[1:13]}", file=file, row=1)
    named = points.select("row", *_degrees(points), *_optional(facts, columns), _key(keys).alias("key"))
    if not area.everything:
        named = named.filter(_starts_in(area))
    known, notices = _known_names(file, named.drop("address"))
    table = named.join(known.lazy(), on="key", maintain_order="left").filter(area.contains("commune_code"))
    points = table.drop("key", "address").filter(_on_earth())
    return Reading({"addresses": points, "streets": _streets(table)}, notices + _doubt(table, file))


def read_stations(file: Path, entry: Entry, area: Area) -> Reading:
    """The table `venues`: the name and address of each polling place of September 2022."""
    table, notices = read_table(file)
    require(table, ["id_brut_reu", "libelle_reu"], file)
    keyed, unplaced = _pair_names(table, file)
    parts = [c for c in ("num_voie_reu", "voie_reu", "cp_reu", "commune_reu") if c in keyed.columns]
    address = pl.concat_str([pl.col(c).cast(pl.String) for c in parts], separator=" ", ignore_nulls=True)
    venues = keyed.select(
        "commune_code",
        "station_code",
        name="libelle_reu",
        address=address if parts else pl.lit(None, pl.String),
        vintage=pl.lit(entry.facts.get("vintage"), pl.Int16),
    )
    inside = venues.filter(area.contains("commune_code")).sort("commune_code", "station_code")
    return Reading({"venues": inside.lazy()}, notices + unplaced)


def _scan(file: Path) -> pl.LazyFrame:
    try:
        if file.suffix.lower() == ".parquet":
            scan = pl.scan_parquet(file, row_index_name="row", row_index_offset=1)
        else:
            separator = max(";,", key=file.open("rb").readline().decode("utf-8", "replace").count)
            scan = pl.scan_csv(
                file,
                separator=separator,
                row_index_name="row",
                row_index_offset=2,
                infer_schema=False,
            )
        scan.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"cannot be read ({str(error).splitlines()[0]}); fetch it again", file=file) from error
    return scan


def _degrees(points: pl.LazyFrame) -> list[pl.Expr]:
    """Longitude and latitude; of texts, with a decimal point or comma, null where they are no numbers."""
    text = [c for c in _POINT if points.collect_schema()[c] == pl.String]
    number = [
        pl.col(c).str.strip_chars().str.replace(",", ".", literal=True).cast(pl.Float64, strict=False) for c in text
    ]
    return [*number, *(pl.col(c).cast(pl.Float64) for c in _POINT if c not in text)]


def _optional(facts: dict[str, Any], columns: list[str]) -> list[pl.Expr]:
    weight, score, address = facts.get("weight"), facts.get("score"), facts.get("address")
    return [
        (pl.col(weight) if weight in columns else pl.lit(1.0)).cast(pl.Float32).alias("weight"),
        (pl.col(score) if score in columns else pl.lit(None)).cast(pl.Float32).alias("score"),
        (pl.col(address) if address in columns else pl.lit(None)).cast(pl.String).alias("address"),
    ]


def _streets(table: pl.LazyFrame) -> pl.LazyFrame:
    """The streets of each station: what stands between the number and the postal code of an address."""
    street = pl.col("address").str.extract(_STREET)
    named = table.select("commune_code", "station_code", "weight", street=street).drop_nulls("street")
    sums = named.group_by("commune_code", "station_code", "street").agg(addresses=pl.col("weight").sum())
    return sums.sort("commune_code", "station_code", "street")


def _key(columns: list[str]) -> pl.Expr:
    return pl.concat_str([pl.col(c).cast(pl.String) for c in columns], separator="_")


def _starts_in(area: Area) -> pl.Expr:
    """A filter that is quick on text: the key starts with a code of the area."""
    cities = [codes.ARRONDISSEMENTS[c][0][:3] for c in area.communes if c in codes.ARRONDISSEMENTS]
    starts = [*area.departements, *area.communes, *cities]
    starts += [s[1:] for s in starts if s.startswith("0")]  # a leading zero may have been lost
    return pl.any_horizontal(pl.col("key").str.starts_with(s) for s in starts)


def _known_names(file: Path, named: pl.LazyFrame) -> tuple[pl.DataFrame, list[Notice]]:
    """commune_code and station_code of each key, from the table of stations beside the file if there is one."""
    try:
        keys = named.group_by("key").agg(pl.col("row").min(), pl.len().alias("addresses")).sort("row").collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"cannot be read ({str(error).splitlines()[0]}); fetch it again", file=file) from error
    read = read_keys(keys, {"key": "key"}, file)[0].drop("addresses")
    lost = keys.join(read, on="key", how="anti", nulls_equal=True)
    shown = lost.select("row", pl.format("{}, {} addresses", pl.col("key").fill_null("no key"), "addresses")).rows()
    notices = list_notices(file, "this names no station; its addresses were left out", shown)
    beside = next((p for p in sorted(file.parent.glob(f"{_STATIONS}.*")) if p != file), None)
    if beside is None:
        return read.drop("row"), notices
    pairs, _ = _pair_names(read_table(beside)[0], beside)
    official = pairs.select(key="id_brut_reu", by_ministry="commune_code", and_code="station_code").unique("key")
    better = read.join(official, on="key", how="left")
    commune, station = pl.coalesce("by_ministry", "commune_code"), pl.coalesce("and_code", "station_code")
    return better.select("key", commune_code=commune, station_code=station), notices


def _pair_names(table: pl.DataFrame, file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """Canonical codes of each station of the register: the ministry's name where there is one, else its own."""
    both = ["id_brut_miom", "id_brut_reu"] if "id_brut_miom" in table.columns else ["id_brut_reu"]
    name = pl.coalesce(pl.col(c).cast(pl.String).str.extract(r"^(\S+_\S+)$") for c in both)
    keyed, notices = read_keys(table.with_columns(name=name), {"key": "name"}, file)
    return keyed.with_columns(**canonical(pl.col("commune_code"), pl.col("station_code"))), notices


def _on_earth() -> pl.Expr:
    """Neither missing nor (0, 0), and longitudes and latitudes that exist."""
    there = pl.col("longitude").is_between(-180, 180) & pl.col("latitude").is_between(-90, 90)
    return (there & ((pl.col("longitude") != 0) | (pl.col("latitude") != 0))).fill_null(False)


def _doubt(table: pl.LazyFrame, file: Path) -> list[Notice]:
    lost = table.filter(~_on_earth()).select("row", "key").head(EXAMPLES)
    count = table.select((~_on_earth()).sum())
    rows, total = (frame for frame in pl.collect_all([lost, count]))
    if not total.item():
        return []
    what = f"an address without a place on Earth; left out ({total.item()} in all)"
    return list_notices(file, what, rows.rows())
