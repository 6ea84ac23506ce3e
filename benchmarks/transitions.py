"""Voter transitions: how far from the truth, how honest the intervals, how fast?

    python benchmarks/transitions.py [--quick] [--data FOLDER] [--seeds 21,22,23]

New Zealand counts party and candidate on one ballot, so the true table of each district is known: `EI = 100 * 0.5 *
sum |estimated - true| / votes`, mean over districts. Constants were chosen on 2002 to 2008; 2011 and 2014 were not
looked at before they were frozen. Peers, written here as one would write them: independence, IPF (independence in each
station, summed), lphom, Goodman's regression under constraints (each row a distribution; least squares weighted by
size), and this model on each district alone. FOLDER holds `ecological/` (default ../shared/data beside the checkout, or
ISOLOIR_REAL_DATA). `--quick` takes every fourth district for the peers; the model always sees whole elections.
lphom is written from its paper (Romero, Pavia, Martin and Romero, Journal of Applied Statistics 47, 2020): no Python
package has it. The last part is simulated départements, with and without the census. Its weight was chosen on
six others and on the presidential elections of 2017 and 2022; these départements and the other pair of rounds were not
looked at before.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse
from scipy.optimize import linprog, nnls

from isoloir.codes import Area
from isoloir.commands.transitions.rounds import BLANK, NEW, Margins, read_margins
from isoloir.simulate.country import simulate
from isoloir.stations.build import build
from isoloir.stats.blocs import blocs
from isoloir.stats.transitions import Transitions, estimate, estimate_many
from isoloir.store import database

PAIRS = (("2017_pres_t1", "2022_pres_t1"), ("2012_pres_t1", "2017_pres_t1"))
Pair = tuple[np.ndarray, np.ndarray, np.ndarray]
DATA = Path(os.environ.get("ISOLOIR_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
CHOSEN, UNSEEN = (2002, 2005, 2008), (2011, 2014)


def read_election(folder: Path, year: int) -> list[Pair]:
    """Origins, destinations and true table of every district."""
    name = pl.col("election") == f"ei_NZ_{year}"
    units = pl.read_parquet(folder / "new_zealand_2002_2014_units.parquet").filter(name)
    cross = pl.read_parquet(folder / "new_zealand_2002_2014_true_cross.parquet").filter(name)
    out = []
    for number in cross["district_no"].unique().sort():
        sides = []
        for side in ("row", "col"):
            part = units.filter((pl.col("district_no") == number) & (pl.col("side") == side))
            sides.append(scatter(part["unit"], part["opt"], part["votes"]))
        cells = cross.filter(pl.col("district_no") == number)
        out.append((*sides, scatter(cells["row_opt"], cells["col_opt"], cells["votes"])))
    return out


def scatter(row: pl.Series, column: pl.Series, value: pl.Series) -> np.ndarray:
    table = np.zeros((row.max(), column.max()))
    table[row - 1, column - 1] = value
    return table


def error(found: np.ndarray, true: np.ndarray) -> float:
    return float(50 * np.abs(found - true).sum() / true.sum())


def independence(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.outer(x.sum(0), y.sum(0)) / x.sum()


def fit_within(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return x.T @ (y / np.maximum(y.sum(1, keepdims=True), 1))


def goodman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """min sum |y - x p|^2 / n subject to p >= 0 and rows that sum to one (a heavy equation)."""
    rows, columns = x.shape[1], y.shape[1]
    scale = 1 / np.sqrt(np.maximum(x.sum(1, keepdims=True), 1))
    design = np.kron(x * scale, np.eye(columns))
    total = np.kron(np.eye(rows), np.ones((1, columns)))
    normal = design.T @ design + 1e4 * total.T @ total + 1e-8 * np.eye(rows * columns)
    factor = np.linalg.cholesky(normal)
    share, _ = nnls(
        factor.T,
        np.linalg.solve(factor, design.T @ (y * scale).ravel() + 1e4 * total.T @ np.ones(rows)),
        maxiter=20_000,
    )
    share = share.reshape(rows, columns)
    return share / np.maximum(share.sum(1, keepdims=True), 1e-9) * x.sum(0)[:, None]


def lphom(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """min sum |y - x p| subject to rows that sum to one and columns that sum to the whole result."""
    (stations, rows), columns = x.shape, y.shape[1]
    cells, residuals = rows * columns, sparse.identity(stations * columns)
    each = sparse.hstack([sparse.kron(x, sparse.identity(columns)), residuals, -residuals])
    total = np.vstack([np.kron(np.eye(rows), np.ones(columns)), np.kron(x.sum(0), np.eye(columns))])
    found = linprog(
        np.r_[np.zeros(cells), np.ones(2 * stations * columns)],
        A_eq=sparse.vstack([each, sparse.hstack([total, sparse.csr_matrix((len(total), 2 * stations * columns))])]),
        b_eq=np.r_[y.ravel(), np.ones(rows), y.sum(0)],
        method="highs",
    )
    return found.x[:cells].reshape(rows, columns) * x.sum(0)[:, None]


PEERS = {"independence": independence, "IPF": fit_within, "lphom": lphom, "constrained least squares": goodman}


def new_zealand(folder: Path, step: int) -> None:
    """The table of errors."""
    elections = {year: read_election(folder, year) for year in CHOSEN + UNSEEN}
    print(f"{'New Zealand':30}{'EI 2002-08':>11}{'EI 2011-14':>11}{'covered':>9}{'half-width':>11}{'s/district':>11}")
    for name, method in PEERS.items():
        peer(name, elections, step, method)
    alone: list[tuple[Transitions, np.ndarray]] = []

    def by_itself(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        found = estimate(x, y)
        alone.append((found, y))
        return found.votes

    peer("isoloir, each district alone", elections, 1, by_itself)
    pooled = {year: list(pool(elections[year])) for year in elections}
    seconds = sum(s for year in pooled for s, *_ in pooled[year]) / sum(map(len, pooled.values()))
    chosen, unseen = (np.array([row for year in years for row in pooled[year]]) for years in (CHOSEN, UNSEEN))
    line("isoloir, pooled", chosen[:, 1].mean(), unseen[:, 1].mean(), seconds, unseen)
    for year, rows in pooled.items():
        _, errors, covered, cells, width = np.array(rows).T
        print(
            f"  {year}: EI {errors.mean():.2f}, covered {100 * covered.sum() / cells.sum():.1f} %, half-width "
            f"{100 * width.sum() / cells.sum():.1f} points, {len(rows)} districts"
        )


def pool(pairs: list[Pair]) -> Iterator[tuple[float, ...]]:
    """Seconds, error, covered cells, cells, summed half-width of each district."""
    start = time.perf_counter()
    found = estimate_many([(x, y) for x, y, _ in pairs])
    seconds = (time.perf_counter() - start) / len(pairs)
    for result, (_, _, true) in zip(found, pairs, strict=True):
        share = true / true.sum(1, keepdims=True)
        inside = (result.share_low - 1e-9 <= share) & (share <= result.share_high + 1e-9)
        width = (result.share_high - result.share_low).sum() / 2
        yield seconds, error(result.votes, true), inside.sum(), share.size, width


def peer(name: str, elections: dict[int, list[Pair]], step: int, method: Callable[..., np.ndarray]) -> None:
    start, count, means = time.perf_counter(), 0, []
    for years in (CHOSEN, UNSEEN):
        pairs = [pair for year in years for pair in elections[year][::step]]
        means.append(np.mean([error(method(x, y), true) for x, y, true in pairs]))
        count += len(pairs)
    line(name, means[0], means[1], (time.perf_counter() - start) / count)


def line(name: str, chosen: float, unseen: float, seconds: float, rows: np.ndarray | None = None) -> None:
    honest = ("", "")
    if rows is not None:
        honest = (
            f"{100 * rows[:, 2].sum() / rows[:, 3].sum():.1f} %",
            f"{100 * rows[:, 4].sum() / rows[:, 3].sum():.1f}",
        )
    print(f"{name:30}{chosen:>11.2f}{unseen:>11.2f}{honest[0]:>9}{honest[1]:>11}{seconds:>11.4f}", flush=True)


def carolina(folder: Path) -> None:
    """Race by party registration, with the true table of every precinct; errors precinct by precinct."""
    table = pl.read_csv(folder / "senc.csv")
    cells = [f"{race}{party}" for race in ("wh", "bl", "natam") for party in ("dem", "rep", "non")]
    true = table.select(cells).to_numpy().astype(float).reshape(-1, 3, 3)
    x, y = true.sum(2), true.sum(1)
    within = x[:, :, None] * y[:, None, :] / np.maximum(x.sum(1), 1)[:, None, None]
    share = goodman(x, y) / x.sum(0)[:, None]
    seeded = rake_stations(x[:, :, None] * np.maximum(share, 1e-6), x, y)
    counties = estimate(x, y, groups=table["county"].to_numpy())
    print("senc.csv, precinct by precinct: EI")
    for name, found in {
        "IPF": within,
        "IPF from least squares": seeded,
        "isoloir": estimate(x, y).tables,
        "isoloir, pooled by county": counties.tables,
    }.items():
        print(f"  {name:28}{error(found, true):>8.2f}   whole area {error(found.sum(0), true.sum(0)):>6.2f}")


def rake_stations(tables: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    for _ in range(100):
        tables = tables * (y / np.maximum(tables.sum(1), 1e-300))[:, None, :]
        tables = tables * (x / np.maximum(tables.sum(2), 1e-300))[:, :, None]
    return tables


def fiction(peers: dict[str, Callable[..., np.ndarray]], seeds: list[int]) -> None:
    """Simulated départements: the truth is known, the census is what the pipeline makes of INSEE's."""
    errors: dict[str, list[list[float]]] = {f"{before} to {after}": [] for before, after in PAIRS}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            simulate(folder, "departement", seed=seed)
            build(Area(("X1",)), folder, folder / "db.duckdb")
            truth = pl.read_parquet(folder / "truth" / "transitions.parquet")
            for before, after in PAIRS:
                with database(folder / "db.duckdb") as connection:
                    margins = read_margins(connection, before, after, Area(), "candidates", blocs())
                true = tabulate_truth(truth, before, after, margins.rows, margins.columns)
                errors[f"{before} to {after}"].append(fiction_errors(margins, true, peers))
    names = [*peers, "isoloir", "isoloir, with the census", "isoloir, by constituency", "isoloir, both"]
    for pair, rows in errors.items():
        table = np.array(rows)
        print(f"simulated départements {seeds}, {pair}: mean EI, shares of each origin given its true voters")
        for place, label in enumerate(names):
            print(f"  {label:28}{table[:, place].mean():>8.2f}   each {np.array2string(table[:, place], precision=1)}")


