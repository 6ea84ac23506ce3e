"""Starting the server: what it refuses, and what it does when the database changes under it."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import httpx
import numpy as np
import pytest
from served_country import serving

from isoloir import store
from isoloir.errors import SettingsError, StationError
from isoloir.web.serve import listen, run, url
from isoloir.web.settings import hosts


def never(_: str) -> None:
    raise AssertionError("nothing should be announced")


def test_a_missing_database_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StationError, match="isoloir build"):
        run(tmp_path / "nowhere.duckdb", "127.0.0.1", 0, False, never)


def test_a_database_of_another_shape_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    with store.database(other, write=True) as connection:
        connection.execute("CREATE TABLE something AS SELECT 1 AS a")
    with pytest.raises(StationError, match="no table stations"):
        run(other, "127.0.0.1", 0, False, never)


def test_a_taken_port_is_one_clear_line(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match="--port 0"):
            run(database, "127.0.0.1", port, False, never)


def test_an_address_that_is_not_ours_is_one_clear_line() -> None:
    with pytest.raises(SettingsError, match="cannot serve"):
        listen("203.0.113.7", 0)


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "http://127.0.0.1:8017/"), ("0.0.0.0", "http://127.0.0.1:8017/"), ("::1", "http://[::1]:8017/")],
)
def test_the_address_to_open(host: str, shown: str) -> None:
    assert url(host, 8017) == shown


def test_only_names_of_this_machine_are_answered() -> None:
    assert hosts("127.0.0.1") == ["127.0.0.1", "[::1]", "localhost"]
    assert "*" not in hosts("0.0.0.0")
    assert "0.0.0.0" in hosts("0.0.0.0")


@pytest.mark.usefixtures("built")
def test_a_new_build_shows_at_once_and_a_vanished_one_is_explained(database: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(database, tmp_path / "copy.duckdb"))
    with serving(copy) as address:
        before = shown_levels(address)
        with store.database(copy, write=True) as connection:
            connection.execute("UPDATE ranking SET level = 6 - level WHERE target = 'left'")
        after = shown_levels(address)
        assert set(before) == {0, 1, 2, 3, 4, 5}
        assert after == [6 - level if level else level for level in before]
        copy.unlink()
        gone = httpx.get(f"{address}/data/index.json", headers={"Accept-Language": "en"}, timeout=60)
        assert gone.status_code == 503
        assert "isoloir build" in gone.json()["error"]["message"]
        page = httpx.get(f"{address}/fr/", timeout=60)
        assert page.status_code == 503
        assert "Traceback" not in page.text


def shown_levels(address: str) -> list[int]:
    """The level of every station as the page gets it: the index first, then the column of that build."""
    mark = httpx.get(f"{address}/data/index.json", timeout=60).json()["mark"]
    content = httpx.get(f"{address}/data/values/ranking/0/level.f32", params={"v": mark}, timeout=60).content
    return np.nan_to_num(np.frombuffer(content, "<f4")).astype(int).tolist()
