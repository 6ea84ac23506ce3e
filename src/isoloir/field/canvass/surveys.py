"""Anonymous questions: counted by station, without a door, an order or a time.

A phone adds its answers up and sends its totals, never one answer: the larger of two totals is the later one, so
sending twice or late changes nothing. It sends them when five more have come together, or when its turf is given back.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Sum

from isoloir.field.canvass.counts import as_csv
from isoloir.field.canvass.units import LEAST
from isoloir.field.canvass.wire import Malformed
from isoloir.field.models import Building, Campaign, Phone, Question, Tally, User

MOST = 1_000  # totals of one request
_HIGHEST = 100_000


def questions(campaign: Campaign) -> list[dict[str, Any]]:
    """What canvassers may ask, in order, as the phone shows it."""
    found = Question.objects.of(campaign).filter(closed_at=None).order_by("number")
    return [{"id": one.pk, "fr": one.fr, "en": one.en, "answers": one.answers} for one in found]


def add_totals(campaign: Campaign, user: User, raw: Mapping[str, Any]) -> int:
    """Take a phone's totals; return how many there were. Raise Malformed for what no phone would send.

    Answers to a question that was closed count; those to one that was taken back are let go.
    """
    try:
        number, totals = uuid.UUID(str(raw.get("phone"))), list(raw["totals"])
        read = [tuple(int(total[name]) for name in ("question", "answer", "count")) for total in totals]
        stations = [str(total["station"]) for total in totals]
    except (KeyError, TypeError, ValueError):
        raise Malformed("totals have a question, a station, an answer and a count") from None
    known = {one.pk: one for one in Question.objects.of(campaign)}
    ours = set(Building.objects.of(campaign).filter(station__in=set(stations)).values_list("station", flat=True))
    for (question, answer, count), station in zip(read, stations, strict=True):
        choices = len(known[question].answers) if question in known else MOST
        fits = 0 <= answer < choices and station in ours
        if not fits or not 0 < count <= _HIGHEST or len(read) > MOST:
            raise Malformed("a total is of a question, an answer and a station of this campaign")
    with transaction.atomic():
        Phone.objects.get_or_create(id=number, defaults={"campaign": campaign, "user": user})
        phone = Phone.objects.select_for_update().get(id=number)
        if phone.campaign_id != campaign.pk:
            raise Malformed("this phone reports to another campaign")
        for (question, answer, count), station in zip(read, stations, strict=True):
            if question in known:
                _raise_to(known[question], phone, station, answer, count)
    return len(read)


def results(campaign: Campaign) -> list[dict[str, Any]]:
    """Answers by question and station; a station with fewer than eleven answers to a question is left out of it."""
    rows = Tally.objects.filter(question__campaign=campaign).values("question", "station", "answer")
    sums: dict[tuple[int, str], dict[int, int]] = {}
    for row in rows.annotate(n=Sum("count")).order_by("question__number", "station", "answer"):
        sums.setdefault((row["question"], row["station"]), {})[row["answer"]] = row["n"]
    return [
        {"question": question, "station": station, "answers": answers}
        for (question, station), answers in sums.items()
        if sum(answers.values()) >= LEAST
    ]


def results_csv(campaign: Campaign) -> str:
    """The same as CSV: `question, question_fr, question_en, station_id, answer, answer_fr, answer_en, count`."""
    known = Question.objects.of(campaign).in_bulk()
    rows = []
    for found in results(campaign):
        question = known[found["question"]]
        for answer, (fr, en) in enumerate(question.answers):
            count = found["answers"].get(answer, 0)
            about = (question.number, question.fr, question.en, found["station"])
            rows.append([*about, answer + 1, fr, en, count])
    header = ["question", "question_fr", "question_en", "station_id", "answer", "answer_fr", "answer_en", "count"]
    return as_csv(header, rows)


def _raise_to(question: Question, phone: Phone, station: str, answer: int, count: int) -> None:
    which = {"question": question, "phone": phone, "station": station, "answer": answer}
    held, fresh = Tally.objects.get_or_create(**which, defaults={"count": count})
    if not fresh and held.count < count:
        held.count = count
        held.save(update_fields=["count"])
