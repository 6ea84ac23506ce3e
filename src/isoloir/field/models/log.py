"""The audit log: what was done to whose data, each entry chained to the one before by a keyed hash."""

from __future__ import annotations

from django.db import models

from isoloir.field.models.appending import Appended, Growing
from isoloir.field.models.campaigns import Campaign


class LogEntry(Growing):
    """One act. `chain` is the campaign's id, or `server` for what concerns none."""

    chain = models.CharField(max_length=36)
    sequence = models.BigIntegerField()
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    actor = models.CharField(max_length=40, help_text="`account 3`, `person`, `command line`: never a name")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, help_text="an identifier: never a name or an address")
    counts = models.JSONField(default=dict)
    link = models.CharField(max_length=64, help_text="keyed hash of this entry and of the link before it")

    objects = Appended()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "sequence"], name="log_in_one_line")]


class JournalMark(models.Model):
    """How far the journal is known to be carried out in this database: one row."""

    size = models.BigIntegerField(default=0, help_text="bytes")


class LogHead(models.Model):
    """The last entry of a chain: who writes locks it, and a log cut at its end does not fit it."""

    chain = models.CharField(max_length=36, primary_key=True)
    sequence = models.BigIntegerField(default=0)
    link = models.CharField(max_length=64, default="")
    seal = models.CharField(max_length=64, default="", help_text="keyed hash of this row")
