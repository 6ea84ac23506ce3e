"""Signing in without the pages of signing in, with the second factor or without it."""

from __future__ import annotations

import time

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from isoloir.field.models import Campaign, Membership, User
from isoloir.field.roles import Role

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def member(campaign: Campaign, role: Role, email: str | None = None) -> User:
    """A new account, without a usable password, with a role in the campaign."""
    user = User.objects.create_user(email or f"{role.value}-{campaign.slug}@example.org")
    Membership.objects.create(user=user, campaign=campaign, role=role)
    return user


def enter(user: User, *, second_factor: bool = True) -> Client:
    """A browser in which the account is signed in, with its second factor or without having chosen one."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    if second_factor:
        if not user.authenticator_set.exists():
            TOTP.activate(user, SECRET)
        session = client.session
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "password", "at": time.time()},
            {"method": "mfa", "at": time.time(), "type": "totp"},
        ]
        session.save()
    return client
