"""Many phones, a network that drops, repeats and reorders, clocks that are wrong: the real server against a model."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import Any

import pytest
from canvassing import BACKEND, make_campaign, make_member, make_turf
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test
from phones import DAY, NOW, Door, Phone

from isoloir.field.canvass.outcomes import COLUMNS
from isoloir.field.models import Building, KeepAway, Membership, Pace, Report, Turf, Unit


class Model:
    """What the server should have: reports in the order in which it first took them."""

    def __init__(self) -> None:
        self.taken: dict[uuid.UUID, int] = {}
        self.doors: dict[Door, list[tuple[uuid.UUID, int, str]]] = {}

    def take(self, phone: Phone, request: dict[str, Any]) -> None:
        for number, report in enumerate(request["reports"], request["first"]):
            if number != self.taken.get(phone.id, 0) + 1:
                continue
            self.taken[phone.id] = number
            if report["kind"] == "undo":
                for stack in self.doors.values():
                    stack[:] = [entry for entry in stack if entry[:2] != (phone.id, report["undoes"])]
            else:
                door = report["building"], report["floor"], report["door"]
                self.doors.setdefault(door, []).append((phone.id, number, report["kind"]))

    def outcomes(self) -> dict[Door, str]:
        standing = {door: [kind for _, _, kind in stack if kind in COLUMNS] for door, stack in self.doors.items()}
        return {door: kinds[-1] for door, kinds in standing.items() if kinds}


class Evening(RuleBasedStateMachine):
    phones = Bundle("phones")
    late = Bundle("late")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.campaign = make_campaign(f"c{uuid.uuid4().hex[:8]}")
        self.turf = make_turf(self.campaign)
        self.buildings = list(Building.objects.filter(turf=self.turf).order_by("place"))
        self.clients: dict[uuid.UUID, Client] = {}
        self.known: dict[uuid.UUID, Phone] = {}
        self.model = Model()

    def teardown(self) -> None:
        try:
            self.everyone_comes_home()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @rule(target=phones, skew=st.sampled_from([0, -DAY, DAY, 37 * DAY]))
    def a_phone_joins(self, skew: int) -> Phone:
        phone = Phone(skew=skew)
        client = Client()
        client.force_login(make_member(self.campaign), backend=BACKEND)
        self.clients[phone.id], self.known[phone.id] = client, phone
        return phone

    @rule(
        phone=phones, building=st.integers(0, 19), floor=st.integers(0, 1), door=st.integers(1, 2),
        kind=st.sampled_from([*COLUMNS, "keep_away"]), ago=st.integers(0, DAY),
    )  # fmt: skip
    def a_tap(self, phone: Phone, building: int, floor: int, door: int, kind: str, ago: int) -> None:
        place = self.buildings[building % 3 if building < 15 else building]
        phone.log.append(
            {"building": place.pk, "floor": floor, "door": door, "kind": kind, "at": NOW + phone.skew - ago}
        )

    @rule(phone=phones, back=st.integers(0, 3))
    def an_undo(self, phone: Phone, back: int) -> None:
        number = len(phone.log) - back
        if number >= 1 and phone.log[number - 1]["kind"] != "undo":
            phone.log.append({"kind": "undo", "undoes": number, "at": NOW + phone.skew})

    @rule(phone=phones, most=st.integers(0, 6))
    def a_sync(self, phone: Phone, most: int) -> None:
        phone.hear(self.deliver(phone, phone.request(self.turf.pk, most)))

    @rule(phone=phones, most=st.integers(1, 6))
    def an_answer_is_lost(self, phone: Phone, most: int) -> None:
        self.deliver(phone, phone.request(self.turf.pk, most))

    @rule(target=late, phone=phones, most=st.integers(1, 6))
    def a_request_is_held_up(self, phone: Phone, most: int) -> Any:
        return multiple((phone, phone.request(self.turf.pk, most)))

    @rule(held=late, heard=st.booleans())
    def a_held_request_arrives(self, held: tuple[Phone, dict[str, Any]], heard: bool) -> None:
        answer = self.deliver(*held)
        if heard:
            held[0].hear(answer)

    @rule(phone=phones)
    def the_application_starts_again(self, phone: Phone) -> None:
        phone.seen, phone.doors = 0, {}

    @rule(phone=phones)
    def the_acknowledgement_is_forgotten(self, phone: Phone) -> None:
        phone.acknowledged = 0

    @invariant()
    def the_counts_are_those_of_the_model(self) -> None:
        of = {b.pk: b for b in self.buildings}
        units: dict[int, Counter[str]] = {}
        for (building, _, _), outcome in self.model.outcomes().items():
            units.setdefault(of[building].unit_id, Counter())[outcome] += 1
        for unit in Unit.objects.filter(turf=self.turf):
            assert +Counter(unit.counts) == units.get(unit.pk, Counter())
        shown = Counter(o for (b, _, _), o in self.model.outcomes().items() if not of[b].control)
        assert +Counter(Turf.objects.get(pk=self.turf.pk).counts) == shown
        assert Report.objects.filter(turf=self.turf).count() == sum(self.model.taken.values())
        knocks = sum(1 for stack in self.model.doors.values() for _, _, kind in stack if kind in COLUMNS)
        assert sum(Pace.objects.filter(turf=self.turf).values_list("knocks", flat=True)) == knocks
        away = {door for door, stack in self.model.doors.items() if any(kind == "keep_away" for _, _, kind in stack)}
        marks = KeepAway.objects.of(self.campaign).values_list("address", "floor", "door")
        assert set(marks) == {(of[b].address, floor, door) for b, floor, door in away}

    def everyone_comes_home(self) -> None:
        for phone in self.known.values():
            while phone.acknowledged < len(phone.log):
                phone.hear(self.deliver(phone, phone.request(self.turf.pk, 100)))
        for phone in self.known.values():
            phone.hear(self.deliver(phone, phone.request(self.turf.pk, 0)))
            assert phone.doors == self.model.outcomes()
            stored = Report.objects.filter(phone=phone.id).order_by("number")
            assert [r.number for r in stored] == list(range(1, len(phone.log) + 1))

    def deliver(self, phone: Phone, request: dict[str, Any]) -> dict[str, Any]:
        answer = post(self.clients[phone.id], self.campaign.slug, request)
        self.model.take(phone, request)
        assert answer["received"] == self.model.taken.get(phone.id, 0)
        assert answer["refused"] == []
        return answer


def post(client: Client, campaign: str, request: object, status: int = 200) -> dict[str, Any]:
    answer = client.post(f"/api/field/{campaign}/canvass/sync", json.dumps(request), content_type="application/json")
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.django_db(databases=["default", "keys"])
def test_whatever_the_network_does_every_tap_is_counted_once() -> None:
    few = settings(
        max_examples=12, stateful_step_count=30, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Evening, settings=few)


@pytest.mark.django_db(databases=["default", "keys"])
class TestBatches:
    def request(self, *reports: object, **more: object) -> dict[str, Any]:
        return {"phone": str(uuid.uuid4()), "now": NOW, "first": 1, "oldest": 1, "reports": list(reports)} | more

    def test_one_bad_report_does_not_hold_up_the_others(self, client: Client, turf: Turf) -> None:
        good = {"building": turf.buildings.first().pk, "floor": 0, "door": 1, "kind": "absent", "at": NOW}  # type: ignore[union-attr]
        bad: list[object] = [
            7, good | {"kind": "voted"}, good | {"at": "now"}, good | {"text": "Mme X"}, good | {"building": 2**40},
            good | {"kind": "note", "text": "Mme Dupont, 3e gauche"}, {"kind": "undo", "undoes": 99, "at": NOW},
        ]  # fmt: skip
        answer = post(client, "nord", self.request(*bad, good))
        assert answer["received"] == 8
        assert [r["why"] for r in answer["refused"]] == [
            "malformed", "unknown_kind", "malformed", "malformed", "unknown_building", "note_about_person",
            "nothing_to_undo",
        ]  # fmt: skip
        assert Report.objects.count() == 1

    def test_a_batch_costs_no_query_a_report(self, client: Client, turf: Turf) -> None:
        houses = list(turf.buildings.order_by("place"))[:4]
        taps = [
            {"building": houses[i % 4].pk, "floor": 0, "door": 1 + i // 4, "kind": "opened", "at": NOW}
            for i in range(200)
        ]
        costs = []
        for number in (4, 200):
            with CaptureQueriesContext(connection) as queries:
                post(client, "nord", self.request(*taps[:number], turf=turf.pk, seen=0))
            costs.append(sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in queries))
        assert costs[1] <= costs[0] <= 20
        assert Report.objects.count() == 204

    def test_a_gap_is_not_taken(self, client: Client, turf: Turf) -> None:
        good = {"building": turf.buildings.first().pk, "floor": 0, "door": 1, "kind": "absent", "at": NOW}  # type: ignore[union-attr]
        assert post(client, "nord", self.request(good, first=5))["received"] == 0
        assert post(client, "nord", self.request(good, first=5, oldest=5))["received"] == 5, "it has nothing older"

    def test_a_note_about_the_building_is_kept(self, client: Client, turf: Turf) -> None:
        building = turf.buildings.first()
        assert building is not None
        note = {
            "building": building.pk,
            "floor": 0,
            "door": 0,
            "kind": "note",
            "at": NOW,
            "text": "Code 45B7, chien",
        }
        post(client, "nord", self.request(note))
        building.refresh_from_db()
        assert building.note == "Code 45B7, chien"

    @pytest.mark.parametrize("change", [{"phone": "x"}, {"first": 0}, {"now": 1e300}, {"reports": [1] * 501}])
    def test_what_no_phone_would_send_is_refused_whole(self, client: Client, turf: Turf, change: Any) -> None:
        post(client, "nord", self.request(turf=turf.pk, seen=0) | change, status=400)

    def test_the_phone_of_another_campaign_is_refused(self, client: Client, canvasser: Any, turf: Turf) -> None:
        other = make_campaign("sud")
        Membership.objects.create(user=canvasser, campaign=other, role="canvasser")
        request = self.request()
        post(client, "nord", request)
        post(client, "sud", request, status=400)
        assert turf.reports.count() == 0
