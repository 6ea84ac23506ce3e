"""Every address of the application, what it answers, and what it refuses."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import httpx
import pytest
from drawn_country import HOSTILE, PAST

PAGES = ["/fr/", "/en/"]
FIGURES = ["/data/index.json", "/data/stations.json", "/api/search?q=bourg", "/api/stations/X1001_0001"]


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as opened:
        yield opened


@pytest.mark.parametrize(("asked", "path"), [("fr-FR,fr;q=0.9", "/fr/"), ("en-US", "/en/"), ("de", "/fr/")])
def test_the_front_door_speaks_the_browsers_language(client: httpx.Client, asked: str, path: str) -> None:
    response = client.get("/", headers={"Accept-Language": asked})
    assert (response.status_code, response.headers["location"]) == (302, path)


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_their_language_and_the_table(client: httpx.Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert f'<html lang="{path[1:3]}" ' in page.text
    assert page.text.count("<tr>") == 1 + 24  # without JavaScript: a header and every ranked station
    assert ("inscrits" in page.text) == (path == "/fr/")


@pytest.mark.parametrize("path", PAGES)
def test_a_hostile_name_is_text(client: httpx.Client, path: str) -> None:
    page = client.get(path).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("path", [*PAGES, *FIGURES, "/static/isoloir.svg", "/data/stations.pmtiles", "/api/no", "/no"])
def test_every_answer_is_strict_and_sets_no_cookie(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]
    assert "access-control-allow-origin" not in headers
    assert "set-cookie" not in headers
    assert "server" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_no_inline_code_and_no_foreign_address(client: httpx.Client, path: str) -> None:
    page = client.get(path).text
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick" not in page
    for script in page.split("<script")[1:]:
        assert 'type="module" src="/static/map/' in script or 'type="application/json"' in script.split(">")[0]
    assert all(
        target.startswith(("/", "#")) and "//" not in target for target in re.findall(r'(?:href|src)="([^"]*)"', page)
    )


@pytest.mark.parametrize("path", FIGURES)
def test_figures_are_compressed_json_with_a_tag(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    tag = response.headers["etag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    if len(response.content) > 300:
        assert response.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get(path, headers={"Accept-Encoding": "identity"}).headers


@pytest.mark.parametrize(
    "path",
    [
        "values/2022_pres_t1/no.f32",
        "values/no/leader.u8",
        "values/../index.json",
        "values/ranking/9/score.f32",
        "none.json",
    ],
)
def test_a_column_that_is_not_there(client: httpx.Client, path: str) -> None:
    response = client.get(f"/data/{path.replace('..', '%2e%2e')}")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_columns_of_a_build_may_be_kept_and_the_index_may_not(client: httpx.Client) -> None:
    index = client.get("/data/index.json")
    assert index.headers["cache-control"] == "no-cache"
    column = client.get("/data/values/2022_pres_t1/registered.f32", params={"v": index.json()["mark"]})
    assert "immutable" in column.headers["cache-control"]
    assert len(column.content) == 4 * 25


def test_the_overview_says_where_to_look(client: httpx.Client) -> None:
    area = client.get("/data/index.json").json()
    west, south, east, north = area["bounds"]
    assert 1.9 < west < east < 2.2
    assert 46.9 < south < north < 47.2


def test_a_station(client: httpx.Client) -> None:
    station = client.get("/api/stations/X1002_0003").json()
    assert station["name"] == HOSTILE


@pytest.mark.parametrize(
    "path",
    [
        "/api/stations/nobody",
        f"/api/stations/{PAST}",
        "/api/stations/%27%20OR%201=1",
        "/api/stations/X1001_0001/more",
        "/api/stations/%2e%2e%2fmap.json",
        "/api/stations/",
        "/api/",
        "/api/search/../../etc/passwd",
    ],
)
def test_unknown_figures_are_404_in_one_shape(client: httpx.Client, path: str) -> None:
    response = client.get(path, headers={"Accept-Language": "en"})
    if not path.startswith("/api/search/"):  # the client itself resolves that one, to a page
        error = response.json()["error"]
        assert (error["status"], error["code"], error["message"]) == (404, "not_found", "Nothing at this address.")
        assert response.headers["cache-control"] == "no-store"
    assert response.status_code == 404


def test_errors_speak_french_too(client: httpx.Client) -> None:
    answer = client.get("/api/stations/nobody", headers={"Accept-Language": "fr"}).json()
    assert answer["error"]["message"] == "Rien à cette adresse."
    page = client.get("/fr/nowhere")
    assert page.status_code == 404
    assert "Rien à cette adresse." in page.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(client: httpx.Client, method: str) -> None:
    response = client.request(method, "/api/search")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
    assert response.json()["error"]["code"] == "method_not_allowed"
    for path in ("/fr/", "/data/stations.pmtiles", "/static/isoloir.svg"):
        assert client.request(method, path).status_code == 405


def test_another_host_name_gets_nothing(client: httpx.Client) -> None:
    response = client.get("/data/index.json", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"
    for path in ("/fr/", "/data/stations.pmtiles"):
        assert client.get(path, headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("query", ["", "?q=", "?q=%00", "?q=" + "x" * 5000, "?other=1", "?q=%ff%fe"])
def test_search_takes_any_text(client: httpx.Client, query: str) -> None:
    response = client.get(f"/api/search{query}")
    assert (response.status_code, response.json()) == (200, {"found": []})


def test_built_files_are_kept_for_ever_and_compressed(client: httpx.Client) -> None:
    page = client.get("/fr/").text
    script = page.split('type="module" src="')[1].split('"')[0]
    response = client.get(script, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    assert response.headers["content-encoding"] == "gzip"
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/static/../settings.py", "/static/%2e%2e/settings.py", "/static/..%2fsettings.py"])
def test_static_files_end_at_their_folder(address: str, path: str) -> None:
    assert _raw(address, path).startswith(b"HTTP/1.1 404")


def _raw(address: str, path: str) -> bytes:
    """An answer to a path sent as it is, without the tidying of a client."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: line.recv(65536), b""))
