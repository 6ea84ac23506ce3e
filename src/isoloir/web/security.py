"""What a browser is told never to do with these pages: run foreign or inline code, ask another origin, be framed."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_DIRECTIVES = (
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data:",  # the map's own buttons are drawings inside its style sheet
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
)


def policy(framed: bool = True, ancestors: str = "'none'") -> str:
    """The policy; inside a page rather than before it, a browser takes no word about framing."""
    return "; ".join((*_DIRECTIVES, *((f"frame-ancestors {ancestors}",) if framed else ())))


_FORMS = re.compile(r"/[a-z]{2}/(field|accounts)/")
HEADERS = {
    "Content-Security-Policy": policy(),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}


def headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: every answer carries the headers, errors and static files included."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if ancestors := getattr(response, "frame_ancestors", ""):  # a form that a campaign's own sites may frame
            response["Content-Security-Policy"] = policy(ancestors=ancestors)
        if _FORMS.match(request.path_info):
            # a form that is sent without any origin is refused, so these pages tell theirs, to their own server only
            response["Referrer-Policy"] = "same-origin"
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        return response

    return answer
