"""Messages over real SMTP: who gets them, what is in them, and who never does."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core import mail
from django.test import Client
from entering import enter, member

from isoloir.errors import BookError, NotAllowed, SettingsError
from isoloir.field import consent, contacts, gate, messages, preparing, suppression, wordings
from isoloir.field.channels import Channel
from isoloir.field.imports.proofs import proof_of
from isoloir.field.models import Campaign, Contact, Front, LogEntry, Mailing, Pass
from isoloir.field.person import Details, NewContact
from isoloir.field.roles import Role
from isoloir.field.selection import EVERYBODY, Selection
from isoloir.field.smtp import django_settings
from isoloir.field.texts import texts

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


class Mailbox:
    """Keeps what arrives; refuses one address as a server would."""

    def __init__(self) -> None:
        self.received: list[Envelope] = []

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("full"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.received.append(envelope)
        return "250 OK"

    def letters(self) -> list[email.message.EmailMessage]:
        parser = email.policy.default
        return [email.message_from_bytes(one.content or b"", policy=parser) for one in self.received]  # type: ignore[misc,arg-type]


class Server(Controller):  # type: ignore[misc]
    """On a free port, which is known once it listens."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    server = Server(box, hostname="127.0.0.1", port=0)
    server.start()
    try:
        for name, value in django_settings(f"smtp://127.0.0.1:{server.port}").items():
            setattr(settings, name, value)
        yield box
    finally:
        server.stop()


def add(campaign: Campaign, address: str, *boxes: str, language: str = "fr") -> Contact:
    now = datetime.now(UTC)
    given = wordings.consents(campaign, list(boxes), language, how="signup_form", at=now, proof="link confirmed")
    new = NewContact(
        name="Nadia", email=address, consents=given, act="newsletter_signup", origin="signup_form", language=language
    )
    return Contact.objects.get(pk=contacts.add(campaign, new, by=None).contact_id)


def prepared(campaign: Campaign, purpose: str = "news", selection: Selection = EVERYBODY) -> Mailing:
    mailing = preparing.draft(campaign, purpose, "Réunion", "Bonjour, à mardi.", by=None, selection=selection)
    preparing.gather(mailing, 600)
    return mailing


def sent(campaign: Campaign, purpose: str = "news") -> messages.Progress:
    return messages.deliver(prepared(campaign, purpose))


def test_one_letter_a_person_and_only_to_those_who_agreed(
    campaign: Campaign, other: Campaign, mailbox: Mailbox
) -> None:
    add(campaign, "a@example.org", "news:email")
    add(campaign, "b@example.org", "news:email", "events:email", language="en")
    add(campaign, "c@example.org", "events:email")
    add(other, "d@example.org", "news:email")
    assert sent(campaign) == messages.Progress(0, 2, 0, 0)
    assert sorted(one.rcpt_tos for one in mailbox.received) == [["a@example.org"], ["b@example.org"]]
    for envelope, letter in zip(mailbox.received, mailbox.letters(), strict=True):
        assert [letter["To"], letter["Cc"], letter["Bcc"]] == [envelope.rcpt_tos[0], None, None]
        others = {"a@example.org", "b@example.org", "c@example.org", "d@example.org"} - set(envelope.rcpt_tos)
        assert not any(address in (envelope.content or b"").decode() for address in others)
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        text = letter.get_content()
        assert campaign.controller in text
        assert "2027-04-25" in text
    assert {("Political message" in one.get_content()) for one in mailbox.letters()} == {True, False}
    assert LogEntry.objects.filter(action="message", counts__sent=2).count() == 1


def test_the_header_unsubscribes_with_one_click(campaign: Campaign, mailbox: Mailbox, client: Client) -> None:
    add(campaign, "a@example.org", "news:email")
    sent(campaign)
    link = re.fullmatch(r"<(\S+)>", mailbox.letters()[0]["List-Unsubscribe"])
    assert link
    assert b"List-Unsubscribe: <http" in (mailbox.received[0].content or b"")
    assert link[1] in mailbox.letters()[0].get_content()
    path = urlsplit(link[1]).path
    assert client.get(path).status_code == 200
    assert sent(campaign).sent == 1  # GET asks
    answer = client.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert not answer.cookies
    assert sent(campaign) == messages.Progress(0, 0, 0, 0)


