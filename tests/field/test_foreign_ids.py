"""What names a thing of one campaign, put into every field and parameter of another's pages, reaches nothing of it.

The names of fields and parameters are read from the sources, so that a new one is tried too.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus, urlencode

import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from entering import enter
from test_routes import PRIVATE, TABLE, World

import isoloir.field
from isoloir.field import invitations
from isoloir.field.api import tokens
from isoloir.field.canvass.opening import NewBuilding, NewTurf, open_pass
from isoloir.field.models import Building, Campaign, Contact, ExportRequest, ImportBatch, LogEntry, Turf
from isoloir.field.rights import requests
from isoloir.field.roles import PAGES, Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
SOURCES = Path(isoloir.field.__file__).parent
READ = re.compile(
    r"(?:POST|GET|told|raw|_json\(request\))\.(?:get|getlist)\(\"(\w+)\""
    r"|\"(\w+)\" (?:not )?in request\.(?:POST|GET)"
    r"|_(?:text|whole)\(\w+, \"(\w+)\""
    r"|^    (\w+) = forms\.",
    re.MULTILINE,
)
NAMES = sorted(
    {
        next(filter(None, found))
        for file in SOURCES.rglob("*.py")
        for found in READ.findall(file.read_text(encoding="utf-8"))
    }
)
KINDS = ["contact", "member", "turf", "export", "token", "email", "campaign"]


@pytest.fixture
def world(campaign: Campaign, other: Campaign) -> World:
    """Both campaigns with one of everything; the tests of routes have the rest."""
    found = World(campaign, other)
    for whose, one in found.campaigns.items():
        user, now = found.users[whose, Role.ADMINISTRATOR], datetime.now(UTC)
        house = NewBuilding("94028_0001", "94000 Créteil", "Secret street", "1", 12, (2.45, 48.79), control=False)
        open_pass(one, [NewTurf(1, "Secret turf", [house])])
        batch = ImportBatch.objects.create(
            campaign=one,
            state="done",
            layout="generic",
            origin="Secret",
            size=1,
            sha256="0" * 64,
            process="",
            beat_at=now,
        )
        export = ExportRequest.objects.create(
            campaign=one, by=user, state="approved", purpose="news", channel="email", format="csv",
            recipient="named_staff", people=1, decided_at=now,
        )  # fmt: skip
        asked = requests.receive(one, "access", Contact.objects.of(one).get().pk, how="letter")
        link = invitations.invite(one, f"invited@{one.slug}.example", Role.OFFICER, by=user)
        found.things[whose] |= {
            "batch": batch.pk, "export": export.pk, "request": asked.pk, "user": user.pk,
            "turf": Turf.objects.of(one).get().pk, "building": Building.objects.get(campaign=one).pk,
            "api_token": tokens.make(one, user), "invitation": link.rstrip("/").rpartition("/")[2],
            "email": f"someone@{one.slug}.example",
        }  # fmt: skip
    return found


def state(campaign: Campaign) -> dict[str, list[str]]:
    """Every row of a campaign."""
    models = [model for model in apps.get_app_config("field").get_models()
              if any(one.name == "campaign" for one in model._meta.fields) and model is not LogEntry]  # fmt: skip
    rows = {
        model.__name__: sorted(map(repr, model._default_manager.filter(campaign=campaign).values())) for model in models
    }
    return rows | {"log": [f"{one.actor} {one.action}" for one in LogEntry.objects.filter(chain=str(campaign.pk))]}


def test_the_names_are_found() -> None:
    assert len(NAMES) > 60
    assert {"turf", "building", "contact", "q", "before", "sealed", "role", "undoes"} <= set(NAMES)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_another_campaign_is_reached_by_a_field(world: World, campaign: Campaign, kind: str) -> None:
    foreign, before = str(world.things["own"][kind]), state(campaign)
    clients = {role: enter(world.users["other", role]) for role in (Role.ADMINISTRATOR, Role.OFFICER, Role.COORDINATOR)}
    given, marks = dict.fromkeys(NAMES, foreign), ("/nord/", "@nord.example", "-nord@", ">Nord<", str(campaign.pk))
    mine = enter(world.users["own", Role.ADMINISTRATOR]).get(world.address("campaign", "own")).content.decode()
    assert any(one in mine for one in marks)  # as its own pages hold them
    for route in PRIVATE:
        client = next(one for role, one in clients.items() if role in PAGES[route])
        for answer in _ask(client, world.address(route, "other"), given, json_too=TABLE[route].namespace != "field"):
            content = answer.content.decode(errors="replace")
            for said in (foreign, quote_plus(foreign)):  # a page may say what it was given
                content = content.replace(said, "")
            assert answer.status_code < 500, (route, answer.status_code)
            assert not [one for one in marks if one in content], route
        cache.clear()
    assert state(campaign) == before


def _ask(client: Client, address: str, given: dict[str, str], *, json_too: bool):  # type: ignore[no-untyped-def]
    query = f"{address}?{urlencode(given)}"
    if "live" not in address:  # it streams for as long as somebody listens
        yield client.get(query)
    yield client.post(query, given)
    if json_too:
        yield client.post(query, json.dumps(given), content_type="application/json")
