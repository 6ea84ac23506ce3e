"""Exports: only whom one may write to now, with a second person above a number, in files that nobody else reads."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from foreign import BOTH, GIVEN, PROOF, people, table

from isoloir.errors import BookError, NotAllowed, SettingsError
from isoloir.field import consent, contacts, suppression
from isoloir.field.channels import Channel
from isoloir.field.exports import requests
from isoloir.field.exports.files import private_file
from isoloir.field.exports.formats import FORMATS, harmless
from isoloir.field.exports.listmonk import Listmonk, Pushed, push_export
from isoloir.field.imports.batches import run
from isoloir.field.imports.preview import preview
from isoloir.field.models import Campaign, Contact, ExportRequest, LogEntry, Membership, User
from isoloir.field.person import Details, NewContact
from isoloir.field.roles import Role
from isoloir.settings import settings

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def book(campaign: Campaign) -> Campaign:
    """Six people who agreed to news by e-mail, two of whom said no since; one more agreed to events only."""
    file = people(6)
    run(preview(campaign, file, proof=PROOF), file, by=None)
    suppression.suppress(campaign, Channel.EMAIL, "zoe1@exemple.fr", how="unsubscribe")
    gone = contacts.find(campaign, Channel.EMAIL, "zoe2@exemple.fr", by=None)
    assert gone
    consent.withdraw(Contact.objects.get(pk=gone.id), "news", how="unsubscribe")
    events = consent.Consent("events", Channel.EMAIL, "Oui.", "1", "signup_form", GIVEN)
    contacts.add(campaign, NewContact("", "else@exemple.fr", consents=(events,), act="newsletter_signup"), by=None)
    return campaign


@pytest.fixture
def second(campaign: Campaign) -> User:
    user = User.objects.create_user("second@example.org", "a long enough password")
    Membership.objects.create(user=user, campaign=campaign, role=Role.ADMINISTRATOR)
    return user


def alone(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOLOIR_EXPORT_ALONE", str(number))
    settings.cache_clear()


def asked(campaign: Campaign, by: User | None, format: str = "csv", channel: Channel = Channel.EMAIL) -> ExportRequest:
    return requests.request_export(
        campaign, by, purpose="news", channel=channel, format=format, recipient="campaign_heads"
    )


def test_only_those_go_out_who_may_be_written_to_now(book: Campaign, officer: User, tmp_path: Path) -> None:
    request = asked(book, officer)
    assert (request.people, request.state) == (4, ExportRequest.APPROVED)
    suppression.suppress(book, Channel.EMAIL, "zoe3@exemple.fr", how="unsubscribe")  # after it was approved
    file = tmp_path / "out.csv"
    assert requests.write_export(request, file, officer) == 3
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert sorted(row["email"] for row in rows) == ["zoe0@exemple.fr", "zoe4@exemple.fr", "zoe5@exemple.fr"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert request.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    actions = list(LogEntry.objects.filter(action__startswith="export").values_list("action", "counts__people"))
    assert actions == [("export_asked", 4), ("export_written", 3)]
    with pytest.raises(BookError, match=str(request.pk)):
        requests.write_export(request, file, officer)  # an approval is for one file


def test_a_number_of_people_takes_a_second_person(
    book: Campaign, officer: User, second: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone(3, monkeypatch)
    request = asked(book, officer)
    assert request.state == ExportRequest.PENDING
    with pytest.raises(BookError):
        requests.write_export(request, tmp_path / "x.csv", officer)
    with pytest.raises(NotAllowed):
        requests.approve_export(request, officer)
    coordinator = User.objects.create_user("c@example.org", "a long enough password")
    Membership.objects.create(user=coordinator, campaign=book, role=Role.COORDINATOR)
    stranger = User.objects.create_user("s@example.org", "a long enough password")
    for user in (coordinator, stranger):
        with pytest.raises(NotAllowed):
            requests.approve_export(request, user)
    requests.approve_export(request, second)
    file = people(9)
    run(preview(book, file, proof=PROOF), file, by=None)
    with pytest.raises(BookError, match="4"):  # more people by now than were approved
        requests.write_export(request, tmp_path / "x.csv", officer)
    assert list(tmp_path.glob("*.csv")) == []
    refused = asked(book, officer)
    requests.refuse_export(refused, second)
    with pytest.raises(BookError):
        requests.approve_export(refused, second)


def test_strangers_and_canvassers_export_nothing(book: Campaign, other: Campaign, officer: User) -> None:
    canvasser = User.objects.create_user("k@example.org", "a long enough password")
    Membership.objects.create(user=canvasser, campaign=book, role=Role.CANVASSER)
    for campaign, user in ((book, canvasser), (other, officer)):
        with pytest.raises(NotAllowed):
            asked(campaign, user)
    request = asked(book, officer)
    with pytest.raises(BookError):
        requests.request_of(other, str(request.pk))


def test_outsiders_are_not_handed_the_book(book: Campaign, officer: User) -> None:
    with pytest.raises(NotAllowed, match="SENS-05"):
        requests.request_export(
            book, officer, purpose="news", channel=Channel.EMAIL, format="csv", recipient="other_controller"
        )


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_what_goes_out_comes_back_in(format: str, campaign: Campaign, other: Campaign, tmp_path: Path) -> None:
    file = table(["email", "prénom", "nom", "tel", "cp"],
                 {"email": "zoe@exemple.fr", "prénom": "Zoé", "nom": "Brûlefer, dite « X; Y »" + " é" * 40,
                  "tel": "0612345678", "cp": "94400"})  # fmt: skip
    run(preview(campaign, file, proof=replace(PROOF, channels=BOTH)), file, by=None)
    out = tmp_path / "out"
    assert requests.write_export(asked(campaign, None, format), out, None) == 1
    text = out.read_text(encoding="utf-8")
    assert "612345678" not in text  # what was asked for is e-mail
    if format == "listmonk":
        text = text.replace("email,name,attributes", "email,name,attributes,uuid,status").replace(
            '"}"', '"}",1,enabled'
        )
    if format == "civicrm":
        text = text.replace("First Name,", "Contact ID,Do Not Email,First Name,").replace("Zoé,", "1,,Zoé,")
    if format == "mailchimp":
        text = text.replace("Last Name", "Last Name,OPTIN_TIME").replace(' é"', ' é",2026-01-01 00:00:00')
    back = io.BytesIO(text.encode())
    found = preview(other, back, format, PROOF)
    assert found.counts.created == 1, found.examples
    run(found, back, by=None)
    person = contacts.find(other, Channel.EMAIL, "zoe@exemple.fr", by=None)
    assert person
    assert person.name == "Zoé Brûlefer, dite « X; Y »" + " é" * 40


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "|calc"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell.strip()}"
    assert harmless("+33612345678") == "+33612345678"
    assert harmless("Zoé") == "Zoé"
    for one in FORMATS.values():
        stream = io.StringIO()
        one.write([Details(cell, cell, cell, cell)], stream)
        if one.suffix == "csv":
            rows = list(csv.reader(io.StringIO(stream.getvalue(), newline=""), delimiter=one.delimiter))
            assert all(not value.startswith(("=", "+", "-", "@", "\t", "\r", "|")) for row in rows for value in row)


def test_a_service_of_mail_serves_no_other_channel(campaign: Campaign) -> None:
    with pytest.raises(SettingsError, match="mailchimp"):
        asked(campaign, None, "mailchimp", Channel.SMS)
    with pytest.raises(SettingsError, match="sms"):
        asked(campaign, None, "csv", Channel.POST)


def test_nobody_sees_half_a_file(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    with pytest.raises(ZeroDivisionError), private_file(target) as stream:
        print("half", file=stream, end=str(1 // 0))
    assert target.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]
    with private_file(target) as stream:
        stream.write("whole")
    assert target.read_text() == "whole"
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]
    with pytest.raises(SettingsError), private_file(target / "below"):
        pass


class FakeListmonk(ThreadingHTTPServer):
    """As much of a listmonk server as a push meets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.subscribers: dict[str, dict[str, object]] = {}
        self.broken = False

    def put(self, email: str, status: str = "enabled", **lists: str) -> None:
        """Somebody who is there already."""
        here = [{"id": int(key[1:]), "subscription_status": value} for key, value in lists.items()]
        self.subscribers[email] = {
            "id": len(self.subscribers) + 1, "email": email, "status": status, "lists": here,
        }  # fmt: skip

    def lists_of(self, email: str) -> dict[int, str]:
        """Which lists, in which state."""
        return {one["id"]: one["subscription_status"] for one in self.subscribers[email]["lists"]}  # type: ignore[attr-defined]