def test_whoever_objects_while_it_goes_gets_nothing(campaign: Campaign, mailbox: Mailbox) -> None:
    one = add(campaign, "a@example.org", "news:email")
    add(campaign, "b@example.org", "news:email")
    erased = add(campaign, "c@example.org", "news:email")
    kept = add(campaign, "d@example.org", "news:email")
    mailing = prepared(campaign)
    consent.withdraw(one, "news", Channel.EMAIL, how="test")
    suppression.suppress(campaign, Channel.EMAIL, "b@example.org", how="test")
    contacts.erase(campaign, erased.pk, by=None, why="request")
    assert messages.deliver(mailing) == messages.Progress(0, 1, 3, 0)
    assert [envelope.rcpt_tos for envelope in mailbox.received] == [["d@example.org"]]
    assert messages.deliver(mailing).sent == 1  # nothing goes twice
    assert len(mailbox.received) == 1
    assert kept.pk


def test_a_refused_letter_does_not_stop_the_others(campaign: Campaign, mailbox: Mailbox) -> None:
    add(campaign, "full@example.org", "news:email")
    add(campaign, "a@example.org", "news:email")
    assert sent(campaign) == messages.Progress(0, 1, 0, 1)
    assert len(mailbox.received) == 1


@pytest.mark.parametrize("day", [date(2027, 4, 10), date(2027, 4, 11), date(2027, 4, 24), date(2027, 4, 25)])
def test_silence_before_each_round(
    campaign: Campaign, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, day: date
) -> None:
    add(campaign, "a@example.org", "news:email")
    mailing = prepared(campaign)
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: day)
    for act in (lambda: messages.deliver(mailing), lambda: prepared(campaign)):
        with pytest.raises(NotAllowed) as refusal:
            act()
        assert "TIME-01" in refusal.value.rules
    assert not mailbox.received


def lives(campaign: Campaign, address: str, code: str = "", phone: str = "") -> Contact:
    Front.objects.update_or_create(campaign=campaign, defaults={"sponsor_eligible": True})
    one = add(campaign, address, "news:email")
    contacts.correct(campaign, one.pk, Details("Nadia", address, phone, code), by=None)
    return one


# A Sunday's vote on 25 April 2027, the first round two weeks before; hours are those of Greenwich. In Paris, silence
# is from 22:00 on Friday to 22:00 on Sunday: after it, only places behind Paris are told apart.
@pytest.mark.parametrize(
    ("code", "phone", "edge", "silent_before"),
    [
        ("97400", "", "2027-04-23T20:00", False),  # Réunion: Saturday begins two hours earlier
        ("", "+262692123456", "2027-04-23T20:00", False),  # the same by the number alone
        ("98800", "", "2027-04-23T13:00", False),  # Nouméa
        ("97100", "", "2027-04-23T04:00", False),  # Guadeloupe may vote on Saturday: the eve is Friday
        ("97 133", "", "2027-04-23T04:00", False),  # Saint-Barthélemy by its older code
        ("98735", "", "2027-04-23T09:00", False),  # Polynesia is silent once its first zone is
        ("97100", "", "2027-04-12T04:00", True),  # between the rounds: until Sunday ends there
        ("98713", "", "2027-04-12T10:00", True),  # Tahiti
        ("", "+596696123456", "2027-04-12T04:00", True),  # Martinique, by the number
    ],
)
def test_silence_holds_by_the_hour_where_somebody_lives(
    campaign: Campaign,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    phone: str,
    edge: str,
    silent_before: bool,
) -> None:
    lives(campaign, "far@example.org", code, phone)
    lives(campaign, "lyon@example.org", "69001", "+262692123457")  # the postal code comes first
    lives(campaign, "unknown@example.org")
    moment, second = datetime.fromisoformat(edge).replace(tzinfo=UTC), timedelta(seconds=1)
    for at, silent in ((moment - second, silent_before), (moment, not silent_before)):
        mailbox.received.clear()
        monkeypatch.setattr("django.utils.timezone.now", lambda at=at: at)
        assert sent(campaign) == messages.Progress(0, 3 - silent, 0, 0, int(silent)), at
        got = {address for one in mailbox.received for address in one.rcpt_tos}
        assert got >= {"lyon@example.org", "unknown@example.org"}
        assert ("far@example.org" in got) is not silent


