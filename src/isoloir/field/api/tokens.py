"""Tokens for programs: made by an account with its second factor, for one campaign, for ninety days.

A token is sealed with the campaign's key and stored nowhere. It ends with the membership, with its role, and
with the password, and for good: it carries since when its maker holds the role, so whoever is given another role and
the old one back, or is taken away and let in again, makes another token.
"""

from __future__ import annotations

import hashlib

from isoloir.field import links, log
from isoloir.field.models import Campaign, Membership, User

DAYS = 90


def make(campaign: Campaign, user: User) -> str:
    """A token, to be shown once."""
    mine = Membership.objects.select_related("user").get(campaign=campaign, user=user)
    log.write(campaign, user, "make_token", "", days=DAYS)
    return links.seal(campaign, "api", [mine.pk, _state(mine)])


def membership_of(slug: str, token: str) -> Membership | None:
    """Whose token it is in this campaign; None where it is none, too old, or ended."""
    campaign = Campaign.objects.filter(slug=slug).first()
    found = links.unseal(campaign, "api", token, DAYS * 86400) if campaign else None
    if found is None:
        return None
    number, state = found[1]
    mine = Membership.objects.select_related("campaign", "user").filter(campaign=campaign, pk=number).first()
    return mine if mine and mine.user.is_active and _state(mine) == state else None


def _state(membership: Membership) -> str:
    held = f"{membership.pk} {membership.role} {membership.since.isoformat()} {membership.user.password}"
    return hashlib.sha256(held.encode()).hexdigest()[:16]
