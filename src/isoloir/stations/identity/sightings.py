"""When each station code was seen, with how many voters, and between which years nothing happened to its commune.

Stations change on 1 January only (article R. 40 of the electoral code), so the rounds of one year share their
stations, and what is compared is one year of a commune with its next one. A year in which only a part of the commune
voted (half of the cantons) is set aside: a station absent from it has not closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from isoloir.stations.identity.calendar import dated

SIMILAR = 0.2  # a station that changes by more than this, beyond the growth of its commune, is looked at
PLAUSIBLE = 0.7  # and by more than a factor of two, it is not taken for the same place in other years
TELLING = 0.2  # of how far the stations of a commune differ in size: who changes by less is known by its size
PLACE = ["commune_code", "station_code"]


def sightings(turnout: pl.LazyFrame | pl.DataFrame) -> pl.DataFrame:
    """One row per station and year.

    Columns: commune_code, station_code, year, registered (last round of the year), turnout_gap (arcsine turnout less
    that of the commune, mean of the rounds), constituency_code, first_day, last_day, complete.
    """
    rows = turnout.lazy().select(*PLACE, "election", "registered", "voters", _optional(turnout, "constituency_code"))
    table = rows.unique([*PLACE, "election"], keep="first").collect()
    days = dated(table["election"].unique())
    share = (pl.col("voters").cast(pl.Float64) / pl.col("registered")).clip(0, 1)
    size = pl.col("registered").fill_null(0)
    gap = share.sqrt().arcsin() * 2
    table = (
        table.join(days, on="election")
        .with_columns(gap=pl.when(size > 0).then(gap))
        .with_columns(gap=pl.col("gap") - pl.col("gap").mean().over("commune_code", "election"))
    )
    years = table.group_by(*PLACE, "year").agg(
        registered=pl.col("registered").sort_by("day").drop_nulls().last().fill_null(0),
        turnout_gap=pl.col("gap").mean().round(9),  # sums depend on the order of rows in their last digits
        constituency_code=pl.col("constituency_code").drop_nulls().first(),
        first_day=pl.col("day").min(),
        last_day=pl.col("day").max(),
    )
    return years.join(_completeness(years), on=["commune_code", "year"]).sort(*PLACE, "year")


def _optional(table: pl.LazyFrame | pl.DataFrame, column: str) -> pl.Expr:
    known = column in table.lazy().collect_schema().names()
    return pl.col(column) if known else pl.lit(None, pl.String).alias(column)


def _completeness(years: pl.DataFrame) -> pl.DataFrame:
    """A year is partial where the commune has fewer voters and fewer stations than in both years around it."""
    totals = years.group_by("commune_code", "year").agg(pl.col("registered").sum(), codes=pl.len())
    totals = totals.sort("commune_code", "year")
    around = [pl.col(c).shift(k).over("commune_code") for c in ("registered", "codes") for k in (1, -1)]
    least = pl.min_horizontal(around[0], around[1]) * 0.8
    partial = (pl.col("registered") < least) & (pl.col("codes") < pl.min_horizontal(around[2], around[3]))
    inside = around[0].is_not_null() & around[1].is_not_null()
    return totals.select("commune_code", "year", complete=~(partial & inside).fill_null(False))


@dataclass(frozen=True)
class Steps:
    """Each complete year of a commune with its next one.

    steps: commune_code, year, next_year, quiet (nothing happened).
    resized: commune_code, station_code, year, next_year: the one station of a quiet step whose size changed.
    lasting: commune_code, station_code, year, first_year, last_year: between which years a code plausibly meant the
    same place; what an outline of another year may be used for.
    """

    steps: pl.DataFrame
    resized: pl.DataFrame
    lasting: pl.DataFrame


def steps(seen: pl.DataFrame, broken: pl.DataFrame | None = None) -> Steps:
    """Compare every complete year of a commune with its next one.

    `broken` are the steps (commune_code, year) in which stations are known to have exchanged their codes.
    """
    nodes = seen.filter("complete").select("commune_code", "year").unique().sort("commune_code", "year")
    found = nodes.with_columns(next_year=pl.col("year").shift(-1).over("commune_code")).drop_nulls()
    pairs = _side_by_side(seen, found)
    verdict = _verdict(pairs)
    found = found.join(verdict, on=["commune_code", "year"], how="left")
    found = found.with_columns(pl.col("quiet", "plausible").fill_null(False)).sort("commune_code", "year")
    if broken is not None:
        known = broken.select("commune_code", "year", broken=pl.lit(True))
        whole = pl.col("broken").is_null()
        found = found.join(known, on=["commune_code", "year"], how="left", maintain_order="left")
        found = found.with_columns(pl.col("quiet", "plausible") & whole).drop("broken")
    marked = pairs.join(
        found.select("commune_code", "year", "quiet", "plausible", "stations"), on=["commune_code", "year"]
    )
    large = (pl.col("change").abs() > SIMILAR) & (pl.col("stations") > 1)
    resized = marked.filter("quiet").filter(large).select(*PLACE, "year", "next_year")
    near = (pl.col("change").abs() <= PLAUSIBLE).fill_null(False)
    lasts = marked.filter(pl.col("plausible") & near).select(*PLACE, year="next_year", lasts=pl.lit(True))
    return Steps(found.select("commune_code", "year", "next_year", "quiet"), resized, _lasting(seen, found, lasts))


def _lasting(seen: pl.DataFrame, found: pl.DataFrame, lasts: pl.DataFrame) -> pl.DataFrame:
    rows = seen.filter("complete").select(*PLACE, "year").join(lasts, on=[*PLACE, "year"], how="left")
    rows = rows.sort(*PLACE, "year").with_columns(run=pl.col("lasts").is_null().cum_sum().over(PLACE))
    rows = rows.join(found.select("commune_code", "year", "next_year"), on=["commune_code", "year"], how="left")
    first = pl.col("year").min().over("commune_code")
    run = [*PLACE, "run"]
    return rows.select(
        *PLACE,
        "year",
        first_year=pl.when(pl.col("year").min().over(run) > first).then(pl.col("year").min().over(run)).otherwise(0),
        last_year=(pl.col("next_year") - 1).fill_null(9999).max().over(run),
    )


def _side_by_side(seen: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Stations of each step, by code: registered and turnout gap before and after, null where the code is absent.

    `change` is the logarithm of the change of size, less the growth of the commune.
    """
    columns = [*PLACE, "year", "registered", "turnout_gap"]
    before = seen.select(columns).join(found, on=["commune_code", "year"])
    after = seen.select(columns).join(
        found.rename({"year": "before_year", "next_year": "year"}), on=["commune_code", "year"]
    )
    after = after.select(*PLACE, "registered", "turnout_gap", next_year="year", year="before_year")
    pairs = before.join(after, on=[*PLACE, "year", "next_year"], how="full", suffix="_after", coalesce=True)
    change = (pl.col("registered_after").clip(1) / pl.col("registered").clip(1)).log()
    step, elapsed = ["commune_code", "year"], (pl.col("next_year") - pl.col("year")).cast(pl.Float64)
    growth = pl.when(pl.len().over(step) >= 4).then(pl.col("change").median().over(step)).otherwise(0.01 * elapsed)
    return pairs.with_columns(change=change).with_columns(change=pl.col("change") - growth)


