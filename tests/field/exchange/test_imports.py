"""Imports in the layouts of other services: what is counted is what happens, and all of it can be undone."""

from __future__ import annotations

import io
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from foreign import (
    BOTH,
    BREVO,
    CIVICRM,
    GIVEN,
    LISTMONK,
    MAILCHIMP,
    PROOF,
    UNSUBSCRIBED,
    nationbuilder,
    people,
    table,
)  # fmt: skip

from isoloir.errors import BookError, NotAllowed
from isoloir.field import consent, contacts, suppression
from isoloir.field.channels import Channel
from isoloir.field.imports.batches import recover, run, undo
from isoloir.field.imports.faults import BadFile
from isoloir.field.imports.preview import Preview, preview
from isoloir.field.imports.proofs import NOTHING
from isoloir.field.keys.models import ContactKey
from isoloir.field.loading import among
from isoloir.field.models import Campaign, ConsentEntry, Contact, ImportBatch, LogEntry, Suppression, User
from isoloir.field.person import NewContact
from isoloir.field.size import size

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def everything(campaign: Campaign) -> dict[str, tuple[object, ...]]:
    """Everybody in the book by address, with what stands of their consents."""
    people = contacts.open_people(campaign, Contact.objects.of(campaign), by=None)
    return {
        one.email or one.phone: (
            one.name, one.phone, one.postal_code, one.offers,
            tuple(sorted((purpose, channel.value) for (purpose, channel), s in one.consents.items() if s.granted)),
        )
        for one in people
    }  # fmt: skip


def imported(campaign: Campaign, file: io.BytesIO, found: Preview, by: User | None = None) -> ImportBatch:
    """Run what was previewed, and hold the preview to its word."""
    before = Contact.objects.of(campaign).count()
    batch = run(found, file, by=by)
    told = {"created": found.counts.created, "merged": found.counts.merged, "suppressed": found.counts.suppressed,
            "refused": found.refused, "objections": found.objections}  # fmt: skip
    assert batch.counts == told
    assert Contact.objects.of(campaign).count() == before + found.counts.created
    assert found.rows == found.counts.created + found.counts.merged + found.counts.suppressed + found.refused
    return batch


def agreed(purpose: str, at: datetime = GIVEN) -> consent.Consent:
    return consent.Consent(purpose, Channel.EMAIL, "Oui.", "1", "signup_form", at)


def signed_up(campaign: Campaign, email: str, purpose: str = "events") -> None:
    contacts.add(campaign, NewContact("", email, consents=(agreed(purpose),), act="newsletter_signup"), by=None)


def test_a_nationbuilder_export_gives_up_what_it_derived(campaign: Campaign, officer: User) -> None:
    file = nationbuilder(
        {"email1": "Zoe@Exemple.fr", "first_name": "'Zoé", "last_name": "Brûlefer", "mobile_number": "'0612345678",
         "twitter_login": "zoe", "religion": "x", "inferred_support_level": "2", "primary_zip": "94400"},
        {"email1": "no@exemple.fr", "email_opt_in": "false"},
        {"email1": "out@exemple.fr", "email2": "old@exemple.fr", "unsubscribed_at": "03/01/2017"},
        {"email1": "never@exemple.fr", "do_not_contact": "true", "mobile_number": "0612345679"},
        {"email1": "bad@exemple.fr", "email1_is_bad": "true"},
        {"email1": "quiet@exemple.fr", "do_not_call": "true", "mobile_number": "0612345677"},
    )  # fmt: skip
    found = preview(campaign, file, proof=replace(PROOF, channels=BOTH))
    assert found.layout.name == "nationbuilder"
    fates = {column.name: (column.fate, column.rules) for column in found.columns}
    assert fates["facebook_username"] == fates["twitter_login"] == ("refused", ("SENS-10", "SOC-02"))
    assert fates["religion"] == ("refused", ("SENS-02", "SENS-08"))
    assert fates["inferred_support_level"] == fates["support_probability_score"] == ("refused", ("SENS-02",))
    assert fates["employer"] == ("dropped", ("SENS-11",))
    assert fates["email1"] == ("mapped", ())
    assert found.refusals == Counter(not_opted_in=1, opted_out=2, no_address=1)
    assert not Contact.objects.exists()
    assert not Suppression.objects.exists()
    imported(campaign, file, found, officer)
    both = (("news", "email"), ("news", "sms"))
    assert everything(campaign) == {
        "zoe@exemple.fr": ("Zoé Brûlefer", "+33612345678", "94400", (), both),
        "quiet@exemple.fr": ("", "+33612345677", "", (), both),
    }
    emails = {"out@exemple.fr", "old@exemple.fr", "never@exemple.fr", "zoe@exemple.fr"}
    assert suppression.suppressed(campaign, Channel.EMAIL, emails) == emails - {"zoe@exemple.fr"}
    numbers = ["+33612345679", "+33612345677"]
    assert suppression.suppressed(campaign, Channel.PHONE, numbers) == set(numbers)
    assert suppression.suppressed(campaign, Channel.SMS, numbers) == {"+33612345679"}