def test_nobody_of_whom_nothing_is_known_hears_of_it_where_a_canvassed_place_is_silent(
    campaign: Campaign, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives(campaign, "unknown@example.org")
    lives(campaign, "lille@example.org", "59000")
    Pass.objects.create(campaign=campaign, number=1, places=["590", "974"], ended_at=datetime.now(UTC))
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2027, 4, 23, 20, 30, tzinfo=UTC))
    client = enter(member(campaign, Role.COORDINATOR))
    mailing = prepared(campaign)
    page = client.post(f"/fr/field/nord/messages/{mailing.pk}/", {"send": "yes"}).content.decode()
    assert [one.rcpt_tos for one in mailbox.received] == [["lille@example.org"]]
    assert texts("fr")["message_silent"] in page
    assert "art. L49" in page
    assert messages.deliver(mailing).silent == 1  # nor later
    assert len(mailbox.received) == 1


def chosen(campaign: Campaign, address: str, code: str, *offers: str, boxes: tuple[str, ...] = ()) -> Contact:
    now = datetime.now(UTC)
    given = wordings.consents(campaign, ["news:email", *boxes], "fr", how="signup_form", at=now, proof="link")
    new = NewContact("Nadia", address, postal_code=code, offers=offers, consents=given, act="newsletter_signup",
                     origin="signup_form")  # fmt: skip
    return Contact.objects.get(pk=contacts.add(campaign, new, by=None).contact_id)


def test_a_selection_reaches_those_who_agreed_to_be_chosen(campaign: Campaign, mailbox: Mailbox) -> None:
    yes = ("selection:email",)
    chosen(campaign, "lille@example.org", "59000", "Tracter le samedi", boxes=yes)
    chosen(campaign, "paris@example.org", "75011", "tracter", boxes=yes)
    chosen(campaign, "salle@example.org", "59100", "prêter une salle", boxes=yes)
    chosen(campaign, "silent@example.org", "59000", "tracter")  # agreed to news, not to being chosen
    back = chosen(campaign, "back@example.org", "59800", "tracter", boxes=yes)
    client = enter(member(campaign, Role.COORDINATOR))
    told = {"purpose": "news", "subject": "Samedi", "body": "On tracte.", "codes": "590, 591 598", "offered": "tract"}
    made = client.post("/fr/field/nord/messages/", told)["Location"]
    page = client.get(made).content.decode()
    assert "<strong>2</strong>" in page
    assert "Elles ont accepté d’être choisies ainsi." in page
    client.post(made)  # to prepare, which is done: nothing goes
    assert not mailbox.received
    consent.withdraw(back, "selection", Channel.EMAIL, how="own_page")  # meanwhile
    client.post(made, {"send": "yes"})
    assert [one.rcpt_tos for one in mailbox.received] == [["lille@example.org"]]
    assert "d’après le code postal ou la proposition" in mailbox.letters()[0].get_content()
    kept = Mailing.objects.get()
    assert kept.selection == {"postal_codes": ["590", "591", "598"], "offer": "tract"}
    reached = ((EVERYBODY, 5), (Selection(("75",)), 1))  # all who asked for news, when nobody is chosen
    for selection, number in reached:
        assert prepared(campaign, "news", selection).deliveries.count() == number
    assert not prepared(campaign, "events", Selection(("75",))).deliveries.exists()
    assert client.post("/fr/field/nord/messages/", told | {"codes": "5 rue X"}).status_code == 422


def test_choosing_without_that_consent_is_refused_by_law(campaign: Campaign) -> None:
    facts = messages.facts(campaign, "news", Selection(("59",)))
    for operation in ("segment", "message"):
        gate.ask(operation, campaign, facts)
        with pytest.raises(NotAllowed, match="2024/900"):
            gate.ask(operation, campaign, facts | {"consent": "recorded", "consent_separate": False})


