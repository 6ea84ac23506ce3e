"""From columns of text to stations and counts; what cannot be read becomes a notice and is never guessed."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.sources.delimited import list_notices
from isoloir.sources.keys import canonical
from isoloir.sources.reading import RESULTS, TURNOUT, Entry, Notice, Reading

COUNTS = ("registered", "voters", "blank", "spoiled", "valid_votes")
_ROUND = re.compile(r"(?:^|[^a-z])t(?:our)?[ _-]?([12])(?![0-9])|([12])(?:er|e|nd|eme)?[ _-]?tour")
_YEAR = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})(?![0-9])")
_TYPES = {
    "pres": "pres",
    "leg": "legi",
    "euro": "euro",
    "muni": "muni",
    "regi": "regi",
    "dep": "dpmt",
    "dpmt": "dpmt",
    "cant": "cant",
    "refe": "refe",
}


def election_of(file: Path, entry: Entry, *, one_round: bool = True) -> str:
    """The election that a file holds: by its entry where it has the entry's name, else by what its name says.

    `2017_pres_t1`, or `2017_pres` where the file holds both rounds. Raise SourceError where nothing tells.
    """
    if "election" in entry.facts and fnmatch.fnmatchcase(file.as_posix().lower(), f"*/{entry.name.lower()}"):
        return str(entry.facts["election"])
    for text in (file.name.lower(), f"{file.parent.name} {file.name}".lower()):
        year, turn = _YEAR.search(text), _ROUND.search(text)
        kind = next((t for word, t in _TYPES.items() if re.search(rf"(?:^|[^a-z]){word}", text)), None)
        if year and kind and (turn or not one_round):
            return f"{year[1]}_{kind}" + (f"_t{turn[1] or turn[2]}" if turn and one_round else "")
    raise SourceError(
        "the columns are known, but neither they nor the name tell which round this is; "
        f"rename it like {entry.name!r} or like '2022_pres_t1.csv'",
        file=file,
    )


def commune_text(departement: pl.Expr, commune: pl.Expr) -> pl.Expr:
    """The two columns of the ministry as one text: `75` and `056`, `ZA` and `101`, `971` and `101`.

    A commune of more than 3 characters stands for itself.
    """
    start = departement.cast(pl.String).str.strip_chars().str.pad_start(2, "0").str.slice(0, 2)
    commune = commune.cast(pl.String).str.strip_chars()
    whole = commune.str.len_chars() > 3
    return pl.when(whole).then(commune).otherwise(start + commune.str.pad_start(3, "0"))


def commune_of(departement: pl.Expr, commune: pl.Expr) -> pl.Expr:
    """The commune code from the two columns of the ministry; `75056SR01` (a sector of Paris) is Paris."""
    return codes.commune(commune_text(departement, commune).str.replace("(?i)SR[0-9]{2}$", ""))


def place(
    table: pl.DataFrame,
    commune: pl.Expr,
    station: pl.Expr,
    file: Path,
    area: Area,
    said: pl.Expr,
    *,
    repeated: bool = False,
) -> tuple[pl.DataFrame, list[Notice]]:
    """Add commune_code and station_code and keep the area.

    Rows that name no station are left out with a notice that shows what they `said`. Where stations are `repeated`, a
    line for each candidate, the texts of each are cleaned once.
    """
    texts = sorted({*commune.meta.root_names(), *station.meta.root_names()})
    places = table.select(texts).unique() if repeated else table
    read = places.with_columns(commune_code=commune)
    read = read.with_columns(**canonical(pl.col("commune_code"), codes.station(station)))
    if repeated:
        read = table.join(read, on=texts, how="left", nulls_equal=True, maintain_order="left")
    lost = pl.col("commune_code").is_null() | pl.col("station_code").is_null()
    inside = area.contains("commune_code").fill_null(True)
    shown = read.filter(lost & inside).select("row", said.cast(pl.String).fill_null("")).unique("row").sort("row")
    notices = list_notices(file, "names no station; the row was left out", shown.rows())
    return read.filter(~lost & inside), notices


def count(table: pl.DataFrame, columns: dict[str, str], file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """Columns of text as Int32, by their role (`{"voters": "Votants"}`); what is no count is null, with a notice."""
    notices: list[Notice] = []
    counted = {}
    for role, column in columns.items():
        values = table[column]
        if values.dtype == pl.String:
            values = values.str.strip_chars(" \u00a0").replace("", None)
        read = values.cast(pl.Int32, strict=False)
        whole = (read >= 0).all() and (values.dtype == pl.String or (read == values).all())
        if not whole or read.null_count() > values.null_count():
            read = _plain_count(values)
            bad = table.select("row", value=values).filter(read.is_null() & values.is_not_null())
            notices += list_notices(file, f"{role} is no count; taken as unknown", bad.rows())
        counted[role] = read.alias(role)
    return table.with_columns(**counted), notices


def candidate_name(column: pl.Expr) -> pl.Expr:
    """A name as ballots show it: upper case, spaces for underscores; null where empty."""
    text = column.cast(pl.String).str.replace_all(r"[_\s\u00a0]+", " ").str.strip_chars().str.to_uppercase()
    return pl.when(text != "").then(text)


def clean_text(column: pl.Expr) -> pl.Expr:
    """A text without spaces around it; null where empty."""
    text = column.cast(pl.String).str.strip_chars(" \u00a0")
    return pl.when(text != "").then(text)


def constituency(departement: pl.Expr, number: pl.Expr) -> pl.Expr:
    """`75` and `1`, or `75` and `7501`: `7501`; null where there is no number."""
    digits = number.cast(pl.String).str.extract(r"([0-9]{1,2})$")
    return departement + digits.str.pad_start(2, "0")


def read_votes(table: pl.DataFrame, column: str, file: Path) -> tuple[pl.DataFrame, list[Notice]]:
    """Add `votes` from a column; leave out votes without a candidate and candidates without a readable number."""
    counted, unread = count(table.with_columns(raw_votes=pl.col(column)), {"votes": "raw_votes"}, file)
    nameless, empty = pl.col("candidate").is_null(), pl.col("votes").is_null()
    notices = list_notices(file, "votes for nobody named; left out", _shown(counted, nameless & ~empty, "votes"))
    unsaid = _shown(counted.filter(pl.col("raw_votes").is_null()), ~nameless & empty, "candidate")
    notices += list_notices(file, "no votes for a candidate; left out", unsaid)
    return counted.filter(~nameless & ~empty), unread + notices


def _shown(table: pl.DataFrame, rows: pl.Expr, value: str) -> list[tuple[int, object]]:
    return table.filter(rows).select("row", value).sort("row").rows()


def reading(turnout: pl.DataFrame | None, results: pl.DataFrame | None, notices: list[Notice]) -> Reading:
    """The tables that a reader of results gives, with their declared columns only.

    Where the file gives no spoiled ballots, they are the voters whose vote was neither valid nor blank.
    """
    tables = {}
    if turnout is not None:
        given = turnout.select(c for c in TURNOUT if c in turnout.columns).lazy()
        tables["turnout"] = with_spoiled(given)
    if results is not None:
        tables["results"] = results.select(c for c in RESULTS if c in results.columns).lazy()
    return Reading(tables, notices)


def with_spoiled(turnout: pl.LazyFrame) -> pl.LazyFrame:
    """Add what follows exactly from the other counts."""
    have = turnout.collect_schema().names()
    missing = [pl.lit(None, pl.Int32).alias(c) for c in COUNTS if c not in have]
    left = pl.col("voters") - pl.col("valid_votes") - pl.col("blank").fill_null(0)
    return turnout.with_columns(missing).with_columns(
        spoiled=pl.coalesce(pl.col("spoiled"), pl.when(left >= 0).then(left))
    )


def _plain_count(values: pl.Series) -> pl.Series:
    """Whole numbers as people write them: `1 234`, `12.0`, `12,00`."""
    text = values.cast(pl.String).str.replace_all(r"[\s\u00a0\u202f]", "")
    return text.str.extract(r"^([0-9]+)(?:[.,]0+)?$").cast(pl.Int32, strict=False)
