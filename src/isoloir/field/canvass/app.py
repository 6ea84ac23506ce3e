"""The page of the application on the phone, its service worker and its manifest. None of them knows who asks."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from isoloir.field import sms
from isoloir.field.access import campaign_of
from isoloir.field.addresses import as_reached
from isoloir.field.canvass.built import built, entry
from isoloir.field.canvass.notes import refused_by
from isoloir.field.canvass.sealing import public_key
from isoloir.field.canvass.texts import texts
from isoloir.field.models import Front
from isoloir.field.scan import picture
from isoloir.language import language

_SHELL = "no-cache"


@require_safe
def application(request: HttpRequest, campaign: str) -> HttpResponse:
    """The application; what it shows it asks for by itself, so that this page can be kept on the phone."""
    config = {
        "campaign": campaign,
        "language": language(),
        "api": reverse("canvass:canvass_turfs", args=[campaign]).removesuffix("turfs"),
        "home": reverse("field:canvass_board", args=[campaign]),
        "publicKey": public_key(campaign_of(request)),
        "noteLaw": refused_by(language()),
        "sms": sms.offered(),
        "scan": _scan(request),
        "texts": texts(),
    }
    page = {"config": config, "assets": entry(), "static": settings.STATIC_URL, "c": texts()}
    response = render(request, "field/canvass/app.html", page)
    response["Cache-Control"] = _SHELL
    return response


def _scan(request: HttpRequest) -> dict[str, str] | None:
    """The code of the public form, for who would rather type on a phone of their own; None where it is shut."""
    front = Front.objects.of(campaign_of(request)).first()
    if front and not front.open:
        return None
    link = as_reached(request, reverse("field:join", args=[campaign_of(request).slug]))
    return {"link": link, "picture": picture(link)}


@require_safe
def worker(_: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001 (its address is what it works for)
    """The service worker, at an address below which the application lies."""
    response = HttpResponse(built("sw.js").read_bytes(), content_type="text/javascript")
    response["Cache-Control"] = _SHELL
    return response


@require_safe
def manifest(_: HttpRequest, campaign: str) -> HttpResponse:
    """What a phone needs to install it (W3C, Web Application Manifest)."""
    home = reverse("field:canvass_app", args=[campaign])
    return JsonResponse(
        {
            "name": f"Isoloir · {texts()['app_name']}", "short_name": "Isoloir", "lang": language(), "id": home,
            "start_url": home, "scope": home, "display": "standalone", "background_color": "#f6f3f6",
            "theme_color": "#7a2f63",
            "icons": [{"src": f"{settings.STATIC_URL}isoloir.svg", "sizes": "any", "type": "image/svg+xml"}],
        },
        content_type="application/manifest+json",
    )  # fmt: skip
