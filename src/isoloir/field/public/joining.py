"""Signing up: the hosted form, the one that other sites frame, and the confirmation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt

from isoloir.errors import BadAddress, NotAllowed
from isoloir.field import signup, sms, wordings
from isoloir.field.adapter import within
from isoloir.field.channels import Channel, normalise
from isoloir.field.forms import Form
from isoloir.field.models import Campaign, Front
from isoloir.field.public.visitors import link_over, public
from isoloir.field.selection import SELECTION
from isoloir.field.texts import texts
from isoloir.language import language


class Join(Form):
    """Who somebody is and what they tick; every box is empty at first."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    phone = forms.CharField(required=False, max_length=40, widget=forms.TextInput(attrs={"autocomplete": "tel"}))
    postal_code = forms.CharField(
        required=False, max_length=12, widget=forms.TextInput(attrs={"autocomplete": "postal-code"})
    )
    offer = forms.CharField(required=False, max_length=500)
    website = forms.CharField(required=False)  # a trap: people never see it

    texts: ClassVar[tuple[str, ...]] = ("name", "email", "phone", "postal_code", "offer", "website")

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        self.fields["email"].required = not sms.offered()
        self.asked = wordings.choices(language(), (*wordings.ASKED, SELECTION))
        for purpose, words, boxes in self.asked:
            self.fields[purpose] = forms.MultipleChoiceField(
                label=words, choices=boxes, required=False, widget=forms.CheckboxSelectMultiple
            )

    def clean_email(self) -> str:
        """Normalised."""
        return self._address(Channel.EMAIL, self.cleaned_data["email"])

    def clean_phone(self) -> str:
        """Normalised."""
        return self._address(Channel.PHONE, self.cleaned_data["phone"])

    def clean(self) -> None:
        """At least one box, and for each an address that it needs."""
        if not self.errors and not (self.cleaned_data["email"] or self.cleaned_data["phone"]):
            raise ValidationError(texts()["contact_no_address"])
        if not [box for box in self.ticked() if wordings.parse(box)[0] != SELECTION]:  # it only narrows the others
            raise ValidationError(texts()["join_none"])
        by_phone = {Channel.SMS, Channel.PHONE}
        if not self.cleaned_data.get("phone") and any(wordings.parse(box)[1] in by_phone for box in self.ticked()):
            raise ValidationError(texts()["join_phone_needed"])
        if self.cleaned_data.get("email") == "" and any(wordings.parse(b)[1] is Channel.EMAIL for b in self.ticked()):
            raise ValidationError(texts()["join_email_needed"])

    def ticked(self) -> tuple[str, ...]:
        """The boxes that were ticked."""
        return tuple(box for purpose, _, _ in self.asked for box in self.cleaned_data.get(purpose, ()))

    def wish(self, how: str) -> signup.Wish:
        """What was asked for."""
        given = self.cleaned_data
        return signup.Wish(
            name=given["name"], email=given["email"], phone=given["phone"], postal_code=given["postal_code"],
            offers=(given["offer"],) if given["offer"] else (), ticked=self.ticked(), language=language(), how=how,
        )  # fmt: skip

    @staticmethod
    def _address(channel: Channel, text: str) -> str:
        try:
            return normalise(channel, text) if text else ""
        except BadAddress as wrong:
            raise ValidationError(f"{texts()['join_address']} {wrong.why}") from None


@public("sign_up")
def join(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """The hosted form."""
    return _join(request, campaign, "field/public/join.html")


@xframe_options_exempt
@public("sign_up")
def embed(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """The form that the campaign's own sites frame; it is the same one, and as free of scripts."""
    response = _join(request, campaign, "field/public/embed.html")
    front = Front.objects.of(campaign).first()
    response.frame_ancestors = " ".join(front.origins.split()) if front and front.origins.split() else "'none'"  # type: ignore[attr-defined]
    return response


def _join(request: HttpRequest, campaign: Campaign, template: str) -> HttpResponse:
    front = Front.objects.of(campaign).first()
    if front and not front.open:
        raise Http404
    form = Join(request.POST if request.method == "POST" else None)
    shown = {"campaign": campaign, "form": form, "notice": wordings.notice(campaign, language()), "sms": sms.offered()}
    if request.method != "POST" or not form.is_valid():
        return render(request, template, shown, status=422 if form.errors else 200)
    wish = form.wish("signup_form")
    # Whoever it is and whatever is known of them, the answer is the same.
    if not form.cleaned_data["website"] and within(
        request, "confirmation", f"{campaign.pk} {wish.email or wish.phone}"
    ):
        signup.ask(campaign, wish)
    return render(request, template, {**shown, "sent": True, "to": "mail" if wish.email else "sms"})


@public("personal")
def confirm(request: HttpRequest, campaign: Campaign, token: str) -> HttpResponse:
    """Opening the link asks, the button acts: whatever follows links in letters confirms nothing."""
    return _confirm(request, campaign, signup.read(campaign, token))


@public("ticket")
def confirm_once(request: HttpRequest, campaign: Campaign, token: str) -> HttpResponse:
    """The same for the short link of an SMS, which is used up by the button."""
    with transaction.atomic():
        return _confirm(request, campaign, signup.read_ticket(campaign, token, use=request.method == "POST"))


def _confirm(request: HttpRequest, campaign: Campaign, found: tuple[datetime, signup.Wish] | None) -> HttpResponse:
    if found is None:
        return link_over(request, campaign)
    at, wish = found
    boxes = [wordings.sentence(*wordings.parse(box), wish.language) for box in wish.ticked]
    shown = {"campaign": campaign, "wish": wish, "boxes": boxes, "notice": wordings.notice(campaign, wish.language)}
    if request.method != "POST":
        return render(request, "field/public/confirm.html", shown)
    try:
        return render(request, "field/public/confirmed.html", shown | {"token": signup.confirm(campaign, at, wish)})
    except NotAllowed as refusal:
        return render(request, "field/public/refused.html", shown | {"refusal": refusal}, status=403)
