"""Many phones at once against the server as it runs, which is killed while they send: the books against a model.

`tests/field/canvass/test_sync.py` plays the same in one process, one request after the other; here requests meet.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import httpx
import pytest
from evenings import Field
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from phones import DAY, NOW, Door, Phone

from isoloir.field.canvass.outcomes import COLUMNS, Kind

SKEWS = (0, DAY, -DAY, 37 * DAY)
CAMPAIGN = "many"
Tap = tuple[int, int, int, str]
which = st.integers(0, len(SKEWS) - 1)
tap = st.tuples(which, st.integers(0, 2), st.integers(1, 3), st.sampled_from(COLUMNS))


class Evening(RuleBasedStateMachine):
    served: ClassVar[Field]
    phones: ClassVar[list[Phone]]  # of every evening: they walk one turf
    turf: ClassVar[int]
    places: ClassVar[list[int]]  # two blocks of doors, and one of a control station

    @initialize(taps=st.lists(tap, min_size=16, max_size=40))
    def four_phones_join_and_walk(self, taps: list[Tap]) -> None:
        self.mine = [Phone(skew=skew) for skew in SKEWS]
        self.phones.extend(self.mine)
        self.clients = [self.signed_in(who) for who in ("ada", "bob", "ada", "bob")]
        self.write_down(taps)

    def write_down(self, taps: list[Tap]) -> None:
        for n, (who, place, door, kind) in enumerate(taps):
            phone = self.mine[(who + n) % len(self.mine)]
            at = NOW + phone.skew
            phone.log.append({"building": self.places[place], "floor": 0, "door": door, "kind": kind, "at": at})

    def signed_in(self, who: str) -> httpx.Client:
        client = httpx.Client(base_url=self.served.address, cookies={"sessionid": self.served.people[who]}, timeout=60)
        client.headers["X-CSRFToken"] = client.get(f"/api/field/{CAMPAIGN}/canvass/turfs").json()["token"]
        return client

    @rule(who=which, back=st.integers(0, 3))
    def an_undo(self, who: int, back: int) -> None:
        phone, number = self.mine[who], len(self.mine[who].log) - back
        if number >= 1 and phone.log[number - 1]["kind"] != "undo":
            phone.log.append({"kind": "undo", "undoes": number, "at": NOW + phone.skew})

    @rule(taps=st.lists(tap, max_size=8), lost=st.sets(which), most=st.integers(1, 9))
    def all_tap_and_send_at_once(self, taps: list[Tap], lost: set[int], most: int) -> None:
        self.write_down(taps)
        self.send(range(len(self.mine)), lost, most)

    @rule(who=which, most=st.integers(1, 5))
    def one_sends_twice_at_once(self, who: int, most: int) -> None:
        self.send([who, who], set(), most)

    @rule(who=which)
    def the_acknowledgement_is_forgotten(self, who: int) -> None:
        self.mine[who].acknowledged = 0

    def teardown(self) -> None:
        if not hasattr(self, "mine"):
            return
        ending = threading.Timer(0.02, self.served.stop, kwargs={"kill": True})
        ending.start()
        self.send(range(len(self.mine)), set(), 100)
        ending.join()
        self.served.start()
        self.send(range(len(self.mine)), set(), 100)
        for phone, client in zip(self.mine, self.clients, strict=True):
            while phone.acknowledged < len(phone.log):
                phone.hear(self.post(client, phone.request(self.turf, 100)) or pytest.fail("the server is there again"))
        self.books_are_right()
        for client in self.clients:
            client.close()

    def send(self, who: Sequence[int], lost: set[int], most: int) -> None:
        """All of them at the same moment; an answer may be lost, or the server end meanwhile."""
        requests = [(self.clients[i], self.mine[i].request(self.turf, most)) for i in who]
        with ThreadPoolExecutor(len(requests)) as together:
            answers = list(together.map(lambda one: self.post(*one), requests))
        for i, answer in zip(who, answers, strict=True):
            if answer and i not in lost:
                self.mine[i].hear(answer)

    @staticmethod
    def post(client: httpx.Client, request: dict[str, Any]) -> dict[str, Any] | None:
        try:
            answer = client.post(f"/api/field/{CAMPAIGN}/canvass/sync", json=request)
        except httpx.TransportError:
            return None
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found["refused"] == []
        return found

    def books_are_right(self) -> None:
        """Every report is there once, in its phone's order; counts, and what each phone was told, follow from them."""
        held = self.served.ask("in_order", CAMPAIGN)
        assert [row[0] for row in held["reports"]] == list(range(1, len(held["reports"]) + 1))
        for phone in self.phones:
            rows = [row[2:] for row in held["reports"] if row[1] == str(phone.id)]
            assert rows == [told(number, phone.log) for number in range(1, len(phone.log) + 1)]
        doors = standing(held["reports"])
        control = self.places[2]
        assert +Counter(held["counts"]) == Counter(kind for (pk, *_), kind in doors.items() if pk != control)
        for counts, buildings in held["units"]:
            assert +Counter(counts) == Counter(kind for (pk, *_), kind in doors.items() if pk in buildings)
        for phone, client in zip(self.mine, self.clients, strict=True):
            phone.hear(self.post(client, phone.request(self.turf, 0)) or pytest.fail("the server is there"))
            assert phone.doors == doors


def told(number: int, log: list[dict[str, Any]]) -> list[Any]:
    """A report as the table of the server has it; one that takes another back is at the same door."""
    report = log[number - 1]
    where = log[report["undoes"] - 1] if "undoes" in report else report
    kind = Kind[report["kind"].upper()].value
    return [number, where["building"], where["floor"], where["door"], kind, report.get("undoes")]


def standing(rows: list[list[Any]]) -> dict[Door, str]:
    """The outcome of each door: the last one, in the order of the server, that its phone did not take back."""
    undone = {(phone, undoes) for _, phone, *_, undoes in rows if undoes}
    found: dict[Door, str] = {}
    for _, phone, number, building, floor, door, kind, undoes in rows:
        if not undoes and (phone, number) not in undone:
            found.pop((building, floor, door), None)
            found[building, floor, door] = Kind(kind).word
    return found


def test_phones_that_meet_and_a_server_that_is_killed_count_every_tap_once(served: Field) -> None:
    held = served.ask("held", CAMPAIGN)
    places = {(street, number): pk for pk, street, number, *_ in held["places"]}
    Evening.served, Evening.turf, Evening.phones = served, held["turf"], []
    Evening.places = [places["Avenue Foch", "8"], places["Rue des Lilas", "1"], places["Rue Haute", "1"]]
    few = settings(
        max_examples=4, stateful_step_count=20, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate],  # each try ends and starts a server: none is made smaller
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Evening, settings=few)
    assert len(Evening.phones) >= 2 * len(SKEWS)
    assert sum(len(phone.log) for phone in Evening.phones) > 60
