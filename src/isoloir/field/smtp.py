"""Which server mail goes through: Django's settings of it, from one address."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.mail.backends.base import BaseEmailBackend

from isoloir.errors import SettingsError
from isoloir.language import say

_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class NoServer(BaseEmailBackend):
    """The backend where no mail server is set: it says so."""

    def send_messages(self, _: object) -> int:
        """Refuse."""
        raise SettingsError(
            say(
                "aucun courrier ne peut partir : donnez ISOLOIR_SMTP_URL, par exemple smtp+starttls://user:password@host:587",
                "no mail can be sent: set ISOLOIR_SMTP_URL, for instance smtp+starttls://user:password@host:587",
            )
        )


def django_settings(url: str) -> dict[str, Any]:
    """Django's settings of mail from an address; raise SettingsError where it is none."""
    if not url:
        return {"EMAIL_BACKEND": "isoloir.field.smtp.NoServer"}
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise SettingsError(f"ISOLOIR_SMTP_URL: write {' or '.join(f'{s}://host:{p}' for s, p in _PORTS.items())}")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or _PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_TIMEOUT": 30,
    }
