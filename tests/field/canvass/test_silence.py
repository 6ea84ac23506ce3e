"""The eve and the day of the vote: nobody takes a turf, everybody is told why, and nothing counted is lost."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from canvassing import BACKEND, make_member, street
from django.test import Client
from django.utils import timezone

from isoloir.errors import NotAllowed
from isoloir.field import second_factor
from isoloir.field.canvass import silence
from isoloir.field.canvass.opening import NewTurf, open_pass
from isoloir.field.models import Campaign, Claim, LogEntry, Turf, User
from isoloir.field.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def eve(campaign: Campaign) -> Campaign:
    campaign.first_round_on = None
    campaign.vote_on = timezone.localdate() + timedelta(days=1)
    campaign.save()
    return campaign


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


def test_the_law_speaks_on_the_eve_and_the_day_of_each_round_and_on_no_other(campaign: Campaign) -> None:
    campaign.first_round_on = campaign.vote_on - timedelta(days=14)
    days = [campaign.vote_on + timedelta(days=n) for n in range(-20, 5)]
    silent = {(day - campaign.vote_on).days for day in days if silence.told(campaign, noon(day))}
    assert silent == {-15, -14, -1, 0}


# What a campaign votes on is Sunday, 25 April 2027; the hours are those of Greenwich.
@pytest.mark.parametrize(
    ("station", "begins", "ends"),
    [
        ("94028_0001", "2027-04-23T22:00", "2027-04-25T22:00"),  # Paris, two hours ahead in summer
        ("97411_0001", "2027-04-23T20:00", "2027-04-25T20:00"),  # Réunion: four hours ahead
        ("97101_0001", "2027-04-23T04:00", "2027-04-26T04:00"),  # Guadeloupe: four hours behind, may vote on Saturday
        ("98735_0001", "2027-04-23T09:00", "2027-04-26T10:00"),  # Polynesia: nine to ten hours behind, the same
    ],
)
def test_silence_is_counted_by_the_hour_of_the_place(campaign: Campaign, station: str, begins: str, ends: str) -> None:
    turf = open_pass(campaign, [NewTurf(1, "T", street(station, "Rue A", range(1, 3)))]).turfs.get()
    second = timedelta(seconds=1)
    for edge, before in ((datetime.fromisoformat(begins), False), (datetime.fromisoformat(ends), True)):
        for at, silent in ((edge - second, before), (edge, not before)):
            at = at.replace(tzinfo=UTC)
            assert bool(silence.told(campaign, at)) is silent, (station, at)
            if silent:
                with pytest.raises(NotAllowed, match=r"art\. L49"):
                    silence.ask(turf, at)
            else:
                silence.ask(turf, at)


def test_a_saturday_that_the_campaign_gives_is_taken_as_it_is(campaign: Campaign) -> None:
    campaign.vote_on = date(2027, 4, 24)
    campaign.save()
    turf = open_pass(campaign, [NewTurf(1, "T", street("97101_0001", "Rue A", range(1, 3)))]).turfs.get()
    assert [day for day, _ in silence.days_of(turf)] == ["2027-04-23", "2027-04-24"]


def test_places_of_one_campaign_are_told_apart(campaign: Campaign) -> None:
    turfs = [NewTurf(n, "T", street(code, "Rue A", range(1, 3))) for n, code in ((1, "94028_0001"), (2, "97411_0001"))]
    paris, reunion = open_pass(campaign, turfs).turfs.order_by("number")
    at = datetime(2027, 4, 23, 21, tzinfo=UTC)  # Friday evening in Paris, Saturday in Réunion
    assert silence.told(campaign, at).startswith("La Réunion")
    silence.ask(paris, at)
    with pytest.raises(NotAllowed):
        silence.ask(reunion, at)


def test_a_phone_takes_the_silent_days_of_its_turf_along(turf: Turf, client: Client) -> None:
    found = client.get(f"/api/field/nord/canvass/turfs/{turf.pk}").json()["silence"]
    assert [day for day, _ in found] == ["2027-04-24", "2027-04-25"]
    assert all("art. L49" in why for _, why in found)


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
