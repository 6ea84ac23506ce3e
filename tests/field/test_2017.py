"""What was done to people's data in 2017, done again through what a user has at hand: refused, or made lawful.

The cases stand in docs/2017.toml with the rules that each is refused by; every one of them has its test here.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import tomllib
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from entering import enter, member
from typer.testing import CliRunner, Result

from isoloir.cli import app
from isoloir.errors import IsoloirError, NotAllowed
from isoloir.field import contacts, suppression, wordings
from isoloir.field.canvass.opening import NewBuilding, NewTurf, open_pass
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact, ImportBatch, Suppression
from isoloir.field.person import NewContact
from isoloir.field.roles import PAGES, Role
from isoloir.law import rules
from isoloir.settings import settings

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
ROOT = Path(__file__).parents[2]
CASES = tomllib.loads((ROOT / "docs" / "2017.toml").read_text(encoding="utf-8"))
COLUMNS = tomllib.loads((ROOT / "tests" / "law" / "columns.toml").read_text(encoding="utf-8"))
SPECIAL = ("religion", "belief", "union", "political_opinion", "origin", "health", "sex_life", "genetic", "biometric")
PROOF = """
wording = "J'accepte de recevoir par e-mail les nouvelles du comité."
version = "2026-01"
date = 2026-03-01
source = "signup_form"
reference = "formulaire.pdf"
act = "{act}"
collected_from = "person"
for_this_purpose = true
given_by_company = false
{more}
"""


@pytest.fixture(autouse=True)
def _book(own_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line finds the book of this test."""
    for name in ("book", "keys"):
        (own_files / name).touch(mode=0o600)
        monkeypatch.setenv(f"ISOLOIR_{name.upper()}", str(own_files / name))
    monkeypatch.setenv("ISOLOIR_STAGING", str(own_files / "staging"))
    settings.cache_clear()


def isoloir(*words: object) -> Result:
    """A command, as `isoloir` runs it."""
    return CliRunner().invoke(app, [str(word) for word in words])


def refused(answer: Result) -> str:
    """What a command said that was refused: an error of ours, never a crash."""
    assert answer.exit_code != 0
    assert isinstance(answer.exception, IsoloirError | SystemExit), answer.exception
    return f"{answer.output} {answer.exception}"


def judged(tmp_path: Path, operation: str, case: str, on: str = "", **facts: Any) -> None:
    """`isoloir law check` refuses the situation and names the rules of the case."""
    file = tmp_path / f"{case}.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in facts.items()]
    file.write_text("\n".join([f'operation = "{operation}"', f'text = "{case}"', "[facts]", *lines]), encoding="utf-8")
    answer = isoloir("law", "check", file, "--on", on or "2026-11-26")
    assert isinstance(answer.exception, SystemExit), answer.exception
    assert answer.exit_code == 1
    assert any(rule in answer.output for rule in CASES[case]["rules"]), answer.output


def named(case: str, text: str) -> None:
    """What was said names every rule of the case, with its article."""
    said = " ".join(html.unescape(text).split())
    for rule in CASES[case]["rules"]:
        assert rule in said, (rule, said)
        assert rules()[rule].article in said, (rules()[rule].article, said)


