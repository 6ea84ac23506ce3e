"""Messages on pages: writing one, seeing whom it reaches, sending it, and following it."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms
from django.contrib import messages as notices
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from isoloir.field import messages as sending
from isoloir.field import wordings
from isoloir.field.access import account_of, campaign_of
from isoloir.field.channels import Channel
from isoloir.field.forms import Form
from isoloir.field.models import Mailing
from isoloir.field.selection import Selection
from isoloir.field.texts import texts
from isoloir.language import language
from isoloir.law import cited


class Compose(Form):
    """To whom, by what they agreed to, and what."""

    purpose = forms.ChoiceField(choices=())
    subject = forms.CharField(max_length=150)
    body = forms.CharField(max_length=50_000, widget=forms.Textarea(attrs={"rows": 12}))
    codes = forms.CharField(max_length=400, required=False)
    offered = forms.CharField(max_length=80, required=False)

    texts: ClassVar = ("purpose", "subject", "body", "codes", "offered")

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        field = self.fields["purpose"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one, wordings.sentence(one, Channel.EMAIL, language())) for one in wordings.ASKED]

    def clean_codes(self) -> tuple[str, ...]:
        """Postal codes or their beginnings."""
        codes = tuple(filter(None, re.split(r"[\s,;]+", self.cleaned_data["codes"])))
        if any(not re.fullmatch("[0-9][0-9A-Z]{1,4}", one) for one in codes):
            raise ValidationError(texts()["codes_wrong"])
        return codes

    @property
    def selection(self) -> Selection:
        """Among whom it chooses."""
        return Selection(self.cleaned_data["codes"], self.cleaned_data["offered"].strip())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """Those that went, and a new one: first looked at with the number of people that it reaches, then prepared."""
    mine = campaign_of(request)
    form = Compose(request.POST if request.method == "POST" else None)
    shown: dict[str, Any] = {"form": form, "mailings": Mailing.objects.of(mine).order_by("-id")[:50]}
    if request.method != "POST" or not form.is_valid():
        return render(request, "field/messages.html", shown, status=422 if form.errors else 200)
    given = form.cleaned_data
    if "send" not in request.POST:
        counted = {"reach": sending.reach(mine, given["purpose"], form.selection), "selected": bool(form.selection),
                   "why": cited("OPT-01", language())}  # fmt: skip
        return render(request, "field/messages.html", shown | counted)
    made = sending.prepare(
        mine, given["purpose"], given["subject"], given["body"], by=account_of(request), selection=form.selection
    )
    return HttpResponseRedirect(reverse("field:message", args=[mine.slug, made.pk]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest, campaign: str, number: int) -> HttpResponse:  # noqa: ARG001
    """Where one stands; each POST sends for some seconds, so that no request and no process has to live for long."""
    mine = campaign_of(request)
    mailing = Mailing.objects.of(mine).filter(pk=number).first()
    if mailing is None:
        raise Http404
    if request.method == "POST":
        try:
            now = sending.deliver(mailing)
        except OSError:
            notices.error(request, texts()["message_server_gone"], extra_tags="bad")
            return HttpResponseRedirect(request.path)
    else:
        now = sending.progress(mailing)
    part = "field/message_progress.html" if request.headers.get("HX-Request") else "field/message.html"
    return render(request, part, {"mailing": mailing, "now": now, "why": cited("OPT-01", language()),
                                   "silence": cited("TIME-01", language())})  # fmt: skip
