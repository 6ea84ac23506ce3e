"""What official files can be wrong about ends in an error that names the place, or in a database that says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.stations.build import Built, build
from isoloir.store import Connection, database, frame

PRESIDENTIAL = "elections/presidentielle-2022/resultats-par-niveau-burvot-t1-france-entiere.txt"
VILLAGES = Area(communes=("X1001", "X1002", "X1003", "X1004"))


@pytest.fixture
def folder(fiction: Path, tmp_path: Path) -> Path:
    """A copy of the official files, to be spoilt."""
    target = tmp_path / "sources"
    shutil.copytree(fiction, target, ignore=shutil.ignore_patterns("truth", "insee"))
    return target


def edit(file: Path, change: Callable[[list[str]], None], encoding: str = "latin-1") -> None:
    """Change the lines of a text file."""
    lines = file.read_text(encoding=encoding).split("\n")
    change(lines)
    file.write_text("\n".join(lines), encoding=encoding)


def of(lines: list[str], commune: str) -> int:
    """The line of the first station of a commune (X1001)."""
    return next(
        n for n, line in enumerate(lines) if line.split(";")[0] == commune[:2] and line.split(";")[4] == commune[2:]
    )


def put(lines: list[str], commune: str, column: int, value: str) -> None:
    """Replace a field of the first station of a commune."""
    at = of(lines, commune)
    fields = lines[at].split(";")
    fields[column] = value
    lines[at] = ";".join(fields)


def made(folder: Path, **options: bool) -> Built:
    return build(VILLAGES, folder, folder.parent / "x.duckdb", **options)


def database_of(built: Built) -> AbstractContextManager[Connection]:
    return database(built.path)


def said(built: Built) -> str:
    """Everything that the checks doubt, one line each."""
    return "\n".join(f"{outcome} {name}: {detail}" for name, outcome, detail in built.summary.checks.rows())


def test_nothing_is_doubted_in_good_files(folder: Path) -> None:
    assert said(made(folder)) == ""


def test_more_voters_than_registered(folder: Path) -> None:
    edit(folder / PRESIDENTIAL, lambda lines: put(lines, "X1002", 10, "99999"))
    text = said(made(folder))
    assert "more voters than registered" in text
    assert "row " in text
    assert "X1002" in text
    assert "99999" in text


def test_votes_that_do_not_add_up(folder: Path) -> None:
    edit(folder / PRESIDENTIAL, lambda lines: put(lines, "X1002", 25, "7777"))
    assert "X1002" in said(made(folder))


def test_the_same_station_twice(folder: Path) -> None:
    edit(folder / PRESIDENTIAL, lambda lines: lines.insert(of(lines, "X1003"), lines[of(lines, "X1003")]))
    text = said(made(folder))
    assert "X1003" in text
    assert "more than once" in text


def test_a_code_that_a_spreadsheet_mangled(folder: Path) -> None:
    edit(folder / PRESIDENTIAL, lambda lines: put(lines, "X1003", 6, "0,00E+00"))
    assert "0,00E+00" in said(made(folder))


def test_a_count_that_is_no_number(folder: Path) -> None:
    edit(folder / PRESIDENTIAL, lambda lines: put(lines, "X1003", 7, "beaucoup"))
    assert "beaucoup" in said(made(folder))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"Code du d\xe9partement;Libell\xe9"])
def test_an_empty_or_cut_file(folder: Path, content: bytes) -> None:
    (folder / PRESIDENTIAL).write_bytes(content)
    with pytest.raises(SourceError, match="resultats-par-niveau-burvot-t1"):
        made(folder)
    built = made(folder, keep_going=True)
    assert "error ministry_wide" in said(built)
    with database_of(built) as connection:  # the re-publication has the round too
        kept = frame(connection, "SELECT DISTINCT source FROM turnout WHERE election = '2022_pres_t1'")
    assert kept["source"].to_list() == ["aggregated_general"]


def test_a_file_in_another_encoding_is_read_all_the_same(folder: Path) -> None:
    file = folder / PRESIDENTIAL
    file.write_text(file.read_text(encoding="latin-1"), encoding="utf-8")
    made(folder)
    with database(folder.parent / "x.duckdb") as connection:
        names = frame(connection, "SELECT DISTINCT candidate FROM results WHERE election = '2022_pres_t1'")
    assert names.height == 12
    assert not any("Ã" in name for name in names["candidate"])


def test_a_renamed_file_is_left_alone_and_named(folder: Path) -> None:
    (folder / PRESIDENTIAL).rename(folder / "elections/sans-nom.dat")
    made(folder)
    with database(folder.parent / "x.duckdb") as connection:
        text = frame(connection, "SELECT name || detail AS t FROM checks WHERE name LIKE '%sans-nom%'")["t"].to_list()
    assert len(text) == 1
    assert "no source claims this file" in text[0]


def test_a_missing_column_stops_the_build(folder: Path) -> None:
    edit(folder / PRESIDENTIAL, lambda lines: lines.__setitem__(0, lines[0].replace("Inscrits", "Electeurs")))
    with pytest.raises(SourceError, match=r"missing columns .'inscrits'"):
        made(folder)


def test_an_address_in_another_commune_is_set_aside_and_counted(folder: Path) -> None:
    file = folder / "register/table-adresses-reu.parquet"
    table = pl.read_parquet(file)
    village = pl.col("id_brut_bv_reu").str.starts_with("X1001_")
    table.with_columns(longitude=pl.when(village).then(pl.col("longitude") + 0.5).otherwise("longitude")).write_parquet(
        file
    )
    with database_of(made(folder)) as connection:
        rows = frame(connection, "SELECT detail FROM checks WHERE name LIKE 'outlines%'")
    assert rows.height  # said, whatever became of the village


def test_outlines_that_lie_about_their_coordinates_are_an_error_that_names_the_right_ones(folder: Path) -> None:
    communes = json.loads((folder / "geography/communes.geojson").read_text(encoding="utf-8"))
    village = next(f for f in communes["features"] if f["properties"]["code"] == "X1001")
    ring = village["geometry"]["coordinates"][0]
    ring = ring[0] if isinstance(ring[0][0], list) else ring
    away = [[x + 20, y] for x, y in ring]
    feature = {
        "type": "Feature",
        "properties": {"codeBureauVote": "X1001_0001"},
        "geometry": {"type": "Polygon", "coordinates": [away]},
    }
    lying = folder / "geography/contours-france-entiere.geojson"
    lying.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    with pytest.raises(SourceError, match="not where their commune is"):
        made(folder)
    assert "error outlines" in said(made(folder, keep_going=True))
