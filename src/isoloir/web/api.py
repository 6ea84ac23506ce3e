"""The figures of the map as JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page

from isoloir.maps import database, places, sheet
from isoloir.maps.folder import read_alike
from isoloir.store import Connection
from isoloir.web.errors import problem

_LONGEST = 100  # characters of a search


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


def unknown(_: HttpRequest) -> HttpResponse:
    """Any other address below /api/."""
    raise Http404
