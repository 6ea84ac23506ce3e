"""The opt-out list: keyed fingerprints of addresses that are not to be written to. It outlives every contact."""

from __future__ import annotations

from django.db import models

from isoloir.field.models.appending import Appended, Growing
from isoloir.field.models.campaigns import Campaign


class Suppression(Growing):
    """An objection on a channel, or its lifting by the person's own later act; the newest entry of a mark decides."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10)
    mark = models.BinaryField()
    stands = models.BooleanField(help_text="false: lifted")
    how = models.CharField(max_length=60)
    at = models.DateTimeField()

    objects = Appended()

    class Meta:
        indexes = [models.Index(fields=["campaign", "channel", "mark"], name="suppression_mark")]
