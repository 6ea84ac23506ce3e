"""The eve and the day of the vote: nobody takes a turf, everybody is told why, and nothing counted is lost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from canvassing import BACKEND, make_member
from django.test import Client
from django.utils import timezone

from isoloir.field import second_factor
from isoloir.field.canvass import silence
from isoloir.field.models import Campaign, Claim, LogEntry, Turf, User
from isoloir.field.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def eve(campaign: Campaign) -> Campaign:
    campaign.first_round_on = None
    campaign.vote_on = timezone.localdate() + timedelta(days=1)
    campaign.save()
    return campaign


def test_the_law_speaks_on_the_eve_and_the_day_of_each_round_and_on_no_other(campaign: Campaign) -> None:
    campaign.first_round_on = campaign.vote_on - timedelta(days=14)
    days = [campaign.vote_on + timedelta(days=n) for n in range(-20, 5)]
    silent = {(day - campaign.vote_on).days for day in days if silence.told(campaign, day)}
    assert silent == {-15, -14, -1, 0}


@pytest.mark.usefixtures("eve")
@pytest.mark.parametrize(("language", "words"), [("fr", "ni tracts"), ("en", "no leaflets")])
def test_a_turf_is_refused_with_the_article(turf: Turf, client: Client, language: str, words: str) -> None:
    client.cookies["django_language"] = language
    headers = {"Accept-Language": language}
    answer = client.post(f"/api/field/nord/canvass/turfs/{turf.pk}/claim", "{}", "application/json", headers=headers)
    assert answer.status_code == 403
    message = answer.json()["error"]["message"]
    assert words in message
    assert "art. L49" in message
    assert "TIME-01" in message
    assert not Claim.objects.exists()
    assert LogEntry.objects.filter(action="refused", subject="canvass").exists()
    listed = client.get("/api/field/nord/canvass/turfs", headers=headers).json()
    assert "art. L49" in listed["silence"]


def test_other_days_say_nothing(turf: Turf, client: Client) -> None:
    assert client.get("/api/field/nord/canvass/turfs").json()["silence"] == ""
    address = f"/api/field/nord/canvass/turfs/{turf.pk}/claim"
    assert client.post(address, json.dumps({}), "application/json").status_code == 200


@pytest.mark.parametrize(("language", "words"), [("fr", "on ne frappe pas"), ("en", "No knocking today")])
def test_the_board_says_so_and_a_turf_is_not_given(
    eve: Campaign, turf: Turf, canvasser: User, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setattr(second_factor, "missing", lambda *_: None)  # it has tests of its own
    coordinator = Client()
    coordinator.force_login(make_member(eve, Role.COORDINATOR), backend=BACKEND)
    shown = coordinator.get(f"/{language}/field/nord/canvass/").content.decode()
    assert words in shown
    assert "art. L49" in shown
    page = f"/{language}/field/nord/canvass/turf/{turf.pk}/"
    told = coordinator.post(f"{page}assign/", {"user": canvasser.pk}, follow=True).content.decode()
    assert "art. L49" in told
    assert not Claim.objects.exists()
