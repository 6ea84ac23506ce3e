"""The addresses of the field; each name stands in `roles.PAGES`."""

from __future__ import annotations

from django.urls import path

from isoloir.field import pages

app_name = "field"
urlpatterns = [
    path("", pages.home, name="home"),
    path("account/", pages.account, name="account"),
    path("<slug:campaign>/", pages.campaign, name="campaign"),
]
