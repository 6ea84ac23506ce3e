"""Where one can go from a page of the field: the rooms that a role may enter, and the page in the other language."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import override

from isoloir.field.access import NAMESPACE
from isoloir.field.roles import PAGES
from isoloir.field.texts import texts
from isoloir.language import language

ROOMS = (
    ("campaign", "overview"), ("canvass_board", "canvass"), ("contacts", "contacts"), ("messages", "messages"),
    ("imports", "imports"), ("exports", "exports"),
    ("objections", "objections"), ("rights", "rights"), ("keeping", "keeping"), ("log", "log"),
    ("breach", "breach"), ("members", "members"), ("settings", "settings"),
)  # fmt: skip
"""Routes below the namespace, each with the name of its text, in the order of the bar."""


def context(request: HttpRequest) -> dict[str, object]:
    """`rooms` and `languages`, for the templates."""
    return {"rooms": _rooms(request), "languages": _languages(request)}


def _rooms(request: HttpRequest) -> list[dict[str, object]]:
    campaign, role = getattr(request, "campaign", None), getattr(request, "role", None)
    if campaign is None:
        return []
    named = texts()
    home = reverse(f"{NAMESPACE}:campaign", args=[campaign.slug])
    rooms: list[dict[str, object]] = []
    for route, text in ROOMS:
        if role in PAGES[route]:
            address = reverse(f"{NAMESPACE}:{route}", args=[campaign.slug])
            inside = request.path == address if address == home else request.path.startswith(address)
            rooms.append({"address": address, "name": named[text], "current": inside})
    return rooms


def _languages(request: HttpRequest) -> list[dict[str, object]]:
    match, now = request.resolver_match, language()
    if match is None or not request.path_info.startswith(f"/{now}/"):
        return []
    choices = []
    for code, name in settings.LANGUAGES:
        with override(code):
            try:
                address = reverse(match.view_name, args=match.args, kwargs=match.kwargs)
            except NoReverseMatch:
                continue
        choices.append({"code": code, "name": name, "address": address, "current": code == now})
    return choices
