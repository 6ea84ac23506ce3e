"""Text messages: one number at a time, through the gateway over HTTP that the settings name; without one, none."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import httpx

from isoloir.errors import NotSent, SettingsError
from isoloir.language import say
from isoloir.settings import settings

_PATIENCE = 15  # seconds
_HERE = ("localhost", "127.0.0.1", "::1")


def offered() -> bool:
    """Whether text messages can be sent from here."""
    return bool(settings().sms_url)


def send(to: str, text: str) -> None:
    """Hand one message to the gateway; `to` as E.164. Raise NotSent where it is not taken, SettingsError."""
    given = settings()
    token = {"Authorization": f"Bearer {given.sms_token}"} if given.sms_token else {}
    try:
        answer = httpx.post(_address(given.sms_url), json=_body(given.sms_body, to, text), headers=token,
                            timeout=_PATIENCE, trust_env=False)  # fmt: skip
    except httpx.HTTPError as error:
        raise NotSent(
            say(
                f"la passerelle SMS ne répond pas ({type(error).__name__}) ; nouvel essai plus tard",
                f"the SMS gateway does not answer ({type(error).__name__}); it is tried again later",
            )
        ) from None
    if not answer.is_success:
        raise NotSent(
            say(
                f"la passerelle SMS répond {answer.status_code} ; voyez ISOLOIR_SMS_TOKEN et ISOLOIR_SMS_BODY",
                f"the SMS gateway answers {answer.status_code}; look at ISOLOIR_SMS_TOKEN and ISOLOIR_SMS_BODY",
            )
        )


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise SettingsError(
            say(
                f"ISOLOIR_SMS_URL={url!r} : écrivez https://..., car les numéros et le jeton y passent",
                f"ISOLOIR_SMS_URL={url!r}: write https://..., for numbers and the token travel with it",
            )
        )
    return url


def _body(template: str, to: str, text: str) -> Any:
    """The template with the number and the text in it; they are put into strings, never into the JSON itself."""
    try:
        plain = json.loads(template)
    except ValueError:
        raise SettingsError(
            say(
                f"ISOLOIR_SMS_BODY={template!r} : ce n'est pas du JSON",
                f"ISOLOIR_SMS_BODY={template!r}: this is no JSON",
            )
        ) from None
    if "{to}" not in template or "{text}" not in template:
        raise SettingsError(
            say(
                f"ISOLOIR_SMS_BODY={template!r} : il y faut {{to}} et {{text}}",
                f"ISOLOIR_SMS_BODY={template!r}: {{to}} and {{text}} have to stand in it",
            )
        )
    return _filled(plain, {"to": to, "text": text})


def _filled(part: Any, values: dict[str, str]) -> Any:
    if isinstance(part, str):
        return re.sub(r"\{(to|text)\}", lambda found: values[found[1]], part)
    if isinstance(part, dict):
        return {name: _filled(value, values) for name, value in part.items()}
    return [_filled(value, values) for value in part] if isinstance(part, list) else part
