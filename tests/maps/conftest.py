from __future__ import annotations

from pathlib import Path

import pytest
from drawn_country import write_country


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_country(tmp_path_factory.mktemp("maps") / "country.duckdb")
