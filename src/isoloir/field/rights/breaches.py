"""Breaches: what to do, in order, and the clock of 72 hours (RGPD, art. 33 and 34)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from isoloir.field import log
from isoloir.field.databases import BOOK
from isoloir.field.models import Breach, Campaign, User
from isoloir.field.rights.document import Document
from isoloir.language import texts_of

HOURS = 72


def declare(
    campaign: Campaign,
    happened: str,
    people: int,
    *,
    high_risk: bool,
    by: User | None,
    known_at: datetime | None = None,
) -> Breach:
    """Write down a breach; the clock runs from when it was known. From now on every operation says so as a duty."""
    with transaction.atomic(using=BOOK):
        breach = Breach.objects.create(
            campaign=campaign,
            known_at=known_at or timezone.now(),
            happened=happened,
            people=people,
            high_risk=high_risk,
        )
        log.write(campaign, by, "breach", str(breach.pk), people=people, high_risk=int(high_risk))
    return breach


def deadline(breach: Breach) -> datetime:
    """When the CNIL has to know at the latest."""
    return breach.known_at + timedelta(hours=HOURS)


def hours_left(breach: Breach, at: datetime | None = None) -> float:
    """Hours left on the clock, negative where it has run out."""
    return (deadline(breach) - (at or timezone.now())).total_seconds() / 3600


def steps(breach: Breach) -> list[tuple[str, bool]]:
    """What has to be done, as names of texts, and whether it was."""
    told = [("breach_step_people", breach.people_told_at is not None)] if breach.high_risk else []
    return [
        ("breach_step_measures", bool(breach.measures)),
        ("breach_step_notify", breach.notified_at is not None),
        *told,
        ("breach_step_close", breach.closed_at is not None),
    ]


def record(breach: Breach, *, by: User | None, measures: str = "", notified: bool = False, people_told: bool = False,
           close: bool = False) -> None:  # fmt: skip
    """Write down a step that was taken; what was written stays."""
    now = timezone.now()
    with transaction.atomic(using=BOOK):
        breach.measures = "\n".join(filter(None, (breach.measures, measures)))
        breach.notified_at = breach.notified_at or (now if notified else None)
        breach.people_told_at = breach.people_told_at or (now if people_told else None)
        breach.closed_at = breach.closed_at or (now if close else None)
        breach.save()
        log.write(breach.campaign, by, "breach_step", str(breach.pk), notified=int(notified), told=int(people_told),
                  closed=int(close))  # fmt: skip


def notice(breach: Breach, language: str) -> str:
    """The draft of the notification to the CNIL (art. 33(3)) as an HTML document, with what is still to be written."""
    said = texts_of("isoloir.field.rights")[language]
    page = Document(said["breach_title"].format(campaign=breach.campaign.name), language)
    page.says(said["breach_known"].format(at=timezone.localtime(breach.known_at).strftime("%Y-%m-%d %H:%M")))
    page.says(said["breach_deadline"].format(at=timezone.localtime(deadline(breach)).strftime("%Y-%m-%d %H:%M")))
    page.heading(said["breach_nature"])
    page.says(breach.happened, said["breach_people"].format(people=breach.people))
    page.heading(said["breach_measures"])
    page.says(breach.measures or said["breach_to_write"])
    page.heading(said["breach_steps"])
    page.table(
        (said["what"], said["state"]), [(said[name], said["done" if done else "to_do"]) for name, done in steps(breach)]
    )
    page.heading(said["reach_us"])
    page.says(breach.campaign.controller, breach.campaign.contact)
    return page.html()
