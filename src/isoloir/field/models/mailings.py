"""Messages of a campaign, and to whom each went: contacts by their identifier, never by an address."""

from __future__ import annotations

from django.db import models

from isoloir.field.models.accounts import User
from isoloir.field.models.campaigns import Campaign, Of


class Mailing(models.Model):
    """One message to all who agreed to its purpose by e-mail."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=30)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    selection = models.JSONField(default=dict, help_text="what its people were chosen by (selection.py); none if empty")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    gathered = models.PositiveIntegerField(default=0, help_text="contacts of the book looked at so far for who gets it")
    gathered_upto = models.UUIDField(null=True, help_text="the last of them (preparing.py)")
    prepared_at = models.DateTimeField(null=True, help_text="when all who get it were known")
    finished_at = models.DateTimeField(null=True)

    objects = Of["Mailing"]()


class Delivery(models.Model):
    """Whether one person got it. `sending` is written before the letter goes: a crash never sends it twice.

    `silent`: silence before the vote held where they live (`hours`).
    """

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="deliveries")
    contact = models.UUIDField()
    state = models.CharField(max_length=10, default="pending", help_text="pending, sending, sent, withheld, refused")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailing", "contact"], name="one_letter_a_person")]
        indexes = [models.Index(fields=["mailing", "state"], name="delivery_state")]