def _verdict(pairs: pl.DataFrame) -> pl.DataFrame:
    """Quiet: the same codes, at most one of them of another size, and sizes or turnouts that agree as a whole."""
    step = ["commune_code", "year"]
    same = pl.col("registered").is_not_null() & pl.col("registered_after").is_not_null()
    elapsed = (pl.col("next_year") - pl.col("year")).first().cast(pl.Float64)
    alike = pl.corr("turnout_gap", "turnout_gap_after").fill_nan(0).fill_null(0).round(6)
    size = pl.col("registered").clip(1).log()
    verdict = pairs.group_by(step).agg(
        all_same=same.all(),
        stations=pl.len(),
        moved=(pl.col("change").abs() > SIMILAR).sum(),
        held=((pl.col("change").abs() <= SIMILAR) & same).sum() / same.sum(),
        typical=pl.col("change").abs().median(),
        alike=alike,
        spread=(size - size.median()).abs().median(),
        apart=(pl.col("turnout_gap_after") - pl.col("turnout_gap")).abs().mean().fill_null(0),
        elapsed=elapsed,
    )
    few = (pl.col("stations") < 6) & ((pl.col("alike") > 0) | (pl.col("apart") < 0.05))
    agree = (pl.col("alike") > 0.3) | few | (pl.col("typical") < TELLING * pl.col("spread"))
    steady = (pl.col("typical") < 0.03 + 0.01 * pl.col("elapsed")) & agree
    quiet = pl.col("all_same") & ((pl.col("stations") == 1) | ((pl.col("moved") <= 1) & steady))
    plausible = quiet | ((pl.col("held") > 0.7) & agree)
    return verdict.select(*step, "stations", quiet=quiet, plausible=plausible.fill_null(False))
