"""Who works for a campaign, and how the campaign shows itself."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages as notices
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from isoloir.errors import SettingsError
from isoloir.field import invitations, log
from isoloir.field import members as roster
from isoloir.field.access import account_of, campaign_of
from isoloir.field.addresses import absolute
from isoloir.field.api import tokens
from isoloir.field.databases import BOOK
from isoloir.field.forms import Form
from isoloir.field.models import Front, Invitation, Membership
from isoloir.field.roles import Role
from isoloir.field.texts import texts
from isoloir.language import language


class Invite(Form):
    """Whom, and for what."""

    email = forms.EmailField()
    role = forms.ChoiceField(choices=())

    texts: ClassVar = ("email", "role")

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.value, texts()[f"role_{role.value}"]) for role in Role]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """The accounts of a campaign and the invitations that are out; inviting sends the link, or shows it."""
    mine, said = campaign_of(request), texts()
    form = Invite(request.POST if request.method == "POST" else None)
    shown: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
        link = invitations.invite(mine, email, role, by=account_of(request), language=language())
        try:
            invitations.write_to(mine, email, link, language())
            notices.success(request, said["invited"].format(email=email), extra_tags="good")
            return HttpResponseRedirect(reverse("field:members", args=[mine.slug]))
        except (SettingsError, OSError):  # no mail server: the link is handed over in person
            shown |= {"link": link, "form": Invite()}
    people = Membership.objects.filter(campaign=mine).select_related("user").order_by("user__email")
    shown["people"] = [(one, said[f"role_{one.role}"]) for one in people]
    shown["roles"] = [(role.value, said[f"role_{role.value}"]) for role in Role]
    out = Invitation.objects.of(mine).filter(accepted_at=None).order_by("email")
    shown["invitations"] = [(one, said[f"role_{one.role}"]) for one in out]
    return render(request, "field/members.html", shown, status=422 if form.errors else 200)


@require_POST
def member(request: HttpRequest, campaign: str, number: int) -> HttpResponse:  # noqa: ARG001
    """Give another role, or take the membership away; whoever does it to themselves is signed out."""
    mine, by, role = campaign_of(request), account_of(request), request.POST.get("role", "")
    if role not in ("", *Role):
        raise Http404
    try:
        was = roster.give(mine, number, Role(role) if role else None, by=by)
    except SettingsError as last:
        notices.error(request, str(last), extra_tags="bad")
        return HttpResponseRedirect(reverse("field:members", args=[mine.slug]))
    if was is None:
        raise Http404
    if was.user == by and was.role != role:
        logout(request)
        return HttpResponseRedirect(reverse("field:home"))
    said = texts()["member_changed" if role else "member_removed"]
    notices.success(request, said.format(email=was.user.email), extra_tags="good")
    return HttpResponseRedirect(reverse("field:members", args=[mine.slug]))


class Settings(Form):
    """What a campaign says of itself."""

    name = forms.CharField(max_length=200)
    controller = forms.CharField(max_length=1000, widget=forms.Textarea)
    contact = forms.EmailField()
    open = forms.BooleanField(required=False)
    origins = forms.CharField(max_length=2000, required=False, widget=forms.Textarea)
    sponsor_eligible = forms.BooleanField(required=False)

    texts: ClassVar = ("name", "controller", "contact", "open", "origins", "sponsor_eligible")

    def clean_origins(self) -> str:
        """Origins only: a scheme and a host, one a line."""
        lines = self.cleaned_data["origins"].split()
        for line in lines:
            parts = urlsplit(line)
            plain = f"{parts.scheme}://{parts.netloc}"
            if parts.scheme != "https" or not parts.hostname or line != plain or set(line) & set(";,'\"*"):
                raise ValidationError(texts()["origin_wrong"].format(origin=line[:80]))
        return "\n".join(lines)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """What the campaign says of itself, its public form and the lines that put it on another site."""
    mine = campaign_of(request)
    front = Front.objects.of(mine).first() or Front(campaign=mine)
    first = {"name": mine.name, "controller": mine.controller, "contact": mine.contact, "open": front.open,
             "origins": front.origins, "sponsor_eligible": front.sponsor_eligible}  # fmt: skip
    form = Settings(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        mine.name, mine.controller, mine.contact = given["name"], given["controller"], given["contact"]
        front.open, front.origins = given["open"], given["origins"]
        front.sponsor_eligible = given["sponsor_eligible"]
        with transaction.atomic(using=BOOK):
            mine.save(update_fields=["name", "controller", "contact"])
            front.save()
            log.write(mine, account_of(request), "change_settings", "", **{"fields": len(form.changed_data)})
        notices.success(request, texts()["settings_saved"], extra_tags="good")
        return HttpResponseRedirect(reverse("field:settings", args=[mine.slug]))
    shown = {"form": form, "join": absolute(reverse("field:join", args=[mine.slug])),
             "embed": absolute(reverse("field:embed", args=[mine.slug]))}  # fmt: skip
    return render(request, "field/settings.html", shown, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """A token for a program; shown once, kept nowhere."""
    shown = {"days": tokens.DAYS, "document": absolute(reverse("api_open:api_document"))}
    if request.method == "POST":
        shown["token"] = tokens.make(campaign_of(request), account_of(request))
    return render(request, "field/token.html", shown)
