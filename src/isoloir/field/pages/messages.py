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
from isoloir.field import preparing, wordings
from isoloir.field.access import account_of, campaign_of
from isoloir.field.channels import Channel
from isoloir.field.forms import Form
from isoloir.field.models import Mailing
from isoloir.field.selection import Selection
from isoloir.field.size import size
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
    """Those that went, and a new one, which is prepared; its page tells how many people it reaches before it goes."""
    mine = campaign_of(request)
    form = Compose(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _compose(request, form)
    given = form.cleaned_data
    made = preparing.draft(
        mine, given["purpose"], given["subject"], given["body"], by=account_of(request), selection=form.selection
    )
    preparing.gather(made)
    return HttpResponseRedirect(reverse("field:message", args=[mine.slug, made.pk]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest, campaign: str, number: int) -> HttpResponse:  # noqa: ARG001
    """Where one stands; each POST prepares or sends for some seconds, so that no request has to live for long.

    What is asked for is named: preparing that goes on by itself never begins to send.
    """
    mine = campaign_of(request)
    mailing = Mailing.objects.of(mine).filter(pk=number).first()
    if mailing is None:
        raise Http404
    going = "send" in request.POST and bool(mailing.prepared_at)
    try:
        if "delete" in request.POST:
            preparing.delete(mailing, account_of(request))
            return _compose(request, Compose(initial=_given(mailing)))
        if going:
            sending.deliver(mailing)
        elif request.method == "POST":
            preparing.gather(mailing)
    except Mailing.DoesNotExist:
        raise Http404 from None
    except OSError:
        notices.error(request, texts()["message_server_gone"], extra_tags="bad")
        return HttpResponseRedirect(request.path)
    part = "field/message_progress.html" if request.headers.get("HX-Request") else "field/message.html"
    shown = {"mailing": mailing, "now": sending.progress(mailing), "book": size(mine), "going": going}
    return render(request, part, shown | {"why": cited("OPT-01", language()), "silence": cited("TIME-01", language())})


def _compose(request: HttpRequest, form: Compose) -> HttpResponse:
    earlier = Mailing.objects.of(campaign_of(request)).order_by("-id")[:50]
    shown = {"form": form, "mailings": earlier, "action": reverse("field:messages", args=[campaign_of(request).slug])}
    return render(request, "field/messages.html", shown, status=422 if form.errors else 200)


def _given(mailing: Mailing) -> dict[str, str]:
    """What was written in the form of a message, to be written again."""
    chosen = Selection.of(mailing.selection)
    return {"purpose": mailing.purpose, "subject": mailing.subject, "body": mailing.body,
            "codes": " ".join(chosen.postal_codes), "offered": chosen.offer}  # fmt: skip
