"""The days on which nobody knocks: the eve of a round and the round itself, as the law's own rules have it.

It is the day of the place where the doors are, and a day earlier where people vote on Saturday (`law.places`). A visit
knocks at a door and may leave a leaflet; both are put to the law. What was counted before is taken in whatever the day:
a phone that was away loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from isoloir.errors import NotAllowed
from isoloir.field import gate
from isoloir.field.models import Building, Campaign, Pass, Turf
from isoloir.language import say
from isoloir.law import decide, rules
from isoloir.law.calendar import Election, facts_on
from isoloir.law.places import Place, places_of

_CHANNELS = ("leaflet", "door")
_VISIT = {
    "personal_data": False,  # a visit counts a door; who signs up there is asked about apart
    "purpose": "propaganda",
    "data_categories": ["postal_address", "visit_date", "visit_result"],
    "refused_at_door": False,
}


def ask(turf: Turf, at: datetime | None = None) -> None:
    """Return where its doors may be knocked at; raise NotAllowed, with the articles, where not, and log that."""
    refused: list[str] = []
    for place in _places(turf):
        for day in place.days(at or timezone.now()):
            for facts in _visits(turf.campaign, place, day):
                try:
                    gate.ask("canvass", turf.campaign, facts, on=day)
                except NotAllowed as refusal:
                    refused += refusal.rules
    if refused:
        raise NotAllowed(_words(refused), tuple(dict.fromkeys(refused)))


def told(campaign: Campaign, at: datetime | None = None) -> str:
    """What refuses visits of the open pass now, in the language of the request; empty where nothing does.

    Where only some of its places are silent, they are named.
    """
    opened = Pass.objects.of(campaign).filter(ended_at=None).values_list("places", flat=True).first()
    places = places_of(opened or [""])
    refused = {place: found for place in places if (found := _refused(campaign, place, at or timezone.now()))}
    named = ", ".join(place.name or say("Hexagone", "mainland France") for place in refused)
    words = _words(rule for found in refused.values() for rule in found)
    return f"{named}{say(' :', ':')} {words}" if 0 < len(refused) < len(places) else words


def days_of(turf: Turf) -> list[list[str]]:
    """The days by the calendar of its place on which its doors are left alone, each with why, for a phone to keep."""
    campaign, found = turf.campaign, dict[date, list[str]]()
    for place in _places(turf):
        for vote in {campaign.first_round_on or campaign.vote_on, campaign.vote_on}:
            for day in (vote - timedelta(days=before) for before in range(3)):
                found.setdefault(day, []).extend(_refuse(campaign, place, day))
    return [[day.isoformat(), _words(refused)] for day, refused in sorted(found.items()) if refused]


def _places(turf: Turf) -> list[Place]:
    return places_of(Building.objects.filter(turf=turf).values_list("station", flat=True).distinct())


def _refused(campaign: Campaign, place: Place, at: datetime) -> list[str]:
    return [rule for day in place.days(at) for rule in _refuse(campaign, place, day)]


def _refuse(campaign: Campaign, place: Place, day: date) -> list[str]:
    """The rules that refuse a visit there on that day."""
    standing = gate.standing(campaign, day)
    decisions = [decide("canvass", {**standing, **facts}, day) for facts in _visits(campaign, place, day)]
    return [reason.rule for decision in decisions for reason in decision.refusals]


def _visits(campaign: Campaign, place: Place, day: date) -> Iterator[dict[str, Any]]:
    """The facts of a visit there, for each way to reach a door."""
    election = Election(campaign.first_round_on or campaign.vote_on, campaign.vote_on)
    phase = facts_on(election, day, saturday=place.saturday)["vote_phase"]
    yield from ({**_VISIT, "vote_phase": phase, "channel": channel} for channel in _CHANNELS)


def _words(refused: Iterable[str]) -> str:
    found = [rules()[name] for name in dict.fromkeys(refused) if name in rules()]
    return " ".join(f"{say(rule.text.fr, rule.text.en).removesuffix('.')} ({rule.article})." for rule in found)
