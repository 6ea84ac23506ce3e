"""Many sites in one run: memory, what is left behind, a kill in the middle, and one Dask worker beside two.

    python benchmarks/audit_scale.py [--visits 1000] [--parallel 8]
    python benchmarks/audit_scale.py --dask [--sites 16]

The first runs `isoloir audit` on the small sites, each asked for under several addresses, kills it with SIGKILL when
half of the sites are done, starts it again, and checks that nothing is lost, done twice or left behind; it prints the
memory of the whole process tree in each fifth of the second run. The second prints how much faster two workers are.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from math import ceil
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "audit"))

from sites.catalogue import sites
from sites.server import Served, serve

from isoloir.audit.visit.browser import Options
from isoloir.commands.audit import audit, check

PER_SITE = 4.9  # fresh contexts that a small site takes, on the average


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--visits", type=int, default=1000)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--dask", action="store_true")
    parser.add_argument("--sites", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="isoloir-scale-") as made, serve(Path(made)) as served:
        if options.dask:
            one, two = (on_cluster(workers, options.sites, served, Path(made)) for workers in (1, 2))
            print(f"{options.sites} sites: one worker {one:.1f} s, two {two:.1f} s, ratio {one / two:.2f}")
        else:
            long_run(addresses(ceil(options.visits / PER_SITE)), options.parallel, served, Path(made))


def addresses(count: int) -> list[str]:
    """So many addresses of sites that are well-behaved and quick to settle."""
    hosts = [s.host for s in sites().values() if s.group[0] in "1234" and not s.made.get("restless")]
    return [f"https://{hosts[n % len(hosts)]}/?turn={n // len(hosts)}" for n in range(count)]


def long_run(urls: list[str], parallel: int, served: Served, folder: Path) -> None:
    listed, out, profiles = folder / "sites.csv", folder / "audit", folder / "profiles"
    listed.write_text("url\n" + "\n".join(urls), encoding="utf-8")
    profiles.mkdir()
    command = [
        sys.executable, "-m", "isoloir", "audit", "visit", "--list", str(listed), "--out", str(out), "--depth", "1",
        "--parallel", str(parallel), "--ca", str(served.ca), "--allow-private",
        *(f"--browser-arg={argument}" for argument in served.browser_args),
    ]  # fmt: skip
    environment = os.environ | {"TMPDIR": str(profiles)}
    first = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    while first.poll() is None and len(done(out)) < len(urls) // 2:
        time.sleep(0.5)
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = done(out)
    print(f"killed with {len(before)} of {len(urls)} sites done; processes left after 15 s: {left(profiles, 15)}")
    began = time.monotonic()
    second = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    memory = []
    while second.poll() is None:
        memory.append(tree_memory(second.pid))
        time.sleep(1)
    seconds, after = time.monotonic() - began, done(out)
    twice = [name for name, manifest in before.items() if after.get(name) != manifest]
    visits = sum(len(json.loads((out / n / "evidence.json").read_bytes())["visits"]) for n in after)
    wrong = [site for site, found in check([out]).items() if found]
    print(f"exit {second.returncode}; {len(after)} of {len(urls)} sites, {visits} visits")
    print(f"done twice {len(twice)}, evidence wrong {len(wrong)}")
    fresh = max(1, len(after) - len(before))
    print(f"{seconds / fresh:.2f} s a site in the second run")
    fifths = [memory[len(memory) * n // 5 : len(memory) * (n + 1) // 5] or [0] for n in range(5)]
    print("memory by fifths of the run, MB: " + ", ".join(f"{statistics.median(part) / 1e6:.0f}" for part in fifths))
    print(f"processes left: {left(profiles, 15)}; verdicts: {verdicts(out)}")


def done(out: Path) -> dict[str, bytes]:
    """The sites that are done, with their manifests."""
    return {file.parent.name: file.read_bytes() for file in out.glob("*/manifest.json")}


def verdicts(out: Path) -> dict[str, int]:
    lines = [json.loads(line) for line in (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()]
    return {word: sum(line["verdict"] == word for line in lines) for word in ("breach", "compliant", "not_established")}


def left(profiles: Path, seconds: float) -> int:
    """How many processes of the browsers of this run are there, once they had their time to go."""
    end = time.monotonic() + seconds
    while (
        found := sum(str(profiles).encode() in _read(p) for p in Path("/proc").glob("[0-9]*/cmdline"))
    ) and time.monotonic() < end:
        time.sleep(0.5)
    return found


def tree_memory(root: int) -> int:
    """Bytes that a process and all below it hold, what they share counted once for each (proportional set size)."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _read(stat).rpartition(b")")[2].split()
        if fields:
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        waiting += children.get(process, [])
        lines = _read(Path(f"/proc/{process}/smaps_rollup")).splitlines()
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))
    return total


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def on_cluster(workers: int, count: int, served: Served, folder: Path) -> float:
    """Seconds that so many workers take for the same sites, once they are warm."""
    import distributed

    options = Options(parallel=1, depth=0, ca=str(served.ca), allow_private=True, browser_args=served.browser_args)
    with distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        began = time.monotonic()
        audit(addresses(count), ["cnil-2020"], folder / f"cluster-{workers}", options, None, False, lambda *_: None,
              cluster.scheduler_address)  # fmt: skip
        return time.monotonic() - began


if __name__ == "__main__":
    main()
