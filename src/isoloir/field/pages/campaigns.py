"""Which campaigns an account works for, and the first page of each."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from isoloir.field.access import account_of, campaign_of
from isoloir.field.models import Membership
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
    """The first page of a campaign."""
    return render(request, "field/campaign.html", {"campaign": campaign_of(request)})
