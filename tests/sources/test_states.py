"""What is told of the sources is what is on the machine; every description is complete."""

from __future__ import annotations

import importlib
import io
import json
import re
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest
from rich.console import Console

from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.sources import catalogue as module
from isoloir.sources import manifest
from isoloir.sources.catalogue import _source, catalogue
from isoloir.sources.manifest import Record
from isoloir.sources.reading import Source
from isoloir.sources.states import rows, size, states, table
from isoloir.store import sha256

VOTES = """
id = "votes"
title = { fr = "Voix par bureau [2024]", en = "Votes by station [2024]" }
publisher = "Ministère de l'intérieur"
licence = "Licence Ouverte 2.0"
page = "https://example.org/votes"
reader = "isoloir.sources.elections.votes:read"
vintage = "2024"
recognise = ["bureau", "voix"]
[[files]]
name = "elections/votes.csv"
url = "https://example.org/votes.csv"
[[files]]
name = "old_votes_*.csv"
"""
OUTLINES = VOTES.replace('"votes"', '"outlines"').replace("votes", "outlines").replace("url =", "#").split("recog")[0]
OUTLINES += '[[files]]\nname = "outlines.csv"\n'
HEADER = "bureau;voix\n"


@pytest.fixture
def small_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Source]:
    folder = tmp_path / "descriptions"
    folder.mkdir()
    (folder / "votes.toml").write_text(VOTES)
    (folder / "outlines.toml").write_text(OUTLINES)
    made = {s.id: s for s in map(_source, sorted(folder.glob("*.toml")))}
    monkeypatch.setattr(module, "catalogue", lambda: made)
    monkeypatch.setattr("isoloir.sources.states.catalogue", lambda: made)
    return made


def put(path: Path, text: str = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def remember(folder: Path, file: Path, entry: str) -> None:
    told = Record(
        source="votes",
        entry=entry,
        url="https://example.org/votes.csv",
        sha256=sha256(file),
        bytes=file.stat().st_size,
        fetched="2026-03-01T10:00:00+00:00",
        download_sha256=sha256(file),
    )
    manifest.record(folder, {file.relative_to(folder).as_posix(): told})


@pytest.mark.usefixtures("small_catalogue")
def test_nothing_here(tmp_path: Path) -> None:
    outlines, votes = states(None, tmp_path / "cache")
    assert (votes.files, votes.bytes, votes.date, votes.checksum) == ((), 0, None, None)
    assert votes.addresses == ("https://example.org/votes.csv",)
    assert outlines.addresses == ()


@pytest.mark.usefixtures("small_catalogue")
def test_files_of_the_folder_and_of_the_cache(tmp_path: Path) -> None:
    fetched = put(tmp_path / "cache/elections/votes.csv")
    remember(tmp_path / "cache", fetched, "elections/votes.csv")
    put(tmp_path / "mine/old_votes_2007.csv", HEADER * 2)
    put(tmp_path / "mine/renamed.csv")
    put(tmp_path / "mine/letter.txt", "dear all")
    _, votes = states(tmp_path / "mine", tmp_path / "cache")
    told = {f.file.relative_to(tmp_path).as_posix(): (f.entry, f.bytes, f.checksum) for f in votes.files}
    assert told == {
        "cache/elections/votes.csv": ("elections/votes.csv", 12, "recorded"),
        "mine/old_votes_2007.csv": ("old_votes_*.csv", 24, "unknown"),
        "mine/renamed.csv": ("elections/votes.csv", 12, "unknown"),
    }
    assert (votes.bytes, votes.checksum) == (48, "unknown")
    assert votes.files[0].date.isoformat() == "2026-03-01T10:00:00+00:00"


@pytest.mark.usefixtures("small_catalogue")
@pytest.mark.parametrize(
    ("now", "quick", "thorough"),
    [(HEADER, "recorded", "intact"), ("bureau;VOIX\n", "recorded", "altered"), ("bureau\n", "altered", "altered")],
)
def test_an_altered_file_is_told(tmp_path: Path, now: str, quick: str, thorough: str) -> None:
    file = put(tmp_path / "elections/votes.csv")
    remember(tmp_path, file, "elections/votes.csv")
    put(file, now)
    assert states(None, tmp_path)[1].checksum == quick
    assert states(tmp_path, tmp_path, verify=True)[1].checksum == thorough
    assert len(states(tmp_path, tmp_path)[1].files) == 1


@pytest.mark.usefixtures("small_catalogue")
def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere: no such folder"):
        states(tmp_path / "nowhere", tmp_path)


@pytest.mark.usefixtures("small_catalogue")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ["Voix par bureau [2024]", "1 fichier, 12 o,", "posé à la main", "à prendre à la main", "millésime"]),
        ("en", ["Votes by station [2024]", "1 file, 12 B,", "put there by hand", "to be taken by hand", "vintage"]),
    ],
)
def test_the_table_and_the_rows(tmp_path: Path, language: str, words: list[str]) -> None:
    put(tmp_path / "elections/votes.csv")
    every = states(None, tmp_path)
    console = Console(file=io.StringIO(), width=200)
    console.print(table(every, language))
    text = console.file.getvalue().replace("\u00a0", " ")  # type: ignore[attr-defined]
    assert all(word in text for word in [*words, "votes", "Licence Ouverte 2.0", "https://example.org/votes"])
    told = json.loads(json.dumps(rows(every)))
    assert [row["id"] for row in told] == ["outlines", "votes"]
    assert told[1]["files"][0]["bytes"] == 12
    assert told[1]["title"]["fr"] == "Voix par bureau [2024]"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (12_345_678, "12 MB"), (31_400_000_000, "31.4 GB")]
)
def test_sizes_are_read_by_people(count: int, text: str) -> None:
    assert size(count, "B kB MB GB") == text.replace(" ", "\u00a0")