def test_without_the_columns_that_say_who_said_no_the_file_is_refused(campaign: Campaign) -> None:
    file = table(["nationbuilder_id", "email1"], {"email1": "zoe@exemple.fr"})
    with pytest.raises(BadFile, match="email opt in"):
        preview(campaign, file, proof=PROOF)


def test_mailchimp_tells_when_each_person_agreed(campaign: Campaign) -> None:
    file = table(
        MAILCHIMP,
        {
            "Email Address": "zoe@exemple.fr",
            "First Name": "Zoé",
            "OPTIN_TIME": "2026-01-02 10:00:00",
            "CONFIRM_TIME": "2026-01-02 10:05:00",
            "TAGS": '"vip"',
        },
        {"Email Address": "added@exemple.fr", "First Name": "Added by hand", "CONFIRM_TIME": "2026-01-02 10:00:00"},
        {"Email Address": "soon@exemple.fr", "OPTIN_TIME": "2199-01-02 10:00:00"},
    )
    found = preview(campaign, file, proof=PROOF)
    assert found.layout.name == "mailchimp"
    assert found.refusals == Counter(no_consent=1, bad_date=1)
    imported(campaign, file, found)
    state = consent.state(Contact.objects.get())["news", Channel.EMAIL]
    assert state.since == datetime(2026, 1, 2, 10, tzinfo=UTC)


def test_mailchimp_in_french_and_addresses_whose_letters_came_back(campaign: Campaign) -> None:
    french = ["Adresse e-mail", "Prénom", "Nom", *MAILCHIMP[3:]]
    found = preview(campaign, table(french, {"Adresse e-mail": "zoe@exemple.fr", "OPTIN_TIME": "2026-01-02 10:00:00"}))
    assert found.layout.name == "mailchimp"
    cleaned = table(
        [*MAILCHIMP, "CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE"],
        {"Email Address": "dead@exemple.fr", "OPTIN_TIME": "2026-01-02 10:00:00", "CLEAN_TIME": "2026-02-02 10:00:00"},
    )
    assert preview(campaign, cleaned, proof=PROOF).refusals == Counter(no_address=1)


def test_those_who_unsubscribed_from_mailchimp_stay_out_whatever_comes_next(campaign: Campaign) -> None:
    subscribed = table(MAILCHIMP, {"Email Address": "zoe@exemple.fr", "OPTIN_TIME": "2026-01-02 10:00:00"})
    imported(campaign, subscribed, preview(campaign, subscribed, proof=PROOF))
    gone = table(UNSUBSCRIBED, {"Email Address": "ZOE@exemple.fr", "UNSUB_TIME": "2026-02-02 10:00:00"})
    found = preview(campaign, gone)
    assert (found.layout.name, found.objections, found.new_objections) == ("mailchimp-unsubscribed", 1, 1)
    imported(campaign, gone, found)
    assert everything(campaign)["zoe@exemple.fr"][4] == ()
    again = table(["email"], {"email": "zoe@exemple.fr"})
    found = preview(campaign, again, proof=replace(PROOF, at=datetime(2026, 11, 1, tzinfo=UTC)))
    assert found.counts.suppressed == 1
    imported(campaign, again, found)
    assert everything(campaign)["zoe@exemple.fr"][4] == ()