@pytest.mark.usefixtures("campaign")
def test_being_chosen_is_asked_by_a_box_of_its_own(client: Client) -> None:
    page = client.get("/fr/field/nord/join/").content.decode()
    assert page.count('value="selection:email"') == 1
    assert "selection:sms" not in page
    alone = {"name": "Nadia", "email": "n@example.org", "selection": ["selection:email"]}
    assert texts("fr")["join_none"] in client.post("/fr/field/nord/join/", alone).content.decode()
    assert not mail.outbox
    with pytest.raises(SettingsError):  # and by nothing else
        proof_of({"purposes": ["selection"]}, date(2026, 11, 26))


def test_who_gets_it_is_gathered_part_by_part(
    campaign: Campaign, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        add(campaign, f"n{number}@example.org", "events:email" if number == 2 else "news:email")
    monkeypatch.setattr("isoloir.field.parts.SIZE", 3)
    monkeypatch.setattr("isoloir.field.preparing.SIZE", 3)
    monkeypatch.setattr("isoloir.field.preparing.gather", partial(preparing.gather, seconds=0))  # a part each time
    client = enter(member(campaign, Role.COORDINATOR))
    told = {"purpose": "news", "subject": "Samedi", "body": "On tracte.", "codes": "", "offered": ""}
    made = client.post("/fr/field/nord/messages/", told)["Location"]
    mailing = Mailing.objects.get()
    page = client.get(made).content.decode()
    assert texts("fr")["message_preparing"] in page
    assert "<strong>2</strong>" in page
    assert 'hx-trigger="load"' in page
    assert (mailing.gathered, mailing.prepared_at) == (3, None)
    with pytest.raises(BookError):  # nobody before all are known
        messages.deliver(mailing)

    twin = Mailing.objects.get()  # somebody who looked at the book for the same part at the same time
    preparing.gather(mailing)
    preparing.gather(twin)
    assert mailing.deliveries.count() == 5
    assert not LogEntry.objects.filter(action="prepare_message").exists()
    late = add(campaign, "late@example.org", "news:email")
    page = client.post(made, {"send": "yes"}).content.decode()  # still to be prepared: that is done first
    assert "<strong>7</strong>" in page
    assert 'hx-trigger="load"' not in page
    assert not mailbox.received
    assert mailing.deliveries.filter(contact=late.pk).exists()
    assert LogEntry.objects.get(action="prepare_message").counts["recipients"] == 7
    page = client.post(made, {"send": "yes"}, headers={"HX-Request": "true"}).content.decode()
    assert texts("fr")["message_finished"] in page
    assert len(mailbox.received) == 7
    assert client.post(made, {"delete": "yes"}).status_code == 422
    assert messages.progress(mailing).sent == 7


def test_a_message_is_deleted_before_it_goes_and_written_again(campaign: Campaign, mailbox: Mailbox) -> None:
    add(campaign, "a@example.org", "news:email")
    client = enter(member(campaign, Role.COORDINATOR))
    told = {"purpose": "news", "subject": "Samedi", "body": "On tracte à Lille.", "codes": "590", "offered": "salle"}
    made = client.post("/fr/field/nord/messages/", told)["Location"]
    stale = Mailing.objects.get()
    page = client.post(made, {"delete": "yes"}).content.decode()
    for text in ("On tracte à Lille.", 'value="590"', 'value="salle"', 'action="/fr/field/nord/messages/"'):
        assert text in page
    assert not Mailing.objects.exists()
    assert LogEntry.objects.filter(action="delete_message").count() == 1
    assert not messages.deliver(stale).begun  # who was about to send it
    assert not LogEntry.objects.filter(action="message").exists()
    stale.prepared_at = None
    with pytest.raises(Mailing.DoesNotExist):  # who was preparing it meanwhile
        preparing.gather(stale)
    assert client.post(made, {"send": "yes"}).status_code == 404
    assert not mailbox.received
