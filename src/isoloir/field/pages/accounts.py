"""Accounts: one's own, and the page that an invitation leads to."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.field import invitations
from isoloir.field.access import account_of
from isoloir.field.adapter import within
from isoloir.field.databases import BOOK
from isoloir.field.forms import Form
from isoloir.field.models import Invitation, User
from isoloir.field.pages.answers import too_many
from isoloir.field.second_factor import FACTORS
from isoloir.field.texts import texts
from isoloir.language import language as spoken


@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """The account itself: its password and its second factors."""
    mine = account_of(request)
    return render(request, "field/account.html", {"account": mine, "protected": is_mfa_enabled(mine, FACTORS)})


class NewAccount(Form):
    """Who was invited says their name and chooses a password."""

    name = forms.CharField(max_length=120)
    password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))

    texts = ("name", "password")

    def clean_password(self) -> str:
        """By the rules of the settings."""
        chosen = str(self.cleaned_data["password"])
        validate_password(chosen)
        return chosen


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """An account, or one more campaign for the account that its address already has."""
    if not within(request, "invitation"):
        return too_many(request)
    offered = invitations.find(secret)
    if offered is None:
        return render(request, "field/invitation_over.html", status=404)
    known = User.objects.filter(email=offered.email).first()
    if known is None:
        return _new_account(request, offered)
    if request.user != known:
        return render(request, "field/invitation_known.html", {"offered": offered, "next": request.path})
    if request.method == "POST":
        invitations.accept(offered, known)
        return HttpResponseRedirect(reverse("field:campaign", args=[offered.campaign.slug]))
    return _page(request, offered, None)


def _new_account(request: HttpRequest, offered: Invitation) -> HttpResponse:
    form = NewAccount(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, offered, form)
    language = spoken()
    try:
        with transaction.atomic(using=BOOK):
            chosen = form.cleaned_data
            user = User.objects.create_user(offered.email, chosen["password"], name=chosen["name"], language=language)
            invitations.accept(offered, user)
    except IntegrityError:  # the same link, posted twice at once
        return render(request, "field/invitation_over.html", status=404)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    record_authentication(request, user, "password", reauthenticated=True)  # just chosen
    return HttpResponseRedirect(reverse("field:account"))


def _page(request: HttpRequest, offered: Invitation, form: NewAccount | None) -> HttpResponse:
    shown = {"offered": offered, "role": texts()[f"role_{offered.role}"], "form": form, "languages": ()}
    return render(request, "field/invitation.html", shown)