def test_brevo_listmonk_and_civicrm(campaign: Campaign) -> None:
    brevo = table(
        BREVO,
        {"EMAIL": "a@exemple.fr", "FIRSTNAME": "Anne", "SMS": "+33612345670"},
        {"EMAIL": "b@exemple.fr", "EMAIL_BLACKLISTED": "true"},
        {"EMAIL": "c@exemple.fr", "SMS": "33612345672", "SMS_BLACKLISTED": "yes"},
        delimiter=";",
    )
    found = preview(campaign, brevo, proof=replace(PROOF, channels=BOTH))
    assert (found.layout.name, found.refusals) == ("brevo", Counter(opted_out=1))
    imported(campaign, brevo, found)
    listmonk = table(
        LISTMONK,
        {"uuid": "1", "email": "d@exemple.fr", "name": "Dan", "status": "enabled", "attributes": '{"religion": "x"}'},
        {"uuid": "2", "email": "e@exemple.fr", "status": "blocklisted"},
        {"uuid": "3", "email": "f@exemple.fr", "status": "disabled"},
    )
    found = preview(campaign, listmonk, proof=PROOF)
    assert (found.layout.name, found.refusals) == ("listmonk", Counter(opted_out=1, not_opted_in=1))
    imported(campaign, listmonk, found)
    civicrm = table(
        CIVICRM,
        {"Contact ID": "1", "Email": "g@exemple.fr", "First Name": "Gil", "Preferred Language": "en_GB"},
        {"Contact ID": "2", "Email": "h@exemple.fr", "Do Not Email": "1"},
        {"Contact ID": "3", "Email": "i@exemple.fr", "No Bulk Emails (User Opt Out)": "Yes"},
        {"Contact ID": "4", "Email": "j@exemple.fr", "Is Deceased": "1"},
        {"Contact ID": "5", "Email": "k@exemple.fr", "On Hold": "1"},
    )
    found = preview(campaign, civicrm, proof=PROOF)
    assert (found.layout.name, found.refusals) == ("civicrm", Counter(opted_out=2, deceased=1, no_address=1))
    imported(campaign, civicrm, found)
    assert {key: value[0] for key, value in everything(campaign).items()} == {
        "a@exemple.fr": "Anne", "c@exemple.fr": "", "d@exemple.fr": "Dan", "g@exemple.fr": "Gil",
    }  # fmt: skip
    objecting = {f"{letter}@exemple.fr" for letter in "behi"}
    asked = {f"{letter}@exemple.fr" for letter in "abcdefghijk"}
    assert suppression.suppressed(campaign, Channel.EMAIL, asked) == objecting


def test_vcards_need_the_proof_of_their_file(campaign: Campaign) -> None:
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoé\r\n  Brûlefer\r\nN:Brûlefer;Zoé;;;\r\n"
        "item1.EMAIL;TYPE=HOME:zoe@exemple.fr\r\nTEL;TYPE=CELL:+33 6 12 34 56 78\r\n"
        "NOTE;ENCODING=QUOTED-PRINTABLE:vote=20=\r\n=C3=A0 gauche\r\nADR;TYPE=HOME:;;1 rue X;Nantes;;44000;France\r\n"
        "PHOTO;ENCODING=b:" + "A" * 60 + "\r\n " + "B" * 70 + "\r\nEND:VCARD\r\n"
    )
    file = io.BytesIO(card.encode())
    assert preview(campaign, file).refusals == Counter(no_consent=1)
    found = preview(campaign, file, proof=PROOF)
    fates = {column.name: column.fate for column in found.columns}
    assert (found.layout.name, fates["NOTE"], fates["PHOTO"]) == ("vcard", "refused", "dropped")
    imported(campaign, file, found)
    assert everything(campaign) == {"zoe@exemple.fr": ("Zoé Brûlefer", "", "44000", (), (("news", "email"),))}


