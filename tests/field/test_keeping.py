"""Backups, restores, the end of keeping, rights and breaches: through the command line and the database as it is."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from newcomers import consent, newcomer

from isoloir.errors import BookError, NotAllowed, SourceError
from isoloir.field import consent as ledger
from isoloir.field import contacts, gate, journal, log, recovery, retention, roll, suppression
from isoloir.field.channels import Channel
from isoloir.field.keys.models import ContactKey
from isoloir.field.models import Campaign, Contact, LogEntry, Suppression, User
from isoloir.field.rights import archive, breaches, register, requests
from isoloir.settings import settings

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def test_who_ends_soon_is_warned_of_and_who_is_past_is_destroyed(campaign: Campaign) -> None:
    contacts.add(campaign, newcomer(1), by=None)
    stays = contacts.add(campaign, newcomer(2, consents=(consent(until=date(2029, 1, 1)),)), by=None).contact_id
    vote = campaign.vote_on
    assert retention.expire(campaign, on=vote - timedelta(days=40)) == retention.Expiry(0, 0, None)
    assert retention.expire(campaign, on=vote - timedelta(days=3), rehearse=True) == retention.Expiry(1, 0, vote)
    assert retention.expire(campaign, on=vote - timedelta(days=3)) == retention.Expiry(1, 0, vote)
    assert retention.expire(campaign, on=vote - timedelta(days=2)).warned == 0
    assert retention.expire(campaign, on=vote).destroyed == 0
    assert retention.expire(campaign, on=vote + timedelta(days=1)).destroyed == 1
    assert [one.pk for one in Contact.objects.all()] == [stays]
    assert ContactKey.objects.count() == 1
    kept = Contact.objects.get()
    assert retention.may_keep(kept, on=vote + timedelta(days=1)).allowed
    assert not suppression.suppressed(campaign, Channel.EMAIL, ["zoe.brulefer1@exemple-courriel.fr"])


@pytest.mark.parametrize("kind", ["access", "portability", "rectification", "restriction"])
def test_nobody_is_destroyed_who_waits_for_an_answer_about_their_data(campaign: Campaign, kind: str) -> None:
    contact = Contact.objects.get(pk=contacts.add(campaign, newcomer(), by=None).contact_id)
    asked = requests.receive(campaign, kind, contact.pk, how="page")
    assert requests.receive(campaign, kind, contact.pk, how="page") == asked  # twice is once
    ledger.withdraw(contact, how="own_page")
    assert retention.expire(campaign).destroyed == 0
    requests.answered(asked, by=None, outcome="done")
    assert retention.expire(campaign).destroyed == 1


def test_who_took_everything_back_ends_at_once(campaign: Campaign) -> None:
    contact = Contact.objects.get(pk=contacts.add(campaign, newcomer(), by=None).contact_id)
    ledger.withdraw(contact, how="unsubscribe")
    assert retention.expire(campaign).destroyed == 1


def test_the_journal_is_carried_out_after_a_crash_and_only_once(campaign: Campaign) -> None:
    first = contacts.add(campaign, newcomer(1), by=None).contact_id
    second = Contact.objects.get(pk=contacts.add(campaign, newcomer(2), by=None).contact_id)
    now = timezone.now()
    journal.erased(campaign, [first], now)
    journal.objected(campaign, Channel.EMAIL, [bytes(second.email_mark or b"")], "unsubscribe", now)
    journal.withdrawn(campaign, second.pk, "news", None, "unsubscribe", now)
    with settings().journal.open("a") as stream:
        stream.write('{"campaign": "cut by a cra')
    assert recovery.recover() == recovery.Recovered(erased=1, objections=1, withdrawals=1)
    assert recovery.recover() == recovery.Recovered()
    assert recovery.replay() == recovery.Recovered()
    assert not Contact.objects.filter(pk=first).exists()
    assert not ContactKey.objects.filter(contact=first).exists()
    assert not ledger.state(second)["news", Channel.EMAIL].granted
    assert suppression.suppressed(campaign, Channel.EMAIL, ["zoe.brulefer2@exemple-courriel.fr"])
    assert log.verify() == []
    suppression.lift(campaign, Channel.EMAIL, "zoe.brulefer2@exemple-courriel.fr", how="signup_form")
    assert recovery.replay() == recovery.Recovered()


def test_rights_have_a_month_and_are_carried_out(campaign: Campaign, officer: User) -> None:
    one = contacts.add(campaign, newcomer(1), by=None).contact_id
    two = contacts.add(campaign, newcomer(2), by=None).contact_id
    asked = requests.receive(campaign, "erasure", one, how="e-mail")
    assert requests.days_left(asked) in range(28, 32)
    objecting = requests.receive(campaign, "objection", two, how="letter")
    limiting = requests.receive(campaign, "restriction", two, how="letter")
    unknown = requests.receive(campaign, "erasure", None, how="letter")
    assert requests.pending(campaign) == [asked, objecting, limiting, unknown]
    for request in (asked, objecting, limiting, unknown):
        requests.carry_out(request, by=officer)
    assert requests.pending(campaign) == []
    person = contacts.read(campaign, two, by=officer)
    assert person.restricted
    assert not any(state.granted for state in person.consents.values())
    assert suppression.suppressed(campaign, Channel.PHONE, ["+33612000001", "+33612000002"]) == {
        "+33612000001", "+33612000002"
    }  # fmt: skip
    with pytest.raises(BookError, match="answered by what is given"):
        requests.carry_out(requests.receive(campaign, "access", two, how="page"), by=officer)


def test_a_person_gets_everything_to_read_and_to_take_along(campaign: Campaign, officer: User) -> None:
    one = contacts.add(campaign, newcomer(1, offers=("prêter <une> salle",)), by=None).contact_id
    packed = zipfile.ZipFile(io.BytesIO(archive.archive(campaign, one, by=officer)))
    told = json.loads(packed.read("data.json"))
    page = packed.read("vos-donnees.html").decode()
    assert told["you"]["email"] == "zoe.brulefer1@exemple-courriel.fr"
    assert told["consents"][0]["proof"] == "203.0.113.9"
    for text in ("Zoé Brûlefer-1", "prêter &lt;une&gt; salle", "J&#x27;accepte de recevoir", "203.0.113.9"):
        assert text in page
    assert "25 avril 2027" in page
    for code in ("signup_form", ">email<", "2027-04-25", ">access<"):
        assert code not in page  # words, not codes


def test_the_paper_that_somebody_signed_comes_with_their_archive(campaign: Campaign, officer: User) -> None:
    scan = b"\x89PNG\r\n\x1a\n of a paper"
    proof = f"data:image/png;base64,{base64.b64encode(scan).decode()}"
    signed = replace(consent(), how="paper", proof=proof)
    one = contacts.add(campaign, newcomer(2, language="en", consents=(signed,)), by=None).contact_id
    packed = zipfile.ZipFile(io.BytesIO(archive.archive(campaign, one, by=officer)))
    assert sorted(packed.namelist()) == ["data.json", "papier-1.png", "your-data.html"]
    assert packed.read("papier-1.png") == scan
    for name in ("data.json", "your-data.html"):
        assert "base64" not in packed.read(name).decode()
        assert "papier-1.png" in packed.read(name).decode()


def test_what_was_wrong_is_corrected_and_found_anew(campaign: Campaign, officer: User) -> None:
    one = contacts.add(campaign, newcomer(1), by=None).contact_id
    person = contacts.read(campaign, one, by=officer)
    contacts.correct(campaign, one, replace(person, name="Zoé Dupré", email="zoe.dupre@example.fr"), by=officer)
    found = contacts.find(campaign, Channel.EMAIL, "zoe.dupre@example.fr", by=officer)
    assert found is not None
    assert found.name == "Zoé Dupré"
    assert contacts.find(campaign, Channel.EMAIL, "zoe.brulefer1@exemple-courriel.fr", by=officer) is None


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_register_and_the_assessment_tell_what_is_there(campaign: Campaign, officer: User, language: str) -> None:
    contacts.add(campaign, newcomer(1), by=officer)
    for text in (register.register(campaign, language), register.assessment(campaign, language)):
        assert "Nord" in text
        assert "brulefer" not in text.lower()
        assert "{" not in text.replace("body{", "").replace("table{", "").replace("td,th{", "")


def test_a_breach_starts_a_clock_and_binds_every_operation(campaign: Campaign, officer: User) -> None:
    known = timezone.now() - timedelta(hours=70)
    breach = breaches.declare(campaign, "Un ordinateur volé", 120, high_risk=True, by=officer, known_at=known)
    assert 1.9 < breaches.hours_left(breach) < 2.1
    facts = {"record_kind": "contact", "rights_request": True}
    assert "SEC-04" in {duty.rule for duty in gate.ask("erase", campaign, facts).duties if duty.certain}
    assert [done for _, done in breaches.steps(breach)] == [False] * 4
    breaches.record(breach, by=officer, measures="Clés changées", notified=True, people_told=True)
    breaches.record(breach, by=officer, close=True)
    assert all(done for _, done in breaches.steps(breach))
    assert "Clés changées" in breaches.notice(breach, "fr")
    assert "SEC-04" not in {duty.rule for duty in gate.ask("erase", campaign, facts).duties if duty.certain}


HEADER = "nom de naissance;prénoms;date de naissance;numéro de voie;libellé de voie;code du bureau de vote\n"


@pytest.fixture
def electoral_roll(tmp_path: Path) -> Path:
    file = tmp_path / "liste.csv"
    lines = [f"DURAND{n};ZOE;01/02/{1940 + n % 66};{n % 9 + 1};RUE DU LAC;0001\n" for n in range(300)]
    lines += [f"PETIT{n};LEA;01/02/1990;{n};RUE HAUTE;0001\n" for n in range(20)]
    lines += [f"SEUL{n};LEO;01/02/1990;1;RUE BASSE;0002\n" for n in range(20)]
    file.write_text(HEADER + "".join(lines), encoding="utf-8")
    return file


def test_a_roll_is_counted_and_destroyed(campaign: Campaign, electoral_roll: Path, tmp_path: Path) -> None:
    out = tmp_path / "counts.csv"
    with pytest.raises(NotAllowed, match="ROLL-01"):
        roll.count(campaign, electoral_roll, out, undertaking=False, interest_test=True)
    with pytest.raises(NotAllowed, match="BASE-01"):
        roll.count(campaign, electoral_roll, out, undertaking=True, interest_test=False)
    done = roll.count(campaign, electoral_roll, out, undertaking=True, interest_test=True)
    assert done.voters == 340
    assert not electoral_roll.exists()
    lines = [line.split(",") for line in out.read_text().splitlines()[1:]]
    assert all(int(line[3]) >= roll.FEWEST for line in lines)
    assert sum(int(line[3]) for line in lines if line[1] != "age") == 320  # station 0002 is too small to tell
    assert sum(int(line[3]) for line in lines if line[1] == "age") == 320
    text = out.read_text() + str(list(LogEntry.objects.values_list("subject", "counts")))
    assert not any(name in text for name in ("DURAND", "PETIT", "SEUL", "ZOE"))


def test_a_file_that_is_no_roll_is_named_and_kept(campaign: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    for text, told in (("a;b\n1;2\n", "no column says the station"), (HEADER + "A;B;hier;1;RUE X;0001\n", "row 2")):
        file.write_text(text)
        with pytest.raises(SourceError, match=told):
            roll.count(campaign, file, tmp_path / "out.csv", undertaking=True, interest_test=True)
        assert file.exists()
    assert not Suppression.objects.exists()
