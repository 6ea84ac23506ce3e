"""From a folder of official files to one database. Reads top to bottom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from isoloir.codes import Area
from isoloir.errors import StationError
from isoloir.stations import database, inputs
from isoloir.stations.follow import follow
from isoloir.stations.places import station_places
from isoloir.stations.profile import station_variables
from isoloir.stations.rounds import doubtful, kept_results, kept_rounds
from isoloir.stations.shapes import draw_shapes, station_shapes
from isoloir.stations.workspace import Report, Workspace


@dataclass(frozen=True)
class Built:
    """What a build made, and what it has to say."""

    path: Path
    area: Area
    summary: database.Summary
    seconds: dict[str, float] = field(default_factory=dict)  # empty where there was nothing to do


def build(
    area: Area, sources: Path, target: Path, *, keep_going: bool = False, report: Report = lambda _stage, _share: None
) -> Built:
    """Build the database of an area from the official files below `sources`.

    A killed build goes on where it was; a build of the same inputs does nothing. Raises SourceError where a file
    cannot be used (with `keep_going` it is left out and the table `checks` says so), StationError where no result is
    left, or where another build is writing the same database.
    """
    found = inputs.find(sources, area)
    workspace = Workspace(target, found.fingerprint, report)
    if database.made_of(target, found.fingerprint):
        workspace.leftover()
        return Built(target, area, database.summary(target))
    with workspace.locked():
        readings = inputs.read(found, workspace, keep_going)
        rounds = workspace.stage("rounds", lambda: kept_rounds(readings))
        kept = {"turnout": rounds["turnout"], "results": kept_results(readings, rounds)}
        if kept["turnout"].head(1).collect().is_empty():
            raise StationError(f"{sources}: no election results for {area}; see `isoloir sources`")
        workspace.stage("doubts", lambda: doubtful(readings))
        with ThreadPoolExecutor(1) as beside:  # drawing outlines needs no results, following stations one core only
            drawing = beside.submit(workspace.stage, "drawing", lambda: draw_shapes(readings))
            identity = workspace.stage("identity", lambda: follow(readings, kept))
            drawn = drawing.result()
        shapes = workspace.stage("outlines", lambda: station_shapes(readings, identity, drawn, keep_going))
        workspace.stage("places", lambda: station_places(readings, identity))
        workspace.stage("variables", lambda: station_variables(readings, identity, shapes))
        workspace.timed("database", lambda: database.write(target, found, readings, kept, workspace))
        workspace.remove()
    return Built(target, area, database.summary(target), workspace.seconds)
