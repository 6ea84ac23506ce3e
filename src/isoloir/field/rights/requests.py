"""Requests of people and their month: received, carried out, answered (RGPD, art. 12(3))."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from isoloir.errors import BookError
from isoloir.field import consent, destruction, log
from isoloir.field.databases import BOOK
from isoloir.field.models import Campaign, Contact, Request, User
from isoloir.language import say
from isoloir.law.calendar import months_before


def receive(
    campaign: Campaign,
    kind: str,
    contact: uuid.UUID | None,
    *,
    how: str,
    by: User | None = None,
    at: datetime | None = None,
) -> Request:
    """Write down that somebody asks; the answer is due on the same day of the next month.

    Who asks again while the first request waits has asked once: its month runs on.
    """
    if kind not in Request.KINDS:
        raise BookError(
            say(
                f"aucun droit ne s'appelle {kind!r} ; connus : {', '.join(Request.KINDS)}",
                f"no right is called {kind!r}; one of {', '.join(Request.KINDS)}",
            )
        )
    moment = at or timezone.now()
    with transaction.atomic(using=BOOK):
        same = Request.objects.of(campaign).filter(contact=contact, kind=kind, answered_at=None)
        if contact and (waiting := same.first()):
            return waiting
        request = Request.objects.create(
            campaign=campaign, kind=kind, contact=contact, how=how, received_at=moment,
            due_on=months_before(timezone.localdate(moment), -1),
        )  # fmt: skip
        log.write(campaign, by or log.PERSON, "request", str(contact or ""), kind=kind, due=str(request.due_on))
    return request


def pending(campaign: Campaign) -> list[Request]:
    """What is to be answered, the most urgent first."""
    return list(Request.objects.of(campaign).filter(answered_at=None).order_by("due_on", "id"))


def days_left(request: Request, on: date | None = None) -> int:
    """Days until the answer is due; negative where it is late."""
    return (request.due_on - (on or timezone.localdate())).days


def carry_out(request: Request, *, by: User | None) -> None:
    """Do what was asked, where doing it is the answer: erasure, objection, restriction; then mark it answered.

    An access or a copy is given by `archive.archive`, a rectification by `contacts.correct`; `answered` then says so.
    """
    contact = Contact.objects.of(request.campaign).filter(pk=request.contact).first() if request.contact else None
    if contact is not None:
        _do(request, contact, by)
    answered(request, by=by, outcome="done" if contact is not None else "not in the book")


def answered(request: Request, *, by: User | None, outcome: str) -> None:
    """The person has their answer."""
    with transaction.atomic(using=BOOK):
        request.answered_at, request.outcome = timezone.now(), outcome
        request.save(update_fields=["answered_at", "outcome"])
        log.write(request.campaign, by, "answer", str(request.contact or ""), kind=request.kind, outcome=outcome)


def _do(request: Request, contact: Contact, by: User | None) -> None:
    match request.kind:
        case "erasure":
            destruction.erase(request.campaign, contact.pk, by=by, why="request")
        case "objection":
            destruction.object_to_all(request.campaign, contact, how="request", by=by)
            consent.withdraw(contact, how="request", actor=by or log.PERSON)
        case "restriction":
            with transaction.atomic(using=BOOK):
                Contact.objects.of(request.campaign).filter(pk=contact.pk).update(restricted_at=timezone.now())
                log.write(request.campaign, by, "restrict", str(contact.pk))
        case _:
            raise BookError(
                say(
                    f"on répond à une demande ({request.kind}) par ce que la personne reçoit, pas par cet appel",
                    f"a request for {request.kind} is answered by what is given to the person, not by this call",
                )
            )
