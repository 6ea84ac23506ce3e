"""The end of keeping: the campaign is warned, then what has no reason left to be kept is destroyed.

A contact is kept until the last day of its last consent that stands; none outlasts the vote unless the person agreed to
that in so many words, so that the book closes by itself when the vote is over. A request for one's data is not answered
by destroying them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from isoloir.field import destruction, gate, log, tickets
from isoloir.field.models import Campaign, Contact, Request
from isoloir.law import Decision

WARN_DAYS = 30
_AT_ONCE = 5000
_ANSWERED_WITH_DATA = ("access", "portability", "rectification", "restriction")  # RGPD, art. 15, 16, 18, 20


@dataclass(frozen=True)
class Expiry:
    """How many contacts end within the warning, and how many were destroyed."""

    warned: int
    destroyed: int
    last_day: date | None


def expire(campaign: Campaign, *, on: date | None = None, warn_days: int = WARN_DAYS, rehearse: bool = False) -> Expiry:
    """Mark as warned the contacts that end within so many days, destroy those whose last day is past; both are logged.

    `rehearse` counts and changes nothing.
    """
    day = on or timezone.localdate()
    over, soon = overdue(campaign, day), ending(campaign, day, warn_days)
    last = soon.order_by("keep_until").values_list("keep_until", flat=True).first()
    if rehearse:
        return Expiry(soon.count(), over.count(), last)
    tickets.sweep(campaign)
    warned = soon.filter(warned_on=None).update(warned_on=day)
    if warned:
        log.write(campaign, None, "warn_of_end", contacts=warned, first_day=str(last))
    destroyed = 0
    while some := list(over.values_list("pk", flat=True)[:_AT_ONCE]):
        destroyed += destruction.destroy(campaign, some, by=log.COMMAND, why="end of retention")
    return Expiry(warned, destroyed, last)


def overdue(campaign: Campaign, day: date) -> QuerySet[Contact]:
    """The contacts whose last day is past; whoever waits for an answer about their data is kept until it is given."""
    waiting = Request.objects.of(campaign).filter(answered_at=None, kind__in=_ANSWERED_WITH_DATA, contact__isnull=False)
    return Contact.objects.of(campaign).filter(keep_until__lt=day).exclude(pk__in=waiting.values("contact"))


def ending(campaign: Campaign, day: date, days: int = WARN_DAYS) -> QuerySet[Contact]:
    """The contacts that end within so many days."""
    return Contact.objects.of(campaign).filter(keep_until__gte=day, keep_until__lte=day + timedelta(days=days))


def may_keep(contact: Contact, *, on: date | None = None) -> Decision:
    """What the law says of keeping this contact on that day; raise NotAllowed where it refuses."""
    day = on or timezone.localdate()
    after_vote = contact.keep_until > contact.campaign.vote_on
    situation = {
        "record_kind": "contact", "retention_end_set": True, "relation": "regular_contact",
        "exchanges_ended": contact.keep_until < day, "purpose": "propaganda", "source": "person",
        "consent": "recorded" if contact.keep_until >= day else "withdrawn", "consent_after_vote": after_vote,
        "data_categories": ["identity", "email", "phone", "postal_address", "offer_of_help"],
    }  # fmt: skip
    return gate.ask("retain", contact.campaign, situation, on=day)
