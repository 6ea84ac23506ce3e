"""The pages."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from isoloir.maps import database, figures
from isoloir.store import Connection
from isoloir.web.assets import assets
from isoloir.web.texts import LANGUAGES, texts

_LISTED = 50  # stations in the table for browsers without JavaScript


@require_safe
def station_map(request: HttpRequest) -> HttpResponse:
    """The map, and a table of the first stations where JavaScript is off."""
    switch = []
    for code in LANGUAGES:
        with translation.override(code):
            switch.append(reverse("map"))
    with database.reading(settings.STATION_DATABASE) as connection:
        page = map_page(connection, translation.get_language()[:2], dict(zip(LANGUAGES, switch, strict=True)))
    response = render(request, "map.html", page)
    response["Cache-Control"] = "no-cache"
    return response


def map_page(connection: Connection, language: str, addresses: dict[str, str]) -> dict[str, object]:
    """What the template of the map needs; `addresses` are those of the page in each language."""
    names = dict(settings.LANGUAGES)
    return {
        "area": figures.overview(connection),
        "listed": figures.first_stations(connection, _LISTED),
        "assets": assets(),
        "languages": [
            {"code": code, "name": names[code], "href": href, "current": code == language}
            for code, href in addresses.items()
        ],
        "config": {"language": language, "texts": texts(language)},
    }
