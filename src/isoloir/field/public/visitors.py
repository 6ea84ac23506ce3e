"""What every public page does: finds its campaign, counts requests, keeps out of caches and search engines.

There is no session to protect here, so no cookie either: what a form may do stands in its own signed link.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from isoloir.field.adapter import within
from isoloir.field.models import Campaign
from isoloir.field.pages.answers import too_many

P = ParamSpec("P")


def public(action: str) -> Callable[..., Callable[..., HttpResponse]]:
    """A view of the request, the campaign and the rest of the address; `action`: the limit that it counts on.

    Where that limit goes by key, it is the link's token.
    """

    def decorate(view: Callable[Concatenate[HttpRequest, Campaign, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, campaign: str, *args: P.args, **named: P.kwargs) -> HttpResponse:
            found = Campaign.objects.filter(slug=campaign).first()
            if found is None:
                raise Http404
            if request.method == "POST" and not within(request, action, key=str(named.get("token", ""))):
                return too_many(request)
            response = view(request, found, *args, **named)
            response["X-Robots-Tag"] = "noindex"
            return response

        return csrf_exempt(never_cache(require_http_methods(["GET", "HEAD", "POST"])(answer)))

    return decorate


def link_over(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """A link that is none of ours, or too old; the same page whatever was wrong with it."""
    return render(request, "field/public/link_over.html", {"campaign": campaign, "languages": ()}, status=404)
