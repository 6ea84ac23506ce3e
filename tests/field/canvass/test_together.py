"""Requests that come at the same time: one does the work of all, and none fails for another."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from canvassing import make_campaign, make_member

from isoloir.field.canvass.sync import Answer, Sent, receive, receive_all
from isoloir.field.canvass.together import Together
from isoloir.field.canvass.wire import Batch, Malformed, read_batch
from isoloir.field.models import Campaign, Phone, Report, Turf, User

PATIENCE = 60  # seconds
MOMENT = 1_790_000_000_000


class Slow:
    """Work that lasts until it is told that others have come; numbers below zero make it fail."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, asked: Sequence[int]) -> list[int]:
        self.begun.set()
        assert self.go_on.wait(PATIENCE)
        self.groups.append(list(asked))
        if min(asked) < 0:
            raise ValueError(f"{min(asked)} is below zero")
        return [10 * one for one in asked]


def meanwhile(work: Slow, together: Together[int, int], others: Sequence[int]) -> list[object]:
    """What each is given: 1 comes alone, the others while it is at work."""

    def ask(number: int) -> object:
        try:
            return together(number)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(others) + 1) as pool:
        first = pool.submit(ask, 1)
        assert work.begun.wait(PATIENCE)
        rest = [pool.submit(ask, number) for number in others]
        until = time.monotonic() + PATIENCE
        while len(together._waiting) < len(others) and time.monotonic() < until:
            time.sleep(0.001)
        work.go_on.set()
        return [first.result(), *(one.result() for one in rest)]


def test_what_comes_during_the_work_is_done_in_one_go() -> None:
    work = Slow()
    assert meanwhile(work, Together(work, most=10), [2, 3, 4]) == [10, 20, 30, 40]
    assert [sorted(group) for group in work.groups] == [[1], [2, 3, 4]]


def test_a_group_has_a_limit() -> None:
    work = Slow()
    assert meanwhile(work, Together(work, most=2), [2, 3, 4]) == [10, 20, 30, 40]
    assert sorted(map(len, work.groups)) == [1, 1, 2]


def test_nobody_fails_for_another() -> None:
    work = Slow()
    assert meanwhile(work, Together(work, most=10), [2, -3, 4]) == [10, 20, "-3 is below zero", 40]


@pytest.fixture
def other(turf: Turf) -> User:
    return make_member(turf.campaign)


def batch(phone: uuid.UUID, turf: Turf, doors: Sequence[int], first: int = 1, kind: str = "opened") -> Batch:
    house = turf.buildings.order_by("place")[0].pk
    reports = [{"building": house, "floor": 0, "door": door, "kind": kind, "at": MOMENT} for door in doors]
    return read_batch(
        {"phone": str(phone), "now": MOMENT, "first": first, "oldest": first, "reports": reports, "turf": turf.pk,
         "seen": 0}
    )  # fmt: skip


def send(*sent: tuple[Campaign, User, Batch]) -> list[Answer | Malformed]:
    return receive_all([Sent(*one, now=datetime.now(UTC)) for one in sent])


@pytest.mark.django_db(databases=["default", "keys"])
class TestTakenTogether:
    def test_each_phone_is_told_what_the_other_reported(self, turf: Turf, canvasser: User, other: User) -> None:
        here, there = uuid.uuid4(), uuid.uuid4()
        told = send(
            (turf.campaign, canvasser, batch(here, turf, [1, 2])), (turf.campaign, other, batch(there, turf, [3]))
        )
        for answer in told:
            assert isinstance(answer, Answer)
            assert [(door, word) for _, _, door, word in answer.doors] == [(1, "opened"), (2, "opened"), (3, "opened")]
            assert answer.sequence == 3
        turf.refresh_from_db()
        assert (turf.opened, turf.sequence) == (3, 3)

    def test_a_batch_that_was_sent_twice_counts_once(self, turf: Turf, canvasser: User) -> None:
        phone = uuid.uuid4()
        again = (turf.campaign, canvasser, batch(phone, turf, [1, 2]))
        more = (turf.campaign, canvasser, batch(phone, turf, [1], first=3, kind="absent"))
        assert [answer.received for answer in send(again, again, more) if isinstance(answer, Answer)] == [3, 3, 3]
        turf.refresh_from_db()
        assert (turf.opened, turf.absent) == (1, 1)
        assert Report.objects.count() == 3

    def test_a_phone_of_another_campaign_is_refused_alone(self, turf: Turf, canvasser: User) -> None:
        elsewhere, phone = make_campaign("sud"), uuid.uuid4()
        stranger = make_member(elsewhere)
        receive(elsewhere, stranger, batch(phone, turf, []))
        mine = batch(uuid.uuid4(), turf, [1])
        refused, taken = send((turf.campaign, canvasser, batch(phone, turf, [1])), (turf.campaign, canvasser, mine))
        assert isinstance(refused, Malformed)
        assert isinstance(taken, Answer)
        assert taken.received == 1
        assert Phone.objects.get(pk=phone).received == 0

    def test_a_building_of_another_campaign_is_unknown(self, turf: Turf, canvasser: User) -> None:
        elsewhere = make_campaign("sud")
        stranger = make_member(elsewhere)
        theirs, ours = send(
            (elsewhere, stranger, batch(uuid.uuid4(), turf, [1])),
            (turf.campaign, canvasser, batch(uuid.uuid4(), turf, [2])),
        )  # fmt: skip
        assert isinstance(theirs, Answer)
        assert [refused.why for refused in theirs.refused] == ["unknown_building"]
        assert (theirs.turf, theirs.doors) == (None, ())
        assert isinstance(ours, Answer)
        assert ours.refused == ()

    def test_many_are_written_in_pieces(self, turf: Turf, canvasser: User) -> None:
        phones = [uuid.uuid4() for _ in range(5)]
        send(*((turf.campaign, canvasser, batch(phone, turf, range(1, 451))) for phone in phones))
        turf.refresh_from_db()
        assert (turf.sequence, turf.opened) == (2_250, 450)
