"""Turfs drawn on a map: which buildings come in, what is refused and why, and taking a drawing back."""

from __future__ import annotations

import io
import json
import tempfile
from typing import Any

import pyogrio
import pytest
import shapely
from canvassing import BACKEND, make_member, street
from django.db.models import Sum
from django.test import Client

from isoloir.errors import SettingsError, SourceError
from isoloir.field import second_factor
from isoloir.field.canvass import in_view, turfs
from isoloir.field.canvass.archive import Shape
from isoloir.field.canvass.board import mark
from isoloir.field.canvass.drawing import can_undo, draw, undo
from isoloir.field.canvass.opening import NewTurf, open_pass
from isoloir.field.canvass.outlines import LARGEST, read_outlines
from isoloir.field.models import Building, Campaign, Turf, TurfMap, Unit
from isoloir.field.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

# in the turf of `canvassing.make_turf`: the lane and the block, and the houses of the control station
EAST = [[2.4515, 48.785], [2.47, 48.785], [2.47, 48.80], [2.4515, 48.80], [2.4515, 48.785]]
WEST = [[2.44, 48.785], [2.4509, 48.785], [2.4509, 48.80], [2.44, 48.80], [2.44, 48.785]]


def feature(ring: Any, name: str = "", kind: str = "Polygon") -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name}, "geometry": {"type": kind, "coordinates": [ring]}}


