"""One simulated département for all tests of the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from isoloir.simulate.country import simulate

SCALE = 0.3


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The département of seed 1 at a third of its size."""
    folder = tmp_path_factory.mktemp("country")
    simulate(folder, "departement", 1, scale=SCALE)
    return folder