class _Answers(BaseHTTPRequestHandler):
    server: FakeListmonk

    def do_GET(self) -> None:
        asked = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        found = list(self.server.subscribers.values())
        if "subscription_status" in asked:
            wanted = {"id": int(asked["list_id"]), "subscription_status": asked["subscription_status"]}
            found = [one for one in found if wanted in one["lists"]]  # type: ignore[operator]
        elif "blocklisted" in asked["query"]:
            found = [one for one in found if one["status"] == "blocklisted"]
        else:
            email = asked["query"].split("'", 1)[1].removesuffix("'").replace("''", "'")
            found = [one for one in found if one["email"] == email]
        self._answer(200, {"data": {"results": found if asked["page"] == "1" else []}})

    def do_POST(self) -> None:
        body = self._body()
        if body["email"] in self.server.subscribers:
            self._answer(409, {"message": "E-mail already exists."})
            return
        assert (body["status"], body["preconfirm_subscriptions"]) == ("enabled", True)
        self.server.put(body["email"], **{f"l{one}": "confirmed" for one in body["lists"]})
        self._answer(200, {"data": {}})

    def do_PUT(self) -> None:
        body = self._body()
        for one in self.server.subscribers.values():
            if one["id"] in body["ids"]:
                one["lists"] += [{"id": n, "subscription_status": body["status"]} for n in body["target_list_ids"]]  # type: ignore[operator]
        self._answer(200, {"data": True})

    def _body(self) -> dict[str, object]:  # type: ignore[override]
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, code: int, body: object) -> None:
        code = 500 if self.server.broken else code
        code = code if self.headers["Authorization"] else 403
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def listmonk() -> Iterator[FakeListmonk]:
    server = FakeListmonk()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_push_to_listmonk_never_subscribes_anybody_again(
    book: Campaign, officer: User, listmonk: FakeListmonk
) -> None:
    listmonk.put("zoe0@exemple.fr", l1="unsubscribed")
    listmonk.put("zoe3@exemple.fr", status="blocklisted", l1="confirmed")
    listmonk.put("zoe4@exemple.fr", l2="confirmed")
    listmonk.put("stranger@exemple.fr", l1="unsubscribed")
    server = Listmonk(f"http://127.0.0.1:{listmonk.server_port}", "api", "token", 1)
    pushed = push_export(asked(book, officer, "listmonk"), server, officer)
    assert pushed == Pushed(added=2, objections=3)
    assert listmonk.lists_of("zoe0@exemple.fr") == {1: "unsubscribed"}
    assert listmonk.lists_of("zoe4@exemple.fr") == {1: "confirmed", 2: "confirmed"}
    assert listmonk.lists_of("zoe5@exemple.fr") == {1: "confirmed"}
    assert "zoe1@exemple.fr" not in listmonk.subscribers
    assert "zoe2@exemple.fr" not in listmonk.subscribers
    asking = ["zoe0@exemple.fr", "zoe3@exemple.fr", "stranger@exemple.fr", "zoe5@exemple.fr"]
    assert suppression.suppressed(book, Channel.EMAIL, asking) == set(asking[:3])
    again = push_export(asked(book, officer, "listmonk"), server, officer)
    assert again == Pushed(there=2)
    server.close()


def test_a_push_that_fails_leaves_the_approval(book: Campaign, officer: User, listmonk: FakeListmonk) -> None:
    listmonk.broken = True
    request = asked(book, officer, "listmonk")
    with pytest.raises(BookError, match="500"):
        push_export(request, Listmonk(f"http://127.0.0.1:{listmonk.server_port}", "api", "token", 1), officer)
    request.refresh_from_db()
    assert request.state == ExportRequest.APPROVED
    with pytest.raises(BookError, match=r"unreachable|injoignable"):
        push_export(request, Listmonk("http://127.0.0.1:9", "api", "token", 1), officer)
    with pytest.raises(SettingsError, match="https"):
        Listmonk("http://example.org", "api", "token", 1)


def test_consent_of_long_ago_does_not_go_out(campaign: Campaign) -> None:
    file = people(2)
    run(preview(campaign, file, proof=replace(PROOF, at=datetime(2020, 1, 1, tzinfo=UTC))), file, by=None)
    assert asked(campaign, None).people == 0
