"""Every address of the application."""

from __future__ import annotations

from collections.abc import Callable

from django.conf.urls.i18n import i18n_patterns
from django.http.response import HttpResponseBase
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from isoloir.field.api import openapi as field_api
from isoloir.web import api, archive, openapi, pages

handler400 = "isoloir.web.errors.bad_request"
handler403 = "isoloir.web.errors.forbidden"
handler404 = "isoloir.web.errors.not_found"
handler500 = "isoloir.web.errors.bug"


def _read(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view that only reads: it refuses other methods itself (405), so no token is asked for first."""
    return csrf_exempt(view)


urlpatterns = [
    path("api/search", _read(api.search), name="search"),
    path("api/stations/<str:station_id>", _read(api.station), name="station"),
    path("api/transitions", _read(api.transitions), name="transitions"),
    path("api/export", _read(api.export), name="export"),
    path("api/openapi.json", _read(openapi.document), name="openapi"),
    path("api/field/<slug:campaign>/canvass/", include("isoloir.field.canvass.urls", namespace="canvass")),
    path("api/field/<slug:campaign>/", include("isoloir.field.api.urls", namespace="api")),
    path("api/field/", include(([path("openapi.json", field_api.document, name="api_document")], "field"), "api_open")),
    re_path(r"^api/", _read(api.unknown)),
    re_path(rf"^data/(?P<name>{archive.ARCHIVE})$", _read(archive.archive), name="archive"),
    path("data/index.json", _read(archive.index), name="index"),
    re_path(r"^data/(?P<name>(stations|places)\.json)$", _read(archive.column), name="list"),
    re_path(r"^data/(?P<name>values/\w+/[\w-]+\.(f32|u8))$", _read(archive.column), name="column"),
    re_path(r"^data/(?P<name>values/ranking/\d+/\w+\.f32)$", _read(archive.column), name="ranking"),
    *i18n_patterns(
        path("", _read(pages.station_map), name="map"),
        path("accounts/", include("isoloir.web.accounts")),
        path("field/", include("isoloir.field.urls")),
        path("watch/", include("isoloir.watch.urls")),
    ),
]
