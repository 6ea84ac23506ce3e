"""Two thousand phones that come home in the same minute, and the board of a campaign of five million doors.

    python benchmarks/canvass.py [--phones 2000] [--visits 40] [--seconds 60] [--doors 5000000] [--workers 2]

On 127.0.0.1, with a PostgreSQL cluster of its own that is thrown away (`--postgres`: where its programs are). Every
phone has an account and a session of its own and sends its visits in one request, as the application does; the moments
are spread over the minute at random. What the server then holds is compared, report by report, with what was sent.
There is no peer to compare with: the systems of docs/canvass.md that have a server like this one cannot be run here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

HERE = Path(__file__).parent
OUTCOMES = ("opened", "absent", "refused", "conversation")


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with cluster(folder, options.postgres) as environment:
            made = part(environment, "make", str(options.phones), str(options.visits))
            with serving(environment, folder, options.workers) as address:
                times, board = asyncio.run(evening(address, made, options))
            held = part(environment, "count")
            part(environment, "grow", str(options.doors))
            large = part(environment, "ask")
    expected = options.phones * options.visits
    p50, p95, p99 = np.quantile(times, [0.5, 0.95, 0.99]) * 1000
    print(f"{options.phones} phones x {options.visits} visits in {options.seconds} s, {options.workers} workers")
    print(f"  reports held {held['reports']} of {expected}; counts {held['counted']}; twice {held['twice']}")
    print(f"  sync p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms; the board saw a visit after {board:.2f} s")
    print(f"{large['doors']} doors: board {large['board']:.0f} ms, counts {large['counts']:.0f} ms, "
          f"measure {large['measure']:.0f} ms")  # fmt: skip
    assert held == {"reports": expected, "counted": expected, "twice": 0}, "something was lost or counted twice"


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("phones", 2000), ("visits", 40), ("seconds", 60), ("doors", 5_000_000), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []
    parser.add_argument("--postgres", type=Path, default=found[-1] if found else None)
    return parser.parse_args()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def cluster(folder: Path, programs: Path | None) -> Iterator[dict[str, str]]:
    """A PostgreSQL of its own, run as another user where this one is root, which PostgreSQL refuses."""
    if programs is None:
        sys.exit("no PostgreSQL on this machine; give --postgres")
    data, port = folder / "cluster", free_port()
    data.mkdir()
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(data, "postgres")
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
    subprocess.run([*user, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"], **quiet)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=512MB"
    control = [*user, str(programs / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*control, "-o", options, "-l", str(data / "log"), "start"], **quiet)
    url = f"postgresql://postgres@127.0.0.1:{port}"
    try:
        for name in ("book", "keys"):
            subprocess.run(
                [str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", name], **quiet
            )
        yield os.environ | {
            "DATABASE_URL": f"{url}/book", "KEYS_DATABASE_URL": f"{url}/keys", "ISOLOIR_SECRET_KEY": "of a benchmark",
            "ISOLOIR_MASTER_KEY": str(folder / "master.key"), "ISOLOIR_JOURNAL": str(folder / "journal.jsonl"),
            "ISOLOIR_DATABASE": str(folder / "none.duckdb"), "DJANGO_SETTINGS_MODULE": "isoloir.web.settings",
        }  # fmt: skip
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)


def part(environment: dict[str, str], *words: str) -> Any:
    """A part of `peers/canvass_book.py`, in a process of its own."""
    command = [sys.executable, str(HERE / "peers" / "canvass_book.py"), *words]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def serving(environment: dict[str, str], folder: Path, workers: int) -> Iterator[str]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "isoloir.web.asgi:application",
        "--port",
        str(port),
        "--lifespan",
        "off",
    ]
    server = subprocess.Popen(
        [*command, "--workers", str(workers), "--log-level", "error"], env=environment, cwd=folder
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx.get(address + "/static/isoloir.svg")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(30)


async def evening(address: str, made: dict[str, Any], options: argparse.Namespace) -> tuple[list[float], float]:
    """Every phone syncs once, at a random moment of the minute; one in ten sends twice, as after a lost answer."""
    draw = random.Random(1)
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        for phone in made["phones"][:8]:  # each worker opens its database once
            await client.get("/api/field/big/canvass/turfs", cookies={"sessionid": phone["session"]})
        tokens = made["token"]
        runs = [phone_comes_home(client, phone, draw.random() * options.seconds, tokens) for phone in made["phones"]]
        found = await asyncio.gather(*runs)
        board = await board_delay(client, made)
    again = [t for times in found for t in times]
    return again, board


async def phone_comes_home(client: httpx.AsyncClient, phone: dict[str, Any], wait: float, token: str) -> list[float]:
    await asyncio.sleep(wait)
    now = int(time.time() * 1000)
    reports = [
        {"building": b, "floor": f, "door": d, "kind": OUTCOMES[(b + d) % 4], "at": now - 60_000 * i}
        for i, (b, f, d) in enumerate(phone["doors"])
    ]
    body = {
        "phone": phone["id"],
        "now": now,
        "first": 1,
        "oldest": 1,
        "reports": reports,
        "turf": phone["turf"],
        "seen": 0,
    }
    cookies = f"sessionid={phone['session']}; csrftoken={token}"
    times = []
    for _ in range(2 if uuid.UUID(phone["id"]).int % 10 == 0 else 1):
        start = time.perf_counter()
        answer = await client.post(
            "/api/field/big/canvass/sync", json=body, headers={"Cookie": cookies, "X-CSRFToken": token}
        )
        times.append(time.perf_counter() - start)
        answer.raise_for_status()
        assert answer.json()["received"] == len(reports)
    return times


async def board_delay(client: httpx.AsyncClient, made: dict[str, Any]) -> float:
    """Seconds from a visit's arrival to the board's event, at a board that is open in a browser."""
    cookies = {"Cookie": f"sessionid={made['coordinator']}; csrftoken={made['token']}"}
    async with client.stream("GET", "/en/field/big/canvass/live/", headers=cookies) as stream:
        lines = stream.aiter_lines()
        await next_board(lines)
        phone = made["spare"]
        await phone_comes_home(client, phone, 0.0, made["token"])
        start = time.perf_counter()
        await next_board(lines)
        return time.perf_counter() - start


async def next_board(lines: Any) -> None:
    async for line in lines:
        if line == "event: board":
            return


if __name__ == "__main__":
    main()