def collection(*features: Any, **more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


def drawn(campaign: Campaign, *features: Any) -> list[Any]:
    return draw(campaign, read_outlines(collection(*features), "turfs.geojson"), "turfs.geojson")


def state(campaign: Campaign) -> list[Any]:
    """Everything of turfs that does not depend on the numbers of rows."""
    turfs = Turf.objects.of(campaign).order_by("number")
    return [
        (t.number, t.name, t.doors, round(t.west, 9), round(t.north, 9),
         sorted(Building.objects.filter(turf=t).values_list("pk", "place", "unit__name", "unit__dwellings")),
         sorted(Unit.objects.filter(turf=t).values_list("name", "level", "dwellings")))
        for t in turfs
    ]  # fmt: skip


def test_what_lies_inside_becomes_a_turf_and_is_nowhere_else(campaign: Campaign, turf: Turf) -> None:
    [made] = drawn(campaign, feature(EAST, "L’est"))
    assert (made.turf.number, made.turf.name, made.buildings, made.taken) == (2, "L’est", 3 + 1 + 2, {"1 · Lilas": 6})
    assert made.turf.doors == 3 + 24, "control stations count no doors"
    assert Building.objects.filter(turf=made.turf, control=True).count() == 2
    turf.refresh_from_db()
    assert turf.doors == 14
    assert {b.street for b in turf.buildings.all()} == {"Rue des Lilas"}
    assert sorted(turf.buildings.values_list("place", flat=True)) == list(range(1, 15))
    for one in (turf, made.turf):
        told = Unit.objects.filter(turf=one).aggregate(n=Sum("dwellings"))["n"]
        assert told == one.buildings.aggregate(n=Sum("dwellings"))["n"]
        assert not Building.objects.filter(turf=one).exclude(unit__turf=one).exists()


def test_a_drawing_that_nobody_walked_is_undone_whole(campaign: Campaign, turf: Turf) -> None:
    before = state(campaign)
    marks = {mark(campaign)}
    [made] = drawn(campaign, feature(EAST))
    marks.add(mark(campaign))
    assert len(marks) == 2, "a board that is open shows it"
    assert can_undo(made.turf)
    assert not can_undo(turf)
    undo(made.turf)
    assert state(campaign) == before
    with pytest.raises(SettingsError, match=r"not drawn|pas été dessiné"):
        undo(turf)


def test_a_drawn_turf_has_a_map_of_its_own_stations(campaign: Campaign) -> None:
    """Stations side by side in a row, each with a street: the turf that is drawn takes a building of each."""
    made, shapes = [], []
    for n in range(1, 13):
        west = 2.40 + n * 0.012
        shapes.append(Shape(f"94028_{n:04}", shapely.box(west, 48.78, west + 0.012, 48.792), control=n == 12))
        made.append(NewTurf(n, f"T{n}", street(f"94028_{n:04}", f"Rue {n}", range(1, 5), at=(west + 0.005, 48.785))))
    of = open_pass(campaign, made[:3], shapes)
    first = of.turfs.get(number=1)
    assert shown(first) == {1: "turf", 2: "other"}
    assert of.shapes.count() == 4, "the stations of the pass and the next one"
    [drawn_turf] = drawn(campaign, feature([[2.4, 48.78], [2.45, 48.78], [2.45, 48.79], [2.4, 48.79], [2.4, 48.78]]))
    assert shown(drawn_turf.turf) == {1: "turf", 2: "turf", 3: "turf", 4: "other"}
    assert len(bytes(drawn_turf.turf.map.archive)) < 3_000_000
    undo(drawn_turf.turf)
    assert shown(of.turfs.get(number=1)) == {1: "turf", 2: "other"}, "a turf that comes back has its map again"


def shown(turf: Turf) -> dict[int, str]:
    """The stations on the map of a turf, by number, and how they are shown."""
    with tempfile.NamedTemporaryFile(suffix=".pmtiles") as file:
        file.write(bytes(TurfMap.objects.get(turf=turf).archive))
        file.flush()
        found = pyogrio.read_dataframe(file.name, layer="stations", read_geometry=False)
    return {int(station[-4:]): arm for station, arm in zip(found["station"], found["arm"], strict=True)}


def test_turfs_that_lost_every_building_go_and_come_back(campaign: Campaign, turf: Turf) -> None:
    before = state(campaign)
    west, east = drawn(campaign, feature(WEST, "W"), feature(EAST, "E"))
    assert list(Turf.objects.of(campaign).order_by("number").values_list("number", "name")) in (
        [(1, "Lilas"), (2, "W"), (3, "E")], [(2, "W"), (3, "E")],
    )  # fmt: skip
    undo(west.turf)
    undo(east.turf)
    assert state(campaign) == before
    assert turf.pk


def test_a_walked_turf_keeps_its_buildings(campaign: Campaign, turf: Turf) -> None:
    [made] = drawn(campaign, feature(EAST, "E"))
    turfs.claim(made.turf, make_member(campaign))
    with pytest.raises(SettingsError, match="2 · E"):
        undo(made.turf)
    with pytest.raises(SourceError, match="2 · E: 6"):
        drawn(campaign, feature(EAST, "again"))
    assert not can_undo(made.turf)
    Turf.objects.filter(pk=turf.pk).update(sequence=1)
    with pytest.raises(SourceError, match="1 · Lilas: "):
        drawn(campaign, feature(WEST))


def test_two_outlines_that_share_buildings_are_refused_together(campaign: Campaign, turf: Turf) -> None:
    with pytest.raises(SourceError, match=r"turfs.geojson, row 2: .*1: 6"):
        drawn(campaign, feature(EAST), feature(EAST))
    assert Turf.objects.of(campaign).get() == turf


BAD: list[tuple[str, str]] = [
    (collection(), r"bad\.geojson: "),
    ("{", "JSON"),
    ("[]", "object|objet"),
    (" " * (LARGEST + 1), str(LARGEST)),
    (collection(feature(EAST), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}), "2154"),
    (collection(feature(EAST), feature([[652000, 6862000], [652900, 6862000], [652000, 6862900], [652000, 6862000]])),
     r"row 2: .*WGS 84.*652000"),
    (collection({"type": "Feature", "geometry": {"type": "Point", "coordinates": [2, 48]}}), "row 1: .*'Point'"),
    (collection({"type": "Feature", "geometry": None}), "row 1: .*null"),
    (collection(feature([[2, 48], [2.1, 48.1], [2.1, 48], [2, 48.1], [2, 48]])), "row 1: .*Self-intersection"),
    (collection(feature([[2, 48], [4, 48], [4, 49], [2, 49], [2, 48]])), "row 1: .*2.0"),
    (collection(feature([])), "row 1: "),
    (collection(feature([[2, "x"], [4, 48], [4, 49], [2, 48]])), "row 1: .*'x'"),
    (collection("nothing"), "row 1: "),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), BAD)
