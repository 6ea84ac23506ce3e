"""Plan: what do turfs in one piece, the way there and a control cost, and what do they bring?

    python benchmarks/plan.py [--seeds 2,3] [--figure docs/images/plan.svg]

Net votes expected from the same hours: the plan; the bound (best stations first wherever they lie, no way to go, no
control); and what is usually done, written here as one would: the stations nearest to the start, cut in compact groups
by k-means, all of them canvassed, the way counted in.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import shapely
from scipy.cluster.vq import kmeans2

from isoloir.codes import Area
from isoloir.commands.plan import Planned, plan_hours
from isoloir.commands.plan.run import lay_out
from isoloir.commands.priority import Question
from isoloir.simulate.country import simulate
from isoloir.stations.build import build
from isoloir.stats.plan import Field

SIZES = ((60.0, 2), (400.0, 6), (2000.0, 20))
START = "X1128"


def nearest(field: Field, hours: float, teams: int) -> float:
    """The votes of the stations nearest to the start, as many as the hours allow, in k-means groups."""
    order = np.argsort(np.hypot(*field.place.T))
    best = 0.0
    for count in range(teams, len(order)):
        chosen = order[:count]
        _, group = kmeans2(field.place[chosen], teams, seed=0, minit="++", missing="warn")
        spent = 0.0
        for number in range(teams):
            inside = chosen[group == number]
            if len(inside):
                work = float(field.hours[inside].sum())
                spent += work + field.travel_hours(inside.tolist(), work)
        if spent > hours:
            break
        best = float(field.votes[chosen].sum()) * min(1.0, hours / spent)
    return best


def draw(found: Planned, file: Path) -> None:
    """The map of a plan."""
    figure, axes = plt.subplots(figsize=(7, 5.6), dpi=110)
    inside = np.flatnonzero(found.plan.stratum >= 0)
    west, south, east, north = shapely.total_bounds(found.outlines[inside])
    reach = 0.15 * max(east - west, north - south)
    turf = {s: n for n, t in enumerate(found.plan.turfs) for s in t.doors}
    colours = plt.get_cmap("tab20")
    window = shapely.box(west - reach, south - reach, east + reach, north + reach)
    for station, outline in enumerate(found.outlines):
        if not outline.intersects(window):
            continue
        outline = outline.simplify(0.0002)
        for part in shapely.get_parts(outline):
            xy = shapely.get_coordinates(part.exterior)
            if station in found.plan.control:
                axes.fill(*xy.T, facecolor="white", edgecolor="black", hatch="////", linewidth=0.8)
            elif station in turf:
                axes.fill(*xy.T, facecolor=colours(turf[station] % 20), edgecolor="white", linewidth=0.8)
            else:
                axes.fill(*xy.T, facecolor="#e4e0d8", edgecolor="white", linewidth=0.4)
    axes.plot(*found.start, marker="*", markersize=14, color="black")
    axes.set(xlim=(west - reach, east + reach), ylim=(south - reach, north + reach), xticks=[], yticks=[])
    axes.set_aspect(1 / np.cos(np.radians(found.start[1])))
    axes.set_title("one colour a team, hatched: control, star: start", fontsize=10)
    axes.axis("off")
    figure.savefig(file, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="2,3")
    parser.add_argument("--figure", type=Path)
    asked = parser.parse_args()
    print("hours teams | votes: plan, bound, nearest first | plan / bound  plan / nearest | whole turfs  seconds")
    for seed in asked.seeds.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            folder, file = Path(scratch) / "official", Path(scratch) / "x.duckdb"
            simulate(folder, "departement", int(seed))
            build(Area(("X1",)), folder, file)
            for hours, teams in SIZES:
                start = time.process_time()
                found = plan_hours(file, Question("legislative", hours=hours), teams, START)
                seconds = time.process_time() - start
                field = lay_out(found.ranking, found.rows, found.outlines, found.start)
                votes, near = found.expected[0], nearest(field, hours, teams)
                whole = sum(t.whole for t in found.plan.turfs)
                brought = f"{votes:11.0f} {found.ideal:6.0f} {near:14.0f}"
                ratios = f"{votes / found.ideal:12.2f} {votes / near:15.2f}"
                print(f"{hours:5.0f} {teams:5d} | {brought} | {ratios} | {whole:5d} of {teams:2d} {seconds:8.1f}")
                if asked.figure and (hours, teams) == SIZES[1]:
                    draw(found, asked.figure)
                    asked.figure = None


if __name__ == "__main__":
    main()
