"""Backup, erase, opt out, restore: through the command line, the erased stay erased and who opted out stays out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import books
import pytest

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
# An import that completes two people, brings two, one of whom agrees to more: it is undone after the backup.
OPENED = """
open_book(make=True)
import uuid
from newcomers import consent as agreed, newcomer
from isoloir.field import consent, contacts
from isoloir.field.models import Campaign, Contact, User
OTHER = uuid.UUID(int=8)
def second_import():
    some = [newcomer(n, consents=(agreed(), agreed("events"))) for n in (8, 9, 10, 11)]
    contacts.add_many(Campaign.objects.get(), some, by=User.objects.get(), batch=OTHER)
    last = Contact.objects.filter(batch=OTHER).order_by("pk")[1]
    consent.grant(last, agreed("volunteering"))
"""
# The book of a later version has tables that the backup does not know.
AFTER = """
from django.db import connections
with connections["default"].cursor() as cursor:
    kind = "uuid" if connections["default"].vendor == "postgresql" else "char(32)"
    cursor.execute(f"CREATE TABLE later (contact {kind} REFERENCES field_contact (id))")
from isoloir.field import consent, contacts, suppression
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact, User
campaign, officer = Campaign.objects.get(), User.objects.get()
contacts.undo(campaign, OTHER, by=officer)
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
    sorted(purpose for one in Contact.objects.all() for (purpose, _), s in consent.state(one).items() if s.granted),
]))
"""


BACKED_UP = "killed.prepare(); second_import(); isoloir('book', 'backup', '--book', 'b', '--keys', 'k')"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A book that was backed up, on SQLite or where DATABASE_URL says."""
    with books.home(tmp_path_factory.mktemp("restore")) as home:
        book = books.make(home / "prepared")
        _run(book, OPENED, BACKED_UP)
        yield book


@pytest.fixture
def folder(prepared: Path) -> Iterator[Path]:
    """A copy of it."""
    copy = prepared.with_name("copy")
    books.copy(prepared, copy)
    yield copy
    books.remove(copy)


def _run(folder: Path, *code: str) -> list[str]:
    """What the code printed, run in a process whose book is in that folder."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join((OPEN, *code))],
        env=books.environment(folder),
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("lost", ["book", "both"])
def test_a_restore_revives_nobody(folder: Path, lost: str) -> None:
    _run(folder, OPENED, AFTER)
    book, keys = next((folder / "b").iterdir()), next((folder / "k").iterdir())
    words = ["book", "restore", str(book), *(["--keys", str(keys)] if lost == "both" else [])]
    for said in (
        _run(folder, f"isoloir(*{words!r})", OPENED, LOOK),
        _run(folder, f"isoloir(*{words!r})", OPENED, LOOK),
    ):
        seen, suppressed, withdrawn, standing = json.loads(said[-1])
        assert (seen["contacts"], seen["readable"], seen["unreadable"], seen["breaks"]) == (10, 10, 0, 0)
        assert (suppressed, withdrawn) == (1, 1)
        assert standing == ["news"] * 8 + ["volunteering"]  # nothing of what the import brought that was undone


def test_a_restore_without_its_journal_or_of_a_damaged_backup_is_refused(folder: Path) -> None:
    book = next((folder / "b").iterdir())
    shutil.move(folder / "journal.jsonl", folder / "elsewhere.jsonl")
    with next(book.glob("data.*")).open("r+b") as stream:
        stream.write(b"x")
    said = _run(
        folder,
        "print(refused('audit-log', 'verify'))",
        f"print(refused('book', 'restore', {str(book)!r}))",
        f"print(refused('book', 'restore', {str(book)!r}, '--journal', 'elsewhere.jsonl'))",
        "os.rename('elsewhere.jsonl', 'journal.jsonl')",
        "print(refused('book', 'backup', '--book', 'b', '--keys', 'b/k'))",
        "print(killed.look()['readable'])",
    )
    assert said[-1] == "12"
    for line, told in zip(said[-5:-1], ("accept-journal", "journal", "not a whole backup", "two folders"), strict=True):
        assert told in line
