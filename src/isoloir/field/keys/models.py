"""The keys: one a contact, wrapped by that of their campaign, which the master key file wraps. Nothing else is here."""

from __future__ import annotations

from django.db import models


class CampaignKey(models.Model):
    """What opens the keys of a campaign's contacts, and what its fingerprints and log are made with; both wrapped."""

    campaign = models.UUIDField(primary_key=True)
    contacts = models.BinaryField(help_text="wraps the key of each contact")
    marks = models.BinaryField(help_text="fingerprints and log; kept as long as the opt-out list")
    made_at = models.DateTimeField(auto_now_add=True)


class ContactKey(models.Model):
    """The key of one contact; destroying this row erases the person, in every backup of the book as well."""

    contact = models.UUIDField(primary_key=True)
    campaign = models.UUIDField(db_index=True)
    wrapped = models.BinaryField()
    made_at = models.DateTimeField()