def fiction_errors(margins: Margins, true: np.ndarray, peers: dict[str, Callable[..., np.ndarray]]) -> list[float]:
    """The error of each method, in the order of the table."""
    x, y, census = margins.origins, margins.destinations, margins.census
    known = [i for i, row in enumerate(margins.rows) if row != NEW]  # the truth does not say who left
    found = [
        *(method(x, y) / x.sum(0)[:, None] for method in peers.values()),
        estimate(x, y).shares,
        estimate(x, y, covariates=census).shares,
        estimate(x, y, margins.groups).shares,
        estimate(x, y, margins.groups, covariates=census).shares,
    ]
    return [error((shares * true.sum(1, keepdims=True))[known], true[known]) for shares in found]


def tabulate_truth(truth: pl.DataFrame, before: str, after: str, rows: list[str], columns: list[str]) -> np.ndarray:
    pair = (pl.col("from_election") == before) & (pl.col("to_election") == after)
    silent = {"blank": BLANK, "spoiled": BLANK}
    cells = truth.filter(pair).with_columns(pl.col("origin", "destination").replace(silent))
    table = np.zeros((len(rows), len(columns)))
    for row, column, voters in cells.select("origin", "destination", "voters").iter_rows():
        table[rows.index(row), columns.index(column)] += voters
    return table


def main() -> None:
    folder = (Path(sys.argv[sys.argv.index("--data") + 1]) if "--data" in sys.argv else DATA) / "ecological"
    small = np.random.default_rng(0).multinomial(500, [0.5, 0.5], 5).astype(float)
    estimate(small, small[::-1])  # compile
    estimate_many([(small, small)])
    if folder.is_dir():
        new_zealand(folder, 4 if "--quick" in sys.argv else 1)
        carolina(folder)
    else:
        print(f"no {folder}: the comparison with true tables is skipped")
    seeds = sys.argv[sys.argv.index("--seeds") + 1] if "--seeds" in sys.argv else "21,22,23"
    fiction(PEERS, [int(seed) for seed in seeds.split(",")])


if __name__ == "__main__":
    main()
