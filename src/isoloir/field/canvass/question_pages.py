"""The page on which anonymous questions are written, put in order and closed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from isoloir.errors import NotAllowed, SettingsError
from isoloir.field.access import campaign_of
from isoloir.field.canvass import questions as book
from isoloir.field.canvass.texts import texts
from isoloir.field.models import Question
from isoloir.language import say

_BOXES = ("fr", "en", "answers_fr", "answers_en")
_ACTS = {
    "up": lambda question: book.move(question, up=True),
    "down": lambda question: book.move(question, up=False),
    "close": book.close,
    "reopen": book.reopen,
    "take_back": book.take_back,
}


@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, campaign: str) -> HttpResponse:
    """The questions in order, and the form of one more."""
    found, typed = campaign_of(request), {name: request.POST.get(name, "") for name in _BOXES}
    if request.method == "POST":
        try:
            book.write(found, **typed)
        except (SettingsError, NotAllowed) as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, texts()["question_written"])
            return redirect("field:canvass_questions", campaign=campaign)
    rows = list(book.listed(found))
    shown = [
        {"it": one, "text": say(one.fr, one.en), "answers": [say(*pair) for pair in one.answers],
         "first": one is rows[0], "last": one is rows[-1]}
        for one in rows
    ]  # fmt: skip
    page: dict[str, Any] = {"c": texts(), "campaign": found, "typed": typed, "questions": shown}
    return render(request, "field/canvass/questions.html", page)


@require_POST
def act(request: HttpRequest, campaign: str, question: int) -> HttpResponse:
    """Move a question, close it, or undo that."""
    found = get_object_or_404(Question.objects.of(campaign_of(request)), pk=question)
    name = request.POST.get("act", "")
    if name not in _ACTS:
        raise Http404
    try:
        _ACTS[name](found)
    except SettingsError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, texts()[f"question_{name}_done"])
    return redirect("field:canvass_questions", campaign=campaign)
