"""Exports on pages: asked for by one, decided on by another where many people are in them, written once."""

from __future__ import annotations

import io
from typing import Any, ClassVar

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from isoloir.errors import BookError
from isoloir.field import wordings, words
from isoloir.field.access import account_of, campaign_of
from isoloir.field.channels import Channel
from isoloir.field.exports import requests
from isoloir.field.exports.formats import FORMATS
from isoloir.field.forms import Form
from isoloir.field.models import ExportRequest
from isoloir.field.texts import texts
from isoloir.language import language

_NAMED = {"csv": "CSV", "mailchimp": "Mailchimp", "brevo": "Brevo", "civicrm": "CiviCRM", "vcard": "vCard"}
_RECIPIENTS = ("named_staff", "campaign_heads", "processor_under_contract", "other_controller", "public")


class Ask(Form):
    """What, on which channel, for whom."""

    purpose = forms.ChoiceField()
    channel = forms.ChoiceField()
    format = forms.ChoiceField()
    recipient = forms.ChoiceField()

    texts: ClassVar = ("purpose", "channel", "format", "recipient")

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        said, spoken = texts(), language()
        choices = {
            "purpose": [(purpose, words) for purpose, words, _ in wordings.choices(spoken)],
            "channel": [(one.value, said[f"by_{one.value}"]) for one in (Channel.EMAIL, Channel.SMS, Channel.PHONE)],
            "format": [(name, _NAMED.get(name, name)) for name in FORMATS],
            "recipient": [(one, said[f"to_{one}"]) for one in _RECIPIENTS],
        }
        for name, those in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = those


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """What was asked for, and asking."""
    mine, by = campaign_of(request), account_of(request)
    if request.method == "POST":  # what no choice offers is put to the law first, which says why
        requests.no_map(mine, by, request.POST.get("format", ""))
        requests.no_opt_outs(mine, request.POST.get("purpose", ""))
        requests.channel_of(mine, request.POST.get("channel", ""))
    form = Ask(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        requests.request_export(
            mine, by, purpose=given["purpose"], channel=Channel(given["channel"]), format=given["format"],
            recipient=given["recipient"],
        )  # fmt: skip
        return HttpResponseRedirect(reverse("field:exports", args=[mine.slug]))
    said, role = texts(), request.role  # type: ignore[attr-defined]
    rows = [
        {"export": one, "state": said[f"export_{one.state}"], "box": words.box(one.purpose, one.channel),
         "format": _NAMED.get(one.format, one.format),
         "decide": one.state == ExportRequest.PENDING and one.by_id != by.pk and role in requests.DECIDE}
        for one in ExportRequest.objects.of(mine).select_related("by", "decided_by").order_by("-asked_at")[:50]
    ]  # fmt: skip
    return render(request, "field/exports.html", {"form": form, "rows": rows}, status=422 if form.errors else 200)


def _export_of(request: HttpRequest, export: str) -> ExportRequest:
    try:
        return requests.request_of(campaign_of(request), export)
    except BookError:
        raise Http404 from None


@require_POST
def decide(request: HttpRequest, campaign: str, export: str) -> HttpResponse:  # noqa: ARG001
    """The second person."""
    found, by = _export_of(request, export), account_of(request)
    (requests.approve_export if "approve" in request.POST else requests.refuse_export)(found, by)
    return HttpResponseRedirect(reverse("field:exports", args=[campaign_of(request).slug]))


@require_POST
def download(request: HttpRequest, campaign: str, export: str) -> HttpResponse:  # noqa: ARG001
    """The file, once."""
    found = _export_of(request, export)
    written = io.StringIO()
    requests.write_to(found, written, account_of(request))
    response = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.format}-{found.channel}.csv"'
    response["Cache-Control"] = "no-store"
    return response
