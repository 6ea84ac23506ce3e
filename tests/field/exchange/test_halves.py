"""A large book goes out through two processes as it would through one, on files and on a server."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import books

HERE = Path(__file__).parent


def test_two_processes_write_what_one_would(tmp_path: Path) -> None:
    paths = os.pathsep.join(str(folder) for folder in (HERE, HERE.parent))
    with books.home(tmp_path):
        folder = books.make(tmp_path / "book")
        environment = books.environment(folder) | {"PYTHONPATH": paths}
        done = subprocess.run(
            [sys.executable, str(HERE / "halves.py")], env=environment, capture_output=True, text=True, timeout=300
        )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert (found["people"], found["counted"], found["parts"]) == (47, 47, 9)
    assert found["one"] == found["two"] == {"csv": 47, "vcard": 47}
    for format in ("csv", "vcard"):
        written = (folder / f"two.{format}").read_bytes()
        assert written == (folder / f"one.{format}").read_bytes()
        assert found["hashes"][format] == [hashlib.sha256(written).hexdigest()] * 2
    assert found["dying"] == ["Stopped", "approved", False]
    assert found["meanwhile"] == 45  # without who objected and who was erased since it was approved
    left = (folder / "meanwhile.csv").read_text()
    assert [f"brulefer{n}@" in left for n in (10, 11, 50, 51)] == [False, True, False, True]
    assert found["more"] == ["BookError", "approved", False]
