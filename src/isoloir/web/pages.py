"""The pages."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from isoloir.maps import database, figures
from isoloir.web.assets import assets
from isoloir.web.texts import LANGUAGES, texts

_LISTED = 50  # stations in the table for browsers without JavaScript


@require_safe
def station_map(request: HttpRequest) -> HttpResponse:
    """The map, and a table of the first stations where JavaScript is off."""
    with database.reading(settings.STATION_DATABASE) as connection:
        area = figures.overview(connection)
        listed = figures.first_stations(connection, _LISTED)
    language = translation.get_language()[:2]
    page = {"area": area, "listed": listed, "assets": assets(), "languages": _switch(language)}
    page["config"] = {"language": language, "texts": texts()}
    response = render(request, "map.html", page)
    response["Cache-Control"] = "no-cache"
    return response


def _switch(current: str) -> list[dict[str, object]]:
    """The same page in each language."""
    names = dict(settings.LANGUAGES)
    switch = []
    for code in LANGUAGES:
        with translation.override(code):
            switch.append({"code": code, "name": names[code], "href": reverse("map"), "current": code == current})
    return switch
