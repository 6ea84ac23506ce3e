"""The forecast, bloc by bloc: does it beat every simple rule by 5 %, and do its intervals cover stations of every size?

    python benchmarks/forecast.py [--real FILE] [--simulated FILE] [--rounds N] [--scale X]

Predicts the first round of the legislative election of 2022 from everything before it in the real data, then the last
ten national first rounds of a simulated country, each from what came before it. National shares and who stands are
given to all; peers in the same run: every rule of `isoloir backtest`. For each bloc and abstention: mean absolute and
root mean square error in points, weighted by registered voters; the ratio is the forecast's error over that of the best
rule of that column (under 0.95: it beats all by 5 %); coverage of the 90 % intervals, overall and by decile of size,
and their mean width. FILE is a station database; without one, the real data (../shared/data beside the checkout, or
ISOLOIR_REAL_DATA) are built, and a country of X times France's size (default 0.06) is simulated.

How narrow could intervals be? `least width` is that of intervals around the same forecasts whose width was learned from
the errors of the very election, in other constituencies (boosted regression of the 90 % quantile on size, share and
who stands): no earlier election can tell as much.

No constant of the forecast was chosen on the legislative election of 2022: they come from the simulated country, from
Paris in 2017, or from what was known of elections until 2017.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from isoloir.codes import Area
from isoloir.commands.history import read_history
from isoloir.simulate.country import simulate
from isoloir.stations.build import build
from isoloir.stats.backtest.baselines import BASELINES
from isoloir.stats.backtest.model import forecast
from isoloir.stats.backtest.question import NATIONAL
from isoloir.stats.backtest.trial import Trial, ask
from isoloir.stats.blocs import blocs
from isoloir.stats.history import History
from isoloir.store import database

DATA = Path(os.environ.get("ISOLOIR_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
METHODS = {"forecast": forecast, **BASELINES}
Errors = dict[str, np.ndarray]  # method -> (columns, 2): mean absolute and root mean square, points


def least_width(trial: Trial) -> str:
    """Mean width and coverage, all blocs together, of intervals that know how wrong the forecast was elsewhere."""
    question, answer = trial.question, trial.answers["forecast"]
    seats = np.unique(question.history.constituency, return_inverse=True)[1]
    fold = np.random.default_rng(0).integers(0, 5, seats.max() + 1)[seats]
    numbers = np.zeros((len(seats), 0)) if question.numbers is None else question.numbers
    widths, hits = [], []
    for column in range(len(trial.columns) - 1):
        error = np.abs(trial.truth[:, column] - answer.mean[:, column])
        known = np.isfinite(error) & (question.registered > 0)
        x = np.column_stack([question.registered, answer.mean[:, column], answer.mean, numbers])
        for k in range(5):
            rows, here = np.flatnonzero(known & (fold != k))[::3], known & (fold == k)
            model = HistGradientBoostingRegressor(
                loss="quantile", quantile=0.9, max_iter=60, learning_rate=0.15, max_leaf_nodes=15, min_samples_leaf=100
            ).fit(x[rows], error[rows])
            half = np.maximum(model.predict(x[here]), 0)
            widths.append(2 * half)
            hits.append(error[here] <= half)
    return f"{100 * np.concatenate(widths).mean():.1f} (it covers {100 * np.concatenate(hits).mean():.1f} %)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--simulated", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--scale", type=float, default=0.06)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.real or (DATA / "results").is_dir():
            trial = ask(read(given.real or built(DATA, folder / "real")), "2022_legi_t1", METHODS)
            report("real: 2022_legi_t1", [trial])
            print(f"  blocs together, least width {least_width(trial)}")
        else:
            print(f"no real data in {DATA}: only the simulated country is measured")
        file = given.simulated
        if not file:
            simulate(folder / "files", "france", seed=1, scale=given.scale)
            file = built(folder / "files", folder / "simulated")
        history = read(file)
        names = [r.election for r in history.rounds if r.round == 1 and r.type in NATIONAL][-given.rounds :]
        trials = []
        for election in names:
            trials.append(ask(history, election, METHODS))
            report(f"simulated: {election}", trials[-1:], short=True)
        report(f"simulated: {len(names)} rounds together", trials)


def built(sources: Path, target: Path) -> Path:
    build(Area(), sources, target.with_suffix(".duckdb"))
    return target.with_suffix(".duckdb")


def read(file: Path) -> History:
    with database(file) as connection:
        return read_history(connection, Area(), blocs())


def report(title: str, trials: list[Trial], short: bool = False) -> None:
    """Errors of every method, ratios to the best rule, coverage."""
    columns = trials[0].columns
    errors = {method: mean_errors(trials, method) for method in METHODS if all(method in t.answers for t in trials)}
    best = np.nanmin([errors[method] for method in errors if method != "forecast"], axis=0)
    print(f"\n{title}, {len(trials[0].truth)} stations: mean absolute / root mean square error, points")
    print(f"{'':20s}" + "".join(f"{c:>16s}" for c in columns))
    for method, found in errors.items():
        if not short or method == "forecast":
            print(f"{method:20s}" + "".join(f"{a:8.2f}{b:8.2f}" for a, b in found))
    print(f"{'ratio to the best':20s}" + "".join(f"{a:8.3f}{b:8.3f}" for a, b in errors["forecast"] / best))
    for column, name in enumerate(columns):
        print(f"  {name:14s}" + covered(trials, slice(column, column + 1)))
    print(f"  {'blocs together':14s}" + covered(trials, slice(0, len(columns) - 1)))


def mean_errors(trials: list[Trial], method: str) -> np.ndarray:
    """Means over elections, (columns, 2)."""
    rows = []
    for trial in trials:
        error = 100 * (trial.answers[method].mean - trial.truth)
        weight = np.where(np.isfinite(error), trial.question.registered[:, None], 0)
        with np.errstate(invalid="ignore"):
            absolute = np.nansum(weight * np.abs(error), axis=0) / weight.sum(axis=0)
            square = np.sqrt(np.nansum(weight * error**2, axis=0) / weight.sum(axis=0))
        rows.append(np.column_stack([absolute, square]))
    return np.asarray(np.nanmean(rows, axis=0))


def covered(trials: list[Trial], columns: slice) -> str:
    """Coverage overall and by decile of size, and mean width."""
    inside, widths, deciles = [], [], []
    for trial in trials:
        answer, size = trial.answers["forecast"], trial.question.registered
        assert answer.low is not None
        assert answer.high is not None
        truth, low, high = (a[:, columns] for a in (trial.truth, answer.low, answer.high))
        edges = np.quantile(size[size > 0], np.arange(1, 10) / 10)
        known = np.isfinite(truth)
        inside.append(((truth >= low) & (truth <= high))[known])
        widths.append((high - low)[known])
        deciles.append(np.broadcast_to(np.searchsorted(edges, size)[:, None], truth.shape)[known])
    hit, decile = np.concatenate(inside), np.concatenate(deciles)
    by_size = " ".join(f"{100 * hit[decile == d].mean():.0f}" for d in range(10))
    return f" cover {100 * hit.mean():.1f} %  width {100 * np.concatenate(widths).mean():.1f}  by size {by_size}"


if __name__ == "__main__":
    main()
