"""The main job, from nothing to a map, in one call."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from isoloir.codes import Area
from isoloir.commands.rank import Ranking, export, rank
from isoloir.maps.folder import build_map
from isoloir.simulate.country import simulate
from isoloir.stations.build import Built, build
from isoloir.stations.workspace import Report

Result = TypeVar("Result")
FICTIONAL = Area(departements=("X1",))


@dataclass(frozen=True)
class Demo:
    """What the demonstration made."""

    folder: Path
    database: Path
    built: Built
    ranking: Ranking
    seconds: dict[str, float]


def demo(folder: Path, sources: Path | None, area: Area | None, report: Report) -> Demo:
    """Simulate a département (or take real `sources`), build its database, rank its stations, draw its tiles.

    The folder holds the database, the ranking as CSV, the outlines as GeoParquet and the tiles. Doing it again with
    the same inputs is quick: what is there and current is kept.
    """
    database, seconds = folder / "isoloir.duckdb", {}

    def timed(name: str, work: Callable[[], Result]) -> Result:
        started = time.perf_counter()
        result = work()
        seconds[name] = time.perf_counter() - started
        return result

    if sources is None:
        sources, area = folder / "sources", FICTIONAL
        if not (sources / "truth").is_dir():
            timed("simulate", lambda: simulate(sources, "departement", seed=1, progress=report))
    built = timed("build", lambda: build(area or Area(), sources, database, report=report))
    ranking = timed("rank", lambda: rank(database))
    timed("export", lambda: export(ranking.table, folder / "ranking.csv"))
    timed("map", lambda: build_map(database))
    return Demo(folder, database, built, ranking, seconds)
