"""Every address of the application."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import path, re_path

from isoloir.web import api, archive, pages

handler400 = "isoloir.web.errors.bad_request"
handler403 = "isoloir.web.errors.forbidden"
handler404 = "isoloir.web.errors.not_found"
handler500 = "isoloir.web.errors.bug"

urlpatterns = [
    path("api/map.json", api.overview, name="overview"),
    path("api/levels", api.levels, name="levels"),
    path("api/search", api.search, name="search"),
    path("api/stations/<str:station_id>", api.station, name="station"),
    re_path(r"^api/", api.unknown),
    path("tiles/stations.pmtiles", archive.tiles, name="tiles"),
    *i18n_patterns(path("", pages.station_map, name="map")),
]
