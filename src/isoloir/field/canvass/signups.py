"""Sign-ups that were sealed on a phone: opened here, once each, and handed to the way in that everybody takes.

Nothing is in the book before its owner confirms: by the link of a letter or, with a telephone number alone, of an SMS.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from isoloir.errors import NotSent
from isoloir.field import signup, wordings
from isoloir.field.adapter import within
from isoloir.field.canvass.sealing import open_sealed
from isoloir.field.canvass.wire import Malformed
from isoloir.field.channels import Channel, fingerprint, normalise
from isoloir.field.models import Campaign, SignUp
from isoloir.language import say

_FIELDS = ("name", "email", "phone", "postal_code")
HOW = "door"


def take(request: HttpRequest, campaign: Campaign, sealed: Mapping[str, Any]) -> bool:
    """Open and ask its owner to confirm; False where this one was taken before.

    Raise Malformed or BadAddress for good, NotSent where it may come again: the gateway fails, or this account or this
    address has had its share of messages.
    """
    try:
        number = uuid.UUID(str(sealed.get("id")))
    except ValueError:
        raise Malformed("a sign-up has a UUID") from None
    wish = _wish(open_sealed(campaign, str(sealed.get("text", ""))))
    with transaction.atomic():
        _, fresh = SignUp.objects.get_or_create(id=number, defaults={"campaign": campaign})
        if fresh:
            channel, address = (Channel.EMAIL, wish.email) if wish.email else (Channel.SMS, wish.phone)
            mark = fingerprint(campaign, channel, normalise(channel, address)).hex()
            if not within(request, "door", key=mark):
                raise NotSent(say("trop de demandes pour l'instant ; celle-ci attend et repartira plus tard",
                                   "too many requests for now; this one waits and is sent again later"))  # fmt: skip
            signup.ask(campaign, wish)
    return fresh


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
    colon = " :" if language == "fr" else ":"
    return {
        "notice": [f"{heading}{colon} {text}" for heading, text in wordings.notice(campaign, language)],
        "purposes": [
            {"text": text, "boxes": [{"value": value, "text": by} for value, by in boxes]}
            for _, text, boxes in wordings.choices(language)
        ],
    }
