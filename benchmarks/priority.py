"""Priority: does the ranking reach more votes than the index of 2012, and are its probabilities true?

    python benchmarks/priority.py [--seeds 2,3,4] [--data FOLDER] [--figure docs/images/priority.svg]

The fictional country knows what a talk at each door would change (`truth/reserves.parquet`). Each round is ranked as on
its eve, for each bloc; campaigns of many strengths are then run in it, in two planted worlds: talks that move voters as
the planted voter model does (near ones more), and talks that move everybody alike (Pons's persuasion rate). Captured:
the part of all votes to be had that lies in the first 20 % of stations (ranked by expected votes, so that size earns),
and the part that the first 20 % of hours bring (ranked by votes per hour, so that size earns nothing). PO is as
published: abstention x support of the last round of the same type. Seed 1 was used for choices, others were not.

With FOLDER (default ../shared/data beside the checkout, or ISOLOIR_REAL_DATA) Val-de-Marne is ranked on the eve of the
legislative round of 2022; nobody knows its true effects, so what is reached is PO's own reserve as it turned out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.axes import Axes

from isoloir.codes import Area, Election
from isoloir.commands.history import read_history
from isoloir.commands.priority import Prioritised, Question, prioritise_stations
from isoloir.simulate.campaign import Reserves, Talk, canvass, read_reserves
from isoloir.simulate.country import simulate
from isoloir.stations.build import build
from isoloir.stats.blocs import blocs
from isoloir.stats.calendar import date_of
from isoloir.stats.priority import effects
from isoloir.stats.priority.choice import fill
from isoloir.stats.priority.effects import draw_effects
from isoloir.store import database

ROUNDS = ("2022_pres_t1", "2022_legi_t1", "2024_euro_t1", "2024_legi_t1")
BLOCS = ("left", "centre_right", "far_right")
FIELDS = ("votes", "others", "persuadable", "mobilisable", "opposing", "coming")  # of Reserves
CAMPAIGNS = 60
FIRST = 0.2


@dataclass(frozen=True)
class Case:
    """One ranking beside the truth, stations in the same order."""

    name: str
    found: Prioritised
    rows: np.ndarray  # of the ranking, in the order of the truth
    reserves: Reserves
    po: np.ndarray


def last_po(found: Prioritised) -> np.ndarray:
    """PO of the last round of the same type, in the order of the ranking's history."""
    history, kind = found.history, found.election.type
    last = [r for r in history.of_type(kind) if r.round == 1][-1]
    return last.abstention * last.shares[:, history.blocs.index(found.question.target)]


def cases(folder: Path, file: Path) -> Iterator[Case]:
    truth = pl.read_parquet(folder / "truth" / "reserves.parquet")
    for election in ROUNDS:
        for bloc in BLOCS:
            found = prioritise_stations(file, Question(election, bloc), keep=False)
            assert found.opponent is not None
            reserves = read_reserves(truth, election, bloc, found.opponent)
            names = reserves.stations.select(pl.concat_str("commune_code", "station_code", separator="_")).to_series()
            places = {s: i for i, s in enumerate(found.history.station_id.tolist())}
            both = [(i, places[n]) for i, n in enumerate(names) if n in places and found.ranked.rank[places[n]] > 0]
            at, rows = np.array(both).T
            part = Reserves(reserves.stations[at], *(getattr(reserves, f)[at] for f in FIELDS))
            po = last_po(found)[rows]
            known = np.isfinite(po)
            part = Reserves(part.stations.filter(known), *(getattr(part, f)[known] for f in FIELDS))
            yield Case(f"{election} {bloc}", found, rows[known], part, po[known])


def talks(kind: str, alike: bool, seed: int) -> list[Talk]:
    """Campaigns of every strength that the published effects allow, those without any effect left out."""
    drawn = draw_effects(effects(), kind, 4 * CAMPAIGNS, np.random.default_rng(seed))
    some = np.flatnonzero((drawn.persuasion > 0) & (drawn.mobilisation >= 0))[:CAMPAIGNS]
    names = ("persuasion", "mobilisation", "opening", "talk_minutes", "knock_minutes", "walk_km_h", "setup_hours")
    return [Talk(alike=alike, **{n: float(getattr(drawn, n)[i]) for n in names}) for i in some]


def first_stations(score: np.ndarray, votes: np.ndarray) -> float:
    first = np.argsort(-score, kind="stable")[: int(np.ceil(FIRST * len(score)))]
    return float(votes[first].sum())


