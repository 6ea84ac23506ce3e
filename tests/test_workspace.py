"""Stages are done once, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isoloir.errors import StationError
from isoloir.stations.workspace import Workspace


def test_a_stage_is_computed_once(tmp_path: Path) -> None:
    calls = []

    def make() -> dict[str, pl.DataFrame]:
        calls.append(1)
        return {"a": pl.DataFrame({"x": [1, 2]})}

    for _ in range(2):
        frames = Workspace(tmp_path / "x.duckdb", "f" * 64).stage("one", make)
        assert frames["a"].collect()["x"].to_list() == [1, 2]
    assert len(calls) == 1


def test_a_stage_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def make() -> dict[str, pl.LazyFrame]:
        bad = pl.LazyFrame({"x": ["1", "boum"]}).select(pl.col("x").cast(pl.Int32))
        return {"good": pl.LazyFrame({"x": [1]}), "bad": bad}

    workspace = Workspace(tmp_path / "x.duckdb", "f" * 64)
    with pytest.raises(pl.exceptions.InvalidOperationError):
        workspace.stage("one", make)
    assert not (workspace.folder / "one").exists()
    assert workspace.stage("one", lambda: {"good": pl.LazyFrame({"x": [3]})})["good"].collect().item() == 3


def test_other_inputs_forget_the_old_work(tmp_path: Path) -> None:
    old = Workspace(tmp_path / "x.duckdb", "a" * 64)
    old.stage("one", lambda: {"t": pl.DataFrame({"x": [1]})})
    new = Workspace(tmp_path / "x.duckdb", "b" * 64)
    with new.locked():
        assert not old.folder.exists()


def test_two_builds_of_one_database_do_not_meet(tmp_path: Path) -> None:
    first, second = (Workspace(tmp_path / "x.duckdb", "a" * 64) for _ in range(2))
    with first.locked(), pytest.raises(StationError, match="another build"), second.locked():
        pass
