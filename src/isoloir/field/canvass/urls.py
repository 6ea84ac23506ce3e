"""The addresses that the phone's application asks; each name stands in `roles.PAGES`."""

from __future__ import annotations

from django.urls import path

from isoloir.field.canvass import api

app_name = "field"  # the gate knows its routes by this name
urlpatterns = [
    path("turfs", api.listing, name="canvass_turfs"),
    path("turfs/<int:turf>", api.turf, name="canvass_turf"),
    path("turfs/<int:turf>/map.pmtiles", api.turf_map, name="canvass_map"),
    path("turfs/<int:turf>/claim", api.claim, name="canvass_claim"),
    path("turfs/<int:turf>/release", api.release, name="canvass_release"),
    path("sync", api.sync, name="canvass_sync"),
    path("survey", api.survey, name="canvass_survey"),
    path("signups", api.signups, name="canvass_signups"),
]
