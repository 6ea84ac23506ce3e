"""Work of another process: it comes in order, it says what is wrong, and nobody is left behind."""

from __future__ import annotations

import importlib
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from isoloir.errors import BookError
from isoloir.field import beside as module
from isoloir.field.beside import Stopped, beside
from isoloir.field.channels import Channel, normalise

LISTENER = """
import itertools, os, time
from pathlib import Path
from isoloir.field.beside import beside
with beside(itertools.count) as numbers:
    assert next(numbers) == 0
    print(Path(f"/proc/self/task/{os.getpid()}/children").read_text().strip(), flush=True)
    time.sleep(600)
"""


def test_pieces_come_in_order_and_what_is_wrong_is_said() -> None:
    with beside(range, 3, 20_000) as numbers:  # more than a pipe holds
        assert list(numbers) == list(range(3, 20_000))
    with beside(itertools.count) as endless:
        assert list(itertools.islice(endless, 3)) == [0, 1, 2]
    with (
        pytest.raises(BookError, match=r"5 (characters|caractères)"),
        beside(normalise, Channel.EMAIL, "Élise") as letters,
    ):
        list(letters)


def test_one_that_ends_early_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        module, "_COMMAND", (sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'\\x80\\x05K')")
    )
    with pytest.raises(Stopped), beside(range, 3) as numbers:
        list(numbers)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_it_ends_with_a_listener_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", LISTENER], stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout
        child = int(listener.stdout.readline())
        os.kill(listener.pid, signal.SIGKILL)
    until = time.monotonic() + 60
    while _lives(child):
        assert time.monotonic() < until
        time.sleep(0.02)


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


NOTING = """
from pathlib import Path
def noting(number):
    for piece in range(number):
        (Path(__file__).parent / f"{piece}.made").touch()
        yield f"{piece}".encode() * 100_000
"""


def test_work_goes_on_while_whoever_listens_does_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "noting.py").write_text(NOTING)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with beside(importlib.import_module("noting").noting, 4) as pieces:
        assert next(pieces) == b"0" * 100_000  # more than a pipe holds
        until = time.monotonic() + 60
        while len(list(tmp_path.glob("*.made"))) < 4:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert len(list(pieces)) == 3
