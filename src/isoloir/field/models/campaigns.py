"""Campaigns, and who does what in each. Everything else belongs to exactly one campaign."""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.db import models

from isoloir.field.models.accounts import User
from isoloir.field.roles import Role

M = TypeVar("M", bound=models.Model)


class Campaign(models.Model):
    """One candidate or list, for one vote."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True, max_length=60)
    name = models.CharField(max_length=200)
    controller = models.TextField(help_text="who answers for the data: name and postal address, as notices print them")
    contact = models.EmailField(help_text="where people exercise their rights")
    vote_on = models.DateField(help_text="day of the last round: the book closes after it")
    first_round_on = models.DateField(null=True, help_text="day of the first round, where there are two")
    nonprofit = models.BooleanField(default=False, help_text="a non-profit body with a political aim, such as a party")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """The role of an account in a campaign."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    since = models.DateTimeField(auto_now_add=True)  # they hold this very role (`members.hold`)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "campaign"], name="one_role_a_campaign")]


class Of(models.Manager[M]):
    """The manager of what belongs to a campaign: `Model.objects.of(campaign)` is the way in."""

    def of(self, campaign: Campaign) -> models.QuerySet[M]:
        """The rows of this campaign only."""
        return self.filter(campaign=campaign)
