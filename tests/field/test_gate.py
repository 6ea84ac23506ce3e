"""The gate of the pages: a route that is not in the table, a stranger, another campaign, a role that may not."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from isoloir.field.models import Campaign, Membership, User
from isoloir.field.roles import PAGES, Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def campaign() -> Campaign:
    return Campaign.objects.create(
        slug="nord", name="Nord", controller="Le comité, 1 rue X", contact="dpo@example.org", vote_on=date(2027, 4, 25)
    )


@pytest.fixture
def member(campaign: Campaign) -> Client:
    user = User.objects.create_user("a@example.org", "a long enough password")
    Membership.objects.create(user=user, campaign=campaign, role=Role.COORDINATOR)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_stranger_is_sent_to_sign_in(campaign: Campaign) -> None:
    answer = Client().get(f"/fr/field/{campaign.slug}/")
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_a_member_comes_in(member: Client) -> None:
    assert b"Nord" in member.get("/fr/field/").content
    assert member.get("/fr/field/nord/").status_code == 200


def test_another_campaign_does_not_exist(member: Client) -> None:
    Campaign.objects.create(slug="sud", name="Sud", controller="x", contact="x@example.org", vote_on=date(2027, 4, 25))
    assert member.get("/fr/field/sud/").status_code == 404
    assert member.get("/fr/field/sud/").content == member.get("/fr/field/none/").content


def test_a_route_outside_the_table_is_shut(member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PAGES, "campaign")
    assert member.get("/fr/field/nord/").status_code == 403
