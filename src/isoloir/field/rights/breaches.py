"""Breaches: what to do, in order, and the clock of 72 hours (RGPD, art. 33 and 34)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from isoloir.field import log
from isoloir.field.databases import BOOK
from isoloir.field.models import Breach, Campaign, Membership, User
from isoloir.field.rights.document import Document
from isoloir.field.roles import Role
from isoloir.language import texts_of

HOURS = 72
KINDS = ("confidentiality", "integrity", "availability")  # seen, changed, lost or out of reach (CEPD, 9/2022)
HELD = ("identity", "email", "phone", "postal_address", "offer_of_help", "consents", "accounts")  # what the book has


def declare(
    campaign: Campaign,
    happened: str,
    people: int,
    *,
    high_risk: bool,
    by: User | None,
    known_at: datetime | None = None,
    **told: Any,
) -> Breach:
    """Write down a breach; the clock runs from when it was known. From now on every operation says so as a duty.

    `told`: kinds, categories, records and consequences, where they are known already (RGPD, art. 33(3)).
    """
    with transaction.atomic(using=BOOK):
        breach = Breach.objects.create(
            campaign=campaign, known_at=known_at or timezone.now(), happened=happened, people=people,
            high_risk=high_risk, **told,
        )  # fmt: skip
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
    if breach.notified_at is None and hours_left(breach) < 0:
        page.says(said["breach_late"])
    page.heading(said["breach_nature"])
    page.says(breach.happened)
    page.table((said["what"], said["state"]), _extent(breach, said))
    page.heading(said["breach_officer"])
    page.says(*(_officers(breach.campaign) or [said["breach_to_write"]]), breach.campaign.contact)
    page.heading(said["breach_consequences"])
    page.says(breach.consequences or said["breach_to_write"])
    page.says(said["breach_protected"], said["breach_high_risk" if breach.high_risk else "breach_no_high_risk"])
    page.heading(said["breach_measures"])
    page.says(breach.measures or said["breach_to_write"], said["breach_held"])
    page.heading(said["breach_steps"])
    page.table(
        (said["what"], said["state"]), [(said[name], said["done" if done else "to_do"]) for name, done in steps(breach)]
    )
    page.heading(said["reach_us"])
    page.says(breach.campaign.controller, breach.campaign.contact)
    return page.html()


def _extent(breach: Breach, said: dict[str, str]) -> list[tuple[str, str]]:
    """Kinds, categories and approximate numbers (art. 33(3)(a)); what nobody wrote is to be written."""
    kinds = ", ".join(said[f"breach_kind_{one}"] for one in breach.kinds)
    held = ", ".join(said[f"breach_data_{one}"] for one in breach.categories)
    return [
        (said["breach_kinds"], kinds or said["breach_to_write"]),
        (said["breach_whose"], said["breach_whose_text"]),
        (said["breach_people"], str(breach.people)),
        (said["breach_categories"], held or said["breach_to_write"]),
        (said["breach_records"], str(breach.records or said["breach_to_write"])),
    ]


def _officers(campaign: Campaign) -> list[str]:
    """The data-protection officers with their addresses (art. 33(3)(b))."""
    found = Membership.objects.filter(campaign=campaign, role=Role.OFFICER).select_related("user").order_by("pk")
    return [f"{one.user.name} <{one.user.email}>".strip() for one in found]
