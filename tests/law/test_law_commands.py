"""`isoloir law` as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lawbook import FOLDER
from typer.testing import CliRunner, Result

from isoloir.cli import app
from isoloir.commands import law as commands
from isoloir.errors import SettingsError
from isoloir.law import rules


@pytest.fixture
def law(monkeypatch: pytest.MonkeyPatch):
    def run(*words: str) -> Result:
        monkeypatch.setattr(commands, "OUT", commands.Console(highlight=False, width=200))
        return CliRunner().invoke(app, ["law", *words])

    return run


def test_every_rule_is_listed(law) -> None:
    shown = law("list").output
    assert all(name in shown for name in rules())


def test_the_unverified_come_first_and_the_read_do_not_come(law) -> None:
    shown = law("list", "--unverified").output
    assert shown.index("TTPA-05") < shown.index("TTPA-01")
    assert "SENS-04 " not in shown


def test_the_list_of_a_day_and_an_operation(law) -> None:
    found = json.loads(law("list", "--for", "import", "--on", "2017-04-01", "--json").output)
    names = {rule["id"] for rule in found}
    assert "SENS-01" in names
    assert not names & {"SENS-02", "MSG-01"}


def test_a_rule_is_shown_with_its_article_link_and_reader(law) -> None:
    shown = law("show", "sens-02").output
    for part in ("SENS-02", "RGPD, art. 9(1)", "http://data.europa.eu/eli/reg/2016/679/oj", "2018-05-25", "2026-11-24"):
        assert part in shown


def test_an_unknown_rule_says_where_to_look(law) -> None:
    refused = law("show", "SENS-99")
    assert isinstance(refused.exception, SettingsError)
    assert "isoloir law list" in str(refused.exception)


def test_a_situation_is_judged_by_the_law_of_its_day_and_of_another(law, tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('operation = "erase"\non = 2026-12-01\n[facts]\nrecord_kind = "opt_out_mark"\nkept_years = 1\n')
    refused = law("check", str(file))
    assert refused.exit_code == 1
    assert "OPT-03" in refused.output
    then = law("check", str(file), "--on", "2017-04-01").output
    assert "OPT-03" not in then


def test_a_file_of_many_situations_is_judged(law) -> None:
    shown = law("check", str(FOLDER / "10_erase.toml"))
    assert shown.exit_code == 1
    assert shown.output.count("erase, ") == 11


def test_the_facts_are_listed(law) -> None:
    assert "data_categories" in law("facts").output


def test_the_calendar_is_shown_and_written(law, tmp_path: Path) -> None:
    file = tmp_path / "agenda.ics"
    shown = law("calendar", "--election", "2027-04", "--ics", str(file)).output
    assert "2027-04-10 – 2027-04-11" in shown
    assert "2027-04-18" in shown
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
