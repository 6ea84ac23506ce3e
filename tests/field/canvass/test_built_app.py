"""What the application weighs on its way to a phone, as it was built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from isoloir.field.canvass.built import ENTRY
from isoloir.web.assets import BUILT

CANVASS = BUILT.parent / "canvass"
LIGHT = 300_000  # bytes


@pytest.fixture
def app() -> dict[str, dict[str, object]]:
    if not (CANVASS / "manifest.json").exists():
        pytest.skip("the front end is not built on this machine (make setup)")
    found: dict[str, dict[str, object]] = json.loads((CANVASS / "manifest.json").read_text(encoding="utf-8"))
    return found


def test_the_shell_is_light_and_opens_without_the_map(app: dict[str, dict[str, object]]) -> None:
    entry = app[ENTRY]
    names = [str(entry["file"]), *map(str, entry["css"]), *map(str, entry["assets"])]  # type: ignore[call-overload]
    assert sum(_on_the_wire(CANVASS / name) for name in names) < LIGHT
    worker = (CANVASS / "sw.js").read_text(encoding="utf-8")
    first = worker[worker.index("[") : worker.index("]")]  # the list that an installation waits for
    assert str(entry["file"]) in first
    assert "map" not in first
    assert "maplibre" in worker, "it comes later"


def _on_the_wire(file: Path) -> int:
    compressed = file.with_name(file.name + ".gz")
    return (compressed if compressed.exists() else file).stat().st_size