def test_each_row_may_carry_its_own_proof(campaign: Campaign) -> None:
    columns = ["courriel", "date du consentement", "formulation", "source du consentement", "pièce", "démarche"]
    whole = {"courriel": "a@exemple.fr", "date du consentement": "01/03/2026", "formulation": "Oui, écrivez-moi.",
             "source du consentement": "paper", "pièce": "carton 3", "démarche": "volunteering"}  # fmt: skip
    parts = [{**whole, "courriel": f"{n}@exemple.fr", part: ""} for n, part in enumerate(columns[1:])]
    likes = [{**whole, "courriel": f"{act}@exemple.fr", "démarche": act} for act in ("like", "follow", "share", "odd")]
    file = table(columns, whole, *parts, *likes)
    told = replace(PROOF, wording="", source="", reference="", at=None, act="")
    found = preview(campaign, file, proof=told)
    assert found.refusals == Counter(no_consent=5, occasional=3, unknown_act=1)
    assert {one.refusal.rules for one in found.examples} == {("BASE-01",), ("CLASS-01", "CLASS-02"), ()}
    imported(campaign, file, found)
    entry = ConsentEntry.objects.select_related("wording").get()
    assert entry.wording is not None
    assert (entry.wording.text, entry.how, Contact.objects.get().act) == ("Oui, écrivez-moi.", "import", "volunteering")


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ({"collected_from": "purchased"}, "BUY-01"),
        ({"collected_from": "municipal_file"}, "BASE-03"),
        ({"for_this_purpose": False}, "BASE-02"),
        ({"given_by_company": True}, "FIN-01"),
        ({"collected_from": None}, "BUY-01"),
    ],
)
def test_a_file_whose_origin_the_law_refuses_brings_nobody(
    campaign: Campaign, statement: dict[str, object], rule: str
) -> None:
    file = people(3)
    found = preview(campaign, file, proof=replace(PROOF, **statement))  # type: ignore[arg-type]
    assert (found.counts.created, found.counts.refused) == (0, 3)
    assert any(rule in why for why in found.counts.refusals)
    imported(campaign, file, found)
    assert not Contact.objects.exists()


def test_cells_that_betray_an_opinion_keep_their_column_out(campaign: Campaign) -> None:
    rows = [{"email": f"z{n}@exemple.fr", "nom": f"Nom {n}", "propose": "tracter"} for n in range(50)]
    rows[44]["propose"] = "tracter, déléguée CGT"
    file = table(["email", "nom", "propose"], *rows)
    found = preview(campaign, file, proof=PROOF)
    column = found.columns[2]
    assert (column.fate, column.categories) == ("refused", ("union",))
    assert "SENS-02" in column.rules
    imported(campaign, file, found)
    assert {value[3] for value in everything(campaign).values()} == {()}


def test_a_column_may_be_named_by_hand_and_a_religion_may_not(campaign: Campaign) -> None:
    file = table(["boîte", "cult3"], {"boîte": "zoe@exemple.fr", "cult3": "x"})
    with pytest.raises(BadFile, match="boite"):
        preview(campaign, file, proof=PROOF)
    found = preview(campaign, file, proof=PROOF, columns={"boîte": "email", "cult3": "offers"})
    assert [column.fate for column in found.columns] == ["mapped", "refused"]


def test_duplicates_are_merged_by_exact_address(campaign: Campaign) -> None:
    signed_up(campaign, "known@exemple.fr")
    file = table(
        ["email", "nom", "tel"],
        {"email": "A@exemple.fr", "nom": "Anne"},
        {"email": "a@exemple.fr", "nom": "Autre", "tel": "0612345678"},
        {"email": "known@exemple.fr", "nom": "Connue"},
        {"tel": "06 12 34 56 78", "nom": "Tel"},
    )
    found = preview(campaign, file, proof=replace(PROOF, channels=BOTH))
    assert (found.counts.created, found.counts.merged) == (1, 3)
    imported(campaign, file, found)
    assert {key: value[:2] for key, value in everything(campaign).items()} == {
        "a@exemple.fr": ("Anne", "+33612345678"), "known@exemple.fr": ("Connue", ""),
    }  # fmt: skip


