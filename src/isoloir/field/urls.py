"""The addresses of the field; each name stands in `roles.PAGES`."""

from __future__ import annotations

from django.urls import path

from isoloir.field import pages, public

app_name = "field"
urlpatterns = [
    path("", pages.home, name="home"),
    path("account/", pages.account, name="account"),
    path("invitation/<str:secret>/", pages.invitation, name="invitation"),
    path("<slug:campaign>/", pages.campaign, name="campaign"),
    path("<slug:campaign>/join/", public.join, name="join"),
    path("<slug:campaign>/join/embed/", public.embed, name="embed"),
    path("<slug:campaign>/confirm/<str:token>/", public.confirm, name="confirm"),
    path("<slug:campaign>/mine/<str:token>/", public.mine, name="mine"),
    path("<slug:campaign>/unsubscribe/<str:token>/", public.unsubscribe, name="unsubscribe"),
]
