"""The one gate of the pages: every route of the field is looked up in `roles.PAGES` before its view runs.

A route that nobody put in the table is refused to all. A campaign that an account is no member of does not exist for
it: the answer is the same 404 as for a campaign that was never made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware

from isoloir.field import second_factor
from isoloir.field.adapter import within
from isoloir.field.api import tokens
from isoloir.field.models import Campaign, Membership, User
from isoloir.field.roles import PAGES, PERSONS, PUBLIC, SIGNED_IN, Role
from isoloir.language import language
from isoloir.law import cited

NAMESPACE = "field"
_SIGN_IN = "sign in, or give a token (Authorization: Bearer ...): "


class Gate:
    """Middleware: sets `request.campaign` and `request.role` where the route names a campaign, or refuses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Callable[..., Any], _args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Called by Django once the route is known."""
        match = request.resolver_match
        if match is None or NAMESPACE not in match.app_names:
            return None
        allowed = PAGES.get(match.url_name or "", frozenset())
        if allowed == PUBLIC:
            return None
        if (match.url_name or "").startswith("api_") and "api" in match.namespaces:
            return _program(request, str(kwargs.get("campaign", "")), allowed)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        if allowed == SIGNED_IN:
            return None
        membership = _membership(request, kwargs.get("campaign", ""))
        if membership.role not in allowed:
            raise PermissionDenied
        request.campaign, request.role = membership.campaign, Role(membership.role)  # type: ignore[attr-defined]
        return second_factor.missing(request, account_of(request)) if sees_persons(Role(membership.role)) else None


def _program(request: HttpRequest, slug: str, allowed: frozenset[str]) -> HttpResponse | None:
    """A program shows its token; a page of ours has the session of its account, and then its token against forgery."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        membership = tokens.membership_of(slug, token.strip())
        if membership is None:
            return _refused(
                401, "unauthorised", "the token is none of this campaign, or has ended: " + cited("SEC-02", language())
            )
    else:
        if not request.user.is_authenticated:
            return _refused(401, "unauthorised", _SIGN_IN + cited("SEC-02", language()))
        membership = _membership(request, slug)
        if second_factor.missing(request, account_of(request)) is not None:
            return _refused(401, "unauthorised", "the second factor is missing")
        if CsrfViewMiddleware(lambda _: HttpResponse()).process_view(request, lambda _: HttpResponse(), (), {}):
            raise PermissionDenied
    if membership.role not in allowed:
        raise PermissionDenied
    request.user, request.campaign = membership.user, membership.campaign  # type: ignore[attr-defined]
    request.role = Role(membership.role)  # type: ignore[attr-defined]
    if not within(request, "api"):
        return _refused(429, "too_many", "wait a minute")
    return None


def _refused(status: int, code: str, message: str) -> JsonResponse:
    """The one shape of errors (web/errors.py)."""
    return JsonResponse({"error": {"status": status, "code": code, "message": message}}, status=status)


def _membership(request: HttpRequest, slug: str) -> Membership:
    try:
        return Membership.objects.select_related("campaign").get(user=account_of(request), campaign__slug=slug)
    except Membership.DoesNotExist:
        raise Http404 from None


def account_of(request: HttpRequest) -> User:
    """The account that is signed in; a bug where a public page asks."""
    if not isinstance(request.user, User):
        raise TypeError("nobody is signed in")
    return request.user


def campaign_of(request: HttpRequest) -> Campaign:
    """The campaign that the gate let this request into."""
    campaign: Campaign = request.campaign  # type: ignore[attr-defined]
    return campaign


def sees_persons(role: Role) -> bool:
    """Whether a role needs the second factor."""
    return role in PERSONS
