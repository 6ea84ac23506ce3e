"""Are voters carried to the right station? Simulated countries, where it is known where each of them went.

    python benchmarks/lineage_simulated.py [--seeds 201 202 ...] [--country 0.1]

For each kind of event, over all steps between two years in which something happened to a commune: the share of its
registered voters that the lineage carries to the right stations (sum of registered * min(true share, predicted share)),
the share that equal codes would carry (the peer), the share carried to a wrong station, and that with a grade better
than D. `--country` adds a country of that part of France's size.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from isoloir.codes import Area
from isoloir.simulate.country import simulate
from isoloir.stations.build import build
from isoloir.store import database, frame

STEP = ["to_commune", "from_election"]
OLD = ["from_commune", "from_station", "from_election"]
KINDS = ["renumbered", "swapped", "drawn again", "merge", "split", "moved", "same", "communes merged"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="*", type=int, default=[201, 202, 203, 204])
    parser.add_argument("--country", type=float)
    options = parser.parse_args()
    parts = [measure("departement", seed, 1.0) for seed in options.seeds]
    if options.country:
        parts.append(measure("france", options.seeds[0] if options.seeds else 1, options.country))
    table = pl.concat(parts)
    print(
        f"{'event':16s} {'stations':>8s} {'steps':>6s} {'voters':>11s}  right  by code  wrong  wrong and graded A to C"
    )
    for kind in KINDS:
        for size in ("2-5", "6-20", "21+"):
            show(kind, size, table.filter((pl.col("kind") == kind) & (pl.col("size") == size)))
    show("all", "", table)
    show("all, drawn again", "not", table.filter(pl.col("kind") != "drawn again"))


def show(kind: str, size: str, part: pl.DataFrame) -> None:
    """Print one line."""
    if part.is_empty():
        return
    voters = part.select((pl.col("share") * pl.col("voters")).sum()).item()
    wrong = (pl.col("found") - pl.col("share")).clip(0)
    sums = part.select(
        right=pl.min_horizontal("share", "found"),
        code=pl.min_horizontal("share", "same"),
        wrong=wrong,
        sure=wrong * (pl.col("quality") < "D").fill_null(False),
        voters="voters",
    )
    right, code, lost, sure = sums.select((pl.col("right", "code", "wrong", "sure") * pl.col("voters")).sum()).row(0)
    steps = part.select("country", *STEP).n_unique()
    figures = f"{right / voters:6.1%} {code / voters:8.1%} {lost / voters:6.2%} {sure / voters:6.2%}"
    print(f"{kind:16s} {size:>8s} {steps:6d} {voters:11,.0f} {figures}")


def measure(size: str, seed: int, scale: float) -> pl.DataFrame:
    """One simulated country: true and found shares of every old station in every new one, with the kind of event."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder / "files", "departement" if size == "departement" else "france", seed, scale=scale)
        build(Area(), folder / "files", folder / "x.duckdb")
        truth = classify(pl.read_parquet(folder / "files" / "truth" / "lineage.parquet"))
        table = compare(truth, found_in(folder / "x.duckdb", truth))
    return table.with_columns(country=pl.lit(f"{size} {seed}"))


def classify(truth: pl.DataFrame) -> pl.DataFrame:
    """What happened to each commune in each step, from the truth alone."""
    codes = truth.group_by(STEP).agg(codes=pl.col("to_station").unique())
    heirs = truth.sort("registered", "to_station").group_by(OLD).last().join(codes, on=STEP)
    there = pl.col("from_station").is_in(pl.col("codes"))
    dealt = there & (pl.col("from_station") != pl.col("to_station"))
    events = heirs.group_by(STEP).agg(
        gone=(~there).mean(),
        dealt=(dealt * pl.col("registered")).sum() / pl.col("registered").sum(),
        whole=pl.col("share").mean(),
    )
    counts = truth.group_by(STEP).agg(
        olds=pl.struct("from_commune", "from_station").n_unique(),
        news=pl.col("to_station").n_unique(),
        joined=(pl.col("from_commune") != pl.col("to_commune")).any(),
        same=(pl.col("from_station") == pl.col("to_station")).all(),
    )
    olds, news = pl.col("olds"), pl.col("news")
    drawn = (pl.col("whole") < 0.75) | ((pl.col("whole") < 0.9) & (pl.col("gone") > 0.5))
    kind = (
        pl.when("joined").then(pl.lit("communes merged"))
        .when(drawn & (olds > 2) & (news > 2)).then(pl.lit("drawn again"))
        .when((pl.col("gone") > 0.5) & (news > 1)).then(pl.lit("renumbered"))
        .when((pl.col("dealt") > 0.2) & (news > 1)).then(pl.lit("swapped"))
        .when(news < olds).then(pl.lit("merge"))
        .when(news > olds).then(pl.lit("split"))
        .when("same").then(pl.lit("same"))
        .otherwise(pl.lit("moved"))
    )  # fmt: skip
    size = pl.when(olds <= 5).then(pl.lit("2-5")).when(olds <= 20).then(pl.lit("6-20")).otherwise(pl.lit("21+"))
    return truth.join(counts.join(events, on=STEP).select(*STEP, kind=kind, size=size), on=STEP)


def found_in(file: Path, truth: pl.DataFrame) -> pl.DataFrame:
    """The shares that the database gives between the stations of the two rounds of every step."""
    with database(file) as connection:
        names = frame(
            connection,
            "SELECT commune_code, station_code, election, station_id FROM turnout JOIN stations USING (station_id)",
        )
        moves = frame(connection, "SELECT reference, from_id, to_id, share, quality FROM station_map")
    steps = truth.select("from_election", "to_election").unique()
    return pl.concat(_moves(names, moves, before, after) for before, after in steps.sort("from_election").rows())


def _moves(names: pl.DataFrame, moves: pl.DataFrame, before: str, after: str) -> pl.DataFrame:
    old, new = (names.filter(pl.col("election") == e) for e in (before, after))
    old = old.select(from_commune="commune_code", from_station="station_code", from_id="station_id")
    new = new.select(to_commune="commune_code", to_station="station_code", to_id="station_id")
    part = moves.filter(pl.col("reference") == int(after[:4])).join(old, on="from_id").join(new, on="to_id", how="left")
    return part.select(
        "from_commune",
        "from_station",
        from_election=pl.lit(before),
        to_commune=pl.col("to_commune").fill_null("nowhere"),
        to_station=pl.col("to_station").fill_null("nowhere"),
        found="share",
        quality="quality",
    )


def compare(truth: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """True and found shares side by side, with what equal codes would say."""
    about = truth.group_by(OLD).agg(
        pl.col("registered").sum().alias("voters"), *_firsts(["kind", "size", "to_commune"])
    )
    pairs = [*OLD, "to_commune", "to_station"]
    table = truth.select(*pairs, "share").join(found, on=pairs, how="full", coalesce=True)
    table = table.drop("to_commune").join(about, on=OLD).with_columns(pl.col("share", "found").fill_null(0.0))
    return table.with_columns(same=(pl.col("from_station") == pl.col("to_station")).cast(pl.Float64))


def _firsts(columns: Iterable[str]) -> list[pl.Expr]:
    return [pl.col(c).first() for c in columns]


if __name__ == "__main__":
    main()
