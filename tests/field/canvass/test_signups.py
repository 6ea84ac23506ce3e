"""Sign-ups at the door: sealed by their owner, opened here once, and in no table of the canvass."""

from __future__ import annotations

import base64
import json
import os
import uuid
from typing import Any

import pytest
from canvassing import BACKEND, make_member
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.apps import apps
from django.core import mail
from django.test import Client
from gateway import Gateway

from isoloir.field.adapter import LIMITS
from isoloir.field.canvass.sealing import public_key
from isoloir.field.canvass.turfs import claim
from isoloir.field.models import CacheEntry, Campaign, ConsentEntry, Contact, SignUp, Ticket, Turf, User

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
WISH = {
    "name": "Nadia Exemple", "email": "", "phone": "06 12 34 56 78", "postal_code": "94000",
    "consent": ["news:sms"], "language": "fr",
}  # fmt: skip


def seal(campaign: Campaign, what: object) -> str:
    """As the phone does."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(public_key(campaign)))
    mine = ec.generate_private_key(ec.SECP256R1())
    point = mine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = HKDF(algorithm=SHA256(), length=32, salt=point, info=b"isoloir sign-up").derive(
        mine.exchange(ec.ECDH(), theirs)
    )
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, json.dumps(what).encode(), None)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (point, nonce, sealed))


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hand_in(client: Client, text: str, number: uuid.UUID | None = None, status: int = 200) -> dict[str, Any]:
    body = {"id": str(number or uuid.uuid4()), "text": text}
    answer = client.post("/api/field/nord/canvass/signups", json.dumps(body), content_type="application/json")
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_person_enters_the_book_by_their_own_hand(client: Client, campaign: Campaign, gateway: Gateway) -> None:
    sealed, number = seal(campaign, WISH), uuid.uuid4()
    for _ in range(2):  # the answer was lost, and the phone sends again
        assert hand_in(client, sealed, number) == {"taken": True}
    assert SignUp.objects.count() == 1
    [sent] = gateway.messages
    assert sent["to"] == "+33612345678"
    assert Contact.objects.count() == ConsentEntry.objects.count() == 0, "nothing counts before it is confirmed"
    link = gateway.link()
    assert client.get(link).status_code == 200
    assert Contact.objects.count() == 0, "looking at the link confirms nothing"
    assert client.post(link).status_code == 200
    entry = ConsentEntry.objects.get()
    assert (entry.purpose, entry.channel, entry.how) == ("news", "sms", "door")
    assert client.post(link).status_code == client.get(link).status_code == 404, "it works once"
    assert Contact.objects.of(campaign).count() == 1


def test_where_no_text_message_can_be_sent_a_number_alone_is_not_taken(client: Client, campaign: Campaign) -> None:
    assert hand_in(client, seal(campaign, WISH)) == {"taken": False}
    assert Contact.objects.count() == SignUp.objects.count() == Ticket.objects.count() == 0


def test_a_gateway_that_fails_leaves_the_sign_up_on_the_phone(
    client: Client, campaign: Campaign, gateway: Gateway
) -> None:
    sealed, number = seal(campaign, WISH), uuid.uuid4()
    gateway.status = 500
    assert "503" in str(hand_in(client, sealed, number, status=503))
    assert SignUp.objects.count() == Ticket.objects.count() == 0
    gateway.status = 200
    assert hand_in(client, sealed, number) == {"taken": True}


def test_one_number_gets_few_messages_a_day_and_one_canvasser_asks_for_some(
    client: Client, campaign: Campaign, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "door", "5/h/user,3/d/key")
    sealed, number = seal(campaign, WISH), uuid.uuid4()
    for _ in range(2):
        hand_in(client, sealed, number)  # the same once more, which asks for nothing
    for _ in range(2):
        hand_in(client, seal(campaign, WISH))
    waits = uuid.uuid4()
    assert "attend" in str(hand_in(client, sealed, waits, status=503)), "the phone keeps it, and says why"
    assert not SignUp.objects.filter(pk=waits).exists()
    other = Client()
    other.force_login(make_member(campaign), backend=BACKEND)
    hand_in(other, sealed, status=503)  # whoever asks
    for n in range(2):
        hand_in(client, seal(campaign, WISH | {"phone": f"06 12 34 56 9{n}"}))
    hand_in(client, seal(campaign, WISH | {"phone": "06 12 34 56 99"}), status=503)
    hand_in(other, seal(campaign, WISH | {"phone": "06 12 34 56 99"}))
    assert len(gateway.messages) == 3 + 2 + 1
    kept = json.dumps([str(row) for row in CacheEntry.objects.values_list()])
    assert [text for text in ("0612345678", "612345678") if text in kept] == []


def test_with_an_address_nothing_is_kept_before_its_owner_confirms(client: Client, campaign: Campaign) -> None:
    hand_in(client, seal(campaign, WISH | {"email": "nadia@example.org", "consent": ["news:email"]}))
    assert Contact.objects.count() == 0
    assert [letter.to for letter in mail.outbox] == [["nadia@example.org"]]


@pytest.mark.parametrize(
    "change", [{"consent": []}, {"consent": ["news:fax"]}, {"language": "xx"}, {"name": 7}, {"phone": "x" * 201}]
)
def test_a_sign_up_that_no_application_makes_is_refused(client: Client, campaign: Campaign, change: Any) -> None:
    hand_in(client, seal(campaign, WISH | change), status=400)
    assert Contact.objects.count() == SignUp.objects.count() == 0


def test_what_was_altered_or_sealed_for_others_does_not_open(client: Client, campaign: Campaign) -> None:
    sealed = seal(campaign, WISH)
    other = Campaign.objects.create(slug="sud", name="S", controller="x", contact="x@example.org", vote_on="2027-04-25")
    for wrong in (sealed[:-4] + "AAAA", "a.b.c", "", sealed.replace(".", ""), seal(other, WISH)):
        hand_in(client, wrong, status=400)
    assert Contact.objects.count() == 0


def test_no_table_of_the_canvass_can_hold_a_person(turf: Turf, canvasser: User) -> None:
    """The 2017 violation of a map of named supporters: there is no column that a name could go into."""
    claim(turf, canvasser)
    texts: dict[str, set[str]] = {}
    for model in apps.get_app_config("field").get_models():
        if model.__module__ == "isoloir.field.models.canvass":
            kinds = ("CharField", "TextField", "EmailField", "JSONField", "BinaryField")
            names = {f.name for f in model._meta.get_fields() if getattr(f, "get_internal_type", str)() in kinds}
            if names:
                texts[model.__name__] = names
    assert texts == {
        "Pass": {"places"},  # départements
        "Turf": {"name"},  # of its main street
        "TurfMap": {"archive"},
        "StationShape": {"station", "outline"},
        "Drawn": {"origins"},  # numbers and names of turfs, numbers of buildings
        "Unit": {"station", "name"},
        "Building": {"station", "street", "number", "address", "note"},  # note: a closed list of words
        "KeepAway": {"address"},  # a keyed hash
        "Question": {"fr", "en", "answers"},
        "Tally": {"station"},
    }


def test_a_volunteer_gets_buildings_and_no_people(client: Client, campaign: Campaign, turf: Turf) -> None:
    """The other one: volunteers sent to named people. What their turf holds does not depend on the book."""
    before = client.get(f"/api/field/nord/canvass/turfs/{turf.pk}").json()
    hand_in(client, seal(campaign, WISH))
    assert client.get(f"/api/field/nord/canvass/turfs/{turf.pk}").json() == before
    assert set(before["buildings"][0]) == {
        "id", "station", "street", "number", "dwellings", "control", "at", "note",
    }  # fmt: skip
