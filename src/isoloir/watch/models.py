"""Sites that somebody watches, and the runs of their audits. The evidence itself stays in folders."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

EVERY = (1, 7, 30)  # days between two audits of a site


class Site(models.Model):
    """A site, who watches it, by which rules and how often; with a token, anybody who knows it may see the history."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watched")
    url = models.URLField(max_length=500)
    rules = models.JSONField(default=list)
    every_days = models.PositiveSmallIntegerField(default=7, choices=[(days, str(days)) for days in EVERY])
    next_at = models.DateTimeField(default=timezone.now)
    active = models.BooleanField(default=True)
    token = models.CharField(max_length=43, null=True, unique=True, default=None)
    claimed_at = models.DateTimeField(null=True, default=None, help_text="when a runner took it up, until it is done")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "url"], name="watched_once")]
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url

    @property
    def last(self) -> Run | None:
        """The latest run."""
        return self.runs.first()

    def share(self, shared: bool) -> None:
        """Give the site a public page at an address that cannot be guessed, or take it away for good."""
        self.token = secrets.token_urlsafe(32) if shared else None
        self.save(update_fields=["token"])

    def done(self, at: Any) -> None:
        """An audit of it was made: the next one is due after its days."""
        self.next_at, self.claimed_at = at + timedelta(days=self.every_days), None
        self.save(update_fields=["next_at", "claimed_at"])


class Run(models.Model):
    """One audit of a site: when, where its evidence is, and the verdicts by rules."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField()
    folder = models.CharField(max_length=300, help_text="inside the folder of watched sites")
    findings = models.JSONField(help_text="by pack of rules: verdict, why, and the verdict of each obligation")

    class Meta:
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.site} {self.started_at:%Y-%m-%d}"
