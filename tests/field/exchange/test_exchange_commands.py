"""Imports, their undoing, purges and exports from the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from isoloir.cli import app
from isoloir.errors import NotAllowed, SettingsError
from isoloir.field.models import Campaign, Contact, ExportRequest, Membership, User
from isoloir.field.roles import Role
from isoloir.settings import settings

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
PROOF = """
wording = "J'accepte de recevoir par e-mail les nouvelles du comité."
date = 2026-03-01
source = "signup_form"
reference = "proof.toml"
act = "newsletter_signup"
collected_from = "person"
for_this_purpose = true
given_by_company = false
"""


@pytest.fixture
def folder(campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """A folder with a file and its proof; the book is that of the test."""
    monkeypatch.setattr("isoloir.commands.field.open_book", lambda **_: None)
    (tmp_path / "proof.toml").write_text(PROOF, encoding="utf-8")
    rows = "a@exemple.fr,Zoé,z,x,\nb@exemple.fr,Dan,,,oui\nbad,X,,,\nc@exemple.fr,Léa,,,\n"
    (tmp_path / "f.csv").write_text(f"email,nom,facebook_username,religion,désinscrit\n{rows}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def isoloir(*words: str, typed: str = "") -> Result:
    answer = CliRunner().invoke(app, ["contacts", *words], input=typed)
    if answer.exception and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer


def imported() -> str:
    told = isoloir("import", "f.csv", "-c", "nord", "--proof", "proof.toml", "--yes", "--refused", "refused.csv").output
    return re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", told)[0]


def test_a_preview_writes_nothing_and_names_the_rules(folder: Path) -> None:
    told = isoloir("import", "f.csv", "-c", "nord", "--proof", "proof.toml", "--preview").output
    for word in ("SENS-10", "SENS-02", "OPT-01", "f.csv"):
        assert word in told
    assert "exemple.fr" not in told
    assert not Contact.objects.exists()
    assert isoloir("import", "f.csv", "-c", "nord", typed="n\n").exit_code == 1
    assert not Contact.objects.exists()
    with pytest.raises(SettingsError, match="--column"):
        isoloir("import", "f.csv", "-c", "nord", "--column", "nom")
    with pytest.raises(SettingsError, match="nationbuilder"):
        isoloir("import", "f.csv", "-c", "nord", "--layout", "unknown")
    (folder / "proof.toml").write_text("wording = 3")
    with pytest.raises(SettingsError, match="wording"):
        isoloir("import", "f.csv", "-c", "nord", "--proof", "proof.toml")


def test_an_import_is_run_and_undone(folder: Path) -> None:
    batch = imported()
    assert Contact.objects.count() == 2
    refused = (folder / "refused.csv").read_text(encoding="utf-8")
    assert refused.splitlines()[1].startswith("3,opted_out")
    assert "exemple" not in refused
    for words in (["--push", "https://example.org"], [], ["--channel", "fax", "--out", "x"]):
        with pytest.raises(SettingsError):
            isoloir("export", "-c", "nord", *words)
    isoloir("undo", batch, "-c", "nord")
    assert not Contact.objects.exists()


def test_a_purge_is_certified_and_verified(folder: Path) -> None:
    words = ["--origin", "nationbuilder-match", "-c", "nord", "--certificate", "c.json"]
    told = isoloir("purge", *words, "--file", "f.csv", "--out", "clean.csv").output
    key = re.findall(r"--key (\S+)", told)[0]
    assert "facebook" not in (folder / "clean.csv").read_text(encoding="utf-8")
    assert isoloir("verify", "c.json", "--key", key, "--file", "clean.csv").exit_code == 0
    assert isoloir("verify", "c.json", "--key", "another").exit_code == 1
    assert isoloir("verify", "c.json", "--file", "f.csv").exit_code == 1


def test_an_export_above_the_number_waits_for_a_second_person(
    folder: Path, campaign: Campaign, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported()
    isoloir("export", "-c", "nord", "--out", "o.csv")
    assert "a@exemple.fr" in (folder / "o.csv").read_text(encoding="utf-8")
    monkeypatch.setenv("ISOLOIR_EXPORT_ALONE", "1")
    settings.cache_clear()
    assert isoloir("export", "-c", "nord", "--out", "p.csv").exit_code == 1
    request = str(ExportRequest.objects.get(state="pending").pk)
    with pytest.raises(NotAllowed):
        isoloir("decide", request, "-c", "nord", "--as", officer.email, typed="wrong\n")
    second = User.objects.create_user("second@example.org", "a long enough password")
    Membership.objects.create(user=second, campaign=campaign, role=Role.ADMINISTRATOR)
    isoloir("decide", request, "-c", "nord", "--as", second.email, typed="a long enough password\n")
    isoloir("export", "-c", "nord", "--request", request, "--out", "p.csv")
    assert len((folder / "p.csv").read_text(encoding="utf-8").splitlines()) == 3
