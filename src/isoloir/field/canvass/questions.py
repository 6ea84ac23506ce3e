"""The anonymous questions of a campaign: written, put in order, closed. What was answered stays as it was asked.

A question never changes: one that was mistyped is taken back while nobody has answered it, and written again.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from isoloir.errors import SettingsError
from isoloir.field.canvass import asking
from isoloir.field.models import Campaign, Question, Tally
from isoloir.language import say

OPEN = 6  # questions at a door
ANSWERS = (2, 8)
LONGEST = {"question": 200, "answer": 60}  # characters


def listed(campaign: Campaign) -> QuerySet[Question]:
    """Every question in order, `answered` where there is an answer to it."""
    tallies = Tally.objects.filter(question=OuterRef("pk"))
    return Question.objects.of(campaign).annotate(answered=Exists(tallies)).order_by("number")


def write(campaign: Campaign, fr: str, en: str, answers_fr: str, answers_en: str) -> Question:
    """Add a question at the end; answers are one a line, in both languages in the same order.

    Raise SettingsError for what is no question, NotAllowed for one about the person who is asked.
    """
    fr, en = (_text(text, "question") for text in (fr, en))
    french, english = _lines(answers_fr), _lines(answers_en)
    if len(french) != len(english):
        told = f"{len(french)} / {len(english)}"
        raise SettingsError(say(f"il faut autant de réponses en français et en anglais ({told})",
                                 f"as many answers are needed in French as in English ({told})"))  # fmt: skip
    if not ANSWERS[0] <= len(french) <= ANSWERS[1]:
        raise SettingsError(say(f"il faut de {ANSWERS[0]} à {ANSWERS[1]} réponses, une par ligne",
                                 f"{ANSWERS[0]} to {ANSWERS[1]} answers are needed, one a line"))  # fmt: skip
    asking.ask(campaign, [fr, en], [*french, *english])
    with transaction.atomic():
        _room(campaign)
        pairs = [list(pair) for pair in zip(french, english, strict=True)]
        return Question.objects.create(campaign=campaign, number=_last(campaign) + 1, fr=fr, en=en, answers=pairs)


def move(question: Question, up: bool) -> None:
    """Ask it before the one above, or after the one below."""
    with transaction.atomic():
        all_of = list(Question.objects.of(question.campaign).select_for_update().order_by("number"))
        place = next(n for n, one in enumerate(all_of) if one.pk == question.pk)
        other = place - 1 if up else place + 1
        if 0 <= other < len(all_of):
            mine, theirs = all_of[place], all_of[other]
            numbers = theirs.number, mine.number
            Question.objects.filter(pk=mine.pk).update(number=all_of[-1].number + 1)  # a number is had once
            Question.objects.filter(pk=theirs.pk).update(number=numbers[1])
            Question.objects.filter(pk=mine.pk).update(number=numbers[0])


def close(question: Question) -> None:
    """Phones ask it no more; answers that are still on one are counted when it comes home."""
    Question.objects.filter(pk=question.pk, closed_at=None).update(closed_at=timezone.now())


def reopen(question: Question) -> None:
    """Undo the closing; raise SettingsError where enough are asked."""
    with transaction.atomic():
        _room(question.campaign)
        Question.objects.filter(pk=question.pk).update(closed_at=None)


def take_back(question: Question) -> None:
    """Undo the writing; raise SettingsError once somebody has answered."""
    with transaction.atomic():
        if Tally.objects.filter(question=question).exists():
            raise SettingsError(say("on y a déjà répondu : fermez-la", "it was answered already: close it"))
        question.delete()


def _room(campaign: Campaign) -> None:
    asked = Question.objects.of(campaign).select_for_update().filter(closed_at=None)
    if len(asked) >= OPEN:
        raise SettingsError(say(f"on pose au plus {OPEN} questions à une porte : fermez-en une",
                                 f"at most {OPEN} questions are asked at a door: close one"))  # fmt: skip


def _last(campaign: Campaign) -> int:
    return Question.objects.of(campaign).order_by("-number").values_list("number", flat=True).first() or 0


def _lines(text: str) -> Sequence[str]:
    lines = [_text(line, "answer") for line in text.splitlines() if line.strip()]
    if len(set(lines)) < len(lines):
        raise SettingsError(say("une réponse y est deux fois", "an answer is there twice"))
    return lines


def _text(text: str, what: str) -> str:
    text = " ".join(text.split())
    if not 0 < len(text) <= LONGEST[what]:
        most = LONGEST[what]
        raise SettingsError(say(f"« {text[:40]} » : il faut de 1 à {most} caractères, dans les deux langues",
                                 f"“{text[:40]}”: 1 to {most} characters are needed, in both languages"))  # fmt: skip
    return text
