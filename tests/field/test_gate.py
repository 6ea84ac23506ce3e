"""The gate of the pages: a route that is not in the table, a stranger, another campaign, a role that may not."""

from __future__ import annotations

import pytest
from django.test import Client
from entering import enter, member

from isoloir.field.models import Campaign
from isoloir.field.roles import PAGES, Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def coordinator(campaign: Campaign) -> Client:
    return enter(member(campaign, Role.COORDINATOR))


def test_a_stranger_is_sent_to_sign_in(campaign: Campaign) -> None:
    answer = Client().get(f"/fr/field/{campaign.slug}/")
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_a_member_comes_in(coordinator: Client) -> None:
    assert b"Nord" in coordinator.get("/fr/field/").content
    assert coordinator.get("/fr/field/nord/").status_code == 200


def test_another_campaign_does_not_exist(coordinator: Client, other: Campaign) -> None:
    assert other.slug == "sud"
    assert coordinator.get("/fr/field/sud/").status_code == 404
    assert coordinator.get("/fr/field/sud/").content == coordinator.get("/fr/field/none/").content


def test_a_route_outside_the_table_is_shut(coordinator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PAGES, "campaign")
    assert coordinator.get("/fr/field/nord/").status_code == 403
