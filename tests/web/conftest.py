from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn_country import write_country
from served_country import serving

from isoloir.web.assets import BUILT


@pytest.fixture(scope="session")
def built() -> Path:
    if not (BUILT / "manifest.json").exists():
        pytest.skip("the front end is not built on this machine (make setup)")
    return BUILT


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_country(tmp_path_factory.mktemp("web") / "country.duckdb")


@pytest.fixture(scope="session")
def address(database: Path, built: Path) -> Iterator[str]:
    assert built.is_dir()
    with serving(database) as found:
        yield found
