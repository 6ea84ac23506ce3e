"""Whatever is sent to any address of the API, the answer is an answer or says what was wrong; it never is a 500."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from isoloir.web.openapi import DOCUMENT

FEW = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
STATION = st.sampled_from(["X1001_0001", "X1002_0003", "X1001_00B7", "nobody", ""]) | st.text(max_size=20)


FOUND = schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()
OPERATIONS = [found.ok() for found in FOUND if isinstance(found, Ok)]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@FEW
@given(data=st.data())
def test_what_the_document_allows(address: str, operation: Any, data: st.DataObject) -> None:
    case = data.draw(operation.as_strategy())
    _check(case.call(base_url=address, timeout=120).status_code)


@FEW
@given(path=st.sampled_from(["transitions", "export"]), body=ANY)
def test_a_body_of_any_kind(address: str, path: str, body: Any) -> None:
    _post(address, path, body)


@FEW
@given(
    stations=st.lists(STATION, max_size=5) | ANY,
    rounds=st.lists(st.sampled_from(["2017_pres_t1", "2022_pres_t1", ""]) | ANY, min_size=2, max_size=2),
    kind=st.sampled_from(["csv", "geojson", "gpkg", "parquet", "../csv"]) | ANY,
)
def test_parameters_of_any_type(address: str, stations: Any, rounds: list[Any], kind: Any) -> None:
    _post(address, "transitions", {"stations": stations, "from": rounds[0], "to": rounds[1]})
    _post(address, "export", {"stations": stations, "format": kind})


@FEW
@given(name=st.text(min_size=1, max_size=200))
def test_a_path_of_any_kind(address: str, name: str) -> None:
    for folder in ("api/stations/", "data/values/", "data/", "static/", "fr/", ""):
        quoted = httpx.URL(address).copy_with(raw_path=f"/{folder}{_quoted(name)}".encode())
        _check(httpx.get(quoted, timeout=60).status_code)


def _quoted(name: str) -> str:
    return "".join(f"%{byte:02x}" for byte in name.encode("utf-8", "surrogatepass"))


def _post(address: str, path: str, body: Any) -> None:
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    response = httpx.post(f"{address}/api/{path}", content=content, timeout=120)
    _check(response.status_code)
    if response.status_code >= 400:
        assert response.json()["error"]["status"] == response.status_code


def _check(status: int) -> None:
    assert status < 500
