"""The addresses of accounts: those of allauth that are needed; signing up is not among them."""

from __future__ import annotations

from typing import NoReturn

from allauth.account import views
from allauth.mfa.urls import urlpatterns as second_factor
from django.http import Http404, HttpRequest
from django.urls import include, path, re_path


def shut(request: HttpRequest) -> NoReturn:  # noqa: ARG001 (Django passes it)
    """An address that allauth names and that leads nowhere here: accounts are made by invitation."""
    raise Http404


urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("second-factor/", include(second_factor)),
    path("signup/", shut, name="account_signup"),
    path("email/", shut, name="account_email"),
    path("password/set/", shut, name="account_set_password"),
]
