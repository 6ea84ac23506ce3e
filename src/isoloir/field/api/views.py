"""What the API answers; each function takes the request and the campaign and gives plain values, or None for a 404."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from isoloir.errors import BadAddress
from isoloir.field import consent, contacts, log, suppression
from isoloir.field.access import account_of, campaign_of
from isoloir.field.channels import Channel, normalise
from isoloir.field.models import Campaign, Contact
from isoloir.field.person import Details, Person
from isoloir.field.purposes import purposes
from isoloir.field.size import size

_DETAILS = {"name": 200, "email": 254, "phone": 40, "postal_code": 12}
_MOST = 50
View = Callable[..., Any]


def answers(**views: View) -> Callable[..., HttpResponse]:
    """One address with a function a method; others are a 405. No session's token is asked for here: the gate does."""

    @csrf_exempt
    @never_cache
    @wraps(next(iter(views.values())))
    def answer(request: HttpRequest, campaign: str, **named: Any) -> HttpResponse:  # noqa: ARG001
        view = views.get(request.method or "")
        if view is None:
            told = {"status": 405, "code": "method_not_allowed", "message": f"one of {', '.join(views)}"}
            refused = JsonResponse({"error": told}, status=405)
            refused["Allow"] = ", ".join(views)
            return refused
        told = view(request, campaign_of(request), **named)
        if told is None:
            raise Http404
        return JsonResponse(told, json_dumps_params={"ensure_ascii": False})

    return answer


def counts(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:  # noqa: ARG001
    """How many people are in the book."""
    return {"contacts": size(campaign), "vote_on": campaign.vote_on.isoformat()}


def search(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """People by the beginning of a name."""
    asked = request.GET.get("q", "").replace("\0", "").strip()[:100]
    found = contacts.search(campaign, asked, by=account_of(request), limit=_MOST) if asked else []
    return {"contacts": [_short(one) for one in found]}


def find(request: HttpRequest, campaign: Campaign) -> dict[str, Any] | None:
    """The person of one address."""
    channel, address = _address(_body(request))
    found = contacts.find(campaign, channel, address, by=account_of(request))
    return _whole(found) if found else None


def read(request: HttpRequest, campaign: Campaign, contact: uuid.UUID) -> dict[str, Any] | None:
    """One person."""
    if not Contact.objects.of(campaign).filter(pk=contact).exists():
        return None
    return _whole(contacts.read(campaign, contact, by=account_of(request)))


def correct(request: HttpRequest, campaign: Campaign, contact: uuid.UUID) -> dict[str, Any] | None:
    """Rectification: what is given takes the place of what was there."""
    if not Contact.objects.of(campaign).filter(pk=contact).exists():
        return None
    told, by = _body(request), account_of(request)
    was = contacts.read(campaign, contact, by=by)
    new = {name: _text(told, name, length, getattr(was, name)) for name, length in _DETAILS.items()}
    if not (new["email"] or new["phone"]):
        raise SuspiciousOperation("a contact needs an e-mail address or a telephone number")
    contacts.correct(campaign, contact, Details(**new, offers=was.offers, language=was.language), by=by)
    return _whole(contacts.read(campaign, contact, by=by))


def erase(request: HttpRequest, campaign: Campaign, contact: uuid.UUID) -> dict[str, Any] | None:
    """Erasure at the person's request."""
    if not Contact.objects.of(campaign).filter(pk=contact).exists():
        return None
    contacts.erase(campaign, contact, by=account_of(request), why="request")
    return {"erased": str(contact)}


def withdraw(request: HttpRequest, campaign: Campaign, contact: uuid.UUID) -> dict[str, Any] | None:
    """Take back a consent for the person who asked: one purpose, one channel, or all where one is left out."""
    row = Contact.objects.of(campaign).filter(pk=contact).first()
    if row is None:
        return None
    told = _body(request)
    purpose = _text(told, "purpose", 30, "") or None
    if purpose and purpose not in purposes():
        raise SuspiciousOperation(f"purpose: one of {', '.join(purposes())}")
    channel = _channel(told) if told.get("channel") else None
    consent.withdraw(row, purpose, channel, how="api", actor=account_of(request))
    return {"withdrawn": str(contact)}


def objects(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Whether an address objects; with `add`, from now on it does. The list itself is given to nobody."""
    told = _body(request)
    channel, address = _address(told)
    if told.get("add") is True:
        suppression.suppress_many(campaign, channel, [address], how="api", actor=account_of(request))
    else:
        log.write(campaign, account_of(request), "check_suppression", channel.value)
    return {"objects": bool(suppression.suppressed(campaign, channel, [address]))}


def chain(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:  # noqa: ARG001
    """Whether the audit log holds."""
    return {"breaks": [{"sequence": one.sequence, "what": one.what} for one in log.verify(campaign)]}


def _short(person: Person) -> dict[str, Any]:
    return {"id": str(person.id), "name": person.name, "email": person.email, "phone": person.phone}


def _whole(person: Person) -> dict[str, Any]:
    standing = [
        {"purpose": purpose, "channel": channel.value, "granted": state.granted, "since": state.since.isoformat(),
         "until": state.until.isoformat() if state.until else None, "wording_version": state.wording_version}
        for (purpose, channel), state in sorted(person.consents.items())
    ]  # fmt: skip
    more = {"postal_code": person.postal_code, "offers": list(person.offers), "language": person.language,
            "origin": person.origin, "keep_until": person.keep_until.isoformat()}  # fmt: skip
    return {**_short(person), **more, "restricted": person.restricted, "consents": standing}


def _body(request: HttpRequest) -> dict[str, Any]:
    """The body as an object; raise SuspiciousOperation, a 400, where it is none."""
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise SuspiciousOperation("the body is a JSON object") from error
    if not isinstance(told, dict):
        raise SuspiciousOperation("the body is a JSON object")
    return told


def _text(told: dict[str, Any], name: str, longest: int, otherwise: str) -> str:
    value = told.get(name, otherwise)
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise SuspiciousOperation(f"{name}: a text of at most {longest} characters")
    return value


def _channel(told: dict[str, Any]) -> Channel:
    try:
        return Channel(str(told.get("channel", "")))
    except ValueError:
        raise SuspiciousOperation(f"channel: one of {', '.join(Channel)}") from None


def _address(told: dict[str, Any]) -> tuple[Channel, str]:
    channel = _channel(told)
    try:
        return channel, normalise(channel, _text(told, "address", 400, ""))
    except BadAddress as wrong:
        raise SuspiciousOperation(str(wrong)) from None
