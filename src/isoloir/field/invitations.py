"""Accounts by invitation: a link that works once, for some days, and gives one role in one campaign."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from isoloir.errors import SettingsError
from isoloir.field import log
from isoloir.field.addresses import absolute
from isoloir.field.databases import BOOK
from isoloir.field.mail import Letter, send
from isoloir.field.members import hold, keep_administrator
from isoloir.field.models import Campaign, Invitation, Membership, User
from isoloir.field.roles import Role
from isoloir.field.texts import texts
from isoloir.language import say

DAYS = 7


def invite(campaign: Campaign, email: str, role: Role, *, by: User | None, language: str = "fr") -> str:
    """Offer a role to an address; the link to give to its owner, which nobody can read from the book afterwards.

    An earlier invitation of the same address to this campaign no longer works.
    """
    email = email.strip().lower()
    secret = secrets.token_urlsafe(32)
    with transaction.atomic(using=BOOK):
        Invitation.objects.of(campaign).filter(email=email, accepted_at=None).delete()
        invitation = Invitation.objects.create(
            campaign=campaign, email=email, role=role.value, token=_fingerprint(secret), by=by,
            until=timezone.now() + timedelta(days=DAYS),
        )  # fmt: skip
        log.write(campaign, by or log.COMMAND, "invite", str(invitation.pk), role=role.value)
    with override(language):
        return absolute(reverse("field:invitation", args=[secret]))


def write_to(campaign: Campaign, email: str, link: str, language: str = "fr") -> None:
    """Send the link; raise SettingsError where no mail server is set."""
    said = texts(language)
    body = said["invitation_mail"].format(campaign=campaign.name, link=link, days=DAYS)
    send([Letter(email, said["invitation_mail_subject"].format(campaign=campaign.name), body)], campaign)


def find(secret: str) -> Invitation | None:
    """The invitation of a link, None where it was used, has expired or never was."""
    return (
        Invitation.objects.select_related("campaign")
        .filter(token=_fingerprint(secret), accepted_at=None, until__gt=timezone.now())
        .first()
    )


def accept(invitation: Invitation, user: User) -> Membership:
    """Give the role; raise SettingsError where the link was used, or is for the last administrator."""
    with transaction.atomic(using=BOOK):
        keep_administrator(invitation.campaign, user, Role(invitation.role))
        used = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=timezone.now())
        if not used:
            raise SettingsError(
                say(
                    "cette invitation a déjà servi ; demandez-en une autre",
                    "this invitation was used already; ask for another",
                )
            )
        membership = hold(invitation.campaign, user, Role(invitation.role))
        log.write(invitation.campaign, user, "accept_invitation", str(invitation.pk), role=invitation.role)
    return membership


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
