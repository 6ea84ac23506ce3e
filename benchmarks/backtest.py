"""The forecast beside simple rules, on elections held out: how much smaller is its error, and do its intervals hold?

    python benchmarks/backtest.py [--real FILE] [--simulated FILE]

The legislative election of 2022, first round, is predicted from everything before it; so is every national first round
of a simulated country that all rules can predict. National shares and who stands are given to all. FILE is a station
database; without one the real data (../shared/data beside the checkout, or ISOLOIR_REAL_DATA) are built, which takes a
minute or two, and a fictional département is simulated. Peers in the same run: same as last time, last of the type,
uniform and proportional swing, commune mean, a ridge regression on lags and census as public models do it, and the
composite of the last two elections. A ratio below 1 says that the forecast is closer than the best of them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

from isoloir.codes import Area
from isoloir.commands.backtest.run import Backtest, backtest
from isoloir.simulate.country import simulate
from isoloir.stations.build import build
from isoloir.stats.backtest.summary import comparable, table

DATA = Path(os.environ.get("ISOLOIR_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--simulated", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.real or (DATA / "results").is_dir():
            report(
                "legislative 2022, first round", backtest(given.real or real(Path(folder)), elections=("2022_legi_t1",))
            )
        else:
            print(f"no real data in {DATA}: only the simulated country is measured")
        report("simulated country", backtest(given.simulated or simulated(Path(folder))))


def real(folder: Path) -> Path:
    build(Area(), DATA, folder / "real.duckdb")
    return folder / "real.duckdb"


def simulated(folder: Path) -> Path:
    simulate(folder / "files", "departement", seed=1)
    build(Area(("X1",)), folder / "files", folder / "simulated.duckdb")
    return folder / "simulated.duckdb"


def report(title: str, found: Backtest) -> None:
    """The errors of every method, the ratio to the best peer, and the intervals of the one judged."""
    scores = comparable(found.scores)
    print(f"\n{title}: {found.stations} stations, {len({s.election for s in scores})} elections, judged: {found.best}")
    for measure in ("mae", "rmse"):
        errors = table(scores, measure)
        columns = list(errors[found.best])
        print(f"{measure:22s}" + "".join(f"{c:>14s}" for c in columns))
        for method in sorted(errors, key=lambda name: name != found.best):
            print(f"{method:22s}" + "".join(f"{100 * errors[method][c]:14.2f}" for c in columns))
        ratios = {c: errors[found.best][c] / min(e[c] for m, e in errors.items() if m != found.best) for c in columns}
        print(f"{'ratio to the best':22s}" + "".join(f"{ratio:14.3f}" for ratio in ratios.values()))
    for measure in ("cover", "width") if np.isfinite(found.evidence.cover) else ():
        values = table(found.scores, measure)[found.best]
        print(f"{measure + ', %':22s}" + "".join(f"{100 * v:14.1f}" for v in values.values()))
    for size in (s for s in found.sizes if s.method == found.best and np.isfinite(s.cover).any()):
        print(f"cover by size, {size.column:11s}" + "".join(f"{100 * c:6.1f}" for c in size.cover))
    print(f"{found.seconds:.0f} s")


if __name__ == "__main__":
    main()
