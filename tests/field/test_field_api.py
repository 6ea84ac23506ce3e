"""The field's API: who may use it, what it answers, and that no request makes it fail."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import schemathesis
from django.core.cache import cache
from django.test import Client
from entering import enter, member
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.schemas import OpenApiSchema

from isoloir.field import contacts, invitations, members, wordings
from isoloir.field.api import tokens
from isoloir.field.api.openapi import DOCUMENT
from isoloir.field.canvass.opening import NewBuilding, NewTurf, open_pass
from isoloir.field.models import Campaign, Membership, User
from isoloir.field.person import NewContact
from isoloir.field.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
SCHEMA: OpenApiSchema = schemathesis.openapi.from_dict(DOCUMENT)  # type: ignore[assignment]


@pytest.fixture
def person(campaign: Campaign) -> uuid.UUID:
    cache.clear()
    given_ = wordings.consents(campaign, ["news:email"], "fr", how="signup_form", at=datetime.now(UTC), proof="x")
    new = NewContact("Zoé Brûlefer", "zoe@exemple.fr", consents=given_, act="newsletter_signup", origin="signup_form")
    return contacts.add(campaign, new, by=None).contact_id


@pytest.fixture
def token(campaign: Campaign) -> str:
    return tokens.make(campaign, member(campaign, Role.OFFICER))


def ask(method: str, path: str, token: str, body: object = None, campaign: str = "nord"):  # type: ignore[no-untyped-def]
    content = "" if body is None else json.dumps(body)
    return Client(enforce_csrf_checks=True).generic(
        method,
        f"/api/field/{campaign}/{path}",
        content,
        "application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_a_program_reads_corrects_and_erases(person: uuid.UUID, token: str) -> None:
    assert ask("GET", "contacts?q=bru", token).json()["contacts"][0]["id"] == str(person)
    found = ask("POST", "contacts/find", token, {"channel": "email", "address": "Zoe@Exemple.fr"}).json()
    assert found["consents"][0]["granted"]
    assert ask("PATCH", f"contacts/{person}", token, {"name": "Zoé B."}).json()["name"] == "Zoé B."
    assert ask("POST", f"contacts/{person}/withdraw", token, {"purpose": "news"}).status_code == 200
    assert not ask("GET", f"contacts/{person}", token).json()["consents"][0]["granted"]
    assert ask("POST", "objections", token, {"channel": "email", "address": "zoe@exemple.fr"}).json() == {
        "objects": False
    }
    assert ask("DELETE", f"contacts/{person}", token).status_code == 200
    assert ask("POST", "objections", token, {"channel": "email", "address": "zoe@exemple.fr"}).json() == {
        "objects": True
    }
    assert ask("GET", f"contacts/{person}", token).status_code == 404
    assert ask("GET", "log/verification", token).json() == {"breaks": []}


def test_who_is_let_in(campaign: Campaign, other: Campaign, person: uuid.UUID, token: str) -> None:
    address = f"/api/field/nord/contacts/{person}"
    assert Client().get(address).json()["error"]["status"] == 401
    assert ask("GET", f"contacts/{person}", token + "x").status_code == 401
    assert ask("GET", "counts", token, campaign="sud").status_code == 401  # another campaign's key opens nothing
    assert ask("GET", "counts", tokens.make(campaign, member(campaign, Role.CANVASSER))).status_code == 403
    session = enter(member(campaign, Role.COORDINATOR))
    assert session.get(address).status_code == 200
    session.handler.enforce_csrf_checks = True
    assert session.delete(address).status_code == 403  # a foreign page cannot use the session
    bare = enter(member(campaign, Role.COORDINATOR, "b@example.org"), second_factor=False)
    assert bare.get(address).status_code == 401
    assert enter(member(other, Role.OFFICER)).get(address).status_code == 404


def test_a_token_ends_with_the_password_and_the_membership(campaign: Campaign) -> None:
    user = member(campaign, Role.OFFICER, "c@example.org")
    token = tokens.make(campaign, user)
    assert ask("GET", "counts", token).status_code == 200
    user.set_unusable_password()
    user.save()
    assert ask("GET", "counts", token).status_code == 401
    token = tokens.make(campaign, user)
    user.memberships.all().delete()
    assert ask("GET", "counts", token).status_code == 401


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("then", [*Role, None])
def test_a_token_ends_with_its_role(campaign: Campaign, role: Role, then: Role | None) -> None:
    user = member(campaign, role)
    token = tokens.make(campaign, user)
    before = 403 if role is Role.CANVASSER else 200
    assert ask("GET", "counts", token).status_code == before
    members.give(campaign, user.memberships.get().pk, then, by=member(campaign, Role.ADMINISTRATOR, "a@example.org"))
    assert ask("GET", "counts", token).status_code == (before if then is role else 401)
    if then is None:
        Membership.objects.create(user=user, campaign=campaign, role=role)
        assert ask("GET", "counts", token).status_code == 401  # nor does it come back with its holder


def changed_back(campaign: Campaign, user: User, head: User) -> None:
    number = user.memberships.get().pk
    members.give(campaign, number, Role.CANVASSER, by=head)
    members.give(campaign, number, Role.OFFICER, by=head)


def made_again(campaign: Campaign, user: User, head: User) -> None:
    """With the number that it had, which a database may give again."""
    number = user.memberships.get().pk
    members.give(campaign, number, None, by=head)
    Membership.objects.create(pk=number, user=user, campaign=campaign, role=Role.OFFICER)


def invited_back(campaign: Campaign, user: User, head: User) -> None:
    for role in (Role.CANVASSER, Role.OFFICER):
        link = invitations.invite(campaign, user.email, role, by=head)
        found = invitations.find(link.rstrip("/").rpartition("/")[2])
        assert found
        invitations.accept(found, user)


@pytest.mark.parametrize("back", [changed_back, made_again, invited_back])
def test_a_token_stays_ended_when_its_role_comes_back(
    campaign: Campaign, back: Callable[[Campaign, User, User], None]
) -> None:
    user, head = member(campaign, Role.OFFICER), member(campaign, Role.ADMINISTRATOR, "a@example.org")
    theirs, another = (
        tokens.make(campaign, head),
        tokens.make(campaign, member(campaign, Role.OFFICER, "b@example.org")),
    )
    ended = tokens.make(campaign, user)
    assert ask("GET", "counts", ended).status_code == 200
    back(campaign, user, head)
    assert user.memberships.get().role == Role.OFFICER
    assert ask("GET", "counts", ended).status_code == 401
    assert ask("GET", "counts", tokens.make(campaign, user)).status_code == 200
    assert [ask("GET", "counts", one).status_code for one in (theirs, another)] == [200, 200]


def test_a_token_outlives_the_same_role_given_again(campaign: Campaign) -> None:
    user, head = member(campaign, Role.OFFICER), member(campaign, Role.ADMINISTRATOR, "a@example.org")
    token = tokens.make(campaign, user)
    members.give(campaign, user.memberships.get().pk, Role.OFFICER, by=head)
    found = invitations.find(invitations.invite(campaign, user.email, Role.OFFICER, by=head).split("/")[-2])
    assert found
    invitations.accept(found, user)
    assert ask("GET", "counts", token).status_code == 200


@pytest.mark.parametrize("body", [b"[" * 100_000, b"x=1", b"[]", b"\xff\xfe", b'{"reports": {}}', b"0" * 300_000])
def test_what_a_phone_cannot_have_sent_is_a_400(campaign: Campaign, body: bytes) -> None:
    client = enter(member(campaign, Role.CANVASSER))
    house = NewBuilding("94028_0001", "94000 Créteil", "Rue des Lilas", "1", 12, (2.45, 48.79), control=False)
    turf = open_pass(campaign, [NewTurf(1, "Lilas", [house])]).turfs.get()
    for path in ("sync", "signups", "survey", f"turfs/{turf.pk}/release"):
        answer = client.post(f"/api/field/nord/canvass/{path}", body, content_type="application/json")
        assert answer.status_code == 400 or (path.endswith("release") and body.startswith(b"{")), (path, answer.content)


@pytest.mark.parametrize(
    "body", [[], "x", 3, {}, {"channel": "fax", "address": "x"}, {"channel": "email", "address": 3}]
)
def test_errors_have_one_shape(person: uuid.UUID, token: str, body: object) -> None:
    answer = ask("POST", "contacts/find", token, body)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"status", "code", "message"}
    assert person


OPERATIONS = [
    (path, method.upper())
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if method != "parameters"
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_nothing_that_is_sent_makes_it_fail(person: uuid.UUID, token: str, path: str, method: str) -> None:
    """Schemathesis makes requests from the description, right ones and wrong ones; none is a 500."""
    operation = SCHEMA[path][method]

    @given(data=st.data())
    @settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def tried(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        body = case.body if isinstance(case.body, str | int | float | list | dict | bool | None) else ""
        where = path.removeprefix("/api/field/{campaign}/").replace("{contact}", str(person))
        query = "&".join(f"{name}={value}" for name, value in (case.query or {}).items() if str(value).isalnum())
        answer = ask(method, f"{where}?{query}" if query else where, token, body)
        assert answer.status_code < 500, (path, method, body)
        assert answer.status_code == 200 or "error" in answer.json()
        cache.clear()

    tried()
