"""A plan as files: a CSV that `isoloir measure` reads again, and a GeoJSON for maps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely

from isoloir.commands.plan.run import Planned
from isoloir.errors import SettingsError
from isoloir.stats.history import Floats
from isoloir.stats.priority.ranked import INTERVAL
from isoloir.store import write_text

TREATED, CONTROL = "treated", "control"


def write_plan(planned: Planned, out: Path, replace: bool = False) -> list[Path]:
    """Write `out` (CSV) and the GeoJSON beside it, each at once or not at all.

    The draw of a control cannot be made again after the fact: a plan that is there is only replaced when asked. Raises
    SettingsError where another plan is in the way.
    """
    if out.suffix.lower() != ".csv":
        raise SettingsError(f"{out}: a plan is a CSV with a GeoJSON beside it; give --out a name that ends in .csv")
    table = plan_table(planned)
    text = table.write_csv(float_precision=4)
    if out.exists() and not replace and out.read_text(encoding="utf-8") != text:
        raise SettingsError(f"{out}: another plan is there, with its own draw; give another --out, or --replace")
    beside = out.with_suffix(".geojson")
    write_text(_geojson(planned, table), beside)
    write_text(text, out)
    return [out, beside]


def plan_table(planned: Planned) -> pl.DataFrame:
    """One row per turf and station, controls last: what to do, what to expect, and how it was drawn."""
    plan, ranked, ranking = planned.plan, planned.ranking.ranked, planned.ranking
    gains = ranked.rate[:, planned.rows] * ranked.hours[:, planned.rows]
    hours, doors = ranked.hours[:, planned.rows].mean(axis=0), ranked.doors[planned.rows]
    middles = shapely.point_on_surface(planned.outlines)
    rows: list[dict[str, Any]] = []
    for number, turf in enumerate(plan.turfs, 1):
        ordered = sorted(turf.doors, key=lambda s: -gains[:, s].mean() / hours[s])
        rows += [_row(number, s, turf.doors[s] / doors[s], gains[:, s]) for s in ordered]
    rows += [_row(None, s, 0.0, gains[:, s]) for s in sorted(plan.control)]
    table = pl.DataFrame(rows, schema_overrides={"turf": pl.Int32})
    at = table["station"].to_numpy()
    return table.hstack(planned.names[at]).with_columns(
        pl.Series("arm", [CONTROL if s in plan.control else TREATED for s in at.tolist()]),
        pl.Series("stratum", plan.stratum[at]),
        pl.Series("doors", np.round(doors[at] * table["share"].to_numpy()).astype(np.int64)),
        pl.Series("hours", hours[at] * table["share"].to_numpy()),
        pl.Series("longitude", shapely.get_x(middles[at])),
        pl.Series("latitude", shapely.get_y(middles[at])),
        target=pl.lit(ranking.question.target),
        election=pl.lit(str(ranking.election)),
        seed=pl.lit(ranking.question.seed),
    ).select(
        "turf", "station_id", "name", "commune", "arm", "stratum", "share", "doors", "hours", "votes", "votes_low",
        "votes_high", "longitude", "latitude", "target", "election", "seed",
    )  # fmt: skip


def _row(turf: int | None, station: int, share: float, gain: Floats) -> dict[str, Any]:
    low, high = np.quantile(gain, INTERVAL) * share + 0.0
    return {
        "turf": turf, "station": station, "share": share, "votes": gain.mean() * share, "votes_low": low,
        "votes_high": high,
    }  # fmt: skip


def _geojson(planned: Planned, table: pl.DataFrame) -> str:
    """One feature per row of the plan with the outline of its station, and the start."""
    places = {station: i for i, station in enumerate(planned.names["station_id"].to_list())}
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(shapely.to_geojson(planned.outlines[places[row["station_id"]]])),
            "properties": {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()},
        }
        for row in table.iter_rows(named=True)
    ]
    start = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": list(planned.start)},
        "properties": {"arm": "start"},
    }
    return json.dumps({"type": "FeatureCollection", "features": [start, *features]}, ensure_ascii=False)
