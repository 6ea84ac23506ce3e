"""Where accounts differ from allauth's own: none without an invitation, and links lead to the public address."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.http import HttpRequest

from isoloir.field.addresses import absolute
from isoloir.field.models import User
from isoloir.settings import settings

# action -> rates, in allauth's own notation; `key` is what the caller gives, the address mostly
LIMITS = {
    "invitation": "60/h/ip",  # a whole team may join from one office
    "sign_up": "60/h/ip",  # a meeting hall may lie behind one address
    "confirmation": "3/h/key",  # letters to one person
    "door": "60/h/user,3/d/key",  # what one canvasser brings, perhaps of a whole evening; messages to one person
    "personal": "60/h/key",  # by link: a mail service unsubscribes thousands from one address (RFC 8058)
    "ticket": "60/h/ip",  # short enough to be tried
    "check": "60/h/user",
    "api": "600/m/ip",
}


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Below the public address, whatever name the request came by."""
        from django.urls import reverse

        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        uid, _, rest = key.partition("-")
        return absolute(path.replace("UID-KEY", f"{uid}-{rest}"))

    def get_from_email(self) -> str:
        """The server's own address; letters of a campaign carry the campaign's."""
        return settings().mail_from or "isoloir@localhost"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """As allauth does; letters to accounts that do not exist are not written."""
        if User.objects.filter(email=email.lower()).exists():
            super().send_mail(template_prefix, email, context)


def within(request: HttpRequest, action: str, key: str = "") -> bool:
    """Whether one more such request is within its limit; counted over all processes."""
    used = ratelimit.consume(
        request, app="isoloir.field", action=action, config=LIMITS, key=key or None, limit_get=True
    )
    return used is not None
