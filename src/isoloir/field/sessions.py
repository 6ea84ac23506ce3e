"""Sessions end by themselves: after a while without a request, and at the end of a working day whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

IDLE = 2 * 3600  # seconds without a request
WHOLE = 12 * 3600  # seconds from signing in
_STEP = IDLE / 4  # seconds between two notes of the last request; a session may end so much early


def end(user: AbstractBaseUser) -> None:
    """Sign an account out everywhere."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()


class Ending:
    """Middleware, after authentication: signs out whoever's time is over."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at the clock, then pass on."""
        if request.session.session_key and request.user.is_authenticated:
            now, session = time.time(), request.session
            begun, seen = session.setdefault("begun", now), session.get("seen", 0)
            if now - begun > WHOLE or (seen and now - seen > IDLE):
                logout(request)
            elif now - seen > _STEP:
                session["seen"] = now
        return self.get_response(request)
