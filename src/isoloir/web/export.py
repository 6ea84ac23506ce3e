"""The map as a folder that any web server can send: no Python behind it, no address of ours inside it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from isoloir import store
from isoloir.codes import departement_of
from isoloir.errors import SettingsError
from isoloir.maps.alike import COUNT
from isoloir.maps.database import reading
from isoloir.maps.folder import build_map
from isoloir.maps.sheet import station_sheets

MARK = "data/index.json"  # a folder that holds it is a site of ours, and may be replaced


def export_site(
    database: Path, out: Path, sheets: bool = True, announce: Callable[[str], None] = lambda _: None
) -> Path:
    """Write the site of a station database; `sheets` adds the figures of every station (some 12 kB each).

    A site that stands there already is replaced in one go; any other folder that is not empty raises SettingsError.
    """
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise SettingsError(f"{out} holds other things than a map; give an empty folder or another name")
    folder = build_map(database, announce)
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(folder, part / "data")
        _write_static(part / "static")
        _write_pages(database, part)
        if sheets:
            announce("Writing the figures of every station...")
            _write_sheets(database, folder, part / "api" / "stations")
        _replace(out, part)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return out


def _replace(out: Path, part: Path) -> None:
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    part.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _write_static(out: Path) -> None:
    """The page's own files; a server that can will prefer the compressed copies."""
    from isoloir.web.assets import BUILT, assets

    assets()  # say now that the page has not been built
    shutil.copytree(BUILT, out / "map", ignore=shutil.ignore_patterns(".built", "manifest.json"))
    shutil.copy(BUILT.parent / "isoloir.svg", out / "isoloir.svg")


def _write_pages(database: Path, out: Path) -> None:
    """One page a language, and a front door that leads to the first."""
    from isoloir.web.serve import prepare

    prepare(database, "127.0.0.1")
    from django.template.loader import render_to_string
    from django.utils import translation

    from isoloir.web.pages import map_page
    from isoloir.web.security import policy
    from isoloir.web.texts import LANGUAGES, texts

    addresses = {language: f"../{language}/" for language in LANGUAGES}
    places = {"static": "../static/", "folder": "../data/", "api": "../api/", "policy": policy(framed=False)}
    for language in LANGUAGES:
        with translation.override(language):
            page = {**map_page(database, language, addresses), **places, "t": texts(language), "language": language}
            store.write_text(render_to_string("map.html", page), out / language / "index.html")
    store.write_text(render_to_string("door.html", {"languages": LANGUAGES}), out / "index.html")


def _write_sheets(database: Path, folder: Path, out: Path) -> None:
    """One file a station, at the address where the application answers with the same."""
    out.mkdir(parents=True)
    with reading(database) as connection:
        ids = store.frame(connection, "SELECT station_id FROM stations WHERE valid_to IS NULL ORDER BY station_id")
        stations = ids["station_id"].to_list()
        alike = np.fromfile(folder / "alike.i32", "<i4").reshape(-1, COUNT)
        nearest = {own: [stations[i] for i in row if i >= 0] for own, row in zip(stations, alike, strict=True)}
        for some in _portions(stations):
            for sheet in station_sheets(connection, some, {own: nearest[own] for own in some}):
                text = json.dumps(sheet, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
                (out / sheet["station_id"]).write_text(text, encoding="utf-8")


def _portions(stations: list[str]) -> Iterator[list[str]]:
    """The stations of one département after another: what is read at once fits in memory."""
    for _, some in groupby(stations, key=departement_of):
        yield list(some)
