from __future__ import annotations

import pytest
from canvassing import BACKEND, make_campaign, make_member, make_turf
from django.test import Client

from isoloir.field.models import Campaign, Turf, User


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
