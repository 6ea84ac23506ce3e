"""`isoloir serve` as its user starts it: another process, a free port, the drawn country."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60  # seconds for the first address to appear


@contextmanager
def serving(database: Path, *words: str) -> Iterator[str]:
    """The address of a server, without the last slash; it ends with the block, and must not have crashed before."""
    command = [sys.executable, "-m", "isoloir", "serve", "--database", str(database), "--port", "0", "--no-browser"]
    command += words
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200", "ISOLOIR_LANGUAGE": "en"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as server:
        killer = threading.Timer(PATIENCE, server.kill)
        killer.start()
        try:
            address = _address(server)
            killer.cancel()
            yield address
            assert server.poll() is None, "the server stopped by itself"
        finally:
            killer.cancel()
            server.terminate()
            server.wait(PATIENCE)


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    said = ""
    for line in server.stdout:
        said += line
        if found := re.search(r"http://[\d.]+:\d+", line):
            threading.Thread(target=server.stdout.read, daemon=True).start()  # a full pipe would stop the server
            return found[0]
    raise AssertionError(f"the server gave no address:\n{said}")
