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
import sys, json; sys.path.insert(0, {str(HERE)!r})
from isoloir.web.book import open_book
import killed
open_book(make=True)
"""
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
STANDS = """
from isoloir.field import consent, suppression
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact
campaign = Campaign.objects.get()
print(json.dumps([
    len(suppression.suppressed(campaign, Channel.EMAIL, ["opted.out@example.org"])),
    sum(not any(s.granted for s in consent.state(one).values()) for one in Contact.objects.all()),
]))
"""


def _run(folder: Path, code: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", OPEN + code], env=environment(folder), capture_output=True, text=True, cwd=folder
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def _isoloir(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "isoloir", *words], env=environment(folder), capture_output=True, text=True, cwd=folder
    )


@pytest.mark.parametrize("lost", ["book", "both"])
def test_a_restore_revives_nobody(tmp_path: Path, lost: str) -> None:
    assert _run(tmp_path, "killed.prepare()")[0] == 0
    made = _isoloir(tmp_path, "book", "backup", "--book", "b", "--keys", "k")
    assert made.returncode == 0, made.stderr
    assert _run(tmp_path, AFTER)[0] == 0
    book, keys = next((tmp_path / "b").iterdir()), next((tmp_path / "k").iterdir())
    words = ["book", "restore", str(book), *(["--keys", str(keys)] if lost == "both" else [])]
    for _ in range(2):  # once more changes nothing
        done = _isoloir(tmp_path, *words)
        assert done.returncode == 0, done.stderr
        seen = json.loads(_run(tmp_path, "print(json.dumps(killed.look()))")[1])
        assert (seen["contacts"], seen["readable"], seen["unreadable"], seen["breaks"]) == (9, 9, 0, 0)
        assert json.loads(_run(tmp_path, STANDS)[1]) == [1, 1]


def test_a_restore_without_its_journal_or_of_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    assert _run(tmp_path, "killed.prepare()")[0] == 0
    assert _isoloir(tmp_path, "book", "backup", "--book", "b", "--keys", "b/k").returncode == 1
    assert _isoloir(tmp_path, "book", "backup", "--book", "b", "--keys", "k").returncode == 0
    book = next((tmp_path / "b").iterdir())
    before = (tmp_path / "book.sqlite3").read_bytes()
    shutil.move(tmp_path / "journal.jsonl", tmp_path / "elsewhere.jsonl")
    told = _isoloir(tmp_path, "book", "restore", str(book))
    assert told.returncode == 1
    assert "journal" in told.stderr
    with (book / "data.sqlite3").open("r+b") as stream:
        stream.write(b"x")
    told = _isoloir(tmp_path, "book", "restore", str(book), "--journal", str(tmp_path / "elsewhere.jsonl"))
    assert told.returncode == 1
    assert "not a whole backup" in told.stderr
    assert (tmp_path / "book.sqlite3").read_bytes() == before
