"""Short names of campaigns: none hides an address of the site, none is hidden by one."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import get_resolver, resolve, reverse

from isoloir.errors import SettingsError
from isoloir.field.campaigns import open_campaign, reserved
from isoloir.field.models import Campaign

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
TOLD = {"name": "X", "controller": "X", "contact": "x@example.org", "vote_on": date(2027, 4, 25)}


def test_the_words_come_from_the_table_of_addresses() -> None:
    names = reserved()
    assert {"account", "invitation", "api", "data", "accounts", "field", "watch", "fr", "en"} <= names
    assert not {"", "nord", "join", "contacts"} & names  # what stands below a campaign hides none
    for view in get_resolver("isoloir.field.urls").url_patterns:
        first = str(view.pattern).split("/")[0]
        assert not first or first.startswith("<") or first in names


@pytest.mark.parametrize("name", sorted(reserved()))
def test_no_campaign_has_one_of_them(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        open_campaign(name, **TOLD)
    assert not Campaign.objects.exists()


def test_any_other_name_leads_to_its_campaign(client: Client) -> None:
    made = open_campaign("accounting-2027", **TOLD)
    assert resolve(reverse("field:join", args=[made.slug])).kwargs == {"campaign": made.slug}
    assert client.get(reverse("field:join", args=[made.slug])).status_code == 200
