"""Killed with SIGKILL at fifty points of an import, an expiry, an erasure, an undo: no half state, none revived."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import books

HERE = Path(__file__).parent


def test_a_killed_process_leaves_no_half_state(tmp_path: Path) -> None:
    number = 10 if books.server() else 50
    with books.home(tmp_path):
        command = [sys.executable, str(HERE / "killed.py"), str(tmp_path), str(number)]
        done = subprocess.run(command, capture_output=True, text=True, env=books.environment(tmp_path / "prepared"))
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == number
    assert sum(seen["killed"] for seen in found) >= number - 5
    for seen in found:
        assert seen["unreadable"] == seen["breaks"] == 0, seen
        assert seen["contacts"] == seen["readable"] == seen["addresses"] == seen["consents"], seen
        assert seen["contacts"] == seen["imported"] - seen["erased"], seen  # the log tells the truth, whatever happened
        assert seen["erased"] == seen["journal"], seen  # all that the journal says was finished, and nothing else begun
        if seen["work"] == "import":
            assert seen["contacts"] in ((10, 30, 50, 70) if seen["killed"] else (70,)), seen  # whole chunks
        if seen["work"] == "erase" and seen["erased"]:
            assert seen["suppressed"] == 3, seen  # objections come before the key goes
        assert seen["erased"] in {"erase": (0, 1), "import": (0,)}.get(seen["work"], (0, 10)), seen
