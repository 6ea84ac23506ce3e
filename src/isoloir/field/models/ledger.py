"""The consent ledger: who agreed to what, in which words, and who took it back. Rows are added, never changed."""

from __future__ import annotations

from django.db import models

from isoloir.field.models.accounts import User
from isoloir.field.models.appending import Appended, Growing
from isoloir.field.models.campaigns import Campaign


class Wording(Growing):
    """The exact words that people agreed to, stored once."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=40)
    text = models.TextField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of version and text")

    objects = Appended()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "digest"], name="one_wording_once")]


class ConsentEntry(Growing):
    """One consent given or taken back. It outlives the contact, whose proof nobody can read once their key is gone."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False)
    contact = models.UUIDField(help_text="no reference: the contact may be erased, the entry stays")
    granted = models.BooleanField()
    purpose = models.CharField(max_length=30, help_text="empty in a withdrawal: every purpose")
    channel = models.CharField(max_length=10, help_text="empty in a withdrawal: every channel")
    wording = models.ForeignKey(Wording, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    how = models.CharField(max_length=30)
    at = models.DateTimeField()
    until = models.DateField(null=True)
    collected_by = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False,
                                     db_constraint=False)  # fmt: skip
    batch = models.UUIDField(null=True)
    proof = models.BinaryField(default=b"", help_text="sealed with the contact's key")

    objects = Appended()

    class Meta:
        indexes = [models.Index(fields=["contact"], name="consent_contact")]
