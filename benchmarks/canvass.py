"""Two thousand phones that come home in the same minute, and the board of a campaign of five million doors.

    python benchmarks/canvass.py [--phones 2000] [--visits 40] [--seconds 60] [--doors 5000000] [--workers 2] [--quick]

On 127.0.0.1, with a PostgreSQL cluster of its own that is thrown away (`--postgres`: where its programs are). Every
phone has an account and a session of its own and sends its visits in one request over a connection of its own, as the
application does; the moments are spread over the minute at random, and a board is open meanwhile. The phones are played
by one process with plain sockets, which takes its share of the machine. What the server then holds is compared, report
by report, with what was sent.
There is no peer to compare with: the systems of docs/canvass.md that have a server like this one cannot be run here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
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

import numpy as np

HERE = Path(__file__).parent
PROBE = 3  # seconds between two visits that the board is to show
PATIENCE = 120  # seconds for every process to be up, and for the last answers
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
    tell(options, times, board, held, large)


def tell(
    options: argparse.Namespace, times: list[float], board: list[float], held: dict[str, int], large: dict[str, float]
) -> None:
    """Each figure with its goal."""
    expected = options.phones * options.visits
    p50, p95, p99 = np.quantile(times, [0.5, 0.95, 0.99]) * 1000
    late = [large[name] for name in ("board", "counts", "measure")]
    print(f"{options.phones} phones x {options.visits} visits in {options.seconds} s; {options.workers} processes; "
          f"{os.cpu_count()} cores, which the database and the phones share")  # fmt: skip
    print(f"  visits held {held['reports']} of {expected}, in the counts {held['counted']}, twice {held['twice']}")
    print(f"  sync p95 {p95:.0f} ms (goal 300); p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {max(times):.2f} s")
    print(f"  the board showed a visit after {np.median(board):.2f} s, at most {max(board):.2f} s (goal 2)")
    print(f"{large['doors']:,} doors: board {late[0]:.0f} ms, counts {late[1]:.0f} ms, "
          f"measure {late[2]:.0f} ms (goal 500)")  # fmt: skip
    goals = {"sync": p95 <= 300, "board": max(board) <= 2, "large campaign": max(late) <= 500}
    print("missed: " + (", ".join(name for name, met in goals.items() if not met) or "nothing"))
    assert held == {"reports": expected, "counted": expected, "twice": 0}, "something was lost or counted twice"


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("phones", 2000), ("visits", 40), ("seconds", 60), ("doors", 5_000_000), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []
    parser.add_argument("--postgres", type=Path, default=found[-1] if found else None)
    parser.add_argument("--quick", action="store_true", help="200 phones in 6 seconds, 500,000 doors")
    options = parser.parse_args()
    if options.quick:
        options.phones, options.seconds, options.doors = 200, 6, 500_000
    return options


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
    """`isoloir serve`, with the contact book alone."""
    port = free_port()
    command = [sys.executable, "-m", "isoloir", "serve", "--port", str(port), "--no-browser", "--workers", str(workers)]
    server = subprocess.Popen(command, env=environment, cwd=folder)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


async def evening(address: str, made: dict[str, Any], options: argparse.Namespace) -> tuple[list[float], list[float]]:
    """Every phone syncs once, at a random moment; one in ten sends twice, as after a lost answer. A board is open."""
    host, port = address.removeprefix("http://").split(":")
    draw, token = random.Random(1), made["token"]
    await warm_up(host, int(port), made)
    watched: list[tuple[float, int]] = []
    async with asyncio.timeout(options.seconds + PATIENCE), asyncio.TaskGroup() as group:
        watching = group.create_task(watch(host, int(port), made, watched))
        probes = group.create_task(probe(host, int(port), made, options.seconds))
        comings = [
            group.create_task(come_home(host, int(port), phone, draw.random() * options.seconds, token))
            for phone in made["phones"]
        ]
        sent = await probes
        times = [t for coming in comings for t in await coming]
        while not watched or watched[-1][1] < len(sent):
            await asyncio.sleep(0.1)
        watching.cancel()
    return times, [next(at for at, seen in watched if seen > i) - start for i, start in enumerate(sent)]


async def warm_up(host: str, port: int, made: dict[str, Any]) -> None:
    """Until every process answers: a few rounds of questions that come back at once."""
    for _ in range(3):
        async with asyncio.timeout(PATIENCE):
            while await a_round(host, port, made) > 1:
                await asyncio.sleep(0.5)


async def a_round(host: str, port: int, made: dict[str, Any]) -> float:
    start = time.perf_counter()
    asked = (
        ask(host, port, "GET", "/api/field/big/canvass/turfs", p["session"], made["token"]) for p in made["phones"][:8]
    )
    await asyncio.gather(*asked)
    return time.perf_counter() - start


async def come_home(host: str, port: int, phone: dict[str, Any], wait: float, token: str) -> list[float]:
    """Sync all that a phone has, over a connection of its own; seconds of each answer."""
    await asyncio.sleep(wait)
    times = []
    for _ in range(2 if uuid.UUID(phone["id"]).int % 10 == 0 else 1):
        times.append(await sync(host, port, phone, 0, len(phone["doors"]), token))
    return times


async def sync(host: str, port: int, phone: dict[str, Any], first: int, until: int, token: str) -> float:
    now = int(time.time() * 1000)
    reports = [
        {"building": b, "floor": f, "door": d, "kind": OUTCOMES[(b + d) % 4], "at": now - 60_000 * i}
        for i, (b, f, d) in enumerate(phone["doors"][first:until])
    ]
    body = {"phone": phone["id"], "now": now, "first": first + 1, "oldest": first + 1, "reports": reports,
            "turf": phone["turf"], "seen": 0}  # fmt: skip
    start = time.perf_counter()
    answer = await ask(host, port, "POST", "/api/field/big/canvass/sync", phone["session"], token, json.dumps(body))
    assert answer["received"] == until
    return time.perf_counter() - start


async def probe(host: str, port: int, made: dict[str, Any], seconds: int) -> list[float]:
    """A visit every few seconds on a turf of its own; when each was sent."""
    sent = []
    for i in range(min(len(made["spare"]["doors"]), max(seconds // PROBE, 3))):
        await asyncio.sleep(PROBE)
        sent.append(time.perf_counter())
        await sync(host, port, made["spare"], i, i + 1, made["token"])
    return sent


async def watch(host: str, port: int, made: dict[str, Any], watched: list[tuple[float, int]]) -> None:
    """The board as a browser keeps it open: when each event came, and the visits that it shows of the probes."""
    reader, writer = await asyncio.open_connection(host, port, limit=2**24)
    writer.write(request("GET", "/en/field/big/canvass/live/", made["coordinator"], made["token"]))
    line_of = re.compile(re.escape(made["spare"]["name"]) + r"</a></th><td>(\d+) /")
    try:
        assert b" 200 " in (first := await reader.readline()), first
        while line := await reader.readline():
            if found := line_of.search(line.decode(errors="replace")):
                watched.append((time.perf_counter(), int(found[1])))
    finally:
        writer.close()


def request(method: str, path: str, session: str, token: str, body: str = "") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={session}; csrftoken={token}\r\n"
    sent = body.encode()
    more = f"X-CSRFToken: {token}\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
    return (head + (more if body else "") + "\r\n").encode() + sent


async def ask(host: str, port: int, method: str, path: str, session: str, token: str, body: str = "") -> Any:
    """One question over a connection of its own: written and read here, so that asking costs the machine little."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request(method, path, session, token, body))
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert head.startswith("HTTP/1.1 200 "), head[:200]
        [length] = re.findall(r"(?i)content-length: (\d+)", head)
        return json.loads(await reader.readexactly(int(length)))
    finally:
        writer.close()


if __name__ == "__main__":
    main()
