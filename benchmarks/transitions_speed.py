"""Voter transitions: how fast, how much memory, and beside PyEI?

    python benchmarks/transitions_speed.py [--quick] [--draws N]

A made-up presidential pair of 12 x 13 options, from a sixteenth of France to all of it: seconds grow as stations do.
Then true precincts, and 1,000 made-up stations of 4 x 5 options, beside PyEI (Knudson, Schoenbach and Becker, JOSS 6,
2021), which draws N times (default 100) after N warming steps, by no-U-turn sampling, in the environment that `make
bench` makes for it; without it that part is skipped. Its time grows with draws, and intervals need hundreds.

The made-up stations are swayed by chance alone, never by who lives there, so a model that corrects for the place, as
ours does and as real places need (`transitions.py`, New Zealand), corrects too much: their error is the price of that.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from isoloir.stats.transitions import estimate

BENCH = Path(os.environ.get("ISOLOIR_BENCH_PYTHON", Path(sys.executable).parents[1] / "bench" / "bin" / "python"))
DATA = Path(os.environ.get("ISOLOIR_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
PEER = Path(__file__).parent / "peers" / "pyei_margins.py"
GIGABYTE = 1e6  # ru_maxrss is in kB


def country(stations: int, rows: int = 12, columns: int = 13) -> tuple[np.ndarray, np.ndarray]:
    """Made-up tables (stations, R, C) of true voters, and the département of each station."""
    rng = np.random.default_rng(stations)
    lift = rng.normal(0, 1, (rows, columns)) + 2.5 * np.eye(rows, columns)
    size = rng.multinomial(700, rng.dirichlet(np.full(rows, 3.0), stations))
    pull = np.exp(lift[None] + rng.normal(0, 0.3, (stations, 1, columns)))
    share = pull / pull.sum(2, keepdims=True)
    table = np.stack([rng.multinomial(size[:, r], share[:, r]) for r in range(rows)], axis=1)
    return table.astype(float), np.arange(stations) * 107 // stations


def growth(sizes: tuple[int, ...]) -> None:
    print("12 x 13 options: seconds as stations grow (wall, and of all cores)")
    for stations in sizes:
        table, groups = country(stations)
        census = np.random.default_rng(0).normal(size=(stations, 8))
        for name, options in {
            "one group": {},
            "107 groups": {"groups": groups},
            "107 groups, census": {"groups": groups, "covariates": census},
        }.items():
            start, cores = time.perf_counter(), time.process_time()
            estimate(table.sum(2), table.sum(1), **options)
            print(
                f"  {stations:>7,} stations, {name:20}{time.perf_counter() - start:>6.1f} s"
                f"{time.process_time() - cores:>7.1f} s   peak "
                f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIGABYTE:.1f} GB",
                flush=True,
            )


def beside_pyei(name: str, table: np.ndarray, draws: int) -> None:
    """Seconds of both on the margins of true tables (stations, R, C), and the votes that each puts in a wrong cell."""
    x, y, true = table.sum(2), table.sum(1), table.sum(0)
    start = time.perf_counter()
    found = estimate(x, y)
    ours = time.perf_counter() - start
    print(f"{name}: isoloir {ours:.2f} s, error {error(found.votes, true):.2f} %")
    if not BENCH.exists():
        print(f"PyEI is not there ({BENCH}): `make bench` installs it")
        return
    with tempfile.TemporaryDirectory() as folder:
        margins = Path(folder) / "margins.npz"
        np.savez(margins, origins=x, destinations=y)
        command = [str(BENCH), str(PEER), str(margins), str(draws)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"PyEI failed: {done.stderr.strip().splitlines()[-1]}")
    peer = json.loads(done.stdout.strip().splitlines()[-1])
    print(
        f"  PyEI, {draws} draws: {peer['seconds']:.0f} s, error {error(np.array(peer['table']), true):.2f} %; "
        f"{peer['seconds'] / ours:,.0f} times as long",
        flush=True,
    )


def carolina(file: Path) -> np.ndarray:
    """True tables of 212 precincts: race by party registration (Collingwood and others, eiPack)."""
    cells = [f"{race}{party}" for race in ("wh", "bl", "natam") for party in ("dem", "rep", "non")]
    return pl.read_csv(file).select(cells).to_numpy().astype(float).reshape(-1, 3, 3)


def error(found: np.ndarray, true: np.ndarray) -> float:
    return float(50 * np.abs(found - true).sum() / true.sum())


def main() -> None:
    quick = "--quick" in sys.argv
    draws = int(sys.argv[sys.argv.index("--draws") + 1]) if "--draws" in sys.argv else 100
    table, groups = country(300)
    estimate(table.sum(2), table.sum(1), covariates=np.ones((300, 1)) * groups[:, None])  # compile
    growth((4_300, 17_250) if quick else (4_300, 17_250, 69_000))
    file = DATA / "ecological" / "senc.csv"
    if file.is_file():
        beside_pyei("212 true precincts of 3 x 3 (senc.csv)", carolina(file), draws)
    stations = 200 if quick else 1_000
    beside_pyei(f"{stations:,} made-up stations of 4 x 5", country(stations, 4, 5)[0], draws)


if __name__ == "__main__":
    main()
