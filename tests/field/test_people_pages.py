"""Pages of people in a user's words: a contact, a signed paper with its scan."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from entering import enter, member
from newcomers import consent, newcomer

from isoloir.field import consent as ledger
from isoloir.field import contacts, suppression
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, ConsentEntry, Contact
from isoloir.field.rights import archive
from isoloir.field.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
CODES = r"\b(news|events|qr|paper|signup_form|own_page|told_to_staff|one_click|import mailchimp|mailchimp)\b"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ["Recevoir les nouvelles de la campagne par e-mail", "un code sur leur téléphone", "dit à l’équipe",
                "un import (Mailchimp", "la page de la personne", "Pour tout, sur tous les canaux"]),
        ("en", ["Receive news of the campaign by e-mail", "a code on their phone", "said to the team",
                "an import (Mailchimp", "the person’s own page", "For everything, on every channel"]),
    ],
)  # fmt: skip
def test_a_contact_is_told_in_words(campaign: Campaign, language: str, words: list[str]) -> None:
    given = (consent(how="qr"), consent("events", Channel.SMS, how="import mailchimp"))
    one = contacts.add(campaign, newcomer(consents=given, origin="mailchimp"), by=None).contact_id
    row = Contact.objects.get(pk=one)
    ledger.withdraw(row, "events", Channel.SMS, how="told_to_staff")
    ledger.withdraw(row, None, None, how="own_page")
    client = enter(member(campaign, Role.OFFICER))
    page = client.get(f"/{language}/field/nord/contacts/{one}/").content.decode()
    main = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
    assert not [one for one in words if one not in main]
    assert not re.findall(CODES, main.replace("Receive news", "").replace("Nouvelles", ""))


def test_a_signed_paper_comes_in_with_its_scan(campaign: Campaign) -> None:
    client = enter(member(campaign, Role.COORDINATOR))
    address = "/fr/field/nord/contacts/by-paper/"
    day = timezone.localdate() - timedelta(days=3)
    told = {"name": "Nadia Petit", "email": "nadia@exemple.fr", "news": ["news:email"], "signed_on": day.isoformat()}
    assert client.get(address).status_code == 200
    scan = SimpleUploadedFile("papier.png", PNG, "image/png")
    answer = client.post(address, told | {"scan": scan})
    person = contacts.find(campaign, Channel.EMAIL, "nadia@exemple.fr", by=None)
    assert person
    assert answer["Location"] == f"/fr/field/nord/contacts/{person.id}/"
    entry = ConsentEntry.objects.get()
    assert (entry.how, entry.at.date(), entry.collected_by is not None) == ("paper", day, True)
    assert PNG not in bytes(entry.proof)  # sealed with the contact's key
    files = zipfile.ZipFile(io.BytesIO(archive.archive(campaign, person.id, by=None)))
    assert files.read("papier-1.png") == PNG  # and given back to the person
    assert "un papier signé" in client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"scan": b"GIF89a a picture"}, "Ni JPEG, ni PNG, ni PDF."),
        ({"scan": PNG + bytes(2_000_001)}, "Plus de 2 Mo"),
        ({"signed_on": "2999-01-01"}, "errorlist"),
        ({"scan": None}, "errorlist"),
        ({"email": ""}, 'role="alert"'),
        ({"news": []}, 'role="alert"'),
    ],
)
def test_a_paper_without_what_it_needs_stays_out(campaign: Campaign, changes: dict[str, object], told: str) -> None:
    day = timezone.localdate().isoformat()
    form = {"name": "Nadia", "email": "nadia@exemple.fr", "news": ["news:email"], "signed_on": day, "scan": PNG}
    form |= changes
    scan = form.pop("scan")
    if isinstance(scan, bytes):
        form["scan"] = SimpleUploadedFile("papier.png", scan)
    page = enter(member(campaign, Role.COORDINATOR)).post("/fr/field/nord/contacts/by-paper/", form)
    assert page.status_code == 422
    assert told in page.content.decode()
    assert not Contact.objects.exists()


def test_a_file_of_objections_needs_no_proof_and_consents_need_their_purposes(campaign: Campaign) -> None:
    client = enter(member(campaign, Role.COORDINATOR))
    address = "/fr/field/nord/imports/"
    rows = b"email,d\xc3\xa9sinscrit\nout@exemple.fr,oui\nin@exemple.fr,\n"
    page = client.post(address, {"file": SimpleUploadedFile("out.csv", rows)})
    assert page.status_code == 200
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.content.decode())
    assert sealed
    client.post(f"{address}commit/", {"sealed": sealed[1]})
    assert suppression.suppressed(campaign, Channel.EMAIL, ["out@exemple.fr"]) == {"out@exemple.fr"}
    assert contacts.find(campaign, Channel.EMAIL, "in@exemple.fr", by=None) is None
    lacking = client.post(address, {"file": SimpleUploadedFile("in.csv", rows), "wording": "J'accepte."})
    assert lacking.status_code == 422
    assert lacking.content.decode().count("errorlist") == 2
    assert "À corriger : Pour quoi, Sur quels canaux." in lacking.content.decode()
