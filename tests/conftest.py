"""What every test may use."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from isoloir.codes import Area
from isoloir.simulate.country import simulate
from isoloir.stations.build import build

settings.register_profile("isoloir", deadline=None)  # how long an example takes decides nothing
settings.load_profile("isoloir")
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real official files; a clone that does not have it skips the tests that read it."""
    folder = Path(os.environ.get("ISOLOIR_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "results").is_dir():
        pytest.skip("real official data are not on this machine (set ISOLOIR_REAL_DATA to their folder)")
    return folder


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that is made once for all processes of a run (pytest-xdist); read-only: copy it before writing to it."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with folder.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        whole = folder / "whole"
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder


@pytest.fixture(scope="session")
def fiction(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The official files of a fictional département, with the truth beside them."""
    return (
        shared(tmp_path_factory, "fiction", lambda folder: simulate(folder / "files", "departement", seed=1)) / "files"
    )


@pytest.fixture(scope="session")
def fiction_database(fiction: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its station database; read-only: copy it before writing to it."""
    name = "fiction.duckdb"
    once = shared(tmp_path_factory, "built", lambda folder: build(Area(("X1",)), fiction, folder / name)) / name
    return Path(shutil.copy(once, tmp_path_factory.mktemp("built") / name))  # what lies beside it is this process's