def first_hours(score: np.ndarray, votes: np.ndarray, hours: np.ndarray) -> float:
    order = np.argsort(-score, kind="stable")
    before = np.cumsum(hours[order]) - hours[order]
    taken = np.clip((FIRST * hours.sum() - before) / hours[order], 0, 1)
    return float((votes[order] * taken).sum())


def run(case: Case, alike: bool, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Captured (votes by stations, votes by hours, all votes) by ranking; stated and true chance of each station."""
    rate = case.found.ranked.rate[:, case.rows].mean(axis=0)
    whole = rate * case.found.ranked.hours[:, case.rows].mean(axis=0)
    size = case.reserves.stations["registered"].to_numpy().astype(float)
    got = {name: np.zeros(3) for name in ("ranking", "po", "size", "perfect")}
    pairs = []
    for talk in talks(case.found.election.type, alike, seed):
        votes, hours = canvass(case.reserves, talk)
        scores = {
            "ranking": (whole, rate),
            "po": (case.po,) * 2,
            "size": (size,) * 2,
            "perfect": (votes, votes / hours),
        }
        for name, (by_station, by_hour) in scores.items():
            got[name] += (first_stations(by_station, votes), first_hours(by_hour, votes, hours), votes.sum())
        best = fill(votes / hours, hours, case.found.ranked.choice.hours)
        pairs.append(np.column_stack([case.found.ranked.probability[case.rows], best]))
    return got, np.concatenate(pairs)


def print_country(seeds: list[int]) -> None:
    results: dict[bool, list[tuple[str, dict[str, np.ndarray]]]] = {False: [], True: []}
    chances: dict[bool, list[np.ndarray]] = {False: [], True: []}
    with tempfile.TemporaryDirectory() as scratch:
        for seed in seeds:
            folder, file = Path(scratch) / str(seed), Path(scratch) / f"{seed}.duckdb"
            simulate(folder, "departement", seed)
            build(Area(("X1",)), folder, file)
            for case in cases(folder, file):
                for alike in (False, True):
                    got, pairs = run(case, alike, seed)
                    results[alike].append((case.name, got))
                    chances[alike].append(pairs)
    for alike, title in ((False, "talks that move near voters more"), (True, "talks that move every voter alike")):
        print(f"\n{title}: share of all votes captured by the first 20 % of stations | of hours")
        print_captured(results[alike])
    print("\nboth worlds")
    print_captured([("", got) for _, got in results[False] + results[True]])
    print_chances(np.concatenate(chances[False] + chances[True]))


def print_captured(results: list[tuple[str, dict[str, np.ndarray]]]) -> None:
    names = ("ranking", "po", "size", "perfect")
    print(f"  {'':28}" + "".join(f"{n:>16}" for n in names) + f"{'ranking / PO':>18}")
    rows = {name: [g for n, g in results if n == name] for name, _ in results}
    rows = {"all": [g for _, g in results]} if len(rows) == 1 else rows | {"all": [g for _, g in results]}
    for name, group in rows.items():
        # each round and bloc counts alike, whatever its votes
        share = {n: np.mean([g[n][:2] / g[n][2] for g in group], axis=0) for n in names}
        cells = "".join(f"{100 * share[n][0]:8.1f} |{100 * share[n][1]:5.1f} " for n in names)
        ratio = share["ranking"] / share["po"]
        print(f"  {name:28}{cells}{ratio[0]:10.2f} |{ratio[1]:5.2f}")


def print_chances(pairs: np.ndarray) -> None:
    print("\nprobability of being among the best: stated, and how often it was so (both worlds)")
    place = np.clip((pairs[:, 0] * 10).astype(int), 0, 9)
    for decile in range(10):
        inside = pairs[place == decile]
        if len(inside):
            stated, true = inside.mean(axis=0)
            print(f"  {stated:5.2f} {true:5.2f}  {len(inside) / len(pairs):6.1%} of stations")
    error = np.average(
        [abs(np.subtract(*pairs[place == d].mean(axis=0))) for d in np.unique(place)],
        weights=[(place == d).sum() for d in np.unique(place)],
    )
    brier, base = np.mean((pairs[:, 0] - pairs[:, 1]) ** 2), np.mean((pairs[:, 1] - pairs[:, 1].mean()) ** 2)
    print(f"  mean calibration error {error:.3f}; Brier score {brier:.3f}, {base:.3f} when nothing is known")


def print_real(data: Path) -> None:
    if not (data / "results").is_dir():
        print(f"\nno real data in {data}: the real part is left out")
        return
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "94.duckdb"
        build(Area(("94",)), data, file)
        found = prioritise_stations(file, Question("2022_legi_t1"), keep=False)
        with database(file) as connection:
            whole = read_history(connection, Area(), blocs())
    print(f"\nVal-de-Marne, on the eve of {found.election} ({date_of(Election.parse('2022_legi_t1'))}), left")
    for note in found.notes:
        print(f"  {note.en}")
    places = {s: i for i, s in enumerate(whole.station_id.tolist())}
    rows = np.array([places[s] for s in found.history.station_id])
    held = whole.round("2022_legi_t1")
    assert held is not None
    left = whole.blocs.index("left")
    reserve = (held.registered * held.abstention * held.shares[:, left])[rows]
    keep = np.isfinite(reserve) & (found.ranked.rank > 0)
    size = found.history.registered
    forecast = found.table.sort("station_id")
    assert forecast["station_id"].to_list() == sorted(found.history.station_id.tolist())
    order = np.argsort(found.history.station_id)
    po = np.empty(len(order))
    po[order] = forecast["score"].to_numpy()
    rounds = [r for r in found.history.rounds if np.isfinite(r.shares).any() and r.round == 1]
    last = rounds[-1].abstention * rounds[-1].shares[:, left]
    print(
        "  PO's reserve (registered x abstention x support as they turned out) in the first 20 % of stations | voters"
    )
    for name, score in (("PO forecast", po), (f"PO of {rounds[-1].election}", last), ("size alone", size)):
        known = keep & np.isfinite(score)
        stations = first_stations(score[known] * (1 if name == "size alone" else size[known]), reserve[known])
        voters = first_hours(score[known], reserve[known], size[known])
        total = reserve[known].sum()
        by_voter = "20.0" if name == "size alone" else f"{100 * voters / total:.1f}"
        print(f"  {name:24}{100 * stations / total:6.1f} | {by_voter}")


def draw(file: Path, seed: int = 2) -> None:
    """How the score of a few stations comes about, and whether stated chances are true."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, base = Path(scratch) / "official", Path(scratch) / "x.duckdb"
        simulate(folder, "departement", seed)
        build(Area(("X1",)), folder, base)
        every = list(cases(folder, base))
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), width_ratios=(3, 2))
    draw_split(left, next(c.found for c in every if c.name == "2024_legi_t1 left"))
    pairs = np.concatenate([run(case, alike, seed)[1] for case in every for alike in (False, True)])
    place = np.clip((pairs[:, 0] * 10).astype(int), 0, 9)
    points = [(pairs[place == d].mean(axis=0), (place == d).mean()) for d in np.unique(place)]
    right.plot([0, 1], [0, 1], color="#8a8f98", linewidth=1)
    right.scatter(*np.array([p for p, _ in points]).T, s=[20 + 900 * w for _, w in points], color="#1c4f87", alpha=0.8)
    right.set(xlim=(0, 1), ylim=(0, 1), xlabel="chance stated", ylabel="how often it was so", aspect="equal")
    right.set_title("among the best that the hours reach", fontsize=10)
    figure.savefig(file, bbox_inches="tight")


