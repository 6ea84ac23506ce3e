"""Every route times every role, generated from the table of addresses: who comes in, and who finds nothing there.

For each route: signed out, without the second factor, each role in its own campaign, and each role of another campaign.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from entering import enter, member

from isoloir.field import contacts, links, wordings
from isoloir.field.channels import Channel, fingerprint
from isoloir.field.models import Campaign, Mailing, Membership, Question, User
from isoloir.field.person import NewContact
from isoloir.field.rights import breaches
from isoloir.field.roles import PAGES, PERSONS, PUBLIC, SIGNED_IN, Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@dataclass(frozen=True)
class Route:
    """A named address of the field: its namespace, and the names of its parameters."""

    namespace: str
    parameters: frozenset[str]


def walk(
    patterns: list[URLPattern | URLResolver], space: str = "", names: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Route]]:
    """Every address below the application `field`, whatever its namespace."""
    for one in patterns:
        here = names | set(one.pattern.converters) | set(getattr(one.pattern.regex, "groupindex", ()))
        if isinstance(one, URLResolver):
            yield from walk(one.url_patterns, (one.namespace or "") if one.app_name == "field" else space, here)
        elif space:
            yield str(one.name), Route(space, here)


TABLE = dict(walk(get_resolver("isoloir.web.urls").url_patterns))
ROUTES = sorted(TABLE)
PRIVATE = [name for name in ROUTES if PAGES.get(name) not in (PUBLIC, SIGNED_IN, None)]


def test_every_route_is_in_the_table_and_nothing_else() -> None:
    assert set(ROUTES) == set(PAGES)
    assert len(ROUTES) > 30


class World:
    """Two campaigns with a person, a message and an account of each role in each."""

    def __init__(self, mine: Campaign, other: Campaign):
        self.campaigns = {"own": mine, "other": other}
        self.users: dict[tuple[str, Role], User] = {}
        self.things: dict[str, dict[str, object]] = {}
        for whose, campaign in self.campaigns.items():
            for role in Role:
                self.users[whose, role] = member(campaign, role)
            self.things[whose] = self._things(campaign)

    @staticmethod
    def _things(campaign: Campaign) -> dict[str, object]:
        given = wordings.consents(campaign, ["news:email"], "fr", how="signup_form", at=datetime.now(UTC), proof="x")
        address = f"someone@{campaign.slug}.example"
        new = NewContact("Secret Person", address, consents=given, act="newsletter_signup", origin="signup_form")
        contact = contacts.add(campaign, new, by=None).contact_id
        mailing = Mailing.objects.create(
            campaign=campaign, purpose="news", subject="Secret subject", body="Secret body"
        )
        holder = links.Holder(contact, Channel.EMAIL, fingerprint(campaign, Channel.EMAIL, address))
        membership = Membership.objects.filter(campaign=campaign, role=Role.CANVASSER).get()
        question = Question.objects.create(campaign=campaign, number=1, fr="Secret ?", en="Secret?", answers=[])
        breach = breaches.declare(campaign, "Secret breach", 1, high_risk=False, by=None)
        return {
            "campaign": campaign.slug, "contact": contact, "token": links.personal(campaign, holder), "secret": "none",
            "number": mailing.pk, "member": membership.pk, "breach": breach.pk,
            "batch": uuid.uuid4(), "export": uuid.uuid4(), "name": "register", "turf": 1, "what": "doors",
            "question": question.pk,
        }  # fmt: skip

    def address(self, route: str, whose: str, things: str | None = None) -> str:
        """The address of a route in a campaign, naming things of the same one or of another."""
        known = {**self.things[things or whose], "campaign": self.things[whose]["campaign"]}
        known["number"] = known.get({"member": "member", "breach_notice": "breach"}.get(route, ""), known["number"])
        one = TABLE[route]
        return reverse(f"{one.namespace}:{route}", kwargs={name: known[name] for name in one.parameters})


@pytest.fixture
def world(campaign: Campaign, other: Campaign) -> World:
    return World(campaign, other)


def status(client: Client, method: str, address: str) -> int:
    return client.generic(method, address).status_code


@pytest.mark.parametrize("route", PRIVATE)
def test_who_comes_in(world: World, route: str) -> None:
    """Nobody is let in who is not in the table, and whoever is let in is not refused by the gate."""
    allowed, own = PAGES[route], world.address(route, "own")
    assert {status(Client(), method, own) for method in ("GET", "POST")} <= {302, 401}, "signed out"
    for role in Role:
        client = enter(world.users["own", role])
        for method in ("GET", "POST"):
            code = status(client, method, own)
            assert (code == 403) == (role not in allowed) or (code == 403 and method == "POST"), (role, method, code)
            assert code < 500, (role, method, code)
        if role in allowed and role in PERSONS:
            bare = enter(world.users["own", role], second_factor=False)
            world.users["own", role].authenticator_set.all().delete()
            assert {status(bare, method, own) for method in ("GET", "POST")} <= {302, 401}, "no second factor"


@pytest.mark.parametrize("route", PRIVATE)
def test_another_campaign_is_not_there(world: World, route: str) -> None:
    """Members of one find a 404 below the address of the other, and for the other's things below their own address."""
    own_things = TABLE[route].parameters - {"campaign", "name"}
    for role in Role:
        client = enter(world.users["other", role])
        for method in ("GET", "POST"):
            answer = client.generic(method, world.address(route, "own"))
            assert answer.status_code == 404, (role, method)
            assert b"Secret" not in answer.content
        if own_things and role in PAGES[route]:
            for method in ("GET", "POST"):
                answer = client.generic(method, world.address(route, "other", things="own"))
                assert answer.status_code in (404, 405), (role, method)
                assert b"Secret" not in answer.content


@pytest.mark.parametrize("route", sorted(name for name in ROUTES if PAGES.get(name) == PUBLIC))
def test_what_is_public_tells_nobody_about_anybody(world: World, route: str) -> None:
    crossed = world.address(route, "other", things="own")
    for client in (Client(), enter(world.users["other", Role.ADMINISTRATOR])):
        answer = client.get(crossed)
        assert answer.status_code in (200, 404)
        assert b"Secret" not in answer.content
        assert b"someone@" not in answer.content


def test_search_finds_nobody_of_another_campaign(world: World) -> None:
    client = enter(world.users["other", Role.COORDINATOR])
    assert b"Secret Person" in client.get(reverse("field:contacts", args=["sud"]), {"q": "Secret"}).content
    for asked in ("someone@nord.example", "Nord"):
        assert b"@nord.example" not in client.get(
            reverse("field:contacts", args=["sud"]), {"q": asked}
        ).content.replace(b'value="someone@nord.example"', b"")