def test_what_is_no_outline_is_refused_by_feature_and_value(text: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        read_outlines(text, "bad.geojson")


def test_an_outline_without_doors_says_so(campaign: Campaign, turf: Turf) -> None:
    swapped = [[y, x] for x, y in EAST]
    with pytest.raises(SourceError, match=r"row 1: .*longitude"):
        drawn(campaign, feature(swapped))
    assert turf.pk


@pytest.mark.parametrize(("language", "words"), [("fr", "pris à 1 · Lilas (6)"), ("en", "taken from 1 · Lilas (6)")])
def test_the_page_takes_a_drawing_or_a_file_and_takes_it_back(
    campaign: Campaign, turf: Turf, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setattr(second_factor, "missing", lambda *_: None)  # it has tests of its own
    client = Client()
    client.force_login(make_member(campaign, Role.COORDINATOR), backend=BACKEND)
    page = f"/{language}/field/nord/canvass/draw/"
    assert b'id="draw-map"' in client.get(page).content
    west, south, east, north = client.get(f"{page}buildings/").json()["bounds"]
    assert len(client.get(f"{page}buildings/?box={west},{south},{east},{north}").json()["buildings"]) == 20
    outline = json.dumps({"type": "Polygon", "coordinates": [EAST]})
    told = client.post(page, {"outline": outline, "name": "Est <b>"}, follow=True).content.decode()
    assert words in told
    assert "Est &lt;b&gt;" in told
    made = Turf.objects.get(number=2)
    client.post(f"/{language}/field/nord/canvass/turf/{made.pk}/undo/", follow=True)
    assert Turf.objects.get() == turf
    file = io.BytesIO(collection(feature(EAST, "F"), feature(WEST, "G")).encode())
    file.name = "t.geojson"
    client.post(page, {"file": file})
    assert set(Turf.objects.values_list("name", flat=True)) >= {"F", "G"}
    bad = client.post(page, {"outline": '{"type": "Point", "coordinates": [2, 48]}'}).content.decode()
    assert {"fr": "ligne 1", "en": "row 1"}[language] in bad
    assert ("un secteur est" if language == "fr" else "a turf is") in bad
    assert ("choisissez un fichier" if language == "fr" else "choose a file") in client.post(page).content.decode()


def test_the_map_is_sent_what_is_in_view_and_turfs_where_that_is_too_much(
    client: Client, campaign: Campaign, turf: Turf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_factor, "missing", lambda *_: None)  # it has tests of its own
    client.force_login(make_member(campaign, Role.COORDINATOR), backend=BACKEND)
    page = "/fr/field/nord/canvass/draw/buildings/"
    lane = client.get(f"{page}?box=2.4549,48.790,2.4562,48.793").json()["buildings"]
    assert [[x, y, doors, of, control] for x, y, doors, of, control in sorted(lane)] == [
        [2.4551, 48.7911, 1, 1, 0], [2.4552, 48.791, 1, 1, 0], [2.4553, 48.7911, 1, 1, 0],
    ]  # fmt: skip
    assert client.get(f"{page}?box=1,48,2,49").json() == {"buildings": []}
    monkeypatch.setattr(in_view, "MOST", 19)
    [[number, *bounds]] = client.get(f"{page}?box=2,48,3,49").json()["turfs"]
    assert (number, bounds) == (1, [turf.west, turf.south, turf.east, turf.north])
    for wrong in ("", "1,2,3", "a,b,c,d", "nan,0,1,1", "2,48,1,49", "1,2,3,4,5"):
        answer = client.get(page, {"box": wrong})
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "bad_request"
