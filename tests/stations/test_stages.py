"""A build that is killed while it forgets its stages leaves nothing that a later build would take for one."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isoloir.stations import workspace
from isoloir.stations.workspace import Workspace

TABLES = {"a": pl.DataFrame({"n": [1]}), "b": pl.DataFrame({"n": [2]})}


def killed_while_forgetting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    work = Workspace(folder / "x.duckdb", "0" * 64)
    with work.locked():
        work.stage("rounds", lambda: TABLES)

    def killed(root: Path, **_: object) -> None:
        next(root.rglob("a.parquet")).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, work.locked():
        patch.setattr(workspace.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            work.remove()
    return work


def test_a_half_removed_stage_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = killed_while_forgetting(tmp_path, monkeypatch)
    with work.locked():
        assert sorted(work.stage("rounds", lambda: TABLES)) == ["a", "b"]


def test_what_it_left_goes_with_the_next_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = killed_while_forgetting(tmp_path, monkeypatch)
    work.leftover()
    assert list(tmp_path.iterdir()) == []


def test_what_another_build_is_making_is_left_alone(tmp_path: Path) -> None:
    work = Workspace(tmp_path / "x.duckdb", "0" * 64)
    with work.locked():
        work.stage("rounds", lambda: TABLES)
        Workspace(tmp_path / "x.duckdb", "1" * 64).leftover()
        assert work.folder.is_dir()
