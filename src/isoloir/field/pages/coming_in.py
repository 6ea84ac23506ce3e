"""Two ways into the book beside the public form: a code that the person confirms on their own phone, a signed paper."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, time
from typing import Any, ClassVar

from django import forms
from django.contrib import messages as notices
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from isoloir.field import contacts, signup, wordings
from isoloir.field.access import account_of, campaign_of
from isoloir.field.person import NewContact
from isoloir.field.public.joining import Join
from isoloir.field.scan import picture
from isoloir.field.texts import texts
from isoloir.language import language

_LARGEST = 2_000_000  # bytes of a scan
_KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"%PDF": "application/pdf"}


class Spoken(Join):
    """What somebody says in front of us; either address will do."""

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        self.fields["email"].required = False
        del self.fields["website"]


class Paper(Spoken):
    """What stands on a paper form, with its scan."""

    signed_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    scan = forms.FileField()

    texts: ClassVar[tuple[str, ...]] = (*Spoken.texts, "signed_on", "scan")

    def clean_signed_on(self) -> Any:
        """Not in the future."""
        day = self.cleaned_data["signed_on"]
        if day > timezone.localdate():
            raise ValidationError(texts()["paper_future"])
        return day

    def clean_scan(self) -> str:
        """The scan as text that can be sealed with the consent; pictures and PDF only."""
        return _as_proof(self.cleaned_data["scan"])


def _as_proof(scan: UploadedFile[Any]) -> str:
    if (scan.size or 0) > _LARGEST:
        raise ValidationError(texts()["paper_large"])
    content = scan.read()
    kind = next((kind for begins, kind in _KINDS.items() if content.startswith(begins)), None)
    if kind is None:
        raise ValidationError(texts()["paper_kind"])
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_code(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """A code to scan: nothing is in the book before the person has confirmed on their own phone."""
    mine = campaign_of(request)
    form = Spoken(request.POST if request.method == "POST" else None)
    shown: dict[str, Any] = {"form": form, "notice": wordings.notice(mine, language())}
    if request.method == "POST" and form.is_valid():
        link = signup.confirm_link(mine, form.wish("qr"))
        return render(request, "field/contacts/code.html", shown | {"link": link, "picture": picture(link)})
    return render(request, "field/contacts/code.html", shown, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_paper(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """A signed form; its scan is sealed with the key of the contact and goes with it."""
    mine, by = campaign_of(request), account_of(request)
    form = Paper(request.POST, request.FILES) if request.method == "POST" else Paper()
    if request.method != "POST" or not form.is_valid():
        return render(request, "field/contacts/paper.html", {"form": form}, status=422 if form.errors else 200)
    wish, at = form.wish("paper"), datetime.combine(form.cleaned_data["signed_on"], time(12), UTC)
    given = wordings.consents(
        mine, list(wish.ticked), wish.language, how="paper", at=min(at, timezone.now()), by=by,
        proof=form.cleaned_data["scan"],
    )  # fmt: skip
    new = NewContact(wish.name, wish.email, wish.phone, wish.postal_code, wish.offers, wish.language, given,
                     signup.act_of(wish), "paper")  # fmt: skip
    added = contacts.add(mine, new, by=by)
    notices.success(request, texts()["contact_added"], extra_tags="good")
    return HttpResponseRedirect(reverse("field:contact", args=[mine.slug, added.contact_id]))