def draw_split(axes: Axes, found: Prioritised, places: tuple[int, ...] = (1, 40, 120, 250, 400)) -> None:
    """The score of some stations, from the first to one of the last, as the median's plus its parts."""
    ranked = found.ranked
    colours = dict(zip(ranked.parts, ("#8a8f98", "#4b1e5c", "#c7822f", "#b0576c", "#4d8fc0"), strict=True))
    for row, place in enumerate(places):
        station = int(np.flatnonzero(ranked.rank == place)[0])
        ends = {True: ranked.median, False: ranked.median}  # of the bars to the right and to the left
        for name, values in ranked.parts.items():
            part = float(values[station])
            axes.barh(row, part, left=ends[part > 0], color=colours[name], height=0.55, label=None if row else name)
            ends[part > 0] += part
        score = ranked.rate[:, station].mean()
        axes.plot(
            [score, score], [row - 0.4, row + 0.4], color="black", linewidth=2, label=None if row else "its score"
        )
    axes.axvline(ranked.median, color="black", linewidth=0.8, linestyle="dotted", label="median station")
    axes.set_yticks(range(len(places)), [f"number {p}" for p in places])
    axes.invert_yaxis()
    axes.set_xlabel("net votes per hour")
    axes.set_title("why a station is where it is", fontsize=10)
    axes.legend(fontsize=7, loc="lower right")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="2,3,4")
    default = os.environ.get("ISOLOIR_REAL_DATA", Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--figure", type=Path)
    asked = parser.parse_args()
    if asked.figure:
        draw(asked.figure)
        return
    print_country([int(s) for s in asked.seeds.split(",")])
    print_real(Path(asked.data))


if __name__ == "__main__":
    main()
