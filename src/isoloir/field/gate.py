"""The law before the act: what is established of an operation on people is put to `isoloir.law`, which decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils import timezone

from isoloir.errors import NotAllowed
from isoloir.field import log
from isoloir.field.databases import BOOK, KEYS
from isoloir.field.models import Breach, Campaign
from isoloir.field.reading import read
from isoloir.law import Decision, require
from isoloir.law.calendar import Election, facts_on


def ask(operation: str, campaign: Campaign, facts: Mapping[str, Any], *, on: date | None = None) -> Decision:
    """The decision where the law allows; raise NotAllowed, which names the rules, where it refuses, and log that.

    The campaign's standing facts are added; those given here prevail over them.
    """
    day = on or timezone.localdate()
    try:
        return _required(operation, tuple(_told({**standing(campaign, day), **facts})), day)
    except NotAllowed as refusal:
        log.write(campaign, None, "refused", operation, rules=" ".join(refusal.rules))
        raise


@lru_cache(maxsize=1024)
def _required(operation: str, told: tuple[tuple[str, type, Any], ...], day: date) -> Decision:
    """`require`, asked once of what it allows: on a page, the same is established of each person that it shows."""
    return require(operation, {name: value for name, _, value in told}, day)


def _told(facts: Mapping[str, Any]) -> Iterator[tuple[str, type, Any]]:
    """The facts as a key; each with its type, for 1 is not True to the law."""
    for name, value in facts.items():
        yield name, type(value), tuple(value) if isinstance(value, list | set) else value


def standing(campaign: Campaign, day: date) -> dict[str, Any]:
    """What is established for every operation of a campaign on that day."""
    election = Election(campaign.first_round_on or campaign.vote_on, campaign.vote_on)
    return {
        "personal_data": True,
        "controller_nonprofit": campaign.nonprofit,
        "own_purpose": True,
        "safeguards": safeguards(),
        "breach": any(closed is None for (closed,) in read(Breach, ("closed_at",), "campaign_id", [campaign.pk], {})),
        **facts_on(election, day),
    }


def safeguards() -> list[str]:
    """The safeguards of rule SEC-02 that this installation has, looked at and not assumed."""
    from django.conf import settings as django

    have = {
        "authentication": bool(django.AUTHENTICATION_BACKENDS),
        "roles": "isoloir.field.access.Gate" in django.MIDDLEWARE,
        "log": BOOK in django.DATABASES,
        "encryption": KEYS in django.DATABASES and django.DATABASES[KEYS]["NAME"] != django.DATABASES[BOOK]["NAME"],
    }
    return [name for name, there in have.items() if there]
