"""Which campaigns an account works for, and the first page of each."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from isoloir.field import retention
from isoloir.field.access import account_of, campaign_of
from isoloir.field.models import Breach, Campaign, ExportRequest, Membership
from isoloir.field.rights import requests
from isoloir.field.roles import PERSONS, Role
from isoloir.field.size import size
from isoloir.field.texts import texts


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The campaigns of this account."""
    mine = Membership.objects.filter(user=account_of(request)).select_related("campaign").order_by("campaign__name")
    named = texts()
    shown = [(one.campaign, named[f"role_{one.role}"]) for one in mine]
    return render(request, "field/home.html", {"campaigns": shown})


@require_safe
def campaign(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001 (the gate has read it)
    """The first page of a campaign: what waits for somebody, and how many people trust it with their data."""
    mine, role = campaign_of(request), Role(request.role)  # type: ignore[attr-defined]
    shown: dict[str, object] = {"role_name": texts()[f"role_{role.value}"], "persons": role in PERSONS}
    if role in PERSONS:
        shown |= _figures(mine)
    return render(request, "field/campaign.html", shown)


def _figures(campaign: Campaign) -> dict[str, object]:
    today, waiting = timezone.localdate(), requests.pending(campaign)
    return {
        "people": size(campaign),
        "days": (campaign.vote_on - today).days,
        "ending": retention.ending(campaign, today).count(),
        "overdue": retention.overdue(campaign, today).count(),
        "waiting": len(waiting),
        "urgent": requests.days_left(waiting[0]) if waiting else None,
        "exports": ExportRequest.objects.of(campaign).filter(state=ExportRequest.PENDING).count(),
        "breaches": Breach.objects.of(campaign).filter(closed_at=None).count(),
    }
