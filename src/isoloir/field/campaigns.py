"""Opening a campaign: its row, its keys and the first entry of its log are there together, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern
from django.utils import timezone

from isoloir.errors import SettingsError
from isoloir.field import journal, log, vault
from isoloir.field.channels import Channel, normalise
from isoloir.field.databases import BOOK
from isoloir.field.models import Campaign, Processor
from isoloir.language import LANGUAGES, say


def reserved() -> frozenset[str]:
    """The short names that no campaign may have: words that begin an address of the site, or stand in its place.

    Read from the table of addresses, so that a new one is never hidden by a campaign of its name, nor hides one.
    """
    found = set(LANGUAGES)
    for route in _routes(get_resolver().url_patterns):
        words = route.split("/")
        found.update(word for word in (words[0], _after(words, "field")) if re.fullmatch("[a-z0-9-]+", word))
    return frozenset(found)


def _routes(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every address, without the prefix of its language and the marks of a regular expression."""
    for one in patterns:
        here = before if isinstance(one.pattern, LocalePrefixPattern) else before + str(one.pattern).lstrip("^")
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, here)
        else:
            yield here


def _after(words: list[str], word: str) -> str:
    return words[words.index(word) + 1] if word in words[:-1] else ""


def open_campaign(slug: str, *, contact: str, **told: Any) -> Campaign:
    """A new campaign; raise SettingsError where the name is taken, BadAddress where `contact` is no address."""
    if slug in reserved():
        raise SettingsError(say(f"{slug} est un mot des adresses de ce site : choisissez un autre nom court",
                                f"{slug} is a word of this site's addresses; choose another short name"))  # fmt: skip
    try:
        with transaction.atomic(using=BOOK):
            campaign = Campaign.objects.create(slug=slug, contact=normalise(Channel.EMAIL, contact), **told)
            vault.ring(campaign)
            journal.opened(campaign, timezone.now())
            log.write(campaign, None, "open_campaign")
    except IntegrityError:
        raise SettingsError(
            say(
                f"il y a déjà une campagne {slug} ; choisissez un autre nom court",
                f"there is a campaign {slug} already; choose another short name",
            )
        ) from None
    return campaign


def add_processor(campaign: Campaign, name: str, task: str, country: str, contract_on: date | None) -> Processor:
    """Enter who processes data for the campaign (RGPD, art. 28)."""
    with transaction.atomic(using=BOOK):
        made = Processor.objects.create(
            campaign=campaign, name=name, task=task, country=country, contract_on=contract_on
        )
        log.write(campaign, None, "add_processor", str(made.pk))
    return made
