"""The campaign's side: the board, paper, a phone's file, the end of a pass, and what never leaves."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from canvassing import BACKEND, make_member, make_turf
from django.test import Client
from django.utils import timezone

from isoloir.field.canvass import turfs
from isoloir.field.canvass.board import Board, Doubt, board, forecast, per_hour
from isoloir.field.canvass.counts import measure_csv
from isoloir.field.canvass.opening import end_pass
from isoloir.field.canvass.sync import receive
from isoloir.field.canvass.wire import read_batch
from isoloir.field.models import Building, Campaign, Claim, KeepAway, Pace, Report, Turf, Unit, User

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def knock(campaign: Campaign, user: User, reports: list[tuple[int, int, str]], phone: uuid.UUID | None = None) -> None:
    """Reports (building, door, outcome), all of this moment."""
    now = int(timezone.now().timestamp() * 1000)
    told = [{"building": b, "floor": 0, "door": d, "kind": kind, "at": now} for b, d, kind in reports]
    raw = {"phone": str(phone or uuid.uuid4()), "now": now, "first": 1, "oldest": 1, "reports": told}
    answer = receive(campaign, user, read_batch(raw))
    assert answer.received == len(reports)
    assert not answer.refused


def seen(campaign: Campaign) -> Board:
    found = board(campaign)
    assert found is not None
    return found


def test_the_board_counts_doors_and_what_is_left(campaign: Campaign, turf: Turf, canvasser: User) -> None:
    block = turf.buildings.get(street="Avenue Foch")
    control = turf.buildings.filter(control=True).first()
    assert control is not None
    knock(campaign, canvasser, [(block.pk, 1, "opened"), (block.pk, 2, "absent"), (control.pk, 1, "opened")])
    found = seen(campaign)
    assert (found.doors, found.visited, found.left, found.contact_rate) == (14 + 3 + 24, 2, 39, 0.5)


def test_counts_that_no_walk_gives_are_doubted(campaign: Campaign, turf: Turf, canvasser: User) -> None:
    block = turf.buildings.get(street="Avenue Foch")
    knock(campaign, canvasser, [(block.pk, door, "conversation") for door in range(1, 41)])
    kinds = {doubt.kind for doubt in seen(campaign).doubts}
    assert kinds == {"speed", "all_open"}
    assert all(isinstance(doubt, Doubt) and doubt.knocks == 40 for doubt in seen(campaign).doubts)


def test_a_forecast_is_an_interval_around_the_doors_left_at_the_pace_walked() -> None:
    assert forecast([10, 10], 100) is None
    low, high = forecast([8, 10, 12, 10, 9, 11], 400) or (0, 0)
    assert low < 400 / 40 < high < 13
    assert per_hour([10, 10]) == 40


def test_paper_comes_in_by_station(coordinator: Client, campaign: Campaign, turf: Turf) -> None:
    address = f"/fr/field/nord/canvass/turf/{turf.pk}/paper/"
    assert coordinator.get(address).status_code == 200
    assert coordinator.post(address, {"94028_0001:absent": "12", "94028_0001:opened": "7"}).status_code == 302
    turf.refresh_from_db()
    assert (turf.absent, turf.opened) == (12, 7)
    for wrong in ("-1", "2001", "x", "1.5", "١"):
        assert b'role="status"' in coordinator.post(address, {"94028_0001:absent": wrong}).content
    turf.refresh_from_db()
    assert turf.absent == 12
    assert list(csv.reader(io.StringIO(measure_csv(campaign)))) == [["station_id", "doors"], ["94028_0001", "19"]]


def test_the_file_of_a_phone_is_taken_once(coordinator: Client, turf: Turf) -> None:
    building = turf.buildings.order_by("place").first()
    assert building is not None
    report = {"building": building.pk, "floor": 0, "door": 1, "kind": "absent", "at": 1}
    body = {"phone": str(uuid.uuid4()), "now": 1, "first": 1, "oldest": 1, "reports": [report], "sealed": []}
    for _ in range(2):
        file = io.BytesIO(json.dumps(body).encode())
        file.name = "isoloir-nord.json"
        assert coordinator.post("/fr/field/nord/canvass/file/", {"file": file}).status_code == 302
    assert Report.objects.count() == 1
    bad = io.BytesIO(b"[]")
    bad.name = "x.json"
    assert coordinator.post("/fr/field/nord/canvass/file/", {"file": bad}).status_code == 302
    assert Report.objects.count() == 1


def test_a_pass_that_ends_forgets_doors_and_keeps_counts(campaign: Campaign, turf: Turf, canvasser: User) -> None:
    block = turf.buildings.get(street="Avenue Foch")
    phone = uuid.uuid4()
    knock(campaign, canvasser, [(block.pk, 1, "opened"), (block.pk, 2, "refused")], phone)
    before = {unit.pk: unit.counts for unit in Unit.objects.of(campaign)}
    assert end_pass(campaign) == 2
    assert Report.objects.count() == Pace.objects.count() == 0
    assert {unit.pk: unit.counts for unit in Unit.objects.of(campaign)} == before
    make_turf(campaign)
    assert seen(campaign).number == 2


def test_a_phone_that_was_away_when_the_pass_ended_loses_nothing(
    campaign: Campaign, turf: Turf, canvasser: User
) -> None:
    end_pass(campaign)
    block = turf.buildings.get(street="Avenue Foch")
    knock(campaign, canvasser, [(block.pk, 1, "opened")])
    turf.refresh_from_db()
    assert turf.opened == 1
    assert end_pass(campaign) == 1, "and the next clean-up forgets its door"


def test_a_door_that_asked_to_be_left_alone_is_known_to_the_next_pass(
    campaign: Campaign, turf: Turf, canvasser: User, client: Client
) -> None:
    block = turf.buildings.get(street="Avenue Foch")
    knock(campaign, canvasser, [(block.pk, 5, "keep_away")])
    end_pass(campaign)
    again = make_turf(campaign)
    found = client.get(f"/api/field/nord/canvass/turfs/{again.pk}").json()
    assert found["away"] == [[again.buildings.get(street="Avenue Foch").pk, 0, 5]]
    mark = KeepAway.objects.get()
    assert "Foch" not in mark.address
    assert len(mark.address) == 32


def test_pages_show_no_unit_of_fewer_than_eleven(coordinator: Client, turf: Turf) -> None:
    shown = coordinator.get(f"/en/field/nord/canvass/turf/{turf.pk}/").content.decode()
    small = Unit.objects.filter(turf=turf, dwellings__lt=11)
    assert {unit.level for unit in small} == {Unit.Level.TURF}
    assert "94028_0002" not in shown
    assert all(unit.dwellings >= 11 for unit in Unit.objects.filter(turf=turf).exclude(level=Unit.Level.TURF))


@pytest.mark.parametrize("path", ["", "thanks/", "export/counts/", "export/visits/"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_pages_open_in_both_languages(coordinator: Client, turf: Turf, path: str, language: str) -> None:
    assert coordinator.get(f"/{language}/field/nord/canvass/{path}").status_code == 200
    assert turf.pk


def test_a_canvasser_sees_no_board(client: Client, turf: Turf) -> None:
    assert client.get("/fr/field/nord/canvass/").status_code == 403
    assert client.get(f"/fr/field/nord/canvass/turf/{turf.pk}/").status_code == 403


def test_turfs_are_shared_given_back_and_full(campaign: Campaign, turf: Turf, client: Client) -> None:
    def post(what: str, body: Any = None) -> int:
        address = f"/api/field/nord/canvass/turfs/{turf.pk}/{what}"
        return client.post(address, json.dumps(body or {}), content_type="application/json").status_code

    assert post("claim") == 200
    for _ in range(3):
        other = Client()
        other.force_login(make_member(campaign), backend=BACKEND)
        assert other.post(f"/api/field/nord/canvass/turfs/{turf.pk}/claim").status_code == 200
    fifth = Client()
    fifth.force_login(make_member(campaign), backend=BACKEND)
    assert fifth.post(f"/api/field/nord/canvass/turfs/{turf.pk}/claim").status_code == 422
    assert post("release", {"done": True}) == 200
    turf.refresh_from_db()
    assert turf.done_at is not None
    assert seen(campaign).left == 0


def test_old_pace_says_nothing_of_today(campaign: Campaign, turf: Turf, canvasser: User) -> None:
    building = Building.objects.filter(turf=turf).first()
    assert building is not None
    knock(campaign, canvasser, [(building.pk, 1, "absent")])
    Pace.objects.update(slot=timezone.now() - timedelta(days=9))
    assert seen(campaign).per_hour is None


@pytest.mark.parametrize(("language", "words"), [("fr", "ni qui a marché"), ("en", "not who walked")])
def test_a_pass_that_ended_leaves_counts_of_units_and_nobody(
    coordinator: Client, campaign: Campaign, turf: Turf, canvasser: User, language: str, words: str
) -> None:
    turfs.claim(turf, canvasser)
    block, house = turf.buildings.get(street="Avenue Foch"), turf.buildings.get(street="Rue des Lilas", number="3")
    knock(campaign, canvasser, [(block.pk, 1, "opened"), (block.pk, 2, "absent"), (house.pk, 1, "refused")])
    address = f"/{language}/field/nord/canvass/"
    assert coordinator.get(f"{address}pass/1/").status_code == 404, "not while it lasts"
    end_pass(campaign)
    assert not Claim.objects.exists()
    shown = coordinator.get(address).content.decode()
    assert words in shown
    assert "3 / 41" in shown
    rows = list(csv.DictReader(io.StringIO(coordinator.get(f"{address}pass/1/").content.decode())))
    assert {(row["level"], row["name"], row["opened"], row["absent"]) for row in rows} >= {
        ("building", "8 Avenue Foch", "1", "1")
    }
    assert all(int(row["dwellings"]) >= 11 for row in rows)
    assert sum(int(row["refused"]) for row in rows) == 1
    assert "94028_0002" not in {row["station_id"] for row in rows}


@pytest.mark.parametrize(("language", "words"), [("fr", "La carte en tableau"), ("en", "The map as a table")])
def test_the_map_of_the_board_shows_units_of_eleven_and_no_house(
    coordinator: Client, campaign: Campaign, turf: Turf, canvasser: User, language: str, words: str
) -> None:
    block = turf.buildings.get(street="Avenue Foch")
    knock(campaign, canvasser, [(block.pk, door, "absent") for door in range(1, 13)])
    shown = coordinator.get(f"/{language}/field/nord/canvass/").content.decode()
    drawing = shown[shown.index('id="board-map"') : shown.index("</section>", shown.index('id="board-map"'))]
    assert words in drawing
    assert drawing.count("<circle") == Unit.objects.filter(turf=turf).exclude(level=Unit.Level.TURF).count()
    assert "<title>8 Avenue Foch : 12 / 24</title>" in drawing
    assert 'class="done-2"' in drawing
    assert ">3 Rue des Lilas" not in drawing
    assert "94028_0002" not in drawing
