"""Aggregated elections of data.gouv.fr: every round since 1999 in one table of turnout and one of votes.

They are large (3 and 28 million rows). Nearly all rows have plain codes and numbers: these stay lazy and are never
cleaned. The odd ones (overseas letters, `04.1`, a missing code) are few; they are read at once, cleaned and reported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.delimited import list_notices
from isoloir.sources.elections import table as t
from isoloir.sources.elections.text import decode
from isoloir.sources.reading import RESULTS, TURNOUT, Entry, Notice, Reading

# Each role with its names in the two generations of the header.
PLACE = {
    "election": ("id_election",),
    "id": ("id_brut_miom",),
    "departement": ("code_departement", "Code du département"),
    "commune": ("code_commune", "Code de la commune"),
    "station": ("code_bv", "Code du b.vote"),
}
COUNTS = {
    "constituency": ("code_circonscription", "Code de la circonscription"),
    "registered": ("inscrits", "Inscrits"),
    "voters": ("votants", "Votants"),
    "blank": ("blancs", "Blancs"),
    "spoiled": ("nuls", "Nuls"),
    "valid_votes": ("exprimes", "Exprimés"),
}
VOTES = {
    "votes": ("voix", "Voix"),
    "last_name": ("nom", "Nom"),
    "first_name": ("prenom", "Prénom"),
    "nuance": ("nuance", "Nuance"),
    "panel": ("no_panneau", "N°Panneau"),
    "head": ("nom_tete_liste", "Nom Tête de Liste"),
    "pair": ("binome", "Binôme"),
    "short_label": ("libelle_abrege_liste", "Libellé Abrégé Liste"),
    "long_label": ("libelle_etendu_liste", "Libellé Etendu Liste"),
    "list": ("liste", "Liste"),
}
NAMES = ["last_name", "head", "pair", "short_label", "long_label", "list"]  # what names a candidate, in this order
OPTIONAL = {"constituency", "blank", "spoiled", "first_name", "nuance", "panel", *NAMES}
PLAIN_COMMUNE = r"^(?:[0-9]{2}|2[AB]|[WXY][0-9A-Z])[0-9]{3}$"
ARRONDISSEMENT = r"^(?:751|6938|132)"
PLAIN_STATION = r"^[0-9]{4}$"
PLAIN_COUNT = r"^([0-9]+)(?:\.0+)?$"
_SNIFFED = 2**20


def read(file: Path, _entry: Entry, area: Area) -> Reading:
    """Read turnout or votes, whichever the file holds; raise SourceError where it cannot be used."""
    table, notices = _scan(file)
    table, unused = _by_role(table, file)
    if unused:
        notices.append(Notice(file, f"columns not used: {', '.join(unused)}", severity="info"))
    votes = "votes" in table.collect_schema().names()
    counted = ["votes"] if votes else list(t.COUNTS)
    try:
        table = _typed(_without_blanks(table.filter(_near(area))), counted)
        odd = table.filter(~_plain(counted, votes)).collect(engine="streaming")
    except pl.exceptions.PolarsError as error:
        raise SourceError(f"cannot be read to the end ({str(error).splitlines()[0]})", file=file) from error
    clean = _clean_votes if votes else _clean_turnout
    empty = pl.all_horizontal(pl.col("election", "id", "commune", "station").is_null())
    mended, told = clean(odd.filter(~empty), file, area)
    schema = RESULTS if votes else TURNOUT
    plain = ~pl.col("row").is_in(odd["row"].implode()) if odd.height else pl.lit(True)
    easy = table.filter(plain & area.contains("commune")).select(
        commune_code="commune", station_code="station", **_outcome(votes)
    )
    both = pl.concat([_conform(easy, schema), _conform(mended.lazy(), schema)])
    given = {"results": both} if votes else {"turnout": t.with_spoiled(both)}
    return Reading(given, [*notices, *told])


def _scan(file: Path) -> tuple[pl.LazyFrame, list[Notice]]:
    """The file, unread; `row` is the line of a .csv and the number of the row of a Parquet file."""
    try:
        if file.suffix == ".parquet":
            table = pl.scan_parquet(file, row_index_name="row", row_index_offset=1)
            table.collect_schema()
            return table, []
        with file.open("rb") as stream:
            start = stream.read(_SNIFFED)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"not a whole file ({str(error).splitlines()[0]})", file=file) from error
    if start.strip() and b"\0" not in start and _is_utf8(start):
        return _scan_text(file), []
    text, notices = decode(file)  # says what is wrong, or finds the encoding
    notices.append(Notice(file, "not UTF-8: decoded as Windows-1252", severity="info"))
    return _scan_text(text.encode()), notices


def _is_utf8(start: bytes) -> bool:
    try:
        start[:-3].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return error.start >= len(start) - 6  # only the cut of the sample
    return True


def _scan_text(source: Path | bytes) -> pl.LazyFrame:
    return pl.scan_csv(
        source,
        separator=";",
        infer_schema=False,
        row_index_name="row",
        row_index_offset=2,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )


def _by_role(table: pl.LazyFrame, file: Path) -> tuple[pl.LazyFrame, list[str]]:
    """Name the columns by what they mean; also the columns that mean nothing here."""
    have = table.collect_schema().names()
    kind = VOTES if any(name in have for name in VOTES["votes"]) else COUNTS
    found = {role: name for role, names in (PLACE | kind).items() for name in names if name in have}
    missing = [names[0] for role, names in (PLACE | kind).items() if role not in found and role not in OPTIONAL]
    if kind is VOTES and not any(role in found for role in NAMES):
        missing.append(VOTES["last_name"][0])
    if missing:
        raise LayoutChanged(f"missing columns {missing}; found {have[1:13]}", file=file, row=1)
    ignored = ("ratio_", "libelle_", "Libellé", "%", "code_canton", "Code du canton", "abstentions", "Abstentions",
               "sexe", "Sexe", "row")  # fmt: skip
    unused = [c for c in have if c not in found.values() and not c.startswith(ignored)]
    empty = [pl.lit(None, pl.String).alias(role) for role in kind if role not in found]
    table = table.select("row", *(pl.col(name).alias(role) for role, name in found.items()), *empty)
    if found["commune"] == PLACE["commune"][1]:  # there it is the number inside the département
        table = table.with_columns(commune=t.commune_text(pl.col("departement"), pl.col("commune")))
    return table.with_columns(pl.col("commune", "station", "id").cast(pl.String)), unused


def _near(area: Area) -> pl.Expr:
    """Rows that may be in the area, from the raw codes: cheap, so that the others are never decoded."""
    if area.everything:
        return pl.lit(True)
    starts = []
    for code in {*area.departements, *(codes.departement_of(c) for c in area.communes)}:
        starts += [code, *(letters[:2] for letters, insee in codes.OVERSEAS.items() if insee == code)]
        if code.startswith("0"):
            starts += [f"{code[1]}[0-9]{{3}}$", f"{code[1]}$"]  # 1001 is 01001
    start = f"(?i)^[^0-9A-Z]*(?:{'|'.join(starts)})|^.{{0,3}}$"
    return pl.col("commune").str.contains(start).fill_null(True)


def _without_blanks(table: pl.LazyFrame) -> pl.LazyFrame:
    """Empty texts become null; only the columns that have any are touched, for each costs more than reading it."""
    have = table.collect_schema().names()
    texts = [name for name in (*NAMES, "first_name", "nuance") if name in have]
    blank = table.select((pl.col(texts) == "").any()).collect(engine="streaming")
    found = [name for name in texts if blank[name].item()]
    return table.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in found)


def _typed(table: pl.LazyFrame, counted: list[str]) -> pl.LazyFrame:
    """Add each count as Int32 (`votes_`), null where it is no whole number."""
    types = table.collect_schema()
    numbers = {}
    for column in counted:
        if types[column] == pl.String:
            number = pl.col(column).str.extract(PLAIN_COUNT).cast(pl.Int32, strict=False)
        else:
            number = pl.col(column).cast(pl.Int32, strict=False)
            number = pl.when((number >= 0) & (number == pl.col(column))).then(number)
        numbers[f"{column}_"] = number
    return table.with_columns(**numbers)


def _plain(counted: list[str], votes: bool) -> pl.Expr:
    """Rows that can be taken as they stand."""
    commune, station = pl.col("commune").str, pl.col("station")
    plain = (
        commune.contains(PLAIN_COMMUNE)
        & ~commune.contains(ARRONDISSEMENT)
        & station.str.contains(PLAIN_STATION)
        & (station != "0000")
        & pl.col("election").str.contains(codes.ELECTION)
    )
    for column in counted:
        plain &= pl.col(f"{column}_").is_not_null() | (pl.lit(not votes) & pl.col(column).is_null())
    if votes:
        plain &= pl.any_horizontal(pl.col(NAMES).is_not_null())
    return plain.fill_null(False)


def _outcome(votes: bool) -> dict[str, pl.Expr]:
    if votes:
        return {
            "election": pl.col("election"),
            "candidate": pl.coalesce(NAMES).str.strip_chars().str.to_uppercase(),
            "first_name": pl.when(pl.col("last_name").is_not_null()).then("first_name"),
            "nuance": pl.col("nuance"),
            "panel": pl.col("panel").cast(pl.Int16, strict=False),
            "votes": pl.col("votes_"),
            "row": pl.col("row"),
        }
    number = t.constituency(codes.departement("commune"), pl.col("constituency"))
    return {
        "election": pl.col("election"),
        "constituency_code": number,
        **{c: pl.col(f"{c}_") for c in t.COUNTS},
        "row": pl.col("row"),
    }


def _conform(table: pl.LazyFrame, schema: dict[str, Any]) -> pl.LazyFrame:
    return table.select(pl.col(c).cast(dtype) for c, dtype in schema.items())


def _clean_votes(odd: pl.DataFrame, file: Path, area: Area) -> tuple[pl.DataFrame, list[Notice]]:
    placed, lost = _placed(odd, file, area)
    named = placed.with_columns(
        candidate=t.candidate_name(pl.coalesce(t.clean_text(pl.col(name)) for name in NAMES)),
        first_name=pl.when(t.clean_text(pl.col("last_name")).is_not_null()).then(t.clean_text(pl.col("first_name"))),
        nuance=t.clean_text(pl.col("nuance")),
        panel=pl.col("panel").cast(pl.Int16, strict=False),
    )
    results, left = t.read_votes(named, "votes", file)
    return results, lost + left


def _clean_turnout(odd: pl.DataFrame, file: Path, area: Area) -> tuple[pl.DataFrame, list[Notice]]:
    placed, lost = _placed(odd, file, area)
    number = t.constituency(codes.departement("commune_code"), pl.col("constituency"))
    counted, unread = t.count(placed.with_columns(constituency_code=number), {c: c for c in t.COUNTS}, file)
    return counted, lost + unread


def _placed(odd: pl.DataFrame, file: Path, area: Area) -> tuple[pl.DataFrame, list[Notice]]:
    """Clean the codes of the odd rows; what the columns do not say, `id_brut_miom` may."""
    key = pl.col("id").cast(pl.String).str.splitn("_", 2)
    commune = t.commune_of(pl.col("departement"), pl.col("commune"))
    commune = pl.coalesce(commune, codes.commune(key.struct.field("field_0")))
    station = pl.coalesce(codes.station("station"), key.struct.field("field_1"))
    round_ = pl.col("election").str.contains(codes.ELECTION).fill_null(False)
    said = pl.concat_str("election", "id", "commune", "station", separator=" ", ignore_nulls=True)
    shown = odd.filter(~round_).select("row", said).rows()
    placed, lost = t.place(odd.filter(round_), commune, station, file, area, said)
    return placed, list_notices(file, "names no round; the row was left out", shown) + lost
