"""The addresses of the API; each name stands in `roles.PAGES`."""

from __future__ import annotations

from django.urls import path

from isoloir.field.api import views

app_name = "field"  # the gate knows its routes by this name
urlpatterns = [
    path("counts", views.answers(GET=views.counts), name="api_counts"),
    path("contacts", views.answers(GET=views.search), name="api_search"),
    path("contacts/find", views.answers(POST=views.find), name="api_find"),
    path(
        "contacts/<uuid:contact>",
        views.answers(GET=views.read, PATCH=views.correct, DELETE=views.erase),
        name="api_contact",
    ),
    path("contacts/<uuid:contact>/withdraw", views.answers(POST=views.withdraw), name="api_withdraw"),
    path("objections", views.answers(POST=views.objects), name="api_objections"),
    path("log/verification", views.answers(GET=views.chain), name="api_log"),
]
