"""The board's map shows every turf, however many there are, and says what its circles are."""

from __future__ import annotations

import pytest
from canvassing import BACKEND, make_member
from django.test import Client

from isoloir.field import second_factor
from isoloir.field.canvass.board_map import MOST, WIDE, board_map
from isoloir.field.models import Campaign, Turf, Unit
from isoloir.field.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def many(turf: Turf, turfs: int, units: int) -> None:
    """More turfs beside this one, ten doors each, some of them done; and more units in it."""
    of, places = (
        {"campaign": turf.campaign},
        [(n, 2.3 + n % 40 / 500, 48.7 + n // 40 / 700) for n in range(2, turfs + 1)],
    )
    Turf.objects.bulk_create([
        Turf(**of, of_pass=turf.of_pass, number=n, name=f"T{n}", doors=10, absent=n % 11,
             west=x, east=x + 0.002, south=y, north=y + 0.002)
        for n, x, y in places
    ])  # fmt: skip
    Unit.objects.bulk_create([
        Unit(**of, turf=turf, station="94028_0001", level=Unit.Level.BUILDING, name=str(n), dwellings=11,
             longitude=2.3, latitude=48.7)
        for n in range(units)
    ])  # fmt: skip


def test_few_units_are_drawn_one_by_one(turf: Turf) -> None:
    drawn = board_map(turf.of_pass)
    assert drawn
    assert (drawn.of, drawn.whole) == ("units", len(drawn.marks))


@pytest.mark.parametrize(("turfs", "of"), [(40, "turfs"), (MOST, "turfs"), (MOST + 1, "squares"), (1_500, "squares")])
def test_every_turf_is_on_the_map(turf: Turf, turfs: int, of: str) -> None:
    many(turf, turfs, MOST + 1)
    drawn = board_map(turf.of_pass)
    assert drawn
    assert (drawn.of, drawn.whole) == (of, turfs)
    assert len(drawn.marks) <= MOST
    assert sum(mark.doors for mark in drawn.marks) == sum(Turf.objects.values_list("doors", flat=True))
    assert sum(mark.visited for mark in drawn.marks) == sum(one.visited for one in Turf.objects.all())
    assert all(0 <= mark.x <= WIDE and 0 <= mark.y <= drawn.tall for mark in drawn.marks)


@pytest.mark.parametrize(("language", "words"), [("fr", "700 secteurs en tout"), ("en", "700 turfs in all")])
def test_the_page_says_how_many_there_are(
    campaign: Campaign, turf: Turf, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setattr(second_factor, "missing", lambda *_: None)  # it has tests of its own
    client = Client()
    client.force_login(make_member(campaign, Role.COORDINATOR), backend=BACKEND)
    many(turf, 700, MOST + 1)
    assert words in client.get(f"/{language}/field/nord/canvass/").content.decode()
