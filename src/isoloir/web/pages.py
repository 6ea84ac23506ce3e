"""The pages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from isoloir.language import language as spoken
from isoloir.maps import database, figures
from isoloir.web import book
from isoloir.web.assets import assets
from isoloir.web.texts import LANGUAGES, texts

_LISTED = 50  # stations in the table for browsers without JavaScript


@require_safe
def station_map(request: HttpRequest) -> HttpResponse:
    """The map, and a table of the first stations where JavaScript is off; a book served alone has its own page."""
    if not settings.STATION_DATABASE.exists() and book.is_there():
        return redirect("field:home")
    switch = []
    for code in LANGUAGES:
        with translation.override(code):
            switch.append(reverse("map"))
    page = map_page(settings.STATION_DATABASE, spoken(), dict(zip(LANGUAGES, switch, strict=True)))
    response = render(request, "map.html", page)
    response["Cache-Control"] = "no-cache"
    return response


def map_page(stations: Path, language: str, addresses: dict[str, str]) -> dict[str, object]:
    """What the template of the map needs; `addresses` are those of the page in each language.

    Raises StationError where there is no such database.
    """
    names = dict(settings.LANGUAGES)
    return {
        **_figures(stations, stations.stat().st_mtime_ns if stations.exists() else 0),
        "assets": assets(),
        "languages": [
            {"code": code, "name": names[code], "href": href, "current": code == language}
            for code, href in addresses.items()
        ],
        "config": {"language": language, "texts": texts(language)},
    }


@lru_cache(maxsize=2)  # more than a second for all of France, and the same until the database is written again
def _figures(stations: Path, _written: int) -> dict[str, object]:
    with database.reading(stations) as connection:
        return {"area": figures.overview(connection), "listed": figures.first_stations(connection, _LISTED)}
