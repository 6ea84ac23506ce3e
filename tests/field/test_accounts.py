"""Accounts: by invitation only, a second factor before any page of people, attempts that run out, sessions that end."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core import mail
from django.core.cache import cache
from django.test import Client
from entering import enter, member

from isoloir.field import invitations, sessions
from isoloir.field.models import CacheEntry, Campaign, Invitation, LogEntry, Membership, User
from isoloir.field.roles import Role
from isoloir.web import settings as original

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
PASSWORD = "une phrase assez longue"
HASHERS = ["test_accounts.Quick"]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Quick(Argon2PasswordHasher):
    """Argon2id without its cost, which is the point of it and the end of a test suite."""

    time_cost, memory_cost, parallelism = 1, 8, 1


@pytest.fixture(autouse=True)
def _quick(settings: Any) -> None:
    settings.PASSWORD_HASHERS = HASHERS


def code(secret: str, step: int = 0) -> str:
    """The code of this half-minute."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()) + step))


def path(link: str) -> str:
    return re.sub(r"^https?://[^/]+", "", link)


def joined(campaign: Campaign, role: Role = Role.COORDINATOR, email: str = "a@example.org") -> User:
    user = User.objects.create_user(email, PASSWORD)
    Membership.objects.create(user=user, campaign=campaign, role=role)
    return user


def sign_in(client: Client, email: str = "a@example.org", password: str = PASSWORD):
    return client.post("/fr/accounts/login/", {"login": email, "password": password})


def test_an_invitation_makes_an_account_once(campaign: Campaign, client: Client) -> None:
    link = path(invitations.invite(campaign, "New@example.org", Role.COORDINATOR, by=None))
    assert client.get(link).status_code == 200
    assert not User.objects.exists()  # opening a link makes nothing
    short = client.post(link, {"name": "Nadia", "password": "short"})
    assert b"errorlist" in short.content
    assert not User.objects.exists()
    answer = client.post(link, {"name": "Nadia", "password": PASSWORD})
    assert answer["Location"] == "/fr/field/account/"
    user = User.objects.get()
    assert (user.email, user.name) == ("new@example.org", "Nadia")
    assert user.password.startswith("argon2$argon2id$")
    assert Membership.objects.get(user=user).role == Role.COORDINATOR
    assert Client().get(link).status_code == 404
    assert Client().post(link, {"name": "X", "password": PASSWORD}).status_code == 404
    assert LogEntry.objects.filter(action="accept_invitation").count() == 1


def test_a_newer_invitation_replaces_the_older_and_old_ones_expire(campaign: Campaign, client: Client) -> None:
    first = path(invitations.invite(campaign, "b@example.org", Role.CANVASSER, by=None))
    second = path(invitations.invite(campaign, "b@example.org", Role.CANVASSER, by=None))
    assert client.get(first).status_code == 404
    Invitation.objects.update(until="2020-01-01T00:00Z")
    assert client.get(second).status_code == 404


def test_an_account_accepts_with_its_own_session_only(campaign: Campaign, other: Campaign, client: Client) -> None:
    joined(other)
    link = path(invitations.invite(campaign, "a@example.org", Role.CANVASSER, by=None))
    page = client.get(link)
    assert b"/accounts/login/" in page.content
    client.post(link, {"name": "thief", "password": PASSWORD})
    assert Membership.objects.filter(campaign=campaign).count() == 0
    assert User.objects.get().check_password(PASSWORD)
    sign_in(client)
    assert client.post(link).status_code == 302
    assert Membership.objects.get(campaign=campaign).role == Role.CANVASSER


def test_nobody_signs_up_without_one(client: Client) -> None:
    for address in ("/fr/accounts/signup/", "/fr/accounts/email/", "/fr/accounts/password/set/"):
        assert client.get(address).status_code == 404
        assert client.post(address, {"email": "x@example.org", "password1": PASSWORD}).status_code == 404
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_role_that_sees_people_needs_the_second_factor(campaign: Campaign, client: Client) -> None:
    user = joined(campaign)
    sign_in(client)
    assert client.get("/fr/field/nord/")["Location"] == "/fr/field/account/"
    assert "reauthenticate" in client.get("/fr/accounts/second-factor/totp/activate/")["Location"]
    client.post("/fr/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/fr/accounts/second-factor/totp/activate/").content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page)
    assert secret, page
    answer = client.post("/fr/accounts/second-factor/totp/activate/", {"code": code(secret[1])})
    assert answer.status_code == 302
    assert client.get("/fr/field/nord/").status_code == 200  # choosing it was giving it
    codes = client.get("/fr/accounts/second-factor/recovery-codes/")
    assert codes.status_code == 200
    assert user.is_authenticated


def test_with_one_a_password_alone_opens_nothing(campaign: Campaign, client: Client) -> None:
    TOTP.activate(joined(campaign), SECRET)
    answer = sign_in(client)
    assert "second-factor/authenticate" in answer["Location"]
    assert client.get("/fr/field/").status_code == 302  # not signed in yet
    assert client.post("/fr/accounts/second-factor/authenticate/", {"code": "000000"}).status_code == 200
    client.post("/fr/accounts/second-factor/authenticate/", {"code": code(SECRET)})
    assert client.get("/fr/field/nord/").status_code == 200


def test_a_canvasser_needs_none(campaign: Campaign, client: Client) -> None:
    joined(campaign, Role.CANVASSER)
    sign_in(client)
    assert client.get("/fr/field/nord/").status_code == 200


