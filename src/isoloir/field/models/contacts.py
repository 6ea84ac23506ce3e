"""Contacts: what a person told a campaign, sealed with a key of their own that lies in another database."""

from __future__ import annotations

import os
import time
import uuid

from django.db import models

from isoloir.field.models.accounts import User
from isoloir.field.models.campaigns import Campaign, Of


def new_id() -> uuid.UUID:
    """An identifier that nobody guesses (74 random bits) and that grows with time, so that tables stay in order.

    UUID version 7 (RFC 9562, section 5.7).
    """
    moment = time.time_ns() // 1_000_000
    low = int.from_bytes(os.urandom(10), "big")
    value = (moment << 80) | (low & ((1 << 76) - 1))
    return uuid.UUID(int=(value & ~(0xF << 76) & ~(0x3 << 62)) | (0x7 << 76) | (0x2 << 62))


class Contact(models.Model):
    """A person; nothing here can be read without their key, and nothing tells who they are but keyed fingerprints."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False)
    sealed = models.BinaryField(help_text="name, addresses, offers: `contacts.Person`, sealed")
    email_mark = models.BinaryField(null=True, help_text="keyed fingerprint of the e-mail address")
    phone_mark = models.BinaryField(null=True, help_text="keyed fingerprint of the telephone number")
    act = models.CharField(max_length=20, help_text="the person's own act, a value of the fact person_act")
    origin = models.CharField(max_length=60, help_text="where the contact came in: signup_form, paper, an import")
    batch = models.UUIDField(null=True, db_index=True, help_text="the import that brought it, so that it can be undone")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(help_text="the search in memory reads again what changed since it last looked")
    keep_until = models.DateField(help_text="the last day of the last consent that stands")
    warned_on = models.DateField(null=True, help_text="when the campaign was told that it is about to be destroyed")
    restricted_at = models.DateTimeField(null=True, help_text="kept but not used, at the person's request (art. 18)")

    objects = Of["Contact"]()

    class Meta:
        # Marks are keyed by campaign: two campaigns never have one in common, and without the campaign an index of them
        # is half as large; each insert writes to another page of it.
        constraints = [models.UniqueConstraint(fields=["email_mark"], name="one_contact_an_email")]
        indexes = [
            models.Index(fields=["phone_mark"], name="contact_phone"),
            models.Index(fields=["campaign", "changed_at"], name="contact_changed"),
            models.Index(fields=["campaign", "keep_until"], name="contact_kept"),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


class BookSize(models.Model):
    """How many contacts a campaign has, moved in the transaction that adds or destroys some (`size.py`)."""

    campaign = models.OneToOneField(Campaign, primary_key=True, on_delete=models.CASCADE, related_name="+")
    contacts = models.BigIntegerField()


class Merge(models.Model):
    """What an import changed in a contact that was there already: how it was before, so that it can be undone."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False)
    batch = models.UUIDField(db_index=True)
    contact = models.UUIDField(db_index=True)
    sealed = models.BinaryField(help_text="as `Contact.sealed` was")
    changed_at = models.DateTimeField(help_text="when this batch changed it: a later change is not undone")

    objects = Of["Merge"]()
