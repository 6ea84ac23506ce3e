"""Run by `canvass.py` in processes of its own: make the campaign, count what came, grow it, and ask the board."""

from __future__ import annotations

import json
import secrets
import sys
import time
import uuid
from datetime import date, timedelta
from typing import Any

import django

django.setup()

from allauth.account.internal.flows.login import (  # noqa: E402
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.models import Authenticator  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from isoloir.field.canvass.board import board  # noqa: E402
from isoloir.field.canvass.counts import counts_csv, measure_csv  # noqa: E402
from isoloir.field.canvass.opening import NewBuilding, NewTurf, open_pass  # noqa: E402
from isoloir.field.models import Campaign, Membership, Pass, Report, Turf, User  # noqa: E402

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def make(phones: int, visits: int) -> dict[str, Any]:
    """A turf for every two phones, with enough doors that each phone has its own."""
    for database in ("keys", "default"):
        call_command("migrate", database=database, verbosity=0)
    campaign = Campaign.objects.create(
        slug="big", name="Big", controller="x", contact="x@example.org", vote_on=date(2027, 4, 25), nonprofit=True
    )
    turfs = [turf(number, visits) for number in range(1, phones // 2 + 2)]
    opened = open_pass(campaign, turfs)
    people = [User(email=f"u{i}@example.org", password="!") for i in range(phones + 2)]
    people = User.objects.bulk_create(people)
    roles = ["coordinator", *["canvasser"] * (phones + 1)]
    Membership.objects.bulk_create(
        Membership(user=u, campaign=campaign, role=r) for u, r in zip(people, roles, strict=True)
    )
    keys = sessions(people)
    rows = list(Turf.objects.filter(of_pass=opened).order_by("number").prefetch_related("buildings"))
    made = []
    for i in range(phones + 1):
        mine = rows[i // 2]
        homes = [b.pk for b in mine.buildings.all()][i % 2 :: 2]
        doors = [[homes[j % len(homes)], j // len(homes) // 4, 1 + j // len(homes) % 4] for j in range(visits)]
        made.append(
            {"id": str(uuid.uuid4()), "turf": mine.pk, "name": mine.name, "doors": doors, "session": keys[i + 1]}
        )
    return {"phones": made[:phones], "spare": made[phones], "coordinator": keys[0], "token": secrets.token_hex(16)}


def turf(number: int, visits: int) -> NewTurf:
    middle = 2.0 + number / 1000
    homes = [
        NewBuilding(
            f"75056_{number:04}", "75011 Paris", "Rue A", str(n), max(visits // 10, 1), (middle + n / 1e5, 48.8)
        )
        for n in range(1, 21)
    ]
    return NewTurf(number, f"Turf {number}", homes)


def sessions(people: list[User]) -> list[str]:
    """Sessions of two hours, last seen twenty minutes ago, after the second factor; the first account has one."""
    Authenticator.objects.create(user=people[0], type=Authenticator.Type.TOTP, data={"secret": "x"})
    store, until = SessionStore(), timezone.now() + timedelta(days=1)
    seen = {"begun": time.time() - 7200, "seen": time.time() - 1200}
    given, made = [{"method": "mfa", "at": time.time()}], []
    for user in people:
        data = {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: BACKEND, HASH_SESSION_KEY: user.get_session_auth_hash(),
                AUTHENTICATION_METHODS_SESSION_KEY: given, _AUTHENTICATION_METHODS_USER_SESSION_KEY: str(user.pk),
                **seen}  # fmt: skip
        made.append(Session(session_key=secrets.token_hex(16), session_data=store.encode(data), expire_date=until))
    Session.objects.bulk_create(made)
    return [one.session_key for one in made]


def count() -> dict[str, int]:
    """What the server holds, the spare phone left out."""
    reports = Report.objects.exclude(turf=Turf.objects.order_by("-number").first())
    last = Turf.objects.order_by("-number").values_list("pk", flat=True)[0]
    counted = sum(turf.visited for turf in Turf.objects.exclude(pk=last))
    distinct = reports.values("phone", "number").distinct().count()
    return {"reports": distinct, "counted": counted, "twice": reports.count() - distinct}


def grow(doors: int) -> int:
    """A pass of that many doors, as five months of canvassing would leave it: turfs of 2,000, units of 25."""
    campaign = Campaign.objects.get(slug="big")
    Pass.objects.of(campaign).filter(ended_at=None).update(ended_at=timezone.now())
    opened = Pass.objects.create(campaign=campaign, number=2)
    turfs, units = doors // 2000, 80
    filled = "opened, absent, refused, conversation, come_back, other_language, inaccessible, leaflet"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO field_turf
                (campaign_id, of_pass_id, number, name, doors, west, south, east, north, sequence, {filled})
            SELECT %s, %s, n, 'Turf ' || n, 2000, 2, 48, 3, 49, 1600, 500, 700, 100, 100, 100, 50, 25, 25
            FROM generate_series(1, %s) n""",
            [campaign.pk, opened.pk, turfs],
        )
        cursor.execute(
            f"""
            INSERT INTO field_unit
                (campaign_id, turf_id, station, level, name, dwellings, longitude, latitude, {filled})
            SELECT %s, t.id, '75056_' || lpad(t.number::text, 4, '0'), 2, 'Rue ' || n, 25, 2, 48, 6, 8, 2, 1, 1, 1, 1, 0
            FROM field_turf t, generate_series(1, %s) n WHERE t.of_pass_id = %s""",
            [campaign.pk, units, opened.pk],
        )
        cursor.execute("ANALYZE")  # fmt: skip
    return doors


def ask() -> dict[str, float]:
    """Milliseconds of the board and of both exports: the slowest of five."""
    campaign = Campaign.objects.get(slug="big")
    opened = Pass.objects.of(campaign).get(ended_at=None)
    found = board(campaign)
    assert found is not None
    return {
        "doors": found.doors,
        "board": slowest(lambda: board(campaign)),
        "counts": slowest(lambda: counts_csv(opened)),
        "measure": slowest(lambda: measure_csv(campaign)),
    }


def slowest(what: Any) -> float:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        what()
        times.append((time.perf_counter() - start) * 1000)
    return max(times)


if __name__ == "__main__":
    parts: dict[str, Any] = {"make": make, "count": count, "grow": grow, "ask": ask}
    print(json.dumps(parts[sys.argv[1]](*(int(word) for word in sys.argv[2:]))))