def test_the_count_holds_across_the_chunks_of_a_large_file(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("bulk", "imports.rehearsal"):
        monkeypatch.setattr(f"isoloir.field.{module}.CHUNK", 3)
    signed_up(campaign, "zoe5@exemple.fr")
    rows = [{"email": f"zoe{n % 7}@exemple.fr" if n % 3 else "", "tel": f"061234560{n % 5}"} for n in range(40)]
    file = table(["email", "tel"], *rows)
    imported(campaign, file, preview(campaign, file, proof=replace(PROOF, channels=BOTH)))


def test_undoing_a_batch_leaves_the_book_as_it_was(campaign: Campaign, officer: User) -> None:
    first = people(5)
    run(preview(campaign, first, proof=PROOF), first, by=None)
    for contact in Contact.objects.all()[:2]:
        consent.withdraw(contact, how="signup_form")
    before = everything(campaign)
    rows = [
        {"email": f"zoe{n}@exemple.fr", "tel": f"061234567{n}", "propose": "tracter", "cp": "94400"} for n in range(8)
    ]
    file = table(["email", "tel", "propose", "cp"], *rows, *rows)
    found = preview(campaign, file, proof=replace(PROOF, channels=BOTH, purposes=("news", "events")))
    batch = imported(campaign, file, found, officer)
    assert everything(campaign) != before
    assert undo(batch, officer) == 8
    assert everything(campaign) == before
    assert ContactKey.objects.count() == 5
    assert undo(batch, officer) == 0
    batch.refresh_from_db()
    assert batch.state == ImportBatch.UNDONE
    again = imported(campaign, file, preview(campaign, file, proof=replace(PROOF, channels=BOTH)), officer)
    assert again.counts["created"] == 3


def test_who_agreed_to_something_else_since_survives_the_undoing(campaign: Campaign, officer: User) -> None:
    file = people(2)
    batch = run(preview(campaign, file, proof=PROOF), file, by=None)
    signed_up(campaign, "zoe1@exemple.fr")
    undo(batch, officer)
    left = {key: value[4] for key, value in everything(campaign).items()}
    assert left == {"zoe1@exemple.fr": (("events", "email"),)}


def test_no_row_of_a_marked_roll_enters_whatever_its_proof_says(campaign: Campaign) -> None:
    file = people(2)
    found = preview(campaign, file, proof=replace(PROOF, collected_from="marked_roll"))
    assert run(found, file, by=None).counts["created"] == 0
    assert not Contact.objects.exists()
    assert "ROLL-11" in {rule.id for rule in found.rules}


def test_nobody_stays_of_two_files_with_the_same_people_once_both_are_undone(campaign: Campaign) -> None:
    first, second = (run(preview(campaign, people(4), proof=PROOF), people(4), by=None) for _ in "ab")
    signed_up(campaign, "zoe3@exemple.fr")
    assert undo(first, None) == 0  # the second one brought them too
    assert len(everything(campaign)) == 4
    assert everything(campaign)["zoe0@exemple.fr"][4] == (("news", "email"),)
    assert undo(second, None) > 0
    assert set(everything(campaign)) == {"zoe3@exemple.fr"}  # who came by themselves as well
    assert size(campaign) == ContactKey.objects.count() == 1


def test_an_import_never_revives_a_withdrawn_consent(campaign: Campaign) -> None:
    file = people(1)
    run(preview(campaign, file, proof=PROOF), file, by=None)
    withdrawn = datetime(2026, 5, 1, tzinfo=UTC)
    consent.withdraw(Contact.objects.get(), "news", Channel.EMAIL, how="unsubscribe", at=withdrawn)
    later = preview(campaign, file, proof=replace(PROOF, at=datetime(2026, 11, 1, tzinfo=UTC)))
    run(later, file, by=None)
    assert everything(campaign)["zoe0@exemple.fr"][4] == ()
    consent.grant(Contact.objects.get(), agreed("news", datetime(2026, 11, 2, tzinfo=UTC)))
    assert everything(campaign)["zoe0@exemple.fr"][4] == (("news", "email"),)


def test_objections_in_the_file_come_first_wherever_they_stand(campaign: Campaign) -> None:
    file = table(
        ["email", "désinscrit"],
        {"email": "zoe@exemple.fr"},
        {"email": "other@exemple.fr"},
        {"email": "zoe@exemple.fr", "désinscrit": "oui"},
    )
    found = preview(campaign, file, proof=PROOF)
    assert (found.counts.created, found.counts.suppressed, found.refusals["opted_out"]) == (1, 1, 1)
    imported(campaign, file, found)
    assert set(everything(campaign)) == {"other@exemple.fr"}


def test_an_import_that_fails_in_the_middle_leaves_nobody(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isoloir.field.bulk.CHUNK", 10)
    file = people(35)
    found = preview(campaign, file, proof=PROOF)

    def stop(done: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(found, file, by=None, progress=stop)
    assert not Contact.objects.exists()
    assert not ContactKey.objects.exists()
    assert ImportBatch.objects.get().state == ImportBatch.UNDONE


def test_the_batch_of_a_killed_process_is_taken_back(campaign: Campaign) -> None:
    file = people(4)
    batch = run(preview(campaign, file, proof=PROOF), file, by=None)
    host = batch.process.split()[0]
    ImportBatch.objects.update(state=ImportBatch.RUNNING, process=f"{host} 999999 long-ago")
    assert recover(campaign) == [batch]
    assert not Contact.objects.exists()
    ImportBatch.objects.update(state=ImportBatch.RUNNING, process="elsewhere 1 x")
    assert recover(campaign) == []  # another machine, which gave a sign a moment ago


def test_a_file_that_changed_since_its_preview_is_not_imported(campaign: Campaign) -> None:
    found = preview(campaign, people(2), proof=PROOF)
    with pytest.raises(BadFile, match=r"preview|aperçu"):
        run(found, people(3), by=None)
    assert not ImportBatch.objects.exists()


def test_nothing_of_anybody_is_in_the_batch_or_the_log(campaign: Campaign) -> None:
    file = nationbuilder({"email1": "zoe@exemple.fr", "last_name": "Brûlefer"}, {"email1": "bad address"})
    found = preview(campaign, file, proof=PROOF)
    run(found, file, by=None)
    kept = [*map(vars, ImportBatch.objects.all()), *map(vars, LogEntry.objects.all())]
    text = f"{kept} {found.examples}"
    for word in ("zoe", "Brûlefer", "bad address"):
        assert word not in text


def test_an_import_without_the_safeguards_is_refused(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isoloir.field.gate.safeguards", lambda: ["log"])
    file = table(UNSUBSCRIBED, {"Email Address": "zoe@exemple.fr", "UNSUB_TIME": "2026-02-02 10:00:00"})
    found = preview(campaign, file, proof=NOTHING)
    with pytest.raises(NotAllowed, match="SEC-02"):
        run(found, file, by=None)


def test_a_large_file_is_read_by_another_process(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("isoloir.field.imports.ahead.LARGE", 0)
    monkeypatch.setattr("isoloir.field.bulk.CHUNK", 10)
    file = tmp_path / "people.csv"
    file.write_bytes(people(25).getvalue() + b"not an address,Ana,Bel\nzoe3@exemple.fr,Zo\xc3\xa9,Autre\n")
    found = preview(campaign, file, proof=PROOF)
    batch = run(found, file, by=None)
    assert (batch.counts["created"], batch.counts["merged"], batch.counts["refused"]) == (25, 1, 1)
    assert set(everything(campaign)) == {f"zoe{n}@exemple.fr" for n in range(25)}
    assert size(campaign) == 25
    undo(batch, None)
    assert size(campaign) == Contact.objects.count() == 0


def test_a_reading_that_stops_takes_the_import_back(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("isoloir.field.imports.ahead.LARGE", 0)
    monkeypatch.setattr("isoloir.field.beside._COMMAND", (sys.executable, "-c", "input()"))
    file = tmp_path / "people.csv"
    file.write_bytes(people(5).getvalue())
    with pytest.raises(BookError, match=r"people\.csv"):
        run(preview(campaign, file, proof=PROOF), file, by=None)
    assert not Contact.objects.exists()
    assert ImportBatch.objects.get().state == ImportBatch.UNDONE


def test_known_people_are_looked_up_and_not_searched_for_however_the_book_grew(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isoloir.field.bulk.CHUNK", 300)
    run(preview(campaign, people(1500), proof=PROOF), people(1500), by=None)
    known = list(Contact.objects.values_list("email_mark", flat=True)[:150])
    asked = among(Contact.objects.all(), "email_mark", [bytes(one) for one in known])
    assert "SCAN" not in asked.explain()  # SQLite's word for reading a whole table, PostgreSQL has no such
