"""Measure: are planted effects found without bias, do intervals cover, and is nothing found where nothing is?

    python benchmarks/measure.py [--campaigns 500] [--seed 2] [--figure docs/images/measure.svg]

A fictional département votes twice (legislative 2022 and 2024). Campaigns are then made up on its real turn of 2024:
stations anywhere, strata of five by PO, one control each; four in five of the others are visited, half to all of their
doors; every voter of another choice in a visited station may change with a chance that differs between stations. 500
campaigns of each size, once with an effect of three points in a station wholly visited, once with none. Beside it, what
is usually done: the difference of visited and other stations, with ordinary errors; its interval is wider.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from scipy.stats import t as student

from isoloir.codes import Area
from isoloir.commands.history import read_history
from isoloir.simulate.country import simulate
from isoloir.stations.build import build
from isoloir.stats.blocs import blocs
from isoloir.stats.measure import measure
from isoloir.store import database

EFFECT = 0.03
SIZES = (40, 100, 200)


@dataclass(frozen=True)
class Stations:
    """What the département does when nobody canvasses."""

    support: np.ndarray
    valid: np.ndarray
    earlier: np.ndarray
    po: np.ndarray


def read_stations(seed: int) -> Stations:
    with tempfile.TemporaryDirectory() as scratch:
        folder, file = Path(scratch) / "official", Path(scratch) / "x.duckdb"
        simulate(folder, "departement", seed)
        build(Area(("X1",)), folder, file)
        with database(file) as connection:
            history = read_history(connection, Area(), blocs())
    now, before = history.round("2024_legi_t1"), history.round("2022_legi_t1")
    assert now is not None
    assert before is not None
    left = history.blocs.index("left")
    earlier = np.column_stack([before.shares[:, left], before.abstention])
    keep = np.isfinite(earlier).all(axis=1) & now.known & (now.registered >= 100) & now.stood[:, left]
    valid = np.round(now.registered * (1 - now.abstention))
    return Stations(now.shares[keep, left], valid[keep], earlier[keep], (earlier[:, 1] * earlier[:, 0])[keep])


def campaign(stations: Stations, size: int, effect: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One campaign: what was drawn, visited and counted, and the effect that it really had on each station."""
    chosen = rng.choice(len(stations.po), size, replace=False)
    chosen = chosen[np.argsort(-stations.po[chosen])]
    treated = np.ones(size, bool)
    treated[np.arange(0, size, 5) + rng.integers(5, size=size // 5)] = False
    share = treated * np.where(rng.random(size) < 0.8, rng.uniform(0.5, 1, size), 0)
    support, valid = stations.support[chosen], stations.valid[chosen]
    own = effect * rng.lognormal(-0.08, 0.4, size)
    chance = np.clip(own * share / (1 - support), 0, 1)
    won = rng.binomial(np.round(valid * (1 - support)).astype(int), chance) / valid
    return {
        "outcome": np.clip(support + won, 0, 1), "treated": treated, "share": share, "strata": np.arange(size) // 5,
        "earlier": stations.earlier[chosen], "own": own,
    }  # fmt: skip


def naive(data: dict[str, np.ndarray]) -> tuple[float, float]:
    """Visited against not visited, ordinary errors: the interval."""
    visited = data["share"] > 0
    y, other = data["outcome"][visited], data["outcome"][~visited]
    error = np.sqrt(y.var(ddof=1) / len(y) + other.var(ddof=1) / len(other))
    half = student.ppf(0.95, len(data["outcome"]) - 2) * error
    return y.mean() - other.mean() - half, y.mean() - other.mean() + half


def run(stations: Stations, size: int, effect: float, campaigns: int) -> dict[str, float]:
    rows = []
    for seed in range(campaigns):
        data = campaign(stations, size, effect, np.random.default_rng([seed, size, round(1000 * effect)]))
        own, share, treated = data.pop("own"), data["share"], data["treated"]
        found = measure(**data, seed=seed)
        drawn, visited = (own * share)[treated].mean(), (own * share).sum() / share.sum()
        told = found.allocation
        low, high = naive(data)
        rows.append(
            {
                "bias": found.intention.value - drawn,
                "bias_visited": told.value - visited if told else None,
                "covered": found.intention.low <= drawn <= found.intention.high,
                "covered_visited": told.low <= visited <= told.high if told else None,
                "found": found.chance <= 0.1,
                "visible": found.intention.visible,
                "wider": (high - low) / (told.high - told.low) if told else None,
                "untold": told is None,
            }
        )
    table = pl.DataFrame(rows, infer_schema_length=None)
    out = {name: float(table[name].mean()) for name in table.columns}  # type: ignore[arg-type]
    return out | {"noise": float(table["bias"].std()) / np.sqrt(campaigns)}  # type: ignore[arg-type]


def draw(stations: Stations, file: Path, size: int = 100, count: int = 40) -> None:
    """The intervals of some campaigns with an effect, and of some without."""
    figure, panels = plt.subplots(1, 2, figsize=(8, 4.2), sharex=True, sharey=True)
    for panel, effect in zip(panels, (EFFECT, 0.0), strict=True):
        for seed in range(count):
            data = campaign(stations, size, effect, np.random.default_rng([seed, size, round(1000 * effect)]))
            own, share = data.pop("own"), data["share"]
            true = 100 * (own * share).sum() / share.sum()
            found = measure(**data, seed=seed, redraws=1).allocation
            assert found is not None
            missed = not found.low <= true / 100 <= found.high
            panel.plot([100 * found.low, 100 * found.high], [seed, seed], color="#b0323a" if missed else "#8a8f98")
            panel.plot(100 * found.value, seed, marker="o", markersize=3, color="black")
        panel.axvline(100 * effect, color="#1c4f87", linewidth=1)
        panel.set_title(f"an effect of {100 * effect:.0f} points" if effect else "no effect", fontsize=10)
        panel.set(yticks=[], xlabel="effect found, points")
    panels[0].set_ylabel(f"{count} campaigns of {size} stations")
    figure.savefig(file, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--campaigns", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--figure", type=Path)
    asked = parser.parse_args()
    stations = read_stations(asked.seed)
    if asked.figure:
        draw(stations, asked.figure)
        return
    print(f"{asked.campaigns} campaigns of each kind; points; 90 % intervals; an effect is found at 10 %")
    print("stations effect     bias (noise)  bias visited  covered  visited   found  visible from  naive is wider")
    every = []
    for size in SIZES:
        for effect in (EFFECT, 0.0):
            got = run(stations, size, effect, asked.campaigns)
            every.append(got)
            print(
                f"{size:8d} {100 * effect:6.1f}  {100 * got['bias']:+7.3f} ({100 * got['noise']:.3f})"
                f"  {100 * got['bias_visited']:+12.3f}  {got['covered']:7.1%}  {got['covered_visited']:7.1%}"
                f"  {got['found']:6.1%}  {100 * got['visible']:12.1f}  {got['wider']:12.2f} x"
            )
    covered = np.mean([[g["covered"], g["covered_visited"]] for g in every])
    falsely = np.mean([g["found"] for g in every[1::2]])
    print(f"all: covered {covered:.1%}, a zero effect declared {falsely:.1%} of the time; naive / drawn width ", end="")
    print(f"{np.mean([g['wider'] for g in every]):.2f}")


if __name__ == "__main__":
    main()
