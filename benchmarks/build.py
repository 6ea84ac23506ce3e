"""How long a build takes: against a mere scan of the same files, and against pandas with GeoPandas.

    python benchmarks/build.py [--sources FOLDER] [--quick]

Without `--sources` it simulates France (several minutes, 2 GB); `--quick` measures one département only. One line per
claim, with its ratio. Peers run in the same run, in processes of their own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from isoloir.codes import Area
from isoloir.simulate.country import simulate
from isoloir.stations.build import build
from isoloir.store import database

PEER = Path(__file__).parent / "peers" / "pandas_build.py"
GEOMETRY = ("outlines", "variables")  # stages whose work is on the ground, not on tables
BESIDE = ("drawing", "identity")  # done at the same time: outlines drawn on the cores that following stations leaves
LARGE = 2.5  # a large département: 625 communes, 1,270 stations, 260,000 addresses
LARGEST = "XG"  # of the simulated country: 349 communes, 1,522 stations, the capital among them
GIGABYTE = 1e6  # ru_maxrss is in kB


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sources", type=Path, help="a simulated France that is there already")
    options.add_argument("--quick", action="store_true", help="one département only")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.quick:
            simulate(folder / "departement", "departement", seed=1, scale=LARGE)
            departement(folder / "departement", "X1", folder)
            return
        country = asked.sources or folder / "france"
        if asked.sources is None:
            simulate(country, "france", seed=1)
        france(country, folder, departement(country, LARGEST, folder))


def departement(sources: Path, code: str, folder: Path) -> float:
    """One large département out of the files, beside the same job in pandas and GeoPandas; returns our seconds."""
    command = [sys.executable, "-m", "isoloir", "build", code, "--sources", str(sources), "--database"]
    run([*command, str(folder / "warm.duckdb")])  # compiled once, as on any machine that has built before
    ours = run([*command, str(folder / "departement.duckdb")])
    theirs = run([sys.executable, str(PEER), str(sources), str(folder / "peer"), code])
    for what, own, other in zip(("by the clock", "of processors"), ours, theirs, strict=True):
        print(f"one large département, seconds {what}: {own:.1f}, pandas and GeoPandas {other:.1f}", end=", ")
        print(f"ratio {other / own:.1f}", flush=True)
    return ours[0]


def france(sources: Path, folder: Path, one: float) -> None:
    """The whole country, beside DuckDB merely reading the same tables into memory; each in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        scanned = pool.submit(scan, sources).result()
        whole, seconds, peak = pool.submit(measure, sources, folder / "france.duckdb").result()
    for stage, spent in seconds.items():
        print(f"    {spent:7.1f} s  {stage}")
    ground, linked = sum(seconds.get(stage, 0.0) for stage in GEOMETRY), max(seconds[stage] for stage in BESIDE)
    tabular = whole - ground - linked
    print(
        f"france, tables read, compared, checked and written: {tabular:.1f} s; DuckDB merely scans in {scanned:.1f} s"
    )
    beside = (whole - ground) / scanned
    print(f"    ratio {tabular / scanned:.2f}, with stations followed and outlines drawn beside that {beside:.2f}")
    print(f"france, everything: {whole:.1f} s, peak memory {peak:.1f} GB, {whole / one:.1f} times one département")


def measure(sources: Path, target: Path) -> tuple[float, dict[str, float], float]:
    """Seconds of a build, of its stages (the readers together), and the peak of its memory in GB."""
    started = time.perf_counter()
    built = build(Area(), sources, target)
    whole = time.perf_counter() - started
    stages = {name: spent for name, spent in built.seconds.items() if not name.startswith("read ")}
    together = sum(stages.values()) - min(stages[stage] for stage in BESIDE)
    stages = {"reading": whole - together, **stages}
    return whole, stages, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIGABYTE


def scan(sources: Path) -> float:
    """Seconds that DuckDB needs to read every table into memory, columns as text where the file is text."""
    started = time.perf_counter()
    with database(None) as connection:
        connection.execute("SET memory_limit = '16GB'")
        for number, file in enumerate(sorted(tables(sources))):
            connection.execute(f"CREATE TABLE t{number} AS SELECT * FROM {reader(file)}")
    return time.perf_counter() - started


def tables(sources: Path) -> list[Path]:
    """The files that hold tables, not outlines."""
    files = (p for p in sources.rglob("*") if p.suffix.lower() in (".parquet", ".csv", ".txt"))
    return [p for p in files if "truth" not in p.parts and not p.name.startswith("contours")]


def reader(file: Path) -> str:
    """The table function that reads a file as it is."""
    if file.suffix == ".parquet":
        return f"read_parquet('{file}')"
    wide = ", encoding = 'latin-1', header = false, null_padding = true, strict_mode = false, ignore_errors = true"
    wide += ", delim = ';', quote = ''"
    return f"read_csv('{file}', all_varchar = true{wide if file.suffix == '.txt' else ''})"


def run(command: list[str]) -> tuple[float, float]:
    """Seconds of a process that must succeed: by the clock, and of processors (of use where others work too)."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, worked


if __name__ == "__main__":
    main()
