"""Signal 9 in the middle of an import or a purge leaves no half state, revives nobody and loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import books
import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_killed_import_or_purge_leaves_no_half_state(tmp_path: Path) -> None:
    tries = os.environ.get("ISOLOIR_KILLS", "3" if books.server() else "5")
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), str(tmp_path), tries]
    paths = os.pathsep.join(str(folder) for folder in (HERE, HERE.parent))
    with books.home(tmp_path):
        environment = books.environment(books.make(tmp_path / "book")) | {"PYTHONPATH": paths}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("statements") == 2
