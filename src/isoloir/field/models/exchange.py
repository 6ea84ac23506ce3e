"""What came in and what went out: batches of imports, exports that were asked for; counts and fingerprints only."""

from __future__ import annotations

from django.db import models

from isoloir.field.models.accounts import User
from isoloir.field.models.campaigns import Campaign, Of
from isoloir.field.models.contacts import new_id


class ImportBatch(models.Model):
    """One import. It is there before its first row is, so that a process killed in the middle can be taken back."""

    RUNNING, DONE, UNDOING, UNDONE = "running", "done", "undoing", "undone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, default=RUNNING)
    layout = models.CharField(max_length=40)
    origin = models.CharField(max_length=60)
    size = models.BigIntegerField(help_text="bytes of the file")
    sha256 = models.CharField(max_length=64)
    counts = models.JSONField(default=dict)
    process = models.CharField(max_length=120, help_text="who runs it: machine, process, when that began")
    beat_at = models.DateTimeField(help_text="when it was last seen alive")
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = Of["ImportBatch"]()

    class Meta:
        indexes = [models.Index(fields=["campaign", "state"], name="batch_state")]

    def __str__(self) -> str:
        return f"batch {self.pk}"


class ExportRequest(models.Model):
    """An export that somebody asked for; above a number, somebody else decides."""

    PENDING, APPROVED, REFUSED, WRITTEN = "pending", "approved", "refused", "written"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, default=PENDING)
    purpose = models.CharField(max_length=30)
    channel = models.CharField(max_length=10)
    format = models.CharField(max_length=20)
    recipient = models.CharField(max_length=30, help_text="a value of the fact recipient")
    people = models.PositiveIntegerField(help_text="how many there were when it was asked for; no more may go out")
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    written_at = models.DateTimeField(null=True)
    written = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64, default="", help_text="of the file that was written")

    objects = Of["ExportRequest"]()

    class Meta:
        indexes = [models.Index(fields=["campaign", "state"], name="export_state")]

    def __str__(self) -> str:
        return f"export {self.pk}"