# Every description of the catalogue


def descriptions() -> list[Path]:
    return sorted(Path(module.__file__).parent.rglob("*.toml"))


@pytest.mark.parametrize("path", descriptions(), ids=lambda p: p.stem)
def test_a_description_is_complete(path: Path) -> None:
    source = _source(path)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", source.id)
    assert set(source.title) == {"fr", "en"}
    assert all(text.strip() for text in (*source.title.values(), source.publisher, source.licence, source.vintage))
    assert source.page.startswith("https://")
    assert source.entries
    function, name = source.reader.split(":")
    assert callable(getattr(importlib.import_module(function), name))
    assert function.split(".")[:3] == ["isoloir", "sources", path.parent.name]


@pytest.mark.parametrize("path", descriptions(), ids=lambda p: p.stem)
def test_every_file_of_a_description_can_be_found_and_fetched(path: Path) -> None:
    for entry in _source(path).entries:
        assert entry.name
        assert not entry.name.startswith(("/", "."))
        assert ".." not in PurePosixPath(entry.name).parts
        assert "\\" not in entry.name
        Area.parse(entry.areas)
        assert entry.sha256 is None or re.fullmatch(r"[0-9a-fA-F]{64}", entry.sha256)
        assert entry.bytes is None or entry.bytes > 0
        if entry.url:
            assert entry.url.startswith("https://")
            name = PurePosixPath(unquote(urlsplit(entry.url).path))
            pattern = any(c in PurePosixPath(entry.name).name for c in "*?[")
            packed = name.suffix.lower() in (".zip", ".gz")
            assert not pattern or packed or fnmatchcase(name.name.lower(), PurePosixPath(entry.name).name.lower()), (
                f"{entry.name}: the address gives its file another name ({name.name})"
            )


def test_no_two_sources_share_an_id() -> None:
    ids = Counter(_source(path).id for path in descriptions())
    assert [name for name, count in ids.items() if count > 1] == []
    assert list(catalogue()) == [_source(path).id for path in descriptions()]
