"""Anonymous answers: totals by station that only grow, and that nobody sees where they are few."""

from __future__ import annotations

import csv
import io
import json
import uuid
from typing import Any

import pytest
from canvassing import BACKEND, make_member
from django.test import Client

from isoloir.field import second_factor
from isoloir.field.canvass.surveys import results, results_csv
from isoloir.field.models import Campaign, Question, Tally, Turf
from isoloir.field.roles import Role

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


@pytest.mark.parametrize("change", [{"answer": 2}, {"count": 0}, {"count": 10**9}, {"station": "x"}])
def test_what_no_phone_would_send_is_refused(client: Client, turf: Turf, question: Question, change: Any) -> None:
    send(client, uuid.uuid4(), total(question, 3) | change, status=400)
    assert Tally.objects.count() == 0
    assert turf.pk


def test_the_phone_is_told_the_questions(client: Client, turf: Turf, question: Question) -> None:
    [asked] = client.get("/api/field/nord/canvass/turfs").json()["questions"]
    assert (asked["id"], asked["fr"]) == (question.pk, "Quoi d'abord ?")
    assert turf.pk


@pytest.mark.parametrize(
    ("language", "words"), [("fr", ["Quoi d&#x27;abord ?", "le bus"]), ("en", ["What first?", "the bus"])]
)
def test_a_coordinator_sees_stations_of_eleven_answers_or_more_and_takes_them_away(
    client: Client, campaign: Campaign, turf: Turf, question: Question, monkeypatch: pytest.MonkeyPatch,
    language: str, words: list[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(second_factor, "missing", lambda *_: None)  # it has tests of its own
    coordinator = Client()
    coordinator.force_login(make_member(campaign, Role.COORDINATOR), backend=BACKEND)
    page = f"/{language}/field/nord/canvass/surveys/"
    send(client, uuid.uuid4(), total(question, 10), total(question, 10, station="94028_0002"))
    shown = coordinator.get(page).content.decode()
    assert words[0] in shown
    assert "94028_000" not in shown
    send(client, uuid.uuid4(), total(question, 7, answer=1))
    shown = coordinator.get(page).content.decode()
    assert words[1] in shown
    assert "94028_0001" in shown
    assert "94028_0002" not in shown
    assert '<progress max="17" value="7"' in shown
    told = coordinator.get(f"/{language}/field/nord/canvass/export/surveys/").content.decode()
    rows = list(csv.reader(io.StringIO(told)))
    assert [(row[3], row[5], row[7]) for row in rows[1:]] == [
        ("94028_0001", "le bus", "10"),
        ("94028_0001", "l'école", "7"),
    ]
    assert client.get(page).status_code == 403, "a canvasser sees no results"
    assert turf.pk


def test_a_question_is_no_formula_of_a_spreadsheet(client: Client, campaign: Campaign, turf: Turf) -> None:
    odd = Question.objects.create(campaign=campaign, number=1, fr="=1+1", en="@x", answers=[["-1", "+1"]])
    send(client, uuid.uuid4(), total(odd, 12))
    assert results_csv(campaign).splitlines()[1] == "1,'=1+1,'@x,94028_0001,1,'-1,'+1,12"
    assert turf.pk
