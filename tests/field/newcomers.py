"""People who come in, for the tests of the book."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from isoloir.field.channels import Channel
from isoloir.field.consent import Consent
from isoloir.field.person import NewContact

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=ZoneInfo("Europe/Paris"))
WORDS = "J'accepte de recevoir les nouvelles de la campagne par e-mail."


def consent(purpose: str = "news", channel: Channel = Channel.EMAIL, **more: object) -> Consent:
    """A consent by the sign-up form."""
    told = {"wording": WORDS, "wording_version": "2026-11", "how": "signup_form", "at": NOW, "proof": "203.0.113.9"}
    return Consent(purpose, channel, **(told | more))  # type: ignore[arg-type]


def newcomer(number: int = 1, **more: object) -> NewContact:
    """Somebody who signed up for news by e-mail."""
    told: dict[str, object] = {
        "name": f"Zoé Brûlefer-{number}", "email": f"zoe.brulefer{number}@exemple-courriel.fr",
        "phone": f"06 12 {number // 10000 % 100:02} {number // 100 % 100:02} {number % 100:02}", "postal_code": "94400",
        "consents": (consent(),), "act": "newsletter_signup", "origin": "signup_form",
    }  # fmt: skip
    return NewContact(**(told | more))  # type: ignore[arg-type]
