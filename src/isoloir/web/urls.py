"""Every address of the application."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import path, re_path

from isoloir.web import api, archive, openapi, pages

handler400 = "isoloir.web.errors.bad_request"
handler403 = "isoloir.web.errors.forbidden"
handler404 = "isoloir.web.errors.not_found"
handler500 = "isoloir.web.errors.bug"

urlpatterns = [
    path("api/search", api.search, name="search"),
    path("api/stations/<str:station_id>", api.station, name="station"),
    path("api/transitions", api.transitions, name="transitions"),
    path("api/export", api.export, name="export"),
    path("api/openapi.json", openapi.document, name="openapi"),
    re_path(r"^api/", api.unknown),
    re_path(r"^data/(?P<name>stations(\.mosaic)?\.pmtiles)$", archive.archive, name="archive"),
    path("data/index.json", archive.index, name="index"),
    re_path(r"^data/(?P<name>(stations|places)\.json)$", archive.column, name="list"),
    re_path(r"^data/(?P<name>values/\w+/[\w-]+\.(f32|u8))$", archive.column, name="column"),
    re_path(r"^data/(?P<name>values/ranking/\d+/\w+\.f32)$", archive.column, name="ranking"),
    *i18n_patterns(path("", pages.station_map, name="map")),
]
