"""What a visitor is told where the pages are served without a contact book."""

from __future__ import annotations

from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from isoloir.web.errors import Unavailable


def test_a_missing_book_is_told_and_is_no_bug() -> None:
    gate = Unavailable(lambda _: HttpResponse())
    answer = gate.process_exception(RequestFactory().get("/api/x"), OperationalError("no such table: field_user"))
    assert answer is not None
    assert answer.status_code == 503
    assert b"isoloir campaign create" in answer.content
    assert gate.process_exception(RequestFactory().get("/api/x"), OperationalError("disk I/O error")) is None
