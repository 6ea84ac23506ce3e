"""Backup, erase, opt out, restore: through the command line, the erased stay erased and who opted out stays out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from killed import environment

HERE = Path(__file__).parent
OPEN = f"""
import os, sys, json; sys.path.insert(0, {str(HERE)!r})
import killed
from isoloir.cli import app
from isoloir.errors import BookError
from isoloir.web.book import open_book
def isoloir(*words):
    app(list(words), standalone_mode=False)
def refused(*words):
    try:
        isoloir(*words)
    except BookError as told:
        return str(told)
"""
OPENED = "open_book(make=True)"
AFTER = """
from isoloir.field import consent, contacts, suppression
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact, User
campaign, officer = Campaign.objects.get(), User.objects.get()
first, second, third = Contact.objects.order_by("pk")[:3]
contacts.erase(campaign, first.pk, by=officer, why="request")
suppression.suppress(campaign, Channel.EMAIL, "opted.out@example.org", how="unsubscribe")
consent.withdraw(third, how="unsubscribe")
"""
LOOK = """
from isoloir.field import consent, suppression
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact
campaign = Campaign.objects.get()
print(json.dumps([
    killed.look(),
    len(suppression.suppressed(campaign, Channel.EMAIL, ["opted.out@example.org"])),
    sum(not any(s.granted for s in consent.state(one).values()) for one in Contact.objects.all()),
]))
"""


BACKED_UP = "killed.prepare(); isoloir('book', 'backup', '--book', 'b', '--keys', 'k')"


def _run(folder: Path, *code: str) -> list[str]:
    """What the code printed, run in a process whose book is in that folder."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join((OPEN, *code))],
        env=environment(folder),
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("lost", ["book", "both"])
def test_a_restore_revives_nobody(tmp_path: Path, lost: str) -> None:
    _run(tmp_path, OPENED, BACKED_UP, AFTER)
    book, keys = next((tmp_path / "b").iterdir()), next((tmp_path / "k").iterdir())
    words = ["book", "restore", str(book), *(["--keys", str(keys)] if lost == "both" else [])]
    for said in (
        _run(tmp_path, f"isoloir(*{words!r})", OPENED, LOOK),
        _run(tmp_path, f"isoloir(*{words!r})", OPENED, LOOK),
    ):
        seen, suppressed, withdrawn = json.loads(said[-1])
        assert (seen["contacts"], seen["readable"], seen["unreadable"], seen["breaks"]) == (9, 9, 0, 0)
        assert (suppressed, withdrawn) == (1, 1)


def test_a_restore_without_its_journal_or_of_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    _run(tmp_path, OPENED, BACKED_UP)
    book = next((tmp_path / "b").iterdir())
    shutil.move(tmp_path / "journal.jsonl", tmp_path / "elsewhere.jsonl")
    with (book / "data.sqlite3").open("r+b") as stream:
        stream.write(b"x")
    said = _run(
        tmp_path,
        "print(refused('audit-log', 'verify'))",
        f"print(refused('book', 'restore', {str(book)!r}))",
        f"print(refused('book', 'restore', {str(book)!r}, '--journal', 'elsewhere.jsonl'))",
        "os.rename('elsewhere.jsonl', 'journal.jsonl')",
        "print(refused('book', 'backup', '--book', 'b', '--keys', 'b/k'))",
        "print(killed.look()['readable'])",
    )
    assert said[-1] == "10"
    for line, told in zip(said[-5:-1], ("accept-journal", "journal", "not a whole backup", "two folders"), strict=True):
        assert told in line
