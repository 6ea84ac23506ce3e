"""What a page says is in its visitor's language, whatever the server's is: the law's words, and those of errors."""

from __future__ import annotations

from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from entering import enter, member

from isoloir import language
from isoloir.field.canvass.opening import NewBuilding, NewTurf, open_pass
from isoloir.field.models import Campaign
from isoloir.field.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(params=["fr", "en"])
def servers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The language of the process."""
    own: str = request.param
    monkeypatch.setattr(language, "_own", lambda: own)
    return own


def page(client: Client, path: str, told: dict[str, object], status: int) -> str:
    answer = client.post(path, told)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return unescape(answer.content.decode())


@pytest.mark.usefixtures("servers")
@pytest.mark.parametrize(
    ("spoken", "words", "not_these"),
    [("fr", "Dès la veille du scrutin", "midnight before"), ("en", "From midnight before", "veille du scrutin")],
)
def test_the_law_speaks_as_the_page_does(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, spoken: str, words: str, not_these: str
) -> None:
    client = enter(member(campaign, Role.COORDINATOR))
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: date(2027, 4, 24))
    told: dict[str, object] = {"purpose": "news", "subject": "x", "body": "y", "send": "yes"}
    shown = page(client, f"/{spoken}/field/nord/messages/", told, 403)
    assert words in shown
    assert not_these not in shown


@pytest.mark.usefixtures("servers")
@pytest.mark.parametrize(("spoken", "words"), [("fr", "turfs.geojson, ligne 1 : "), ("en", "turfs.geojson, row 1: ")])
def test_errors_about_a_file_speak_as_the_page_does(campaign: Campaign, spoken: str, words: str) -> None:
    house = NewBuilding("94028_0001", "94000 Créteil", "Rue des Lilas", "1", 12, (2.45, 48.79), control=False)
    open_pass(campaign, [NewTurf(1, "Lilas", [house])])
    client = enter(member(campaign, Role.COORDINATOR))
    outlines = SimpleUploadedFile("turfs.geojson", b'{"type": "FeatureCollection", "features": [{"type": "Feature"}]}')
    shown = client.post(f"/{spoken}/field/nord/canvass/draw/", {"file": outlines}, follow=True).content.decode()
    assert words in unescape(shown)
