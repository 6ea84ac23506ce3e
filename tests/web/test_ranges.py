"""The archive of tiles answers ranges as RFC 9110 asks, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from isoloir.settings import folder_of

TILES = "/data/stations.pmtiles"


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as opened:
        yield opened


@pytest.fixture(scope="module")
def archive(client: httpx.Client, database: Path) -> bytes:
    client.get(TILES)  # the server has made it
    return (folder_of(database) / "stations.pmtiles").read_bytes()


def test_the_whole_archive(client: httpx.Client, archive: bytes) -> None:
    response = client.get(TILES)
    assert response.status_code == 200
    assert response.content == archive
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["content-length"] == str(len(archive))
    assert "content-encoding" not in response.headers


def test_head_says_the_same_without_the_bytes(client: httpx.Client, archive: bytes) -> None:
    response = client.head(TILES)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(archive))


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-6", slice(0, 7)),
        ("bytes=0-0", slice(0, 1)),
        ("bytes=100-199", slice(100, 200)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-50", slice(-50, None)),
        ("bytes=0-", slice(None)),
        ("bytes=10-99999999999", slice(10, None)),
        ("bytes=-99999999999", slice(None)),
        ("Bytes = 3 - 5", slice(3, 6)),
    ],
)
def test_a_range(client: httpx.Client, archive: bytes, asked: str, part: slice) -> None:
    response = client.get(TILES, headers={"Range": asked})
    assert response.status_code == 206
    assert response.content == archive[part]
    first, last, _ = part.indices(len(archive))
    assert response.headers["content-range"] == f"bytes {first}-{last - 1}/{len(archive)}"
    assert response.headers["content-length"] == str(len(response.content))


@pytest.mark.parametrize("beyond", ["{size}-", "{size}-{size}", "-0", "999999999999-"])
def test_a_range_that_cannot_be(client: httpx.Client, archive: bytes, beyond: str) -> None:
    response = client.get(TILES, headers={"Range": "bytes=" + beyond.format(size=len(archive))})
    assert (response.status_code, response.content) == (416, b"")
    assert response.headers["content-range"] == f"bytes */{len(archive)}"


@pytest.mark.parametrize("nonsense", ["bytes=5-2", "bytes=-", "bytes=a-b", "lines=0-5", "bytes=0-1,5-6", "bytes", "-1"])
def test_a_header_that_is_no_range_is_ignored(client: httpx.Client, archive: bytes, nonsense: str) -> None:
    response = client.get(TILES, headers={"Range": nonsense})
    assert (response.status_code, response.content) == (200, archive)


def test_if_range(client: httpx.Client, archive: bytes) -> None:
    headers = client.head(TILES).headers
    for condition, status in (
        (headers["etag"], 206),
        (headers["last-modified"], 206),
        ('"another"', 200),
        (f"W/{headers['etag']}", 200),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
    ):
        response = client.get(TILES, headers={"Range": "bytes=0-6", "If-Range": condition})
        assert response.status_code == status, condition
        assert response.content == (archive[:7] if status == 206 else archive)


def test_if_none_match(client: httpx.Client) -> None:
    tag = client.head(TILES).headers["etag"]
    for condition, status in ((tag, 304), (f'"x", {tag}', 304), ("*", 304), ('"x"', 200)):
        assert client.get(TILES, headers={"If-None-Match": condition}).status_code == status
    assert client.get(TILES, headers={"If-None-Match": tag, "Range": "bytes=0-6"}).status_code == 304


@pytest.mark.parametrize("path", ["/data/", "/data/other.pmtiles", "/data/stations.pmtiles/", "/data/country.duckdb"])
def test_no_other_file_is_served(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/data/..%2fcountry.duckdb", "/data/%2e%2e/country.duckdb", "/data//etc/passwd", "/data/stations.pmtiles%00"],
)
def test_no_path_leads_out(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404
