"""Messages: to those who agreed to the purpose by e-mail and to nobody else, one letter a person.

The law is asked before a message is made and again for every batch that goes, so that silence falls at midnight and
whoever objected meanwhile is left out; and so is who lives where silence holds by the hour of the place (`hours`).
What could not go on that day never goes: a letter that comes after the vote it speaks of helps nobody.
"""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils import timezone

from isoloir.errors import BookError
from isoloir.field import consent, gate, links, log, suppression, vault
from isoloir.field.channels import Channel
from isoloir.field.consent import State
from isoloir.field.hours import Hours
from isoloir.field.links import Holder
from isoloir.field.mail import Letter, posting
from isoloir.field.models import Campaign, Contact, Delivery, Front, Mailing
from isoloir.field.person import Details
from isoloir.field.purposes import purposes
from isoloir.field.selection import EVERYBODY, SELECTION, Selection
from isoloir.field.texts import texts
from isoloir.language import say

_BATCH = 100
_TOLD = ["sender", "controller", "contact", "purpose", "election", "data_source", "opt_out", "rights",
         "political_label", "sponsor", "sponsor_controller", "targeting", "notice_link"]  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How many letters are in each state."""

    pending: int
    sent: int
    withheld: int
    refused: int
    silent: int = 0  # not written to: silence held where they live

    @property
    def begun(self) -> bool:
        """Whether anything became of any letter."""
        return any((self.sent, self.withheld, self.refused, self.silent))


def ask(campaign: Campaign, purpose: str, selection: Selection) -> None:
    """Put a message to the law; raise NotAllowed where it refuses it today."""
    told = facts(campaign, purpose, selection)
    if selection:
        gate.ask("segment", campaign, told)
    gate.ask("message", campaign, told)


def facts(campaign: Campaign, purpose: str, selection: Selection = EVERYBODY) -> dict[str, Any]:
    """What is established of a message to those who agreed to its purpose by e-mail and did not object."""
    front = Front.objects.of(campaign).first()
    return {
        "data_categories": ["identity", "email"], "relation": "regular_contact", "person_act": "newsletter_signup",
        "consent": "recorded", "consent_for_purpose": True, "consent_for_channel": True, "person_informed": True,
        "opt_out_offered": True, "objected": False, "suppression_checked": True, "notice_states": _TOLD,
        "source": "person", "collected_from_person": True, "original_purpose_compatible": True,
        "mass_collection": False, "legitimate_interest_test": False, "purpose": purposes()[purpose].law,
        "channel": "email", "addresses_visible": False, "earlier_messages": 1, "referrer_named": False,
        "political_ad": True, "paid_advertising": False, "own_newsletter": True, "free_call_number": False,
        "profiling": False,
        "known_under_17": False, "address_protected": False, "complementary_list": False, "gift_from_company": False,
        "joins_people": False, "sponsor_eligible": bool(front and front.sponsor_eligible),
        **selection.facts,
    }  # fmt: skip


def deliver(mailing: Mailing, seconds: float = 8.0) -> Progress:
    """Send what is pending for so long; call again until nothing is. Raise NotAllowed where the law refuses by now.

    A server that refuses one letter is noted and the next one goes; one that is gone raises OSError. Raise BookError
    where not all who get it are known yet (`preparing`).
    """
    if not mailing.prepared_at:
        raise BookError(say("ce message se prépare encore", "this message is still being prepared"))
    campaign, until = mailing.campaign, time.monotonic() + seconds
    with posting(campaign) as post:
        while time.monotonic() < until:
            some = list(mailing.deliveries.filter(state="pending").order_by("id")[:_BATCH])
            if not some:
                break
            selection = Selection.of(mailing.selection)
            ask(campaign, mailing.purpose, selection)
            hours = Hours(campaign, facts(campaign, mailing.purpose, selection), timezone.now())
            _batch(mailing, some, hours, post, until)
    return _finish(mailing)


def progress(mailing: Mailing) -> Progress:
    """Where it stands."""
    count = dict(mailing.deliveries.values_list("state").annotate(Count("id")))
    return Progress(
        count.get("pending", 0), count.get("sent", 0) + count.get("sending", 0), count.get("withheld", 0),
        count.get("refused", 0), count.get("silent", 0),
    )  # fmt: skip


def _finish(mailing: Mailing) -> Progress:
    now = progress(mailing)
    if not now.pending and not mailing.finished_at:
        mailing.finished_at = timezone.now()
        mine = Mailing.objects.filter(pk=mailing.pk, finished_at=None)
        if mine.update(finished_at=mailing.finished_at):  # else another process was first, or it was deleted
            counts = {"sent": now.sent, "withheld": now.withheld + now.silent, "refused": now.refused}
            log.write(mailing.campaign, mailing.by or log.COMMAND, "message", str(mailing.pk), **counts)
    return now


def _batch(
    mailing: Mailing, some: Sequence[Delivery], hours: Hours, post: Callable[[Letter], int], until: float
) -> None:
    """Look again at who may be written to, then write."""
    campaign = mailing.campaign
    ids = [one.contact for one in some]
    rows = {row.pk: row for row in Contact.objects.of(campaign).filter(pk__in=ids, restricted_at=None)}
    keys, standing = vault.keys_of(campaign, rows), consent.states(campaign, rows)
    marks = {pk: bytes(row.email_mark) for pk, row in rows.items() if row.email_mark}
    objected = suppression.standing_marks(campaign, Channel.EMAIL, marks.values())
    for delivery in some:
        if time.monotonic() > until:
            return
        pk = delivery.contact
        agreed = pk in keys and _agreed(standing[pk], mailing.purpose, bool(mailing.selection))
        if pk not in marks or marks[pk] in objected or not agreed:
            _move(delivery, "pending", "withheld")
            continue
        details = Details.unseal(keys[pk], pk, bytes(rows[pk].sealed))
        if hours.silent(details):
            _move(delivery, "pending", "silent")
        elif _move(delivery, "pending", "sending"):
            _send(delivery, letter(mailing, details, Holder(pk, Channel.EMAIL, marks[pk])), post)


def _send(delivery: Delivery, one: Letter, post: Callable[[Letter], int]) -> None:
    try:
        post(one)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException):
        _move(delivery, "sending", "refused")
    else:
        _move(delivery, "sending", "sent")


def _move(delivery: Delivery, before: str, after: str) -> bool:
    """Whether this process was the one to move it: two at once never send the same letter."""
    return bool(Delivery.objects.filter(pk=delivery.pk, state=before).update(state=after))


def letter(mailing: Mailing, details: Details, holder: Holder) -> Letter:
    """What one person gets: the message, then who writes and why, how to stop, and the headers of RFC 8058."""
    campaign, said = mailing.campaign, texts(details.language)
    token = links.personal(campaign, holder)
    stop, mine = (links.address(page, campaign, token, details.language) for page in ("unsubscribe", "mine"))
    foot = said["message_foot_chosen" if mailing.selection else "message_foot"].format(
        campaign=campaign.name, controller=campaign.controller, contact=campaign.contact, stop=stop, mine=mine,
        vote=campaign.vote_on.isoformat(),
    )  # fmt: skip
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return Letter(details.email, mailing.subject, f"{mailing.body.rstrip()}\n\n-- \n{foot}", headers)


def _agreed(standing: Mapping[tuple[str, Channel], State], purpose: str, chosen: bool) -> bool:
    """Whether consent stands by e-mail for the purpose, and for being chosen where people are."""
    asked = (purpose, SELECTION) if chosen else (purpose,)
    return all((state := standing.get((one, Channel.EMAIL))) is not None and state.granted for one in asked)
