"""Anonymous questions: written, ordered and closed by a coordinator; none is about the person who answers."""

from __future__ import annotations

import json
import tomllib
import uuid
from operator import itemgetter
from pathlib import Path

import pytest
from canvassing import make_campaign
from django.test import Client

from isoloir.errors import NotAllowed, SettingsError
from isoloir.field.canvass import questions
from isoloir.field.canvass.surveys import questions as told_to_phones
from isoloir.field.canvass.surveys import results
from isoloir.field.models import Campaign, LogEntry, Question, Tally, Turf

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

BUS = {
    "fr": "Quoi d'abord ?",
    "en": "What first?",
    "answers_fr": "le bus\nl'école\n",
    "answers_en": "the bus\nthe school",
}


def written(campaign: Campaign, *names: str) -> list[Question]:
    return [questions.write(campaign, f"{name} ?", f"{name}?", "oui\nnon", "yes\nno") for name in names]


def order(campaign: Campaign) -> list[str]:
    return [one["en"] for one in told_to_phones(campaign)]


def test_questions_are_asked_in_their_order_until_they_are_closed(campaign: Campaign) -> None:
    bus, school, park = written(campaign, "Bus", "School", "Park")
    questions.move(park, up=True)
    questions.move(bus, up=True)  # it is the first already
    assert order(campaign) == ["Bus?", "Park?", "School?"]
    questions.move(bus, up=False)
    questions.close(park)
    assert order(campaign) == ["Bus?", "School?"]
    questions.reopen(park)
    assert order(campaign) == ["Park?", "Bus?", "School?"]
    questions.take_back(school)
    assert order(campaign) == ["Park?", "Bus?"]


def test_answers_on_a_phone_count_after_the_closing_and_hold_nothing_up_after_a_taking_back(
    client: Client, campaign: Campaign, turf: Turf
) -> None:
    kept, gone = written(campaign, "Bus", "School")
    on_the_phone = [kept.pk, gone.pk]
    questions.close(kept)
    questions.take_back(gone)
    totals = [{"question": pk, "station": "94028_0001", "answer": 0, "count": 12} for pk in on_the_phone]
    body = json.dumps({"phone": str(uuid.uuid4()), "totals": totals})
    assert client.post("/api/field/nord/canvass/survey", body, content_type="application/json").status_code == 200
    assert [(row["question"], row["answers"]) for row in results(campaign)] == [(kept.pk, {0: 12})]
    with pytest.raises(SettingsError, match=r"répondu|answered"):
        questions.take_back(kept)
    assert Tally.objects.count() == 1
    assert turf.pk


def test_at_a_door_few_questions_are_asked(campaign: Campaign) -> None:
    first, *_ = written(campaign, *"ABCDEF")
    with pytest.raises(SettingsError, match=r"6 questions"):
        written(campaign, "G")
    questions.close(first)
    written(campaign, "G")
    with pytest.raises(SettingsError, match=r"6 questions"):
        questions.reopen(first)


