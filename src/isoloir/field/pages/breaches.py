"""Breaches on pages: what happened, the clock, the steps, and the draft of what the CNIL is told."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.field import log
from isoloir.field.access import account_of, campaign_of
from isoloir.field.forms import Form
from isoloir.field.models import Breach, Campaign
from isoloir.field.rights import breaches
from isoloir.field.texts import texts
from isoloir.language import language, texts_of


class Declaration(Form):
    """What is known of a breach, which may be little at first."""

    known_at = forms.DateTimeField(required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    happened = forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 5}))
    kinds = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    categories = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    people = forms.IntegerField(min_value=0, max_value=100_000_000)
    records = forms.IntegerField(required=False, min_value=0, max_value=1_000_000_000)
    consequences = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    high_risk = forms.BooleanField(required=False)

    texts: ClassVar = (
        "known_at", "happened", "kinds", "categories", "people", "records", "consequences", "high_risk"
    )  # fmt: skip

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        said = texts_of("isoloir.field.rights")[language()]
        for name, prefix, those in (("kinds", "kind", breaches.KINDS), ("categories", "data", breaches.HELD)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(one, said[f"breach_{prefix}_{one}"]) for one in those]

    def clean_known_at(self) -> Any:
        """When somebody of the campaign knew; now where nothing is said."""
        known = self.cleaned_data["known_at"] or timezone.now()
        if known > timezone.now():
            raise ValidationError(texts()["breach_future"])
        return known

    def clean_records(self) -> int:
        """None known is nought."""
        return self.cleaned_data["records"] or 0


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def breach(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """Every breach with its clock and its steps, which is the record that the CNIL may ask for (art. 33(5))."""
    mine, by = campaign_of(request), account_of(request)
    form = Declaration(request.POST if "declare" in request.POST else None)
    if "declare" in request.POST and form.is_valid():
        breaches.declare(mine, by=by, **form.cleaned_data)
        return HttpResponseRedirect(reverse("field:breach", args=[mine.slug]))
    if "step" in request.POST:
        _take_step(request, mine)
        return HttpResponseRedirect(reverse("field:breach", args=[mine.slug]))
    said = texts()
    rows = [
        {"breach": one, "left": round(breaches.hours_left(one)), "deadline": breaches.deadline(one),
         "steps": [(name, said[name], done) for name, done in breaches.steps(one)]}
        for one in Breach.objects.of(mine).order_by("-known_at")
    ]  # fmt: skip
    return render(request, "field/breach.html", {"form": form, "rows": rows}, status=422 if form.errors else 200)


@never_cache
@require_safe
def notice(request: HttpRequest, campaign: str, number: int) -> HttpResponse:  # noqa: ARG001
    """The draft of the notification to the CNIL, as a file to complete and keep."""
    mine = campaign_of(request)
    found = _breach_of(mine, number)
    log.write(mine, account_of(request), "breach_notice", str(number))
    response = HttpResponse(breaches.notice(found, language()), content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="notification-cnil-{mine.slug}-{number}.html"'
    return response


def _breach_of(campaign: Campaign, number: int) -> Breach:
    found = Breach.objects.of(campaign).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _take_step(request: HttpRequest, campaign: Campaign) -> None:
    number, step = request.POST.get("number", ""), request.POST["step"]
    if not number.isdecimal() or len(number) > 15:
        raise Http404
    breaches.record(
        _breach_of(campaign, int(number)), by=account_of(request),
        measures=request.POST.get("measures", "")[:4000], notified=step == "breach_step_notify",
        people_told=step == "breach_step_people", close=step == "breach_step_close",
    )  # fmt: skip
