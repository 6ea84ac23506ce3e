"""Errors as a person or a program reads them: a page in two languages, or one shape of JSON; never a stack trace.

The shape: `{"error": {"status": 404, "code": "not_found", "message": "..."}}`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from isoloir.errors import BadAddress, BookError, IsoloirError, NotAllowed, SettingsError, StatsError
from isoloir.field.imports.faults import BadFile
from isoloir.web.texts import texts

CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    422: "impossible",
    500: "bug",
    503: "unavailable",
}
_NO_TABLES = ("no such table", "does not exist")  # SQLite's words, PostgreSQL's


def problem(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """An error as JSON below /api/ and /data/, as a page elsewhere; `detail` is said after the general text."""
    code = CODES[status]
    message = " ".join(filter(None, (texts()[f"error_{code}"], detail)))
    if request.path_info.startswith(("/api/", "/data/")):
        shape = {"error": {"status": status, "code": code, "message": message}}
        response: HttpResponse = JsonResponse(shape, status=status, json_dumps_params={"ensure_ascii": False})
    else:
        shown = {"status": status, "message": message, "languages": ()}
        response = render(request, "error.html", shown, status=status)
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django passes it by name)
    """Handler for 400."""
    return problem(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django passes it by name)
    """Handler for 403."""
    return problem(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django passes it by name)
    """Handler for 404."""
    return problem(request, 404)


def bug(request: HttpRequest) -> HttpResponse:
    """Handler for 500; the stack trace goes to the server's log."""
    return problem(request, 500)


class Unavailable:
    """Middleware: an error that Isoloir raises on purpose says what to do; 422 where another question would do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Called by Django where a view raises."""
        if isinstance(exception, NotAllowed):
            return problem(request, 403, str(exception))
        if isinstance(exception, StatsError | SettingsError | BadAddress | BookError | BadFile):
            return problem(request, 422, str(exception))
        if isinstance(exception, DatabaseError) and any(words in str(exception) for words in _NO_TABLES):
            return problem(request, 503, texts()["error_no_book"])
        return problem(request, 503, str(exception)) if isinstance(exception, IsoloirError) else None
