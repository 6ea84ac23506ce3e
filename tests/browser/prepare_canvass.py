"""Run by the tests of the canvass in a process of its own: prepare the databases of the field, tell what they hold."""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from typing import Any

import django
import shapely

django.setup()

from allauth.account.internal.flows.login import (  # noqa: E402
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.models import Authenticator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from isoloir.field.canvass import questions  # noqa: E402
from isoloir.field.canvass.archive import Shape, keep_maps, keep_shapes  # noqa: E402
from isoloir.field.canvass.opening import NewBuilding, NewTurf, open_pass  # noqa: E402
from isoloir.field.models import (  # noqa: E402
    Campaign,
    KeepAway,
    Membership,
    Phone,
    Report,
    Tally,
    Turf,
    User,
)

CAMPAIGNS = (
    "evening",
    "clock",
    "full",
    "control",
    "note",
    "door",
    "slow",
    "killed",
    "kept",
    "live",
    "scan",
    "draw-fr",
    "draw-en",
    "away",
    "file",
    "many",
    "whole",
    "desk-fr",
    "desk-en",
)
PEOPLE = ("ada", "bob")
FIRST = ("first-fr", "first-en", "tour-fr", "tour-en")  # whose walk begins with a building of ten doors


def prepare() -> dict[str, Any]:
    """The tables, a campaign for each test, and two canvassers who are members of all."""
    for database in ("keys", "default"):
        call_command("migrate", database=database, verbosity=0)
    people = {name: User.objects.create_user(f"{name}@example.org", None, name=name.title()) for name in PEOPLE}
    for slug in (*CAMPAIGNS, *FIRST):
        campaign = Campaign.objects.create(
            slug=slug, name="Nord 2027", controller="Le comité, 1 rue X", contact="dpo@example.org",
            first_round_on=date(2027, 4, 11), vote_on=date(2027, 4, 25), nonprofit=True,
        )  # fmt: skip
        open_pass(campaign, [NewTurf(1, "Les Lilas", buildings(10 if slug in FIRST else 1))])
        for user in people.values():
            Membership.objects.create(user=user, campaign=campaign, role="canvasser")
    people["eve"] = coordinator(
        "live", "file", *(f"{what}-{code}" for what in ("draw", "desk", "tour") for code in ("fr", "en"))
    )
    return {name: session(user) for name, user in people.items()}


def coordinator(*slugs: str) -> User:
    """Who may open the boards of these campaigns: an account with a second factor."""
    user = User.objects.create_user("eve@example.org", None, name="Eve")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    for slug in slugs:
        Membership.objects.create(user=user, campaign=Campaign.objects.get(slug=slug), role="coordinator")
    return user


def buildings(first: int) -> list[NewBuilding]:
    """A street of 14 houses, a lane of 3, where the walk begins, a block of 24 dwellings; two of a control station."""
    made = [
        NewBuilding("94028_0001", "94000 Créteil", "Rue des Lilas", str(n), 1, (2.45 + n / 1e4, 48.79 + n % 2 / 1e4))
        for n in range(1, 15)
    ]
    made += [
        NewBuilding(
            "94028_0001", "94000 Créteil", "Impasse du Puits", str(n), first if n == 2 else 1, (2.455, 48.791 + n / 1e4)
        )
        for n in range(1, 4)
    ]
    made.append(NewBuilding("94028_0001", "94000 Créteil", "Avenue Foch", "8", 24, (2.452, 48.792)))
    made += [
        NewBuilding("94028_0002", "94000 Créteil", "Rue Haute", str(n), 1, (2.46, 48.793 + n / 1e4), control=True)
        for n in (1, 2)
    ]
    return made


def draw_maps() -> bool:
    """Give the turfs of the tour a map, as a plan does: four stations, one of them a control."""
    corners = [(2.4475, 48.7878), (2.4565, 48.7878), (2.4475, 48.7933), (2.4565, 48.7933)]
    shapes = [
        Shape(f"94028_000{n}", shapely.box(west, south, west + 0.009, south + 0.0055), control=n == 2)
        for n, (west, south) in enumerate(corners, 1)
    ]
    for turf in Turf.objects.filter(campaign__slug__startswith="tour-"):
        keep_shapes(turf.of_pass, shapes, {"94028_0001"})
        keep_maps(turf.of_pass, [turf])
    return True


def answer_questions() -> bool:
    """Two questions of the tour, answered in two of its stations."""
    for campaign in Campaign.objects.filter(slug__startswith="tour-"):
        asked = [
            questions.write(campaign, "Que manque-t-il ici ?", "What is missing here?",
                            "un bus\nun médecin\nune crèche", "a bus\na doctor\na crèche"),
            questions.write(campaign, "Faut-il fermer la rue aux voitures ?", "Should the street be closed to cars?",
                            "oui\nnon\nle week-end", "yes\nno\nat weekends"),
        ]  # fmt: skip
        phone = Phone.objects.create(campaign=campaign, user=User.objects.get(email="bob@example.org"))
        for station, counts in (("94028_0001", (14, 22, 9)), ("94028_0002", (6, 11, 4))):
            for answer, count in enumerate(counts):
                Tally.objects.create(question=asked[0], phone=phone, station=station, answer=answer, count=count)
    return True


def session(user: User) -> str:
    """The key of a session of this account, opened with a second factor where it has one."""
    made = SessionStore()
    if Authenticator.objects.filter(user=user).exists():
        made[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": time.time()}]
        made[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    made[SESSION_KEY], made[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    made[HASH_SESSION_KEY] = user.get_session_auth_hash()
    made.save()
    return str(made.session_key)


def held(slug: str) -> dict[str, Any]:
    """Every report of a campaign, and the counts beside them."""
    columns = ("building", "floor", "door", "kind", "undoes", "phone", "number", "at")
    turf = Turf.objects.get(campaign__slug=slug)
    reports = Report.objects.filter(turf=turf).order_by("phone_id", "number").values_list(*columns)
    return {
        "turf": turf.pk,
        "reports": [[*row[:5], str(row[5]), row[6]] for row in reports],
        "ats": [row[7].isoformat() for row in reports],
        "counts": turf.counts,
        "places": list(turf.buildings.order_by("place").values_list("pk", "street", "number", "control", "note")),
        "away": list(KeepAway.objects.filter(campaign__slug=slug).values_list("address", "floor", "door")),
    }


def in_order(slug: str) -> dict[str, Any]:
    """Every report of a campaign's turf in the order of the server, and the counts beside them."""
    turf = Turf.objects.get(campaign__slug=slug)
    columns = ("sequence", "phone", "number", "building", "floor", "door", "kind", "undoes")
    reports = Report.objects.filter(turf=turf).order_by("sequence").values_list(*columns)
    return {
        "reports": [[row[0], str(row[1]), *row[2:]] for row in reports],
        "counts": turf.counts,
        "units": [[unit.counts, list(unit.buildings.values_list("pk", flat=True))] for unit in turf.units.all()],
    }


def everything() -> dict[str, Any]:
    """Every value of every table of the canvass, as text."""
    tables = [t for t in connection.introspection.table_names() if t.startswith("field_")]
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {table}")
            found[table] = [[str(value) for value in row] for row in cursor.fetchall()]
    return found


if __name__ == "__main__":
    parts: dict[str, Any] = {
        part.__name__: part for part in (prepare, draw_maps, answer_questions, held, in_order, everything)
    }
    print(json.dumps(parts[sys.argv[1]](*sys.argv[2:])))
