"""Which station is which over time. Reads top to bottom: `link`.

A station is a version with a span of validity. It ends when its code, its outline or its voters change; an edge to
each station that took its voters carries the share of them that went there, the evidence and a grade:

* A: the same code, a similar size (no edge: the version goes on);
* B: whole stations, on complete evidence (all stations of a commune merged into one; an outline wholly inside another);
* C: a part of a station by outlines or sizes; the same code but another size; a merger of communes with certain sizes;
* D: an assignment by size, voting profile and order of the codes, or a balance of sizes.

Where the evidence is missing there is no edge and a notice says why. `station_id` is the commune's code, `_` and the
station's code for the newest meaning of a code, followed by `~` and the year in which it began for older ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from isoloir.sources.reading import CHANGES, OUTLINES, Notice
from isoloir.stations.identity import decisions, profiles, sightings, succession, swaps
from isoloir.stations.identity.calendar import dated
from isoloir.stations.identity.decisions import ORIGIN
from isoloir.stations.identity.known import Lessons
from isoloir.stations.identity.overlap import Outlines
from isoloir.stations.identity.sightings import PLACE, Steps

EDGES = {"from_id": pl.String, "to_id": pl.String, "share": pl.Float64, "evidence": pl.String, "quality": pl.String}
VERSIONS = ["station_id", "commune_code", "station_code", "valid_from", "valid_to", "registered"]


@dataclass(frozen=True)
class Lineage:
    """Station versions, how their voters moved, and which version each row of the results belongs to.

    versions: station_id, commune_code, station_code, valid_from (day of its first round), valid_to (eve of the first
    round without it; null while it stands), registered (at its last round).
    edges: from_id, to_id, share (of the registered voters of from_id), evidence, quality.
    members: commune_code, station_code, election, station_id.
    """

    versions: pl.DataFrame
    edges: pl.DataFrame
    members: pl.DataFrame
    notices: list[Notice]


def link(
    turnout: pl.DataFrame | pl.LazyFrame,
    results: pl.DataFrame | pl.LazyFrame,
    changes: pl.DataFrame | None = None,
    outlines: pl.DataFrame | None = None,
    addresses: pl.DataFrame | None = None,
) -> Lineage:
    """Follow every station of an area through all its rounds.

    Tables as declared in `sources.reading`; one source per round and commune. Results are read only for communes in
    which something happened. Addresses refine the overlap of outlines.
    """
    changes = pl.DataFrame(schema=CHANGES) if changes is None else changes
    shapes = Outlines(pl.DataFrame(schema=OUTLINES) if outlines is None else outlines, addresses)
    seen = sightings.sightings(turnout)
    steps = sightings.steps(seen)
    nodes = seen.filter("complete").select("commune_code", "year").unique()
    linked = succession.links(nodes, steps.steps, changes)
    ballots = profiles.read(turnout.lazy(), results.lazy(), succession.divided(seen, linked))
    lessons = Lessons(ballots, seen, steps.lasting)
    steps = swaps.watched_steps(seen, steps, lessons)
    groups = succession.groups(linked, steps.steps)
    decided = decisions.decide(seen, steps, groups, ballots, lessons.again(steps.lasting), shapes)
    runs = _runs(seen, steps, groups, decided.kept)
    versions, gone = _versions(seen, runs, linked)
    return Lineage(
        versions=versions,
        edges=_edges(decided, steps, runs),
        members=_members(turnout.lazy(), runs),
        notices=[*decided.notices, *gone],
    )


def _runs(seen: pl.DataFrame, steps: Steps, groups: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """(commune_code, station_code, year, station_id): a version is a run of years without a break."""
    looked_at = groups.select("commune_code", "year", "next_year")
    quiet = steps.steps.filter("quiet").join(looked_at, on=["commune_code", "year", "next_year"], how="anti")
    on = seen.filter("complete").select(*PLACE, "year").join(quiet, on=["commune_code", "year"])
    on = on.join(steps.resized, on=[*PLACE, "year"], how="anti").select(*PLACE, year="next_year")
    own = kept.filter(pl.col("commune_code") == pl.col("next_commune")).select(*PLACE, year="next_year")
    on = pl.concat([on, own]).unique().with_columns(goes_on=pl.lit(True))
    runs = seen.filter("complete").select(*PLACE, "year").join(on, on=[*PLACE, "year"], how="left").sort(*PLACE, "year")
    runs = runs.with_columns(run=pl.col("goes_on").is_null().cum_sum().over(PLACE))
    runs = runs.select(*PLACE, "year", "run")
    other = seen.filter(~pl.col("complete")).select(*PLACE, "year").sort("year")
    nearest = other.join_asof(runs.sort("year"), on="year", by=PLACE, strategy="nearest", check_sortedness=False)
    runs = pl.concat([runs, nearest.with_columns(pl.col("run").fill_null(0)).select(runs.columns)])
    newest = pl.col("run") == pl.col("run").max().over(PLACE)
    plain = pl.concat_str(PLACE, separator="_")
    began = pl.col("year").min().over(*PLACE, "run").cast(pl.String)
    name = pl.when(newest).then(plain).otherwise(plain + "~" + began)
    return runs.select(*PLACE, "year", station_id=name).sort(*PLACE, "year")


def _versions(seen: pl.DataFrame, runs: pl.DataFrame, linked: pl.DataFrame) -> tuple[pl.DataFrame, list[Notice]]:
    """One row per station_id; a version ends on the eve of the first round without it."""
    rows = runs.join(seen, on=[*PLACE, "year"]).sort("station_id", "year")
    opening = seen.group_by(next_commune="commune_code", next_year="year").agg(opening=pl.col("first_day").min())
    after = (
        linked.join(opening, on=["next_commune", "next_year"])
        .group_by("commune_code", "year")
        .agg(pl.col("opening").min())
    )
    versions = rows.group_by("station_id", maintain_order=True).agg(
        pl.col(*PLACE).first(),
        valid_from=pl.col("first_day").min(),
        last_day=pl.col("last_day").max(),
        registered=pl.col("registered").last(),
        year=pl.col("year").filter("complete").max(),
    )
    versions = versions.join(after, on=["commune_code", "year"], how="left")
    newest = seen.group_by("year").agg(pl.col("commune_code").n_unique()).sort("year")
    latest = newest.filter(pl.col("commune_code") >= 0.5 * pl.col("commune_code").max())["year"].max()
    gone = pl.col("opening").is_null() & (pl.col("year").fill_null(0) < latest)
    notices = [
        Notice(ORIGIN, f"{code}: last seen in {year} and no change of communes says what became of it", value=code)
        for code, year in versions.filter(gone & pl.col("year").is_not_null())
        .select("commune_code", "year")
        .unique()
        .sort("commune_code")
        .rows()
    ]
    notices += [
        Notice(
            ORIGIN, f"{name}: seen only in rounds in which a part of the commune voted; it has no lineage", value=name
        )
        for name in versions.filter(pl.col("year").is_null())["station_id"]
    ]
    end = pl.when(gone).then("last_day").otherwise(pl.col("opening") - pl.duration(days=1))
    return versions.with_columns(valid_to=end).select(VERSIONS), notices


def _edges(decided: decisions.Decided, steps: Steps, runs: pl.DataFrame) -> pl.DataFrame:
    """Moves between versions, and the one station of an otherwise quiet commune that changed its size."""
    resized = steps.resized.with_columns(
        next_commune="commune_code",
        next_station="station_code",
        share=pl.lit(1.0),
        evidence=pl.lit("same_code"),
        quality=pl.lit("C"),
    )
    moves = pl.concat([decided.moves, resized.select(list(decisions.MOVES))])
    names = runs.select(*PLACE, "year", from_id="station_id")
    moves = moves.join(names, on=[*PLACE, "year"])
    names = runs.select(next_commune="commune_code", next_station="station_code", next_year="year", to_id="station_id")
    moves = moves.join(names, on=["next_commune", "next_station", "next_year"])
    moves = moves.filter(pl.col("from_id") != pl.col("to_id"))
    return moves.unique(["from_id", "to_id"], keep="first").select(list(EDGES)).sort("from_id", "to_id")


def _members(turnout: pl.LazyFrame, runs: pl.DataFrame) -> pl.DataFrame:
    rounds = turnout.select(*PLACE, "election").unique().collect()
    years = rounds.join(dated(rounds["election"].unique()).select("election", "year"), on="election")
    found = years.join(runs, on=[*PLACE, "year"])
    return found.select(*PLACE, "election", "station_id").sort(*PLACE, "election")
