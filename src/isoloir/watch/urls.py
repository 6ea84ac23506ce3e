"""The addresses of watched sites; each view checks by itself who asks."""

from __future__ import annotations

from django.urls import path

from isoloir.watch import pages, shared

app_name = "watch"
urlpatterns = [
    path("", pages.sites, name="sites"),
    path("<int:site>/", pages.site, name="site"),
    path("<int:site>/runs/<int:run>/<path:name>", pages.report, name="report"),
    path("<int:site>/runs/<str:name>", pages.up),
    path("<int:site>/changes/<int:before>/<int:after>/<str:name>", pages.changes, name="changes"),
    path("shared/<str:token>/", shared.site, name="shared"),
    path("shared/<str:token>/runs/<int:run>/<path:name>", shared.report, name="shared_report"),
    path("shared/<str:token>/runs/<str:name>", shared.up),
    path("shared/<str:token>/changes/<int:before>/<int:after>/<str:name>", shared.changes, name="shared_changes"),
]
