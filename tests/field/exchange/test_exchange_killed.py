"""Signal 9 in the middle of an import or a purge leaves no half state, revives nobody and loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_killed_import_or_purge_leaves_no_half_state(tmp_path: Path) -> None:
    environment = os.environ | {
        "ISOLOIR_BOOK": str(tmp_path / "book.sqlite3"), "ISOLOIR_KEYS": str(tmp_path / "keys.sqlite3"),
        "ISOLOIR_MASTER_KEY": str(tmp_path / "isoloir.key"), "ISOLOIR_JOURNAL": str(tmp_path / "journal.jsonl"),
        "ISOLOIR_DATABASE_URL": "", "ISOLOIR_KEYS_DATABASE_URL": "", "DATABASE_URL": "", "KEYS_DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "isoloir.web.settings", "PYTHONPATH": str(Path(__file__).parent),
    }  # fmt: skip
    tries = os.environ.get("ISOLOIR_KILLS", "5")
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), str(tmp_path), tries]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("statements") == 2
