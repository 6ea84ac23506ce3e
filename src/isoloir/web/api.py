"""The figures of the map as JSON."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_POST

from isoloir.maps import database, exports, places, sheet
from isoloir.maps.folder import read_alike
from isoloir.store import Connection
from isoloir.web.errors import problem

_LONGEST = 100  # characters of a search
_MOST = 100_000  # stations at once


def answer(figure: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """A view from a function of the database and the request: JSON, compressed, with a tag; None is a 404."""

    @wraps(figure)
    def view(request: HttpRequest, **codes: str) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            refused = problem(request, 405)
            refused["Allow"] = "GET, HEAD"
            return refused
        with database.reading(settings.STATION_DATABASE) as connection:
            found = figure(connection, request, **codes)
        if found is None:
            raise Http404
        response = JsonResponse(found, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})
        response["Cache-Control"] = "no-cache"  # keep, but ask: another build may have replaced the database
        return response

    return gzip_page(conditional_page(view))


@answer
def station(connection: Connection, _: HttpRequest, station_id: str) -> dict[str, Any] | None:
    """The figures of one station."""
    return sheet.station_sheet(connection, station_id, read_alike(connection, settings.MAP_FOLDER, station_id))


@answer
def search(connection: Connection, request: HttpRequest) -> dict[str, Any]:
    """Communes and stations by name or code."""
    return {"found": places.search(connection, request.GET.get("q", "")[:_LONGEST])}


@require_POST
def transitions(request: HttpRequest) -> HttpResponse:
    """Who moved where between two rounds, among the voters of some stations."""
    asked = _asked(request)
    before, after = (str(asked.get(name, "")) for name in ("from", "to"))
    from isoloir.maps import selection  # loads the estimators, a second that most starts do without

    with database.reading(settings.STATION_DATABASE) as connection:
        found = selection.selection_transitions(connection, asked["stations"], before, after)
    return JsonResponse(found, json_dumps_params={"ensure_ascii": False})


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Some stations as a file."""
    asked = _asked(request)
    kind = str(asked.get("format", "csv"))
    with tempfile.TemporaryDirectory() as folder, database.reading(settings.STATION_DATABASE) as connection:
        file = exports.export_stations(connection, asked["stations"], kind, Path(folder) / f"stations.{kind}")
        response = HttpResponse(file.read_bytes(), content_type=exports.KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="stations.{kind}"'
    return response


def _asked(request: HttpRequest) -> dict[str, Any]:
    """The body: `{"stations": [...], ...}`; raises SuspiciousOperation, a 400, where it is anything else."""
    try:
        asked = json.loads(request.body)
        stations = asked["stations"]
        if not isinstance(stations, list) or not all(isinstance(one, str) for one in stations):
            raise TypeError("stations")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SuspiciousOperation("the body must be a JSON object with a list of station ids") from error
    if not 0 < len(stations) <= _MOST:
        raise SuspiciousOperation(f"give 1 to {_MOST} stations")
    return dict(asked)


def unknown(_: HttpRequest) -> HttpResponse:
    """Any other address below /api/."""
    raise Http404
