"""What a visitor is told where the pages are served without a contact book."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.translation import override

from isoloir.web.errors import Unavailable
from isoloir.web.pages import station_map


def test_a_missing_book_is_told_and_is_no_bug() -> None:
    gate = Unavailable(lambda _: HttpResponse())
    answer = gate.process_exception(RequestFactory().get("/api/x"), OperationalError("no such table: field_user"))
    assert answer is not None
    assert answer.status_code == 503
    assert b"isoloir campaign create" in answer.content
    assert gate.process_exception(RequestFactory().get("/api/x"), OperationalError("disk I/O error")) is None


def test_a_book_that_is_served_alone_begins_with_its_own_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "STATION_DATABASE", tmp_path / "none.duckdb")
    monkeypatch.setattr("isoloir.web.book.is_there", lambda: True)
    with override("fr"):  # as the middleware does, whatever was spoken before
        answer = station_map(RequestFactory().get("/fr/"))
    assert (answer.status_code, answer["Location"]) == (302, "/fr/field/")
