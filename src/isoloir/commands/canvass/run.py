"""Open a canvass on a plan, end it, and bring its counts to `isoloir measure`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from isoloir import store
from isoloir.commands.canvass.addresses import read_doors
from isoloir.commands.field import OUT
from isoloir.errors import SettingsError
from isoloir.language import say
from isoloir.maps.walk import CONTROL, read_plan, read_shapes
from isoloir.web.book import open_book

if TYPE_CHECKING:
    from isoloir.field.canvass.opening import NewBuilding, NewTurf
    from isoloir.field.models import Campaign

NEAR = 0.003  # degrees: control buildings so near a turf are shown on it as not to visit


def open_canvass(database: Path, slug: str, plan: Path, addresses: Path) -> None:
    """Open a pass on the turfs of a plan. A station of several turfs gives each its share of the addresses."""
    open_book()
    campaign = _campaign(slug)
    table = read_plan(plan)
    doors = read_doors(addresses, table["station_id"].unique().sort().to_list())
    with store.database(database) as connection:
        drawn = read_shapes(connection)
    from isoloir.field.canvass.archive import Shape
    from isoloir.field.canvass.opening import open_pass

    control = set(table.filter(pl.col("arm") == CONTROL)["station_id"])
    turfs = list(_turfs(table, doors.table, control))
    shapes = [Shape(shape.station_id, shape.outline, shape.station_id in control) for shape in drawn]
    opened = open_pass(campaign, turfs, shapes)
    buildings = sum(len(turf.buildings) for turf in turfs)
    expected = sum(building.dwellings for turf in turfs for building in turf.buildings if not building.control)
    OUT.print(
        say(
            f"Passage {opened.number} ouvert : {len(turfs)} secteurs, {buildings} adresses, {expected} portes.",
            f"Pass {opened.number} is open: {len(turfs)} turfs, {buildings} addresses, {expected} doors.",
        )
    )
    if doors.unplaced:
        OUT.print(
            say(
                f"{doors.unplaced} adresses sans rue ont été laissées de côté.",
                f"{doors.unplaced} addresses without a street were left out.",
            )
        )


def draw_turfs(slug: str, outlines: Path) -> None:
    """Make turfs of drawn outlines, within the open pass."""
    open_book()
    from isoloir.field.canvass.drawing import draw, told
    from isoloir.field.canvass.outlines import read_outlines

    try:
        raw = outlines.read_bytes()
    except OSError as error:
        raise SettingsError(f"--outlines {outlines}: {error.strerror}") from None
    for made in draw(_campaign(slug), read_outlines(raw, outlines), outlines):
        OUT.print(told(made), markup=False)


def end_canvass(slug: str) -> None:
    """End the open pass: what is known of doors goes, the counts stay."""
    open_book()
    from isoloir.field.canvass.opening import end_pass

    gone = end_pass(_campaign(slug))
    OUT.print(
        say(
            f"Passage fini : {gone} visites effacées, leurs comptes restent.",
            f"The pass has ended: {gone} visits are erased, their counts stay.",
        )
    )


def write_visits(slug: str, out: Path) -> Path:
    """Write what `isoloir measure --visits` reads."""
    open_book()
    from isoloir.field.canvass.counts import measure_csv

    store.write_text(measure_csv(_campaign(slug)), out)
    return out


def _campaign(slug: str) -> Campaign:
    from isoloir.field.models import Campaign

    found = Campaign.objects.filter(slug=slug).first()
    if found is None:
        raise SettingsError(f"--campaign {slug!r} is no campaign of this book; see `isoloir campaign list`")
    return found


def _turfs(plan: pl.DataFrame, doors: pl.DataFrame, control: set[str]) -> Iterator[NewTurf]:
    from isoloir.field.canvass.opening import NewTurf

    left_alone = doors.filter(pl.col("station_id").is_in(sorted(control)))
    taken: dict[str, float] = {}
    for (number,), part in plan.filter(pl.col("turf").is_not_null()).group_by("turf", maintain_order=True):
        mine = pl.concat([_share(doors, row, taken) for row in part.to_dicts()])
        if mine.is_empty():
            continue
        near = left_alone.filter(
            pl.col("longitude").is_between(*_range(mine["longitude"]))
            & pl.col("latitude").is_between(*_range(mine["latitude"]))
        )
        buildings = [_building(row, False) for row in mine.to_dicts()] + [_building(r, True) for r in near.to_dicts()]
        yield NewTurf(int(str(number)), _name(mine), buildings)


def _share(doors: pl.DataFrame, row: dict[str, Any], taken: dict[str, float]) -> pl.DataFrame:
    """The part of a station's buildings that is this turf's: streets in order, from where the last turf stopped."""
    mine = doors.filter(pl.col("station_id") == row["station_id"])
    start = taken.get(row["station_id"], 0.0)
    end = min(start + float(row.get("share") or 1.0), 1.0)
    taken[row["station_id"]] = end
    before = mine["dwellings"].cum_sum() - mine["dwellings"]
    total = int(mine["dwellings"].sum())
    return mine.filter((before >= start * total - 1e-6) & (before < end * total - 1e-6))


def _range(column: pl.Series) -> tuple[float, float]:
    return float(str(column.min())) - NEAR, float(str(column.max())) + NEAR


def _building(row: dict[str, Any], control: bool) -> NewBuilding:
    from isoloir.field.canvass.opening import NewBuilding

    return NewBuilding(
        row["station_id"], row["place"] or "", row["street"][:160], (row["number"] or "")[:12], int(row["dwellings"]),
        (row["longitude"], row["latitude"]), control,
    )  # fmt: skip


def _name(mine: pl.DataFrame) -> str:
    """The street with most doors."""
    streets = mine.group_by("street").agg(pl.sum("dwellings")).sort("dwellings", "street", descending=[True, False])
    return str(streets["street"][0])[:120]
