"""Selections: their transitions and their files; the API says all that it has."""

from __future__ import annotations

import io
from collections.abc import Iterator

import geopandas as gpd
import httpx
import numpy as np
import polars as pl
import pytest
from drawn_country import HOSTILE, UNDRAWN

STATIONS = [f"X100{row}_000{column}" for row in (1, 2, 3, 4) for column in (1, 2, 3, 4, 5)]


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60, headers={"Accept-Language": "en"}) as opened:
        yield opened


def test_transitions_of_a_selection_match_its_voters(client: httpx.Client) -> None:
    asked = {"stations": STATIONS, "from": "2017_pres_t1", "to": "2022_pres_t1"}
    found = client.post("/api/transitions", json=asked).json()
    shares = np.array(found["shares"])
    assert found["stations"] == len(STATIONS)
    assert shares.shape == (len(found["rows"]), len(found["columns"]))
    assert shares.sum(axis=1) == pytest.approx(1, abs=0.01)
    assert (np.array(found["low"]) <= shares + 1e-6).all()
    assert (shares <= np.array(found["high"]) + 1e-6).all()
    assert [row["option"] for row in found["rows"]][-1] == "abstention"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"stations": ["X1001_0001"]}, 422),
        ({"stations": ["nobody", "nowhere"]}, 422),
        ({"from": "1066_pres_t1"}, 422),
        ({"stations": []}, 400),
        ({"stations": "X1001_0001"}, 400),
        ({"stations": [1, 2]}, 400),
        ({"stations": None}, 400),
    ],
)
def test_what_cannot_be_estimated_is_said(client: httpx.Client, change: dict[str, object], status: int) -> None:
    asked = {"stations": STATIONS, "from": "2017_pres_t1", "to": "2022_pres_t1"} | change
    response = client.post("/api/transitions", json=asked)
    assert (response.status_code, response.json()["error"]["status"]) == (status, status)
    assert "Traceback" not in response.text


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b"null", b'{"stations": {"a": 1}}'])
def test_a_body_that_is_no_question(client: httpx.Client, body: bytes) -> None:
    for path in ("/api/transitions", "/api/export"):
        assert client.post(path, content=body).status_code == 400


def test_csv_holds_the_selection_and_no_formula(client: httpx.Client) -> None:
    response = client.post("/api/export", json={"stations": ["X1002_0003", UNDRAWN, "nobody"], "format": "csv"})
    assert "attachment" in response.headers["content-disposition"]
    table = pl.read_csv(io.BytesIO(response.content))
    assert table["station_id"].to_list() == [UNDRAWN, "X1002_0003"]
    assert table["name"][1] == HOSTILE
    assert not any(str(value).startswith(("=", "+", "@")) for row in table.rows() for value in row)


@pytest.mark.parametrize(("kind", "start"), [("geojson", b"{"), ("gpkg", b"SQLite format 3"), ("parquet", b"PAR1")])
def test_files_with_outlines(client: httpx.Client, kind: str, start: bytes) -> None:
    response = client.post("/api/export", json={"stations": STATIONS, "format": kind})
    assert response.content.startswith(start)
    read = gpd.read_parquet if kind == "parquet" else gpd.read_file
    frame = read(io.BytesIO(response.content))
    assert len(frame) == len(STATIONS)
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.is_valid.all()
    assert set(frame["station_id"]) == set(STATIONS)


def test_an_unknown_format(client: httpx.Client) -> None:
    response = client.post("/api/export", json={"stations": STATIONS, "format": "../xls"})
    assert response.status_code == 422
    assert "csv" in response.json()["error"]["message"]


def test_the_document_names_every_address(client: httpx.Client) -> None:
    from isoloir.web.openapi import DOCUMENT

    assert client.get("/api/openapi.json").json() == DOCUMENT
    for path in (
        "/api/stations/X1001_0001",
        "/api/search",
        "/data/index.json",
        "/data/stations.json",
        "/data/places.json",
    ):
        assert client.get(path).status_code == 200
    for path, methods in DOCUMENT["paths"].items():
        filled = path.replace("{station_id}", "X1001_0001").replace("{archive}", "stations.pmtiles")
        filled = filled.replace("{column}", "2022_pres_t1/voters.f32")
        status = client.get(filled).status_code if "get" in methods else client.post(filled, json={}).status_code
        assert status == (200 if "get" in methods else 400), path
