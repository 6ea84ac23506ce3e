"""The days on which nobody knocks: the eve of a round and the round itself, as the law's own rules have it.

A visit knocks at a door and may leave a leaflet; both are put to the law. What was counted before is taken in whatever
the day: a phone that was away loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone

from isoloir.errors import NotAllowed
from isoloir.field import gate
from isoloir.field.canvass.texts import said
from isoloir.field.models import Campaign
from isoloir.law import decide, rules

_CHANNELS = ("leaflet", "door")
_VISIT = {
    "personal_data": False,  # a visit counts a door; who signs up there is asked about apart
    "purpose": "propaganda",
    "data_categories": ["postal_address", "visit_date", "visit_result"],
    "refused_at_door": False,
}


def ask(campaign: Campaign, on: date | None = None) -> None:
    """Return where doors may be knocked at; raise NotAllowed, with the articles, where they may not, and log that."""
    refused: list[str] = []
    for channel in _CHANNELS:
        try:
            gate.ask("canvass", campaign, _facts(channel), on=on)
        except NotAllowed as refusal:
            refused += refusal.rules
    if refused:
        raise NotAllowed(_words(refused), tuple(dict.fromkeys(refused)))


def told(campaign: Campaign, on: date | None = None) -> str:
    """What refuses visits on that day, in the language of the request; empty where nothing does."""
    day = on or timezone.localdate()
    standing = gate.standing(campaign, day)
    decisions = [decide("canvass", {**standing, **_facts(channel)}, day) for channel in _CHANNELS]
    return _words(reason.rule for decision in decisions for reason in decision.refusals)


def _facts(channel: str) -> dict[str, Any]:
    return {**_VISIT, "channel": channel}


def _words(refused: Iterable[str]) -> str:
    found = [rules()[name] for name in dict.fromkeys(refused) if name in rules()]
    return " ".join(f"{said(rule.text.fr, rule.text.en).removesuffix('.')} ({rule.article})." for rule in found)
