"""The second factor: whether this session was opened with one."""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.utils import is_mfa_enabled
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from isoloir.field.models import User

METHOD = "mfa"  # allauth's name for it in a session
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def missing(request: HttpRequest, user: User) -> HttpResponse | None:
    """Where to go before a page that shows people opens: to choose a second factor, or to give it; None once given."""
    if not is_mfa_enabled(user, FACTORS):
        return HttpResponseRedirect(reverse("field:account"))
    if any(record.get("method") == METHOD for record in get_authentication_records(request, user)):
        return None
    way = "mfa_reauthenticate" if is_mfa_enabled(user, [Authenticator.Type.TOTP]) else "mfa_reauthenticate_webauthn"
    return HttpResponseRedirect(f"{reverse(way)}?{urlencode({'next': request.get_full_path()})}")


@receiver(authenticator_added)
def chosen(request: HttpRequest, user: User, authenticator: Authenticator, **_: object) -> None:
    """Choosing a factor takes showing it, so it was given in this session."""
    if authenticator.type in FACTORS:
        record_authentication(request, user, METHOD, type=authenticator.type, id=authenticator.pk)
