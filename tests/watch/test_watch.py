"""Watched sites: the pages, whose they are, the public one, and the runs that are due."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from isoloir.audit.evidence import Evidence, Phase, Visit
from isoloir.audit.findings import judge
from isoloir.audit.keep import keep
from isoloir.audit.visit.browser import Options
from isoloir.commands import audit_watch
from isoloir.field.models import User
from isoloir.settings import settings
from isoloir.watch.models import Run, Site
from isoloir.watch.schedule import GIVEN_UP, claim_due, record

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
URL = "https://a.test"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ISOLOIR_WATCHED", str(tmp_path / "watched"))
    settings.cache_clear()
    yield tmp_path / "watched"
    monkeypatch.undo()
    settings.cache_clear()


def signed_in(name: str) -> tuple[User, Client]:
    user, client = User.objects.create_user(f"{name}@example.org", "a long enough password"), Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return user, client


@pytest.fixture
def owner() -> tuple[User, Client]:
    return signed_in("owner")


def observed(started: str, banner: str = "") -> Evidence:
    page = Phase(name="home", action="open", url=f"{URL}/", status=200, text="Bonjour à tous. " * 40 + banner)
    visits = tuple(Visit(name=name, phases=(page,)) for name in ("untouched", "browsing", "refusing"))
    return Evidence(url=URL, host="a.test", started=started, ended="", software={}, options={}, visits=visits)


def run(site: Site, folder: Path, started: str) -> Run:
    """One audit of the site, as a runner leaves it."""
    evidence, target = observed(started), folder / started[:10] / "a.test"
    (work := folder / started[:10] / "work").mkdir(parents=True)
    (work / "untouched").mkdir()
    (work / "untouched" / "00-home.jpg").write_bytes(b"picture")
    (work / "untouched" / "00-home.html").write_text("<script>alert(1)</script>")
    findings = [judge(evidence, name) for name in site.rules]
    keep(evidence, findings, work, target)
    return record(site, target, [found.line() for found in findings], timezone.now())


@pytest.fixture
def site(owner: tuple[User, Client], folder: Path) -> Site:
    made = Site.objects.create(owner=owner[0], url=URL, rules=["cnil-2020", "cnil-2013"])
    run(made, folder, "2026-10-01T08:00:00+00:00")
    run(made, folder, "2026-11-01T08:00:00+00:00")
    return made


def test_a_stranger_signs_in_first(site: Site) -> None:
    for path in ("/fr/watch/", f"/fr/watch/{site.pk}/", f"/fr/watch/{site.pk}/runs/1/report.html"):
        answer = Client().get(path)
        assert answer.status_code == 302
        assert "/accounts/login/" in answer["Location"]


def test_a_site_of_another_does_not_exist(site: Site) -> None:
    _, other = signed_in("other")
    latest = site.runs.first()
    assert latest
    for path in (f"/fr/watch/{site.pk}/", f"/fr/watch/{site.pk}/runs/{latest.pk}/report.html"):
        assert other.get(path).status_code == 404
    assert other.post(f"/fr/watch/{site.pk}/", {"do": "remove"}).status_code == 404
    assert URL not in other.get("/fr/watch/").content.decode()
    assert Site.objects.filter(pk=site.pk).exists()


def test_adding_a_site(owner: tuple[User, Client]) -> None:
    _, client = owner
    given = {"url": "exemple.fr", "rules": ["cnil-2020", "campaign"], "every_days": "7"}
    assert client.post("/fr/watch/", given).status_code == 302
    added = Site.objects.get()
    assert (added.url, added.rules, added.every_days) == ("https://exemple.fr", ["cnil-2020", "campaign"], 7)
    assert added.next_at <= timezone.now()
    errors = ({}, {"url": "file:///etc/passwd"}, {"url": "b.fr", "rules": []}, {"url": "c.fr", "every_days": "0"})
    for wrong in (*errors, {"url": "d.fr", "rules": ["other"]}):
        assert client.post("/fr/watch/", {**given, **wrong}).status_code == 400, wrong
    assert Site.objects.count() == 1


def test_the_history_leads_to_reports_and_changes(owner: tuple[User, Client], site: Site) -> None:
    _, client = owner
    page = client.get(f"/en/watch/{site.pk}/").content.decode()
    latest, first = site.runs.all()
    report = f"/en/watch/{site.pk}/runs/{latest.pk}/report.html"
    changes = f"/en/watch/{site.pk}/changes/{first.pk}/{latest.pk}/changes.html"
    assert report in page
    assert changes in page
    assert "What changed" in client.get(changes).content.decode()
    assert "Ce qui a changé" in client.get(changes.replace("changes.html", "changements.html")).content.decode()
    answer = client.get(report)
    body = b"".join(answer.streaming_content).decode()
    assert "Observed on 2026-11-01" in body
    assert "script-src" not in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert client.get(f"/en/watch/{site.pk}/runs/report.html")["Location"] == f"/en/watch/{site.pk}/"


def test_only_pages_and_pictures_of_a_run_are_served(owner: tuple[User, Client], site: Site) -> None:
    _, client = owner
    latest = site.runs.first()
    assert latest
    base = f"/fr/watch/{site.pk}/runs/{latest.pk}/"
    picture = client.get(f"{base}untouched/00-home.jpg")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    for name in (
        "untouched/00-home.html",
        "evidence.json",
        "../../../x.jpg",
        "untouched/../report.html",
        "no/00-x.jpg",
    ):
        assert client.get(base + name).status_code == 404, name


def test_the_public_page_is_there_only_while_it_is_shared(owner: tuple[User, Client], site: Site) -> None:
    _, client = owner
    client.post(f"/fr/watch/{site.pk}/", {"do": "share"})
    token = Site.objects.get().token
    assert token
    assert len(token) >= 40
    address = f"/fr/watch/shared/{token}/"
    anybody = Client()
    page = anybody.get(address)
    assert page.status_code == 200
    assert URL in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex"
    assert not page.cookies
    latest, first = site.runs.all()
    assert anybody.get(f"{address}runs/{latest.pk}/rapport.html").status_code == 200
    assert anybody.get(f"{address}changes/{first.pk}/{latest.pk}/changements.html").status_code == 200
    assert anybody.get(f"{address}runs/rapport.html")["Location"] == address
    assert anybody.get("/fr/watch/shared/None/").status_code == 404
    client.post(f"/fr/watch/{site.pk}/", {"do": "unshare"})
    assert anybody.get(address).status_code == 404


def test_removing_a_site_keeps_what_others_rest_on(owner: tuple[User, Client], site: Site, folder: Path) -> None:
    user, client = owner
    other = Site.objects.create(owner=signed_in("other")[0], url=URL, rules=["cnil-2020"])
    latest, first = site.runs.all()
    Run.objects.create(site=other, started_at=latest.started_at, folder=latest.folder, findings={})
    client.post(f"/fr/watch/{site.pk}/", {"do": "remove"})
    assert not user.watched.exists()  # type: ignore[attr-defined]
    assert (folder / latest.folder).exists()
    assert not (folder / first.folder).exists()


def test_a_site_is_taken_up_once_and_comes_back_from_the_dead(site: Site) -> None:
    now = timezone.now()
    assert claim_due(now) == []
    assert site.next_at > now + timedelta(days=6)
    later = now + timedelta(days=8)
    assert claim_due(later) == [site]
    assert claim_due(later) == []
    assert claim_due(later + GIVEN_UP + timedelta(minutes=1)) == [site]
    Site.objects.update(active=False)
    assert claim_due(later + 3 * GIVEN_UP) == []


def test_the_runner_audits_what_is_due(owner: tuple[User, Client], folder: Path) -> None:
    """A private address is refused by the audit itself: the run is kept, says so, and the next one has its day."""
    mine = Site.objects.create(owner=owner[0], url="https://127.0.0.1/", rules=["cnil-2020"])
    also = Site.objects.create(owner=signed_in("other")[0], url="https://127.0.0.1/", rules=["cnil-2013", "campaign"])
    assert audit_watch.run_due(Options(timeout_s=60), lambda *_: None) == 2
    assert audit_watch.run_due(Options(timeout_s=60), lambda *_: None) == 0
    runs = [mine.runs.get(), also.runs.get()]
    assert [sorted(one.findings) for one in runs] == [["cnil-2020"], ["campaign", "cnil-2013"]]
    assert {found["verdict"] for one in runs for found in one.findings.values()} == {"not_established"}
    assert runs[0].folder == runs[1].folder
    kept = json.loads((folder / runs[0].folder / "manifest.json").read_text(encoding="utf-8"))
    assert kept["url"] == mine.url
    mine.refresh_from_db()
    assert (mine.claimed_at, mine.next_at > timezone.now()) == (None, True)
    page = owner[1].get(f"/en/watch/{mine.pk}/").content.decode()
    assert "not established" in page
    assert "private address" in page
