"""Anyone's margins: any file that can be used is, and what cannot be used is named."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.commands.transitions.margins import infer_margins
from isoloir.errors import SourceError, StatsError

NUMBERS = ("votes", "share", "share_low", "share_high")


def flatten(table: np.ndarray, election: str = "e", district: int | str = 1, opts: Any = None) -> pl.DataFrame:
    """A true table (units, R, C) in the layout; every combination, zeros included."""
    units = np.arange(1, len(table) + 1)
    parts = []
    for side, votes in (("row", table.sum(2)), ("col", table.sum(1))):
        names = opts(votes.shape[1]) if opts else np.arange(1, votes.shape[1] + 1)
        parts.append(
            pl.DataFrame(
                {
                    "unit": np.repeat(units, votes.shape[1]),
                    "opt": np.tile(names, len(units)),
                    "votes": votes.ravel(),
                }
            ).with_columns(election=pl.lit(election), district_no=pl.lit(district), side=pl.lit(side))
        )
    return pl.concat(parts).select("election", "district_no", "unit", "side", "opt", "votes")


def infer(table: pl.DataFrame, name: str = "margins.parquet") -> tuple[pl.DataFrame, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / name, Path(folder) / "new" / "out.parquet"
        table.write_csv(file) if name.endswith("csv") else table.write_parquet(file)
        found = infer_margins(file, out)
        assert pl.read_parquet(out).equals(found.table)
        return found.table, found.notices


def check(found: pl.DataFrame, margins: pl.DataFrame, *, balanced: bool = True) -> None:
    """What must hold for every file."""
    keys = ["election", "district_no"]
    for name in NUMBERS:
        assert found[name].is_finite().all()
        assert (found[name] >= 0).all()
    assert (found["share_low"] <= found["share"]).all()
    assert (found["share"] <= found["share_high"]).all()
    assert (found["share_high"] <= 1 + 1e-6).all()
    sides = {"row_opt": "row", "col_opt": "col"} if balanced else {"col_opt": "col"}
    for column, side in sides.items():
        want = margins.filter(pl.col("side") == side).group_by(*keys, "opt").agg(want=pl.col("votes").sum())
        got = found.group_by(*keys, opt=column).agg(got=pl.col("votes").sum())
        both = want.join(got, on=[*keys, "opt"], how="full", coalesce=True)
        assert both.null_count().sum_horizontal().item() == 0
        np.testing.assert_allclose(both["got"], both["want"], atol=1e-5 * max(1, both["want"].max()))
    sums = found.group_by(*keys, "row_opt").agg(pl.col("share").sum())["share"]
    np.testing.assert_allclose(sums, 1, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_file_gives_every_pair_of_options_or_names_what_is_wrong(data: st.DataObject) -> None:
    opts = data.draw(
        st.sampled_from([None, lambda n: np.arange(n) * 7 + 3, lambda n: [f"party {chr(122 - i)}" for i in range(n)]])
    )
    tables = []
    usable = True
    for district in range(data.draw(st.integers(1, 3))):
        units, rows, columns = (data.draw(st.integers(low, 5)) for low in (1, 1, 1))
        size = units * rows * columns
        cells = data.draw(st.lists(st.sampled_from([0, 0, 1, 7, 300, 4000]), min_size=size, max_size=size))
        table = np.array(cells, dtype=float).reshape(units, rows, columns)
        usable &= bool((table.sum((1, 2)) > 0).sum() >= 2)
        tables.append(flatten(table, district=district, opts=opts))
    margins = pl.concat(tables)
    if data.draw(st.booleans()):
        margins = margins.filter((pl.col("votes") > 0) | pl.col("opt").is_first_distinct().over("district_no", "side"))
    if not usable:
        with pytest.raises(StatsError, match=r"margins\.parquet, election e, district"):
            infer(margins)
        return
    found, notices = infer(margins)
    check(found, margins)
    assert not notices


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 0.3))
def test_sides_that_differ_are_balanced_and_it_is_said(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    margins = flatten(rng.integers(0, 200, (6, 3, 4)).astype(float)).with_columns(
        votes=pl.when(pl.col("side") == "row").then(pl.col("votes") * rng.uniform(1, 1 + noise)).otherwise("votes")
    )
    found, notices = infer(margins)
    check(found, margins, balanced=False)
    assert ("rows were scaled to columns" in "".join(notices)) == (
        margins.filter(pl.col("side") == "row")["votes"].sum()
        > margins.filter(pl.col("side") == "col")["votes"].sum() * (1 + 1e-6)
    )


def test_a_csv_file_says_the_same_as_parquet() -> None:
    margins = flatten(np.random.default_rng(3).integers(0, 200, (8, 3, 3)))
    one, _ = infer(margins)
    two, _ = infer(margins, "margins.csv")
    assert one.equals(two.with_columns(pl.col("district_no").cast(one.schema["district_no"])))


def test_numbers_in_text_are_sorted_as_numbers_and_stay_text() -> None:
    margins = flatten(np.random.default_rng(3).integers(1, 200, (5, 11, 3)).astype(float))
    found, _ = infer(margins.with_columns(pl.col("opt", "unit").cast(pl.String)))
    assert found["row_opt"].unique(maintain_order=True).to_list() == [str(i) for i in range(1, 12)]
    assert found.drop("row_opt", "col_opt").equals(infer(margins)[0].drop("row_opt", "col_opt"))


def test_a_unit_on_one_side_only_is_left_out_and_named() -> None:
    margins = flatten(np.random.default_rng(1).integers(1, 200, (6, 3, 3)).astype(float))
    kept = margins.filter(~((pl.col("unit") == 4) & (pl.col("side") == "col")))
    found, notices = infer(kept)
    assert "1 units with votes on one side only were left out (4)" in notices[0]
    check(found, margins.filter(pl.col("unit") != 4))


def test_an_option_without_votes_gets_none() -> None:
    table = np.random.default_rng(1).integers(1, 200, (6, 3, 4)).astype(float)
    table[:, :, 1] = 0
    table[:, 2] = 0
    margins = flatten(table)
    found, _ = infer(margins)
    check(found, margins)
    assert found.filter(pl.col("col_opt") == 2).select(NUMBERS).sum().row(0) == (0, 0, 0, 0)
    assert found.filter(pl.col("row_opt") == 3)["votes"].sum() == 0


def test_parties_with_labels_are_the_same_party_wherever_they_stand() -> None:
    """Districts that leave out different parties: labels tell which, so order and numbers need not."""
    rng = np.random.default_rng(8)
    lift = rng.normal(0, 0.5, (5, 4)) + 3 * np.eye(5, 4)
    parts, truth = [], []
    for district in range(25):
        keep = np.sort(rng.choice(5, 3, replace=False))
        share = np.exp(lift[keep]) / np.exp(lift[keep]).sum(1, keepdims=True)
        size = np.array([rng.multinomial(600, rng.dirichlet(np.full(3, 4.0))) for _ in range(10)])
        table = np.array([[rng.multinomial(n, p) for n, p in zip(row, share, strict=True)] for row in size])
        truth.append(table.sum(0))
        labels = {int(i): f"party {k}" for i, k in enumerate(keep, 1)}
        parts.append(
            flatten(table.astype(float), district=district).with_columns(
                option=pl.when(pl.col("side") == "row").then(pl.col("opt").replace_strict(labels)).otherwise(None)
            )
        )
    error = {}
    for name, margins in {"named": pl.concat(parts), "counted": pl.concat(parts).drop("option")}.items():
        found, _ = infer(margins)
        error[name] = np.abs(found["votes"].to_numpy() - np.array(truth).ravel()).sum() / np.array(truth).sum() * 50
    assert error["named"] < 0.9 * error["counted"], error


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop("opt"), "missing columns .'opt'."),
        (lambda t: t.clear(), "no row at all"),
        (lambda t: _set(t, "votes", -1.0), r"row 1: votes is a number, zero or more .*district_no 1, unit 1.*-1"),
        (lambda t: _set(t, "votes", float("nan")), "votes is a number, zero or more"),
        (lambda t: _set(t, "votes", None), "votes is a number, zero or more"),
        (lambda t: _set(t, "side", "left"), "side is row or col .*'left'"),
        (lambda t: _set(t, "unit", None), "no unit"),
        (lambda t: pl.concat([t, t.head(1)]), "an earlier row has the same keys"),
    ],
)
def test_rows_that_cannot_be_used_are_named(change: Any, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        infer(change(flatten(np.ones((3, 2, 2)))))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (flatten(np.ones((1, 2, 2))), "election e, district 1: fewer than two units"),
        (flatten(np.ones((3, 2, 2))).filter(pl.col("side") == "row"), "no votes on the side col"),
        (flatten(np.zeros((3, 2, 2))), "no votes on the side row"),
    ],
)
def test_districts_that_say_nothing_are_named(table: pl.DataFrame, message: str) -> None:
    with pytest.raises(StatsError, match=message):
        infer(table)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        infer_margins(tmp_path / "nothing.parquet", tmp_path / "out.parquet")
    wrong = tmp_path / "wrong.parquet"
    wrong.write_text("not a table")
    with pytest.raises(SourceError, match="not a Parquet file"):
        infer_margins(wrong, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def _set(table: pl.DataFrame, column: str, value: object) -> pl.DataFrame:
    first = pl.int_range(pl.len()) == 0
    return table.with_columns(pl.when(first).then(pl.lit(value)).otherwise(column).alias(column))
