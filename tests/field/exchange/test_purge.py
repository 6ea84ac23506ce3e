"""Purging what a service derived, with a certificate that anybody can check; and uploads that lie sealed."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from foreign import NATIONBUILDER, PROOF, nationbuilder, people

from isoloir.errors import BookError, SettingsError
from isoloir.field import certificates
from isoloir.field.imports import staging
from isoloir.field.imports.batches import run
from isoloir.field.imports.faults import BadFile
from isoloir.field.imports.preview import preview
from isoloir.field.imports.purge import fingerprint, origin_named, origins, purge
from isoloir.field.keys.models import ContactKey
from isoloir.field.models import Campaign, Contact, LogEntry, User
from isoloir.law import rules
from isoloir.settings import settings

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MATCH = "nationbuilder-match"


def harvested(tmp_path: Path) -> Path:
    file = tmp_path / "export.csv"
    file.write_bytes(nationbuilder(
        {"email1": "zoe@exemple.fr", "facebook_username": "zoe.b", "inferred_support_level": "1", "first_name": "Zoé"},
        {"email1": "anne@exemple.fr", "twitter_login": "anne", "facebook_username": "anne.c"},
    ).getvalue())  # fmt: skip
    return file


def test_the_derived_columns_of_a_file_are_gone_and_it_is_certified(
    campaign: Campaign, officer: User, tmp_path: Path
) -> None:
    file, out = harvested(tmp_path), tmp_path / "clean.csv"
    text = purge(campaign, origin_named(MATCH), by=officer, file=file, out=out)
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    gone = {"twitter_login", "facebook_username", "inferred_support_level", "support_probability_score"}
    assert set(rows[0]) == set(NATIONBUILDER) - gone
    assert [row["email1"] for row in rows] == ["zoe@exemple.fr", "anne@exemple.fr"]
    assert "anne.c" not in out.read_text(encoding="utf-8")
    verdict = certificates.verify(text, certificates.public_key(campaign))
    assert verdict.wrong == ()
    told = verdict.told["file"]
    assert told["columns_destroyed"] == {
        "twitter_login": 1, "facebook_username": 2, "inferred_support_level": 1, "support_probability_score": 0,
    }  # fmt: skip
    assert (told["cells_destroyed"], told["rows"]) == (4, 2)
    assert (told["sha256_before"], told["sha256_after"]) == (fingerprint(file), fingerprint(out))
    assert "zoe" not in text
    assert LogEntry.objects.get(action="purge").counts["cells"] == 4
    purge(campaign, origin_named(MATCH), by=officer, file=file, out=out, destroy=True)
    assert not file.exists()


def test_a_certificate_that_was_touched_does_not_hold(campaign: Campaign, other: Campaign) -> None:
    text = purge(campaign, origin_named(MATCH), by=None)
    assert certificates.verify(text).wrong == ()
    assert certificates.verify(text, certificates.public_key(other)).wrong
    told = json.loads(text)
    told["certificate"]["book"]["contacts_destroyed"] = 9
    assert certificates.verify(json.dumps(told)).wrong
    for broken in ("", "{}", "[]", "null", "[" * 100_000, '{"certificate": 1, "public_key": "x", "signature": "y"}'):
        assert certificates.verify(broken).wrong


def test_the_book_loses_whoever_came_from_that_origin(campaign: Campaign, officer: User) -> None:
    kept, gone = people(2), people(6)
    run(preview(campaign, kept, proof=PROOF), kept, by=None)
    run(preview(campaign, gone, proof=replace(PROOF, purposes=("events",)), origin=MATCH), gone, by=None)
    stray = people(8)
    run(preview(campaign, stray, proof=PROOF), stray, by=None)
    Contact.objects.filter(pk=Contact.objects.order_by("-pk")[0].pk).update(origin=MATCH)
    assert (Contact.objects.count(), Contact.objects.filter(origin=MATCH).count()) == (8, 5)
    told = certificates.verify(purge(campaign, origin_named(MATCH), by=officer)).told["book"]
    assert told["batches_undone"] == 1
    assert not Contact.objects.filter(origin=MATCH, batch=None).exists()
    assert ContactKey.objects.count() == Contact.objects.count()
    assert not Contact.objects.filter(origin=MATCH).exists()


def test_a_file_with_a_row_that_cannot_be_read_is_left_alone(campaign: Campaign, tmp_path: Path) -> None:
    file, out = tmp_path / "x.csv", tmp_path / "y.csv"
    file.write_text("email,facebook_username\na@exemple.fr,a\nb@exemple.fr\n")
    with pytest.raises(BadFile, match="3"):
        purge(campaign, origin_named(MATCH), by=None, file=file, out=out)
    assert not out.exists()
    assert file.exists()
    with pytest.raises(SettingsError, match="--out"):
        purge(campaign, origin_named(MATCH), by=None, file=file, out=file)
    with pytest.raises(SettingsError, match=MATCH):
        origin_named("unknown")


def test_every_origin_names_rules_that_exist() -> None:
    for origin in origins().values():
        assert set(origin.rules) <= set(rules())
        assert not origin.derived("email")
        assert not origin.derived("first_name")


def test_an_upload_lies_sealed_and_is_read_as_it_was(
    campaign: Campaign, other: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISOLOIR_STAGING", str(tmp_path / "staging"))
    settings.cache_clear()
    whole = b"email\n" + b"".join(b"zoe%d@exemple.fr\n" % n for n in range(60_000))
    token = staging.keep(campaign, (whole[start : start + 70_001] for start in range(0, len(whole), 70_001)))
    lies = next((tmp_path / "staging").iterdir())
    assert b"exemple" not in lies.read_bytes()
    with staging.staged(campaign, token) as stream:
        assert stream.read() == whole
        stream.seek(-20, os.SEEK_END)
        assert stream.read() == whole[-20:]
        found = preview(campaign, stream, proof=PROOF)
    assert found.counts.created == 60_000
    with pytest.raises(BookError):
        staging.staged(other, token)
    lies.write_bytes(lies.read_bytes()[:300_000])  # cut short
    with pytest.raises(BookError):
        staging.staged(campaign, token)
    for name in ("../x", "", "x" * 99):
        with pytest.raises(BookError):
            staging.staged(campaign, name)
    os.utime(lies, (time.time() - 90_000,) * 2)
    staging.sweep()
    assert not lies.exists()
    assert io.BytesIO(whole).read(5) == b"email"
