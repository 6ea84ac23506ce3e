from __future__ import annotations

import pytest
from canvassing import BACKEND, make_campaign, make_member, make_turf
from django.test import Client

from isoloir.field import second_factor
from isoloir.field.models import Campaign, Turf, User
from isoloir.field.roles import Role


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


@pytest.fixture
def turf(campaign: Campaign) -> Turf:
    return make_turf(campaign)


@pytest.fixture
def canvasser(campaign: Campaign) -> User:
    return make_member(campaign)


@pytest.fixture
def client(canvasser: User) -> Client:
    client = Client()
    client.force_login(canvasser, backend=BACKEND)
    return client


@pytest.fixture
def coordinator(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(second_factor, "missing", lambda *_: None)  # it has tests of its own
    client = Client()
    client.force_login(make_member(campaign, Role.COORDINATOR), backend=BACKEND)
    return client
