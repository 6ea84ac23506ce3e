"""`isoloir serve --workers 2`: processes that share an address, one of them killed, and none left behind."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import uvicorn
from served_country import serving

from isoloir.web.serve import Workers

PATIENCE = 180  # seconds
T = TypeVar("T")


def test_a_killed_process_is_replaced_and_all_end_with_the_server(database: Path, built: Path) -> None:
    assert built.is_dir()
    with serving(database, "--workers", "2") as address:
        first = _until(lambda: _workers(address), lambda found: len(found) == 2)
        assert [_status(address) for _ in range(20)] == [200] * 20
        os.kill(min(first), signal.SIGKILL)
        after = _until(lambda: _workers(address), lambda found: len(found) == 2 and found != first)
        assert max(first) in after, "the other went on"
        _until(lambda: _status(address), lambda status: status == 200)
    _until(lambda: [pid for pid in first | after if _lives(pid)], lambda found: not found)


def test_a_process_killed_before_it_answers_is_replaced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # those of the tests stay
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config("none:none", workers=1, timeout_worker_healthcheck=3600)
        workers = Workers(config, [listener])
        workers.init_processes()
        [first] = workers.processes
        os.kill(first.pid or 0, signal.SIGSTOP)  # it never answers
        looking = threading.Thread(target=workers.keep_subprocess_alive, daemon=True)
        looking.start()
        _until(lambda: first.child_conn.closed, bool)
        time.sleep(0.5)  # by now it waits for the answer; if not yet, it finds a dead process, which is well too
        os.kill(first.pid or 0, signal.SIGKILL)
        looking.join(PATIENCE)
        [second] = workers.processes
        second.process.kill()
        second.process.join()
        assert not looking.is_alive()
        assert second is not first


def _status(address: str) -> int:
    """Of a page asked for over a connection of its own; 0 where none is had."""
    try:
        return httpx.get(f"{address}/en/", timeout=PATIENCE).status_code
    except httpx.TransportError:
        return 0


def _workers(address: str) -> set[int]:
    """The processes that hold the listening socket, their parent left out."""
    port = f":{int(address.rsplit(':', 1)[1]):04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    sockets = {f"socket:[{line[9]}]" for line in lines if line[1].endswith(port) and line[3] == "0A"}
    holders = {
        pid
        for pid in map(int, filter(str.isdigit, (one.name for one in Path("/proc").iterdir())))
        if sockets & _open_files(pid)
    }
    return {pid for pid in holders if _parent(pid) in holders}


def _open_files(pid: int) -> set[str]:
    try:
        return {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:  # it ended, or is somebody else's
        return set()


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _until(look: Callable[[], T], enough: Callable[[T], bool]) -> T:
    end = time.monotonic() + PATIENCE
    while not enough(found := look()):
        assert time.monotonic() < end, f"still {found}"
        time.sleep(0.2)
    return found
