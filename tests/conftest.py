"""What every test may use."""

from __future__ import annotations

import os
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


@pytest.fixture(scope="session")
def fiction(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The official files of a fictional département, with the truth beside them."""
    folder = tmp_path_factory.mktemp("fiction")
    simulate(folder, "departement", seed=1)
    return folder


@pytest.fixture(scope="session")
def fiction_database(fiction: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its station database; read-only: copy it before writing to it."""
    file = tmp_path_factory.mktemp("built") / "fiction.duckdb"
    build(Area(("X1",)), fiction, file)
    return file
