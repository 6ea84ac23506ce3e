"""Campaigns with a turf, for the tests of the canvass."""

from __future__ import annotations

import uuid
from datetime import date

from isoloir.field.canvass.opening import NewBuilding, NewTurf, open_pass
from isoloir.field.models import Campaign, Membership, Turf, User
from isoloir.field.roles import Role

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def make_campaign(slug: str = "nord") -> Campaign:
    return Campaign.objects.create(
        slug=slug, name=slug.title(), controller="Le comité, 1 rue X", contact="dpo@example.org",
        vote_on=date(2027, 4, 25),
    )  # fmt: skip


def make_member(campaign: Campaign, role: Role = Role.CANVASSER) -> User:
    user = User.objects.create_user(f"{uuid.uuid4().hex}@example.org", None)
    Membership.objects.create(user=user, campaign=campaign, role=role)
    return user


def street(station: str, name: str, numbers: range, dwellings: int = 1, at: tuple[float, float] = (2.45, 48.79),
           control: bool = False) -> list[NewBuilding]:  # fmt: skip
    return [
        NewBuilding(
            station, "94000 Créteil", name, str(n), dwellings, (at[0] + n * 1e-4, at[1] + n % 2 * 1e-4), control
        )
        for n in numbers
    ]


def make_turf(campaign: Campaign) -> Turf:
    """A block of 24 dwellings, a street of 14 houses, a lane of 3, and two houses of a control station."""
    buildings = [
        *street("94028_0001", "Rue des Lilas", range(1, 15)),
        *street("94028_0001", "Impasse du Puits", range(1, 4), at=(2.455, 48.791)),
        *street("94028_0001", "Avenue Foch", range(8, 9), dwellings=24, at=(2.452, 48.792)),
        *street("94028_0002", "Rue Haute", range(1, 3), at=(2.46, 48.793), control=True),
    ]
    return open_pass(campaign, [NewTurf(1, "Lilas", buildings)]).turfs.get()
