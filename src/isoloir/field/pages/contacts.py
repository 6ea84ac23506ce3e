"""The book on pages: finding a person, what they agreed to, correcting, withdrawing for them, erasing."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django import forms
from django.contrib import messages as notices
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from isoloir.errors import BadAddress
from isoloir.field import consent, contacts, wordings, words
from isoloir.field.access import account_of, campaign_of
from isoloir.field.channels import Channel, normalise, readable
from isoloir.field.forms import Form
from isoloir.field.models import Campaign, ConsentEntry, Contact
from isoloir.field.person import Details, Person
from isoloir.field.size import size
from isoloir.field.texts import texts

_SHOWN = 50


@never_cache
@require_safe
def book(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001 (the gate has read it)
    """Nobody is listed before somebody is looked for: by the beginning of a name, or by an exact address."""
    mine, asked = campaign_of(request), request.GET.get("q", "").strip()[:200]
    shown: dict[str, Any] = {"asked": asked, "number": size(mine)}
    if asked:
        shown["people"] = _look(mine, asked, request)
    part = "field/contacts/found.html" if request.headers.get("HX-Request") else "field/contacts/book.html"
    return render(request, part, shown)


def _look(campaign: Campaign, asked: str, request: HttpRequest) -> list[Person]:
    for channel in (Channel.EMAIL, Channel.PHONE):
        try:
            address = normalise(channel, asked)
        except BadAddress:
            continue
        found = contacts.find(campaign, channel, address, by=account_of(request))
        return [found] if found else []
    return contacts.search(campaign, asked, by=account_of(request), limit=_SHOWN)


@never_cache
@require_safe
def contact(request: HttpRequest, campaign: str, contact: uuid.UUID) -> HttpResponse:  # noqa: ARG001
    """One person, with their ledger."""
    mine = campaign_of(request)
    _of(mine, contact)
    person = contacts.read(mine, contact, by=account_of(request))
    rows = ConsentEntry.objects.of(mine).filter(contact=contact).select_related("wording").order_by("-at", "-id")
    ledger = [(one, words.box(one.purpose, one.channel), words.how(one.how)) for one in rows]
    standing = [
        (f"{purpose}:{channel.value}", words.box(purpose, channel.value), state)
        for (purpose, channel), state in sorted(person.consents.items())
    ]
    shown = {
        "person": person,
        "email": readable(person.email),
        "standing": standing,
        "ledger": ledger,
        "origin": words.origin(person.origin),
    }
    return render(request, "field/contacts/contact.html", shown)


class Correction(Form):
    """What a person says is right about themselves."""

    name = forms.CharField(max_length=200, required=False)
    email = forms.CharField(max_length=254, required=False)
    phone = forms.CharField(max_length=40, required=False)
    postal_code = forms.CharField(max_length=12, required=False)
    offer = forms.CharField(max_length=500, required=False)

    texts: ClassVar = ("name", "email", "phone", "postal_code", "offer")

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        for name in ("phone", "postal_code", "offer"):  # said of somebody, not to them
            self.fields[name].label = texts()[name]

    def clean(self) -> None:
        """Some way to reach the person is left, and addresses are ones."""
        for name, channel in (("email", Channel.EMAIL), ("phone", Channel.PHONE)):
            if given := self.cleaned_data.get(name):
                try:
                    self.cleaned_data[name] = normalise(channel, given)
                except BadAddress as wrong:
                    self.add_error(name, f"{texts()['join_address']} {wrong.why}")
        if not (self.cleaned_data.get("email") or self.cleaned_data.get("phone")):
            raise ValidationError(texts()["contact_no_address"])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, campaign: str, contact: uuid.UUID) -> HttpResponse:  # noqa: ARG001
    """Rectification (RGPD, art. 16)."""
    mine, by = campaign_of(request), account_of(request)
    _of(mine, contact)
    if request.method != "POST":
        person = contacts.read(mine, contact, by=by)
        first = {"name": person.name, "email": person.email, "phone": person.phone,
                 "postal_code": person.postal_code, "offer": " ; ".join(person.offers)}  # fmt: skip
        return render(request, "field/contacts/edit.html", {"form": Correction(initial=first), "contact": contact})
    form = Correction(request.POST)
    if not form.is_valid():
        return render(request, "field/contacts/edit.html", {"form": form, "contact": contact}, status=422)
    given = form.cleaned_data
    offers = tuple(filter(None, (one.strip() for one in given["offer"].split(";"))))
    language = contacts.read(mine, contact, by=by).language
    details = Details(given["name"], given["email"], given["phone"], given["postal_code"], offers, language)
    contacts.correct(mine, contact, details, by=by)
    notices.success(request, texts()["contact_corrected"], extra_tags="good")
    return HttpResponseRedirect(reverse("field:contact", args=[mine.slug, contact]))


@require_POST
def withdraw(request: HttpRequest, campaign: str, contact: uuid.UUID) -> HttpResponse:  # noqa: ARG001
    """The person said to somebody of the campaign that they no longer agree."""
    mine = campaign_of(request)
    row = _of(mine, contact)
    try:
        purpose, channel = wordings.parse(request.POST.get("box", ""))
    except ValueError:
        raise Http404 from None
    consent.withdraw(row, purpose, channel, how="told_to_staff", actor=account_of(request))
    notices.success(request, texts()["contact_withdrawn"], extra_tags="good")
    return HttpResponseRedirect(reverse("field:contact", args=[mine.slug, contact]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, campaign: str, contact: uuid.UUID) -> HttpResponse:  # noqa: ARG001
    """Erasure at the person's request: their key is destroyed, their addresses go on the opt-out list."""
    mine = campaign_of(request)
    _of(mine, contact)
    if request.method != "POST":
        return render(request, "field/contacts/erase.html", {"contact": contact})
    contacts.erase(mine, contact, by=account_of(request), why="request")
    notices.success(request, texts()["contact_erased"], extra_tags="good")
    return HttpResponseRedirect(reverse("field:contacts", args=[mine.slug]))


def _of(campaign: Campaign, contact: uuid.UUID) -> Contact:
    """The row, of this campaign only; another campaign's does not exist here."""
    row = Contact.objects.of(campaign).filter(pk=contact).first()
    if row is None:
        raise Http404
    return row
