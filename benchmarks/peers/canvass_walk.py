"""Run by `canvass_app.py` in a process of its own: make a turf that takes an evening, and a canvasser who walks it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402
import shapely  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402

from isoloir.field.canvass.archive import Shape  # noqa: E402
from isoloir.field.canvass.opening import NewBuilding, NewTurf, open_pass  # noqa: E402
from isoloir.field.models import Campaign, Membership, Turf, User  # noqa: E402

STREETS, HOUSES, BLOCK = 20, 30, 240  # a turf of 840 doors, more than any evening has


def make() -> dict[str, Any]:
    """The campaign, its turf, and the key of the canvasser's session."""
    for database in ("keys", "default"):
        call_command("migrate", database=database, verbosity=0)
    campaign = Campaign.objects.create(
        slug="walk", name="Walk", controller="x", contact="x@example.org", vote_on=date(2027, 4, 25), nonprofit=True
    )
    open_pass(campaign, [NewTurf(1, "Les Lilas", buildings())], shapes())
    user = User.objects.create_user("ada@example.org", None, name="Ada")
    Membership.objects.create(user=user, campaign=campaign, role="canvasser")
    turf = Turf.objects.get()
    block = turf.buildings.get(dwellings=BLOCK)
    return {"turf": turf.pk, "block": block.pk, "session": session(user)}


def buildings() -> list[NewBuilding]:
    """Streets of houses, and one block with a hundred doors to tap and more."""
    made = [
        NewBuilding("94028_0000", "94000 Créteil", f"Rue du Chemin {s}", str(n), 1, (2.45 + n / 1e4, 48.79 + s / 1e3))
        for s in range(STREETS)
        for n in range(1, HOUSES + 1)
    ]
    return [*made, NewBuilding("94028_0000", "94000 Créteil", "Avenue Foch", "8", BLOCK, (2.4515, 48.795))]


def shapes() -> list[Shape]:
    """Sixty stations whose borders have as many corners as those of a city."""
    draw, found = np.random.default_rng(1), []
    for i in range(60):
        middle = np.array([2.452 + (i % 8 - 4) / 200, 48.795 + (i // 8 - 4) / 300])
        turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
        far = 0.002 * (1 + 0.1 * draw.random(400))
        corners = middle + np.column_stack([np.cos(turn), np.sin(turn)]) * far[:, None]
        found.append(Shape(f"94028_{i:04}", shapely.Polygon(corners)))
    return found


def session(user: User) -> str:
    made = SessionStore()
    made[SESSION_KEY], made[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    made[HASH_SESSION_KEY] = user.get_session_auth_hash()
    made.save()
    return str(made.session_key)


if __name__ == "__main__":
    print(json.dumps(make()))
