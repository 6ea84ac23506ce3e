"""Whatever is in a file, a reader gives its rows, a notice, or a SourceError that names the file: never a traceback."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.sources.catalogue import Found, discover
from isoloir.sources.geography.communes import read as read_communes
from isoloir.sources.reading import Entry, Reading, evaluated

ROWS = 12
PREAMBLE = 20  # lines above the first row of the ministry's long files
VALUES = ("", "-1", "0,00E+00", "99999999999999999999", "04.1A")
TABULAR = (".csv", ".txt")


def read(found: Found) -> Reading | str:
    """What a reader gives, evaluated; or the error's text."""
    told = ""
    try:
        reading = found.source.read(found.file, found.entry, Area())
        with evaluated(found.file):
            for table in reading.tables.values():
                table.collect()
    except SourceError as error:
        told = str(error)
    if not told:
        return reading
    assert found.file.name in told
    return told


@pytest.fixture(scope="module")
def few(fiction: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    """One file of the fictional folder for each reader, with its first rows, to be spoilt."""
    folder, kept = tmp_path_factory.mktemp("few"), []
    for found in {(f.source.reader, f.file.suffix.lower()): f for f in discover(fiction)[0]}.values():
        file = folder / found.file.relative_to(fiction)
        file.parent.mkdir(parents=True, exist_ok=True)
        if found.file.suffix == ".parquet":
            pl.read_parquet(found.file, n_rows=ROWS).write_parquet(file)
        elif found.file.suffix.lower() in TABULAR:
            with found.file.open("rb") as stream:
                file.write_bytes(b"".join(stream.readline() for _ in range(ROWS + PREAMBLE)))
        else:
            content = json.loads(found.file.read_text(encoding="utf-8"))
            content["features"] = content["features"][:ROWS]
            file.write_text(json.dumps(content), encoding="utf-8")
        kept.append(Found(file, found.source, found.entry))
    return kept


def spoilt(found: Found, contents: Iterator[bytes]) -> Iterator[Reading | str]:
    """What the reader says of each of these contents; the file is put back at the end."""
    good = found.file.read_bytes()
    for content in contents:
        found.file.write_bytes(content)
        yield read(found)
    found.file.write_bytes(good)


def containers(good: bytes) -> Iterator[bytes]:
    """Things that are no table at all."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("inner.zip", good)
    yield from (b"", b" \r\n ", packed.getvalue(), b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\x01" * 99, b"%PDF-1.7 \x00")
    yield from (b"<!DOCTYPE html><p>404</p>", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99)
    yield from (b'{"error": "not found"}', bytes(range(256)) * 4)


def test_what_is_no_table_is_an_error_that_names_the_file(few: list[Found]) -> None:
    for found in few:
        for said in spoilt(found, containers(found.file.read_bytes())):
            assert isinstance(said, str), found.file.name


@pytest.mark.parametrize(
    ("start", "advice"),
    [
        (b"PK\x03\x04", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "save it as CSV"),
        (b"7z\xbc\xaf\x27\x1c", "unpack it"),
        (b"\x1f\x8b\x08", "unpack it"),
        (b"PAR1", "name it .parquet"),
    ],
)
def test_what_was_given_in_place_of_a_text_is_named_with_what_to_do(tmp_path: Path, start: bytes, advice: str) -> None:
    file = tmp_path / "PR17_BVot_T1_FE.txt"
    file.write_bytes(start + b"\x00" * 99)
    assert advice in str(read(discover(tmp_path)[0][0]))


def test_archives_and_spreadsheets_that_nobody_reads_are_warned_of(fiction: Path, tmp_path: Path) -> None:
    (tmp_path / "circonscriptions.csv").write_bytes((fiction / "geography/circonscriptions.csv").read_bytes())
    for name in ("base-ic-logement-2021.7z", "PR17_BVot_T1_FE.xlsx", "lisez-moi.md"):
        (tmp_path / name).write_bytes(b"?")
    said = {n.file.suffix: (n.severity, n.what) for n in discover(tmp_path)[1]}
    assert said[".7z"][0] == said[".xlsx"][0] == "warning"
    assert "unpack" in said[".7z"][1]
    assert "CSV" in said[".xlsx"][1]
    assert said[".md"][0] == "info"


def texts(good: bytes) -> Iterator[bytes]:
    """The same table written otherwise, or badly."""
    lines = good.split(b"\n")
    separator = max((b";", b",", b"\t"), key=lines[-2].count)
    yield from (b"\xef\xbb\xbf" + good, good.replace(b"\n", b"\r\n"), good.decode("latin-1").encode("utf-16"))
    yield from (good[: len(good) // 2], lines[0], b"\n".join(lines[1:]), b"\n\n".join(lines))
    yield b"\n".join(separator.join(b'"' + f + b'"' for f in line.split(separator)) for line in lines)
    yield b"\n".join([*lines[:-2], b'"' + lines[-2], lines[-1]])
    yield b"\n".join(line + separator + b"1" if line else line for line in lines)
    yield b"\n".join([*lines[:-2], lines[-2] + separator * 30, lines[-1]])
    yield good + good
    width = lines[-2].count(separator) + 1
    for column in sorted({1, 4, width - 1} & set(range(width))):
        fields = lines[-2].split(separator)
        for value in VALUES:
            fields[column] = value.encode()
            yield b"\n".join([*lines[:-2], separator.join(fields), lines[-1]])
        yield b"\n".join(separator.join(f for k, f in enumerate(r.split(separator)) if k != column) for r in lines)


def test_no_text_of_a_table_is_a_traceback(few: list[Found]) -> None:
    readable = 0
    for found in (f for f in few if f.file.suffix.lower() in TABULAR):
        for said in spoilt(found, texts(found.file.read_bytes())):
            readable += isinstance(said, Reading)
    assert readable > 60  # most of it is read all the same


def columns(good: bytes) -> Iterator[bytes]:
    """The same Parquet file with one column missing, renamed, or of another kind."""
    table = pl.read_parquet(io.BytesIO(good))
    for name in table.columns[:10]:
        yield packed(table.drop(name))
        for values in (pl.lit("x"), pl.lit(None), pl.lit(float("nan")), pl.lit(2**60), pl.lit(b"\xff\x01")):
            yield packed(table.with_columns(values.alias(name)))
        yield packed(table.with_columns(pl.Series(name, [[1]] * table.height)))
    yield packed(table.clear())
    yield good[: len(good) // 2]


def packed(table: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.write_parquet(stream)
    return stream.getvalue()


def test_no_kind_of_column_is_a_traceback(few: list[Found]) -> None:
    errors = 0
    for found in (f for f in few if f.file.suffix == ".parquet"):
        for said in spoilt(found, columns(found.file.read_bytes())):
            errors += isinstance(said, str)
    assert errors > 20


def test_a_register_as_text_may_have_decimal_commas(few: list[Found]) -> None:
    found = next(f for f in few if f.file.name == "table-adresses-reu.parquet")
    table = pl.read_parquet(found.file)
    text = found.file.with_suffix(".csv")
    comma = [pl.col(c).cast(pl.String).str.replace(".", ",", literal=True) for c in ("longitude", "latitude")]
    table.with_columns(comma).write_csv(text, separator=";")
    reading = read(Found(text, found.source, found.entry))
    assert isinstance(reading, Reading)
    points = reading.tables["addresses"].select("longitude", "latitude").collect()
    assert points.rows() == table.select("longitude", "latitude").rows()
    text.unlink()


def test_properties_of_several_kinds_are_read_as_text(tmp_path: Path) -> None:
    square = {"type": "Polygon", "coordinates": [[[2, 48], [3, 48], [3, 49], [2, 48]]]}
    facts = [{"code": "01001", "nom": "L'Abergement"}, {"code": "01002", "nom": 12}]
    features = [{"type": "Feature", "properties": p, "geometry": square} for p in facts]
    file = tmp_path / "communes.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    names = read_communes(file, Entry(name=file.name), Area()).tables["communes"].collect()["name"].to_list()
    assert names[1] == "12"