@pytest.mark.parametrize(
    "change",
    [
        {"fr": ""},
        {"en": " "},
        {"fr": "x" * 201},
        {"answers_fr": "le bus"},
        {"answers_fr": "un\nun"},
        {"answers_fr": "un", "answers_en": "one"},
        {"answers_fr": "1\n2\n3\n4\n5\n6\n7\n8\n9", "answers_en": "1\n2\n3\n4\n5\n6\n7\n8\n9"},
        {"answers_en": "the bus\n" + "x" * 61},
    ],
)
def test_what_is_no_question_is_refused(campaign: Campaign, change: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        questions.write(campaign, **(BUS | change))
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    ("asked", "answers", "rule"),
    [
        ("Pour qui voterez-vous ?", "A\nB", "DOOR-03"),
        ("Who will you vote for?", "A\nB", "DOOR-03"),
        ("Êtes-vous plutôt de gauche ou de droite ?", "l'une\nl'autre", "DOOR-03"),
        ("De qui vous sentez-vous proche ?", "LFI\nPS\nRN", "DOOR-03"),
        ("Que pensez-vous du maire ?", "du bien\ndu mal", "DOOR-03"),
        ("Soutenez-vous notre candidate ?", "oui\nnon", "DOOR-03"),
        ("Quelle est votre religion ?", "une\naucune", "SENS-02"),
        ("Croyez-vous en Dieu ?", "oui\nnon", "SENS-02"),
        ("D’où viennent vos parents ?", "d'ici\nd'ailleurs", "SENS-02"),
        ("Êtes-vous syndiqué ?", "oui\nnon", "SENS-02"),
        ("Êtes-vous en bonne santé ?", "oui\nnon", "SENS-02"),
        ("Quel âge avez-vous ?", "18-30\n30-99", "DOOR-02"),
    ],
)
def test_a_question_about_the_person_is_refused_by_its_rule(
    campaign: Campaign, asked: str, answers: str, rule: str
) -> None:
    for fr, en in ((asked, "What?"), ("Quoi ?", asked)):
        with pytest.raises(NotAllowed) as refusal:
            questions.write(campaign, fr, en, answers, answers)
        assert rule in refusal.value.rules
        assert "art." in str(refusal.value)
    assert not Question.objects.exists()
    assert LogEntry.objects.filter(action="refused", subject="question").count() == 2


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        ("Quel est le premier souci du quartier ?", "les transports\nl'école\nla santé\nle logement"),
        ("Faut-il fermer la rue aux voitures ?", "pour\ncontre\nsans avis"),
        ("Comment venez-vous au travail ?", "à pied\nen bus\nen voiture"),
        ("Savez-vous où est votre bureau de vote ?", "oui\nnon"),
        ("What is missing here most?", "a doctor\na bus\na crèche"),
        ("Faut-il une maison de santé ?", "oui\nnon"),
    ],
)
def test_a_question_about_the_place_is_asked(campaign: Campaign, asked: str, answers: str) -> None:
    assert questions.write(campaign, asked, asked, answers, answers).pk


ASKED = tomllib.loads((Path(__file__).parent / "asked.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("told", ASKED["lawful"], ids=itemgetter(1))
def test_what_the_town_should_do_is_asked(campaign: Campaign, told: list[str]) -> None:
    fr, en, *answers = told
    answers_fr, answers_en = (given.replace("/", "\n") for given in answers)
    assert questions.write(campaign, fr, en, answers_fr, answers_en).pk


@pytest.mark.parametrize("told", ASKED["refused"], ids=itemgetter(1))
def test_what_somebody_votes_or_thinks_of_people_is_not_asked(campaign: Campaign, told: list[str]) -> None:
    fr, en, *answers = told
    answers_fr, answers_en = (given.replace("/", "\n") for given in answers)
    for asked, other, mine in ((fr, "Where?", answers_fr), (en, "Où ?", answers_en)):
        with pytest.raises(NotAllowed, match=r"art\."):
            questions.write(campaign, asked, other, mine, mine)
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    ("language", "written_", "refused"),
    [("fr", "ajoutée", "porte sur la personne"), ("en", "is added", "about the person")],
)
def test_a_coordinator_writes_orders_closes_and_undoes_on_the_page(
    coordinator: Client, client: Client, language: str, written_: str, refused: str
) -> None:
    page = f"/{language}/field/nord/canvass/questions/"
    assert written_ in coordinator.post(page, BUS, follow=True).content.decode()
    told = coordinator.post(page, BUS | {"fr": "Pour qui votez-vous ?"}).content.decode()
    assert refused in told
    assert "RGPD, art. 9" in told
    assert "Pour qui votez-vous ?" in told, "what was typed stays in the form"
    question = Question.objects.get()
    for act, closed in (("close", True), ("reopen", False), ("up", False), ("down", False)):
        assert coordinator.post(f"{page}{question.pk}/", {"act": act}).status_code == 302
        question.refresh_from_db()
        assert (question.closed_at is not None) is closed
    assert coordinator.post(f"{page}{question.pk}/", {"act": "burn"}).status_code == 404
    assert coordinator.post(f"{page}{question.pk}/", {"act": "take_back"}).status_code == 302
    assert not Question.objects.exists()
    assert client.get(page).status_code == 403, "a canvasser writes no question"


def test_a_question_of_another_campaign_is_out_of_reach(coordinator: Client, campaign: Campaign) -> None:
    [theirs] = written(make_campaign("sud"), "Bus")
    assert coordinator.post(f"/fr/field/nord/canvass/questions/{theirs.pk}/", {"act": "close"}).status_code == 404
    assert campaign.pk
