"""Anonymous answers: totals by station that only grow, and that nobody sees where they are few."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from isoloir.field.canvass.surveys import results
from isoloir.field.models import Campaign, Question, Tally, Turf

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def question(campaign: Campaign) -> Question:
    answers = [["le bus", "the bus"], ["l'école", "the school"]]
    return Question.objects.create(campaign=campaign, number=1, fr="Quoi d'abord ?", en="What first?", answers=answers)


def send(client: Client, phone: uuid.UUID, *totals: Any, status: int = 200) -> None:
    body = {"phone": str(phone), "totals": list(totals)}
    answer = client.post("/api/field/nord/canvass/survey", json.dumps(body), content_type="application/json")
    assert answer.status_code == status, answer.content


def total(question: Question, count: int, answer: int = 0, station: str = "94028_0001") -> dict[str, Any]:
    return {"question": question.pk, "station": station, "answer": answer, "count": count}


def test_totals_grow_and_are_counted_once(client: Client, campaign: Campaign, turf: Turf, question: Question) -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    send(client, one, total(question, 5))
    send(client, one, total(question, 9))
    send(client, one, total(question, 5))  # one that was held up on its way
    assert results(campaign) == [], "nine answers are too few to be shown"
    send(client, other, total(question, 4), total(question, 2, answer=1))
    [row] = results(campaign)
    assert row == {"question": question.pk, "station": "94028_0001", "answers": {0: 13, 1: 2}}
    assert turf.pk


def test_an_answer_has_no_door_and_no_time() -> None:
    assert {f.name for f in Tally._meta.get_fields()} == {"id", "question", "phone", "station", "answer", "count"}


@pytest.mark.parametrize("change", [{"answer": 2}, {"count": 0}, {"count": 10**9}, {"station": "x"}, {"question": 0}])
def test_what_no_phone_would_send_is_refused(client: Client, turf: Turf, question: Question, change: Any) -> None:
    send(client, uuid.uuid4(), total(question, 3) | change, status=400)
    assert Tally.objects.count() == 0
    assert turf.pk


def test_the_phone_is_told_the_questions(client: Client, turf: Turf, question: Question) -> None:
    [asked] = client.get("/api/field/nord/canvass/turfs").json()["questions"]
    assert (asked["id"], asked["fr"]) == (question.pk, "Quoi d'abord ?")
    assert turf.pk
