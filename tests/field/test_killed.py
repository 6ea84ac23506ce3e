"""Killed with SIGKILL at fifty points of an import, an expiry, an erasure and an undo: no half state, none revived."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_a_killed_process_leaves_no_half_state(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "killed.py"), str(tmp_path)]
    files = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}  # SQLite, anywhere
    done = subprocess.run(command, capture_output=True, text=True, env=files)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 50
    assert sum(seen["killed"] for seen in found) >= 45
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
