"""The ministry's wide files: one line per station, then a block of columns per candidate, repeated to the right.

Until 2022 only the first block has a header; from 2024 on every block has, with a number (`Voix 1`). Other people's
re-exports label them too (`Voix_1`). Without their numbers all of them are one layout.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from isoloir import codes
from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.elections import table as t
from isoloir.sources.elections.text import decode, refuse_cut_line, split
from isoloir.sources.reading import Entry, Notice, Reading

# Each role with the names that it has had, lower case; the first that is there and not empty is taken.
FIXED = {
    "departement": ("code du département", "code département"),
    "commune": ("code de la commune", "code commune"),
    "station": ("code du b.vote", "code bv", "code b.vote", "code du bureau de vote"),
    "constituency": ("code de la circonscription", "code circonscription législative"),
    "registered": ("inscrits",),
    "voters": ("votants",),
    "blank": ("blancs",),
    "spoiled": ("nuls", "blancs et nuls"),
    "valid_votes": ("exprimés",),
}
OPTIONAL = {"constituency", "blank", "spoiled"}
BLOCK = {
    "panel": ("numéro de panneau", "n°panneau", "n° panneau", "n.pan.", "n°liste", "n° liste"),
    "nuance": ("nuance", "nuance candidat", "nuance liste", "code nuance"),
    "candidate": (
        "nom",
        "nom candidat",
        "nom tête de liste",
        "binôme",
        "libellé abrégé liste",
        "libellé abrégé de liste",
        "libellé etendu liste",
        "libellé de liste",
        "liste",
    ),
    "first_name": ("prénom", "prénom candidat"),
    "votes": ("voix", "voix liste"),
}
UNUSED = re.compile(r"^(%.*|libellé (du|de la|commune|département|localisation|circonscription|canton).*|abstentions|"
                    r"code (localisation|du canton|canton)|sexe.*|elu|sièges.*|participation|bureau_id|)$")  # fmt: skip
_NUMBER = re.compile(r"[ _][0-9]+$")


@dataclass(frozen=True)
class Layout:
    """Where the columns of a header are: fields by role, and the candidate blocks."""

    fixed: dict[str, int]
    block: dict[str, list[int]]  # offsets inside a block
    start: int  # first field of the first block
    length: int  # fields of a block; 0 where the file has turnout only
    unused: list[str]

    def blocks(self, width: int) -> range:
        """The first field of each whole block in lines of that width."""
        return range(self.start, width - self.length + 1, self.length) if self.length else range(0)


def read(file: Path, entry: Entry, area: Area) -> Reading:
    """Read a wide file of one round; raise SourceError or LayoutChanged where it cannot be used."""
    election = t.election_of(file, entry)
    fields, layout, notices = _open(file)
    if layout.unused:
        notices.append(Notice(file, f"columns not used: {', '.join(layout.unused)}", severity="info"))
    text = {role: pl.col(f"f{i}") for role, i in layout.fixed.items()}
    commune = t.commune_of(text["departement"], text["commune"])
    said = pl.concat_str(text["departement"], text["commune"], text["station"], separator=" ", ignore_nulls=True)
    placed, lost = t.place(fields, commune, text["station"], file, area, said)
    columns = {role: f"f{i}" for role, i in layout.fixed.items() if role in t.COUNTS}
    turnout, unread = t.count(placed, columns, file)
    turnout = turnout.with_columns(
        election=pl.lit(election),
        constituency_code=t.constituency(codes.departement("commune_code"), text.get("constituency", pl.lit(None))),
    )
    results, left = _results(placed, layout, file)
    results = None if results is None else results.with_columns(election=pl.lit(election))
    return t.reading(turnout, results, [*notices, *lost, *unread, *left])


def find_layout(header: list[str], file: Path) -> Layout:
    """Recognise the columns of a header; raise LayoutChanged where one that is needed is missing."""
    names = [_NUMBER.sub("", " ".join(name.split())).lower() for name in header]
    in_block = {name for names in BLOCK.values() for name in names}
    start = next((i for i, name in enumerate(names) if name in in_block), len(names))
    again = next((i for i in range(start + 1, len(names)) if names[i] == names[start]), len(names))
    fixed = {role: i for role, known in FIXED.items() if (i := _first(names[:start], known)) is not None}
    block = {role: [names.index(n, start, again) - start for n in known if n in names[start:again]]
             for role, known in BLOCK.items()}  # fmt: skip
    missing = [known[0] for role, known in FIXED.items() if role not in fixed and role not in OPTIONAL]
    if start < len(names):
        missing += [BLOCK[role][0] for role in ("candidate", "votes") if not block[role]]
    if missing:
        raise LayoutChanged(f"missing columns {missing}; found {header[:12]}", file=file, row=1)
    known = in_block | {name for names in FIXED.values() for name in names}
    unused = [header[i] for i in range(again) if names[i] not in known and not UNUSED.match(names[i])]
    return Layout(fixed, block, start, again - start, unused)


def _first(names: list[str], known: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _open(file: Path) -> tuple[pl.DataFrame, Layout, list[Notice]]:
    """The fields `f0`, `f1`... of each line with its `row`, and where things are."""
    if file.suffix == ".parquet":
        return _open_parquet(file)
    text, notices = decode(file)
    first = text.split("\n", 1)[0]
    separator = max(";,\t", key=first.count)
    header = next(csv.reader([first], delimiter=separator))
    layout = find_layout(header, file)
    counts = [line.count(separator) + 1 for line in text.rstrip("\n").split("\n")]
    _refuse_cut_line(text, counts, layout, file)
    blocks = -(-max(max(counts) - layout.start, 0) // layout.length) if layout.length else 0
    width = layout.start + blocks * layout.length  # a last block that lines leave unfinished is still a block
    fields = split(text, file, separator=separator, width=width, skip=1)
    if fields.is_empty():
        raise SourceError("nothing below the header; fetch it again", file=file, row=2)
    return fields, layout, notices


def _open_parquet(file: Path) -> tuple[pl.DataFrame, Layout, list[Notice]]:
    try:
        table = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"not a whole Parquet file ({str(error).splitlines()[0]})", file=file) from error
    layout = find_layout(table.columns, file)
    table.columns = [f"f{i}" for i in range(table.width)]
    return table.with_row_index("row", offset=1), layout, []


def _refuse_cut_line(text: str, counts: list[int], layout: Layout, file: Path) -> None:
    """The last line must be like the others; where these differ (legislative rounds), it must hold whole blocks."""
    *others, last = counts[1:] or [0]
    if len(set(others)) == 1:
        needed = others[0]
    else:
        blocks = -(-max(last - layout.start, 0) // max(layout.length, 1))
        after_votes = layout.length - 1 - max(layout.block["votes"], default=0)  # percentages may be left out
        needed = layout.start + blocks * layout.length - max(after_votes, 0) * (blocks > 0)
    refuse_cut_line(text, needed, last, file)


def _results(fields: pl.DataFrame, layout: Layout, file: Path) -> tuple[pl.DataFrame | None, list[Notice]]:
    """One row per station and candidate, from the blocks."""
    width = sum(name.startswith("f") for name in fields.columns)
    if not layout.length:
        return None, []
    keys = ["row", "commune_code", "station_code"]
    blocks = [fields.select(*keys, *_block(layout, at)) for at in layout.blocks(width)]
    table = pl.concat(blocks).filter(pl.any_horizontal(pl.col("candidate", "said").is_not_null()))
    return t.read_votes(table, "said", file)


def _block(layout: Layout, at: int) -> list[pl.Expr]:
    """The columns of the block that starts at a field."""

    def found(role: str) -> list[pl.Expr]:
        return [t.clean_text(pl.col(f"f{at + i}")) for i in layout.block[role]]

    nothing = pl.lit(None, pl.String)
    return [
        t.candidate_name(pl.coalesce(found("candidate"))).alias("candidate"),
        pl.coalesce([*found("first_name"), nothing]).alias("first_name"),
        pl.coalesce([*found("nuance"), nothing]).alias("nuance"),
        pl.coalesce([*found("panel"), nothing]).cast(pl.Int16, strict=False).alias("panel"),
        pl.coalesce(found("votes")).alias("said"),
    ]