def test_attempts_run_out_in_every_process(campaign: Campaign, client: Client) -> None:
    joined(campaign)
    for _ in range(5):
        assert sign_in(client, password="wrong").status_code == 200
    assert sign_in(client).status_code == 200  # the right one, too late
    assert "_auth_user_id" not in client.session
    cache.close()  # another process finds the count in the table, and no address in it
    kept = [(entry.cache_key, entry.value) for entry in CacheEntry.objects.all()]
    assert kept
    assert all(re.fullmatch("[0-9a-f]{64}", key) and "example" not in value for key, value in kept)
    CacheEntry.objects.all().delete()
    assert sign_in(client).status_code == 302


@pytest.mark.parametrize(("key", "past"), [("seen", sessions.IDLE + 1), ("begun", sessions.WHOLE + 1)])
def test_sessions_end(campaign: Campaign, client: Client, key: str, past: int) -> None:
    joined(campaign, Role.CANVASSER)
    sign_in(client)
    assert client.get("/fr/field/").status_code == 200
    session = client.session
    session[key] = time.time() - past
    session.save()
    assert client.get("/fr/field/").status_code == 302


def test_a_forgotten_password_tells_nobody_who_has_an_account(campaign: Campaign, client: Client) -> None:
    joined(campaign)
    answers = [
        client.post("/fr/accounts/password/reset/", {"email": email}) for email in ("a@example.org", "no@example.org")
    ]
    assert {(one.status_code, one["Location"]) for one in answers} == {(302, "/fr/accounts/password/reset/done/")}
    assert [letter.to for letter in mail.outbox] == [["a@example.org"]]
    link = re.search(r"https?://\S+", mail.outbox[0].body)
    assert link
    assert "/fr/accounts/password/reset/key/" in link[0]
    assert client.get(path(link[0]), follow=True).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["login/", "password/reset/", "second-factor/", "second-factor/totp/activate/", "second-factor/webauthn/add/",
     "second-factor/webauthn/", "password/change/", "logout/"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_pages_of_accounts_have_nothing_inline(
    campaign: Campaign, client: Client, address: str, language: str
) -> None:
    joined(campaign)
    if address not in ("login/", "password/reset/"):
        sign_in(client)
    page = client.get(f"/{language}/accounts/{address}", follow=True)
    text = page.content.decode()
    assert page.status_code == 200
    assert f'<html lang="{language}"' in text
    assert not re.search(r"\son\w+=|\sstyle=|<style", text)
    assert all('type="application/json"' in tag or " src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_passwords_are_kept_by_argon2id_at_its_full_cost(settings: Any) -> None:
    settings.PASSWORD_HASHERS = original.PASSWORD_HASHERS
    assert re.match(r"argon2\$argon2id\$v=19\$m=102400,t=2,p=8\$", make_password(PASSWORD))


def test_another_role_is_given_by_an_administrator_and_ends_sessions(campaign: Campaign, other: Campaign) -> None:
    head = enter(member(campaign, Role.ADMINISTRATOR))
    user = member(campaign, Role.COORDINATOR)
    theirs, stranger = enter(user), enter(member(other, Role.COORDINATOR))
    number = Membership.objects.get(user=user).pk
    address = f"/fr/field/nord/members/{number}/"
    assert theirs.post(address, {"role": "administrator"}).status_code == 403
    assert theirs.get("/fr/field/nord/contacts/").status_code == 200
    assert head.post(address, {"role": "emperor"}).status_code == 404
    assert "n’a" not in head.post(address, {"role": "canvasser"}, follow=True).content.decode()
    assert Membership.objects.get(pk=number).role == Role.CANVASSER
    assert theirs.get("/fr/field/").status_code == 302  # signed out
    assert stranger.get("/fr/field/").status_code == 200
    page = head.post(address, follow=True).content.decode()
    assert user.email in page
    assert not Membership.objects.filter(pk=number).exists()
    assert enter(user).get("/fr/field/nord/").status_code == 404
    logged = LogEntry.objects.filter(subject=str(number)).order_by("sequence")
    assert [(one.action, one.counts) for one in logged] == [
        ("change_role", {"was": "coordinator", "role": "canvasser"}),
        ("remove_member", {"was": "canvasser", "role": ""}),
    ]


def test_the_last_administrator_stays(campaign: Campaign) -> None:
    one, two = (member(campaign, Role.ADMINISTRATOR, f"{name}@example.org") for name in ("one", "two"))
    head = enter(one)
    mine, theirs = (Membership.objects.get(user=user).pk for user in (one, two))
    assert head.post(f"/fr/field/nord/members/{theirs}/").status_code == 302
    for role in ("", "officer"):
        page = head.post(f"/fr/field/nord/members/{mine}/", {"role": role}, follow=True).content.decode()
        assert "Une campagne garde au moins un administrateur." in page
    link = path(invitations.invite(campaign, one.email, Role.CANVASSER, by=one))
    assert head.post(link).status_code == 422
    assert Membership.objects.get(user=one).role == Role.ADMINISTRATOR
    Membership.objects.create(user=two, campaign=campaign, role=Role.ADMINISTRATOR)
    assert head.post(f"/fr/field/nord/members/{mine}/", {"role": "officer"})["Location"] == "/fr/field/"
    assert head.get("/fr/field/").status_code == 302  # out, as anybody whose role changes
