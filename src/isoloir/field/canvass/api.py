"""What the application on the phone asks for, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from isoloir.errors import BadAddress
from isoloir.field.access import account_of, campaign_of
from isoloir.field.canvass import silence, turfs
from isoloir.field.canvass.notes import refused_by, words
from isoloir.field.canvass.signups import form, take
from isoloir.field.canvass.surveys import add_totals, questions
from isoloir.field.canvass.sync import Sent, receive_all
from isoloir.field.canvass.together import Together
from isoloir.field.canvass.wire import Malformed, read_batch
from isoloir.field.models import Turf, TurfMap
from isoloir.language import LANGUAGES, language

_LARGEST = 200_000  # bytes of a request
_receive = Together(receive_all, most=32)  # batches of one transaction


def _reading(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that reads what the phone sent: what it cannot be is a 400."""

    @wraps(view)
    def read(request: HttpRequest, **named: Any) -> HttpResponse:
        try:
            return view(request, **named)
        except Malformed as error:
            return _answer({"error": {"status": 400, "code": "bad_request", "message": str(error)}}, 400)

    return read


@require_safe
def listing(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001 (the gate has read it)
    """The turfs of the open pass, and what the application needs to begin."""
    found = campaign_of(request)
    mine = turfs.open_turfs(found, account_of(request))
    about = {"name": found.name, **{code: form(found, code) for code in LANGUAGES}}
    needs = {"token": get_token(request), "words": sorted(words()), "questions": questions(found),
             "silence": silence.told(found)}  # fmt: skip
    return _answer({"campaign": about, "turfs": mine, **needs})


@require_safe
def turf(request: HttpRequest, campaign: str, turf: int) -> HttpResponse:  # noqa: ARG001
    """One turf, to be walked without a network."""
    return _answer(turfs.turf_for_phone(_turf(request, turf)))


@require_safe
def turf_map(request: HttpRequest, campaign: str, turf: int) -> HttpResponse:  # noqa: ARG001
    """Its map, whole."""
    found = TurfMap.objects.filter(turf=_turf(request, turf)).first()
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.archive), content_type="application/vnd.pmtiles")
    response["Cache-Control"] = "private, no-cache"
    return response


@require_POST
def claim(request: HttpRequest, campaign: str, turf: int) -> HttpResponse:  # noqa: ARG001
    """Take a turf."""
    turfs.claim(_turf(request, turf), account_of(request))
    return _answer({"claimed": turf})


@require_POST
@_reading
def release(request: HttpRequest, campaign: str, turf: int) -> HttpResponse:  # noqa: ARG001
    """Give it back; `{"done": true}` where it is finished."""
    turfs.release(_turf(request, turf), account_of(request), bool(_json(request).get("done")))
    return _answer({"released": turf})


@require_POST
@_reading
def sync(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """Take reports (`sync.receive_all`)."""
    batch = read_batch(_json(request))
    answer = _receive(Sent(campaign_of(request), account_of(request), batch, timezone.now()))
    if isinstance(answer, Malformed):
        raise answer
    refused = [asdict(told) | _law(told.why) for told in answer.refused]
    return _answer({**vars(answer), "refused": refused, "token": get_token(request)})


@require_POST
@_reading
def signups(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """Take a sealed sign-up. One whose address reaches nobody is refused for good, and leaves the phone too."""
    try:
        take(request, campaign_of(request), _json(request))
    except BadAddress:
        return _answer({"taken": False})
    return _answer({"taken": True})


@require_POST
@_reading
def survey(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """Take a phone's totals of anonymous answers."""
    return _answer({"taken": add_totals(campaign_of(request), account_of(request), _json(request))})


def _law(why: str) -> dict[str, Any]:
    """The rule and its article, where it is the law that refuses a report."""
    return {"law": refused_by(language())} if why == "note_about_person" else {}


def _turf(request: HttpRequest, pk: int) -> Turf:
    found = Turf.objects.of(campaign_of(request)).filter(pk=pk, of_pass__ended_at=None).first()
    if found is None:
        raise Http404
    return found


def _json(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > _LARGEST:
        raise Malformed("too long")
    try:
        found = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("a request is an object")
    return found


def _answer(what: dict[str, Any], status: int = 200) -> JsonResponse:
    response = JsonResponse(what, status=status, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})
    response["Cache-Control"] = "no-store"
    return response