def written(tmp_path: Path, rows: list[dict[str, str]], name: str = "file.csv") -> Path:
    """A file of contacts."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / name).write_text(text.getvalue(), encoding="utf-8")
    return tmp_path / name


def proof(tmp_path: Path, act: str = "newsletter_signup", come_from: str = "person", more: str = "") -> Path:
    text = PROOF.format(act=act, more=more).replace('from = "person"', f'from = "{come_from}"')
    (tmp_path / "proof.toml").write_text(text, encoding="utf-8")
    return tmp_path / "proof.toml"


def add(campaign: Campaign, email: str, *boxes: str) -> Contact:
    now = datetime.now(UTC)
    given = wordings.consents(campaign, list(boxes), "fr", how="signup_form", at=now, proof="link")
    new = NewContact("Nadia", email, consents=given, act="newsletter_signup", origin="signup_form")
    return Contact.objects.get(pk=contacts.add(campaign, new, by=None).contact_id)


def preview_page(campaign: Campaign, file: Path, **changes: Any) -> str:
    """What the page of imports says of a file."""
    form = {
        "wording": "J'accepte de recevoir les nouvelles.", "date": "2026-03-01", "source": "signup_form",
        "reference": "formulaire", "purposes": ["news"], "channels": ["email"], "act": "newsletter_signup",
        "collected_from": "person", "for_this_purpose": "on", "not_given_by_company": "on", **changes,
    }  # fmt: skip
    client = enter(member(campaign, Role.COORDINATOR, f"{file.stem}@team.example"))
    with file.open("rb") as stream:
        answer = client.post(f"/en/field/{campaign.slug}/imports/", {**form, "file": stream})
    assert answer.status_code == 200, re.findall(r"errorlist.*?</ul>", answer.content.decode(), re.S)
    return answer.content.decode()


def commit(campaign: Campaign, page: str, file: Path) -> None:
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    user = Client()
    user = enter(_known(f"{file.stem}@team.example"))
    assert user.post(f"/en/field/{campaign.slug}/imports/commit/", {"sealed": sealed[1]}).status_code == 302


def _known(email: str) -> Any:
    from isoloir.field.models import User

    return User.objects.get(email=email)


def apart(names: list[str]) -> list[list[str]]:
    """The names in several files, since one file holds no two columns that differ by case or accents only."""
    files: list[dict[str, str]] = []
    for name in dict.fromkeys(names):
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
        key = re.sub("[^a-z0-9]", "", plain)
        free = next((one for one in files if key not in one), None)
        if free is None:
            files.append(free := {})
        free[key] = name
    return [list(one.values()) for one in files]


def test_every_case_has_its_test_and_its_rules() -> None:
    tests = {name.removeprefix("test_case_") for name in globals() if name.startswith("test_case_")}
    assert tests == set(CASES)
    assert all(rule in rules() for case in CASES.values() for rule in case["rules"])
    assert all(rules()[rule].article for case in CASES.values() for rule in case["rules"])


def test_case_social_match(campaign: Campaign, tmp_path: Path) -> None:
    judged(
        tmp_path, "combine", "social_match", personal_data=True, finds_social_profile=True, data_categories=["email"]
    )
    assert not any("match" in name or "social" in name for name in PAGES)
    file = written(tmp_path, [{"email": "zoe@exemple.fr", "facebook_username": "zoe.b", "twitter_login": "zoe"}])
    page = preview_page(campaign, file)
    assert page.count('<span class="tag bad">refused</span>') == 2
    named("social_match", page)
    commit(campaign, page, file)
    person = contacts.find(campaign, Channel.EMAIL, "zoe@exemple.fr", by=None)
    assert person
    assert "zoe.b" not in repr(person)
    renamed = isoloir("contacts", "import", file, "-c", "nord", "--column", "facebook_username=offers",
                      "--proof", proof(tmp_path), "--yes")  # fmt: skip
    named("social_match", renamed.output)  # whatever it is said to mean
    assert "zoe.b" not in repr(contacts.find(campaign, Channel.EMAIL, "zoe@exemple.fr", by=None))


@pytest.mark.parametrize("act", ["like", "share", "follow", "comment", "petition"])
def test_case_likes_as_contacts(campaign: Campaign, tmp_path: Path, act: str) -> None:
    file = written(tmp_path, [{"email": "zoe@exemple.fr", "name": "Zoé"}])
    answer = isoloir("contacts", "import", file, "-c", campaign.slug, "--proof", proof(tmp_path, act), "--yes")
    assert not Contact.objects.exists(), answer.output
    named("likes_as_contacts", answer.output)
    listed = written(tmp_path, [{"email": "zoe@exemple.fr", "name": "Zoé", "act": act}], "rows.csv")
    named("likes_as_contacts", preview_page(campaign, listed, act=""))
    facts = {"relation": "regular_contact", "person_act": act, "personal_data": True}
    judged(tmp_path, "import", "likes_as_contacts", **facts)


def test_case_joined_sources(campaign: Campaign, tmp_path: Path) -> None:
    add(campaign, "zoe@exemple.fr", "news:email")
    file = written(tmp_path, [{"email": "zoe@exemple.fr", "name": "Zoé", "phone": "0612345678"}])
    assert "BASE-01" in isoloir("contacts", "import", file, "-c", campaign.slug, "--yes").output  # without any proof
    for source in ("other_campaign", "public_directory", "social_network"):
        shown = isoloir("contacts", "import", file, "-c", campaign.slug, "--yes",
                        "--proof", proof(tmp_path, come_from=source))  # fmt: skip
        named("joined_sources", shown.output)
        assert ImportBatch.objects.latest("started_at").counts["refused"] == 1
    named("joined_sources", preview_page(campaign, file, collected_from="other_campaign"))
    person = contacts.find(campaign, Channel.EMAIL, "zoe@exemple.fr", by=None)
    assert person
    assert (person.name, person.phone) == ("Nadia", "")
    both = proof(tmp_path, come_from="other_campaign", more='channels = ["email", "phone"]\nconsent_to_join = true')
    assert isoloir("contacts", "import", file, "-c", campaign.slug, "--yes", "--proof", both).exit_code == 0
    joined = contacts.find(campaign, Channel.EMAIL, "zoe@exemple.fr", by=None)
    assert joined
    assert joined.phone == "+33612345678"  # with their consent to it, lawful
    judged(tmp_path, "combine", "joined_sources", personal_data=True, joins_people=True, consent_to_join=False)


def test_case_opinions_in_columns(campaign: Campaign, tmp_path: Path) -> None:
    names = [name for category in SPECIAL for name in COLUMNS["disguised"][category]]
    assert len(names) >= 200
    for number, some in enumerate(apart(names)):
        file = written(tmp_path, [{"email": "zoe@exemple.fr"} | dict.fromkeys(some, "2")], f"columns{number}.csv")
        page = preview_page(campaign, file)
        rows = re.findall(r'<tr><th scope="row">(.*?)</th><td><span class="tag ?\w*">(\w+)</span>', page)
        assert {fate for name, fate in rows if name != "email"} == {"refused"}
        assert len(rows) == 1 + len(some)
        named("opinions_in_columns", page)
    said = ["musulmane pratiquante", "votera Macron", "syndiquée CGT"]
    told = [{"email": f"zoe{n}@exemple.fr", "name": "Zoé", "infos": one} for n, one in enumerate(said)]
    file = written(tmp_path, told, "cells.csv")
    commit(campaign, preview_page(campaign, file), file)
    everybody = repr(contacts.open_people(campaign, Contact.objects.of(campaign), by=None))
    assert not any(one in everybody for one in said)


def test_case_sorted_by_names(campaign: Campaign, tmp_path: Path) -> None:
    for criterion in ("name_sound", "birth_place"):
        for day in ("2017-04-01", "2026-11-26"):
            judged(tmp_path, "segment", "sorted_by_names", day, personal_data=True, source="electoral_roll",
                   criteria=[criterion], reveals_special=True)  # fmt: skip
    rows = [
        {"nom": f"Brûlefer{n}", "prénoms": "Zoé", "date de naissance": "1980-01-01", "adresse": "1 rue Haute",
         "bureau": "0001", "commune": "94028"} for n in range(12)
    ]  # fmt: skip
    file = written(tmp_path, rows, "roll.csv")
    count = ("roll", "count", file, "-c", campaign.slug, "--undertaking", "--interest-test", "--out",
             tmp_path / "counts.csv")  # fmt: skip
    for by in ("name_sound", "birth_place", "consonance du nom", "lieu de naissance", "origine du prénom"):
        said = refused(isoloir(*count, "--by", by))
        assert file.exists()
        assert not (tmp_path / "counts.csv").exists()
        named("sorted_by_names", said)
    assert "ROLL-03" in refused(isoloir(*count, "--by", "opinion_score"))
    answer = isoloir(*count, "--by", "age")
    assert "Brûlefer" not in answer.output
    assert "Brûlefer" not in ((tmp_path / "counts.csv").read_text() if (tmp_path / "counts.csv").exists() else "")
    assert not Contact.objects.exists()
    assert answer.exit_code == 0


def test_case_map_of_supporters(campaign: Campaign, tmp_path: Path) -> None:
    judged(tmp_path, "display", "map_of_supporters", personal_data=True, as_map=True, area_kind="home",
           data_categories=["identity", "political_opinion"])  # fmt: skip
    add(campaign, "zoe@exemple.fr", "news:email")
    client = enter(member(campaign, Role.ADMINISTRATOR))
    for path in ("map/", "contacts/map/", "contacts.geojson", "contacts/?format=geojson"):
        answer = client.get(f"/fr/field/nord/{path}")
        assert answer.status_code == 404 or b"zoe@" not in answer.content
    for form in ("geojson", "kml"):
        named("map_of_supporters", refused(isoloir("contacts", "export", "-c", "nord", "--format", form,
                                                  "--out", tmp_path / "map")))  # fmt: skip
    assert not (tmp_path / "map").exists()
    asked = {"purpose": "news", "channel": "email", "format": "geojson", "recipient": "named_staff"}
    page = client.post("/fr/field/nord/exports/", asked)
    assert page.status_code == 403
    named("map_of_supporters", page.content.decode())
    placed = written(tmp_path, [{"email": "anne@exemple.fr", "latitude": "48.1", "longitude": "2.1"}])
    commit(campaign, preview_page(campaign, placed), placed)
    assert "48.1" not in repr(contacts.find(campaign, Channel.EMAIL, "anne@exemple.fr", by=None))


def test_case_open_opt_out_list(campaign: Campaign, tmp_path: Path) -> None:
    address = "gone@exemple.fr"
    suppression.suppress(campaign, Channel.EMAIL, address, how="unsubscribe")
    page = reverse("field:objections", args=["nord"])
    named("open_opt_out_list", Client().get(page, follow=True).content.decode())
    program = Client().post("/api/field/nord/objections", {}, content_type="application/json")
    assert program.status_code == 401
    named("open_opt_out_list", program.json()["error"]["message"])
    shown = enter(member(campaign, Role.OFFICER)).get(page).content.decode()
    assert "gone" not in shown
    named("open_opt_out_list", shown)
    assert "<strong>1</strong>" in shown
    kept = Suppression.objects.values().get()
    assert address not in repr(kept)
    assert len(bytes(kept["mark"])) == 16
    out = tmp_path / "out.csv"
    isoloir("contacts", "export", "-c", "nord", "--out", out)
    assert address not in (out.read_text() if out.exists() else "")
    asked = {"purpose": "objections", "channel": "email", "format": "csv", "recipient": "public"}
    named("open_opt_out_list", refused(isoloir("contacts", "export", "-c", "nord", "--purpose", "objections",
                                               "--out", tmp_path / "list.csv")))  # fmt: skip
    answer = enter(member(campaign, Role.ADMINISTRATOR)).post("/fr/field/nord/exports/", asked)
    assert answer.status_code == 403
    named("open_opt_out_list", answer.content.decode())
    assert not (tmp_path / "list.csv").exists()
    judged(tmp_path, "display", "open_opt_out_list", personal_data=True, safeguards=[], recipient="public")


def test_case_written_after_objection(campaign: Campaign, tmp_path: Path) -> None:
    add(campaign, "zoe@exemple.fr", "news:email")
    add(campaign, "anne@exemple.fr", "news:email")
    client = enter(member(campaign, Role.COORDINATOR))
    told, send = {"purpose": "news", "subject": "Réunion", "body": "Bonjour"}, {"send": "yes"}
    page = client.post("/fr/field/nord/messages/", told)["Location"]
    client.post(page, send)
    assert sorted(letter.to[0] for letter in mail.outbox) == ["anne@exemple.fr", "zoe@exemple.fr"]
    one = next(letter for letter in mail.outbox if letter.to == ["zoe@exemple.fr"])
    link = re.sub(r"^<https?://[^/]+|>$", "", str(one.extra_headers["List-Unsubscribe"]))
    prepared = client.post("/fr/field/nord/messages/", told)["Location"]
    assert Client().post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    named(
        "written_after_objection", client.post(prepared, send, follow=True).content.decode()
    )  # from before the objection
    page = client.post("/fr/field/nord/messages/", told)["Location"]  # and after it
    named("written_after_objection", client.get(page).content.decode())
    client.post(page, send)
    assert [letter.to[0] for letter in mail.outbox].count("zoe@exemple.fr") == 1
    assert [letter.to[0] for letter in mail.outbox].count("anne@exemple.fr") == 3
    judged(tmp_path, "message", "written_after_objection", personal_data=True, objected=True, channel="email")


def test_case_revived_by_import(campaign: Campaign, tmp_path: Path) -> None:
    suppression.suppress(campaign, Channel.EMAIL, "gone@exemple.fr", how="unsubscribe")
    file = written(tmp_path, [{"email": "gone@exemple.fr", "name": "A"}, {"email": "new@exemple.fr", "name": "B"}])
    answer = isoloir("contacts", "import", file, "-c", "nord", "--proof", proof(tmp_path), "--yes")
    assert answer.exit_code == 0, answer.output
    named("revived_by_import", answer.output)
    assert ImportBatch.objects.get().counts["suppressed"] == 1
    assert contacts.find(campaign, Channel.EMAIL, "gone@exemple.fr", by=None) is None
    assert contacts.find(campaign, Channel.EMAIL, "new@exemple.fr", by=None)
    assert suppression.suppressed(campaign, Channel.EMAIL, ["gone@exemple.fr"])
    judged(tmp_path, "import", "revived_by_import", personal_data=True, objected=True)


def test_case_notes_at_the_door(campaign: Campaign, tmp_path: Path) -> None:
    judged(tmp_path, "canvass", "notes_at_the_door", personal_data=True, channel="door",
           data_categories=["note", "political_opinion"], consent="none")  # fmt: skip
    client = enter(member(campaign, Role.CANVASSER))
    house = NewBuilding("94028_0001", "94000 Créteil", "Rue des Lilas", "1", 12, (2.45, 48.79), control=False)
    turf = open_pass(campaign, [NewTurf(1, "Lilas", [house])]).turfs.get()
    client.post(f"/api/field/nord/canvass/turfs/{turf.pk}/claim")
    report = {
        "kind": "note",
        "building": turf.buildings.get().pk,
        "floor": 0,
        "door": 0,
        "at": 1,
        "text": "vote pour nous, à convaincre",
    }
    asked = {"phone": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "now": 1, "first": 1, "oldest": 1, "reports": [report]}
    answer = client.post("/api/field/nord/canvass/sync", json.dumps(asked), content_type="application/json")
    assert "convaincre" not in answer.content.decode()
    named("notes_at_the_door", json.dumps(answer.json()["refused"], ensure_ascii=False))
    from isoloir.field.models import Report

    assert not Report.objects.exists()


def test_case_robocalls(campaign: Campaign, tmp_path: Path) -> None:
    for day in ("2017-04-22", "2026-11-26"):
        judged(tmp_path, "message", "robocalls", day, personal_data=True, channel="automated_call", consent="none",
               consent_for_purpose=False, consent_for_time_slot=False, purpose="propaganda",
               legitimate_interest_test=False)  # fmt: skip
    assert "automated_call" not in {channel.value for channel in Channel}
    for name in ("automated_call", "robocall"):
        answer = isoloir("contacts", "export", "-c", campaign.slug, "--channel", name, "--out", tmp_path / "x.csv")
        named("robocalls", refused(answer))
    assert not (tmp_path / "x.csv").exists()
    asked = {"purpose": "news", "channel": "automated_call", "format": "csv", "recipient": "named_staff"}
    page = enter(member(campaign, Role.COORDINATOR)).post("/fr/field/nord/exports/", asked)
    assert page.status_code == 403
    named("robocalls", page.content.decode())


def test_case_kept_after_the_vote(campaign: Campaign, tmp_path: Path) -> None:
    from datetime import timedelta

    from isoloir.field.keys.models import ContactKey

    add(campaign, "zoe@exemple.fr", "news:email")
    past = campaign.vote_on + timedelta(days=1)
    judged(tmp_path, "retain", "kept_after_the_vote", past.isoformat(), personal_data=True, purpose="propaganda",
           vote_phase="over", consent_after_vote=False, record_kind="contact")  # fmt: skip
    Campaign.objects.update(vote_on=datetime.now(UTC).date() - timedelta(days=2))
    Contact.objects.update(keep_until=datetime.now(UTC).date() - timedelta(days=2))
    answer = isoloir("contacts", "expire", "-c", "nord")
    assert answer.exit_code == 0, answer.output
    named("kept_after_the_vote", answer.output)
    named("kept_after_the_vote", enter(member(campaign, Role.OFFICER)).get("/fr/field/nord/keeping/").content.decode())
    assert not Contact.objects.exists()
    assert not ContactKey.objects.exists()


def test_case_harvested_data(campaign: Campaign, tmp_path: Path) -> None:
    file = written(
        tmp_path, [{"email1": "zoe@exemple.fr", "facebook_username": "zoe.b", "inferred_support_level": "1"}]
    )
    out, certificate = tmp_path / "clean.csv", tmp_path / "purge.json"
    answer = isoloir("contacts", "purge", "-c", campaign.slug, "--origin", "nationbuilder-match", "--file", file,
                     "--out", out, "--certificate", certificate)  # fmt: skip
    assert answer.exit_code == 0, answer.output
    assert "zoe.b" not in out.read_text(encoding="utf-8")
    assert "zoe" not in certificate.read_text(encoding="utf-8")
    from isoloir.field import certificates

    key = certificates.public_key(campaign)
    assert isoloir("contacts", "verify", certificate, "--key", key).exit_code == 0
    certificate.write_text(certificate.read_text(encoding="utf-8").replace('"rows": 1', '"rows": 2'), encoding="utf-8")
    assert isoloir("contacts", "verify", certificate, "--key", key).exit_code == 1
    judged(
        tmp_path, "combine", "harvested_data", personal_data=True, finds_social_profile=True, data_categories=["email"]
    )


def test_a_refusal_reads_as_one_line(campaign: Campaign) -> None:
    with pytest.raises(NotAllowed) as refusal:
        contacts.add(campaign, NewContact("Nadia", "zoe@exemple.fr"), by=None)
    assert refusal.value.rules
    assert "\n" not in str(refusal.value)
