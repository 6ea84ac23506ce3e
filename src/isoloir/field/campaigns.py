"""Opening a campaign: its row, its keys and the first entry of its log are there together, or not at all."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from isoloir.errors import SettingsError
from isoloir.field import journal, log, vault
from isoloir.field.channels import Channel, normalise
from isoloir.field.databases import BOOK
from isoloir.field.models import Campaign, Processor


def open_campaign(slug: str, *, contact: str, **told: Any) -> Campaign:
    """A new campaign; raise SettingsError where the name is taken, BadAddress where `contact` is no address."""
    try:
        with transaction.atomic(using=BOOK):
            campaign = Campaign.objects.create(slug=slug, contact=normalise(Channel.EMAIL, contact), **told)
            vault.ring(campaign)
            journal.opened(campaign, timezone.now())
            log.write(campaign, None, "open_campaign")
    except IntegrityError:
        raise SettingsError(f"there is a campaign {slug} already; choose another short name") from None
    return campaign


def add_processor(campaign: Campaign, name: str, task: str, country: str, contract_on: date | None) -> Processor:
    """Enter who processes data for the campaign (RGPD, art. 28)."""
    with transaction.atomic(using=BOOK):
        made = Processor.objects.create(
            campaign=campaign, name=name, task=task, country=country, contract_on=contract_on
        )
        log.write(campaign, None, "add_processor", str(made.pk))
    return made
