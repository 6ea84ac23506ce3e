"""Sign-ups that were sealed on a phone: opened here, once each, and handed to the way in that everybody takes.

With an e-mail address, nothing is in the book before its owner follows the link of a letter; with a telephone number
alone, the person typed and ticked in front of a canvasser, and there is no link to send.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from isoloir.field import signup, wordings
from isoloir.field.canvass.sealing import open_sealed
from isoloir.field.canvass.wire import Malformed
from isoloir.field.models import Campaign, SignUp, User

_FIELDS = ("name", "email", "phone", "postal_code")
HOW = "door"


def take(campaign: Campaign, user: User, sealed: Mapping[str, Any]) -> bool:
    """Open and hand on; False where this one was taken before. Raise Malformed, BadAddress or NotAllowed."""
    try:
        number = uuid.UUID(str(sealed.get("id")))
    except ValueError:
        raise Malformed("a sign-up has a UUID") from None
    wish = _wish(open_sealed(campaign, str(sealed.get("text", ""))))
    with transaction.atomic():
        _, fresh = SignUp.objects.get_or_create(id=number, defaults={"campaign": campaign})
        if fresh:
            _hand_on(campaign, user, wish)
    return fresh


def _hand_on(campaign: Campaign, user: User, wish: signup.Wish) -> None:
    if wish.email:
        signup.ask(campaign, wish)
    else:
        signup.confirm(campaign, timezone.now(), wish, by=user)


def _wish(found: Mapping[str, Any]) -> signup.Wish:
    given = {name: found.get(name, "") for name in _FIELDS}
    ticked, language = found.get("consent", []), found.get("language")
    if not all(isinstance(value, str) and len(value) <= 200 for value in given.values()):
        raise Malformed("a sign-up has texts of at most 200 characters")
    if not isinstance(ticked, list) or not ticked or language not in ("fr", "en"):
        raise Malformed("a sign-up has consents and a language")
    try:
        for box in ticked:
            wordings.parse(str(box))
    except ValueError:
        raise Malformed("a sign-up has consents that the notice names") from None
    return signup.Wish(**given, offers=(), ticked=tuple(ticked), language=language, how=HOW)


def form(campaign: Campaign, language: str) -> dict[str, Any]:
    """What the person reads and may tick, for the phone to keep beforehand."""
    return {
        "notice": [f"{heading} : {text}" for heading, text in wordings.notice(campaign, language)],
        "purposes": [
            {"text": text, "boxes": [{"value": value, "text": by} for value, by in boxes]}
            for _, text, boxes in wordings.choices(language)
        ],
    }
