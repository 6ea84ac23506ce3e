"""Invitations: how an account comes to be. The link is known to whoever received it only; here is its fingerprint."""

from __future__ import annotations

from django.db import models

from isoloir.field.models.accounts import User
from isoloir.field.models.campaigns import Campaign, Of
from isoloir.field.roles import Role


class Invitation(models.Model):
    """One role in one campaign, offered to one address, once."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    token = models.CharField(max_length=64, unique=True, help_text="SHA-256 of what the link carries")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    objects = Of["Invitation"]()
