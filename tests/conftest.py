"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real official files; a clone that does not have it skips the tests that read it."""
    folder = Path(os.environ.get("ISOLOIR_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "results").is_dir():
        pytest.skip("real official data are not on this machine (set ISOLOIR_REAL_DATA to their folder)")
    return folder
