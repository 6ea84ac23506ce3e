"""Text messages: what the gateway is sent, what is refused, and links that are short, ours, once and for two days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from gateway import Gateway

from isoloir.errors import NotSent, SettingsError
from isoloir.field import retention, signup, sms, tickets
from isoloir.field.models import Campaign, Contact, Ticket
from isoloir.settings import settings

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
FORM = {"name": "Nadia", "email": "", "phone": "06 12 34 56 78", "news": ["news:sms"]}


def test_a_message_is_what_the_setting_says(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOLOIR_SMS_BODY", '{"messages": [{"dest": "{to}", "text": "{text}"}], "sender": "NORD"}')
    settings.cache_clear()
    sms.send("+33612345678", 'Un "guillemet", {to}')
    assert gateway.messages == [
        {"messages": [{"dest": "+33612345678", "text": 'Un "guillemet", {to}'}], "sender": "NORD"}
    ]
    assert gateway.tokens == ["Bearer of this test"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("URL", "http://sms.example.org/", "https"), ("BODY", "to={to}", "no JSON"), ("BODY", '{"to": "{to}"}', "{text}")],
)
def test_a_setting_that_makes_no_sense_is_refused(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"ISOLOIR_SMS_{name}", value)
    settings.cache_clear()
    with pytest.raises(SettingsError, match=told):
        sms.send("+33612345678", "x")
    assert gateway.messages == []


def test_a_gateway_that_does_not_take_it(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway.status = 401
    with pytest.raises(NotSent, match="401"):
        sms.send("+33612345678", "x")
    monkeypatch.setenv("ISOLOIR_SMS_URL", "http://127.0.0.1:9/")
    settings.cache_clear()
    with pytest.raises(NotSent, match="does not answer"):
        sms.send("+33612345678", "x")


@pytest.mark.parametrize(("language", "said"), [("fr", "confirmez votre inscription"), ("en", "confirm your sign-up")])
def test_who_gives_a_number_alone_confirms_by_text_message(
    campaign: Campaign, gateway: Gateway, language: str, said: str
) -> None:
    client = Client()
    shown = client.post(f"/{language}/field/nord/join/", FORM)
    assert ("SMS" if language == "fr" else "text messages") in shown.content.decode()
    [message] = gateway.messages
    assert said in message["text"]
    assert message["text"].startswith("Nord")
    assert len(message["text"]) <= 160, "one message, not two"
    assert mail.outbox == []
    assert Contact.objects.count() == 0
    link = gateway.link()
    assert len(link) < 50
    assert "Nadia" in client.get(link).content.decode()
    assert Contact.objects.count() == 0, "whatever follows links confirms nothing"
    assert client.post(link).status_code == 200
    assert Contact.objects.of(campaign).count() == 1
    assert client.post(link).status_code == client.get(link).status_code == 404


def test_without_a_gateway_the_form_wants_a_letter_box(campaign: Campaign) -> None:  # noqa: ARG001
    assert Client().post("/fr/field/nord/join/", FORM).status_code == 422


def test_a_ticket_is_ours_and_young_and_tells_nothing_where_it_lies(campaign: Campaign, other: Campaign) -> None:
    ticket = tickets.issue(campaign, {"name": "Nadia Exemplaire"}, days=2)
    assert len(ticket) == 20
    assert tickets.look(other, ticket) is None
    for wrong in (ticket[:-1] + ("A" if ticket[-1] != "A" else "B"), ticket[:-4], "", "é" * 20, "x" * 400):
        assert tickets.look(campaign, wrong) is None
    [row] = Ticket.objects.values_list("mark", "sealed")
    assert b"Nadia" not in bytes(row[1])
    assert ticket not in row[0]
    found = tickets.look(campaign, ticket)
    assert found is not None
    assert found[1] == {"name": "Nadia Exemplaire"}
    Ticket.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert tickets.look(campaign, ticket) is tickets.use(campaign, ticket) is None
    retention.expire(campaign)
    assert Ticket.objects.count() == 0


def test_a_ticket_is_used_once(campaign: Campaign) -> None:
    ticket = tickets.issue(campaign, [1], days=signup.TICKET_DAYS)
    assert tickets.use(campaign, ticket) is not None
    assert tickets.use(campaign, ticket) is tickets.look(campaign, ticket) is None
