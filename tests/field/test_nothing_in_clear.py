"""Ten thousand known people pass through the book; nothing that lies on the disk tells who they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import books

HERE = Path(__file__).parent
PEOPLE = 10_000
POSTAL_CODE = re.compile(rb"(?<![0-9a-f.])94400(?![0-9a-f])")  # not five digits within an identifier or a moment
TRACES = (b"brulefer", "brûlefer".encode(), "BRÛLEFER".encode(), b"exemple-courriel", b"+336120", b"06 12 00")
# Import, a few of everything else, errors on the way, backups; the write-ahead logs are left as a crash leaves them.
RUN = f"""
import sys; sys.path.insert(0, {str(HERE)!r})
import killed, logging, os
from isoloir.web.book import open_book
open_book(make=True)
from newcomers import newcomer
from isoloir.errors import IsoloirError
from isoloir.field import consent, contacts, retention, suppression
from isoloir.field.backup import backup
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact, User
from isoloir.field.rights import archive, requests
from pathlib import Path
killed.prepare()
campaign, officer = Campaign.objects.get(), User.objects.get()
contacts.add_many(campaign, (newcomer(n) for n in range(10, {PEOPLE})), by=officer, batch=killed.BATCH)
wrong = (newcomer(n, email=newcomer(n).email + "@") for n in range(5))
contacts.add_many(campaign, wrong, by=officer, batch=killed.BATCH)
some = list(Contact.objects.all()[:6])
person = contacts.read(campaign, some[0].pk, by=officer)
contacts.search(campaign, "zoe", by=officer)
contacts.find(campaign, Channel.SMS, person.phone, by=officer)
contacts.correct(campaign, some[1].pk, contacts.read(campaign, some[1].pk, by=officer), by=officer)
suppression.suppress(campaign, Channel.EMAIL, person.email, how="unsubscribe")
consent.withdraw(some[2], how="unsubscribe")
archive.archive(campaign, some[3].pk, by=officer)
requests.carry_out(requests.receive(campaign, "erasure", some[4].pk, how="letter"), by=officer)
for refused in (newcomer(0), newcomer(3, email="Zoé@x")):
    try:
        contacts.add(campaign, refused, by=None)
    except IsoloirError as told:
        print(told)
retention.expire(campaign)
backup(Path("backups/book"), Path("backups/keys"))
try:
    consent.grant(some[4], newcomer(4).consents[0])
except IsoloirError as told:
    print(told)
sys.stdout.flush()
import os
os.abort()
"""


def test_no_file_of_a_run_tells_who_anybody_is(tmp_path: Path) -> None:
    with books.home(tmp_path):
        book, temporary = books.make(tmp_path / "book"), tmp_path / "tmp"
        temporary.mkdir()
        since = books.mark()
        env = books.environment(book) | {"TMPDIR": str(temporary), "PYTHONFAULTHANDLER": "1"}
        done = subprocess.run([sys.executable, "-c", RUN], env=env, capture_output=True, cwd=book)
        assert done.returncode == -6, done.stderr.decode()
        (book / "output").write_bytes(done.stdout + done.stderr)
        found = dict(_files(tmp_path)) | dict(books.on_disk(book, since))
    of_server = {"data.dump", "dump", "server.log"} if books.server() else {"book.sqlite3", "book.sqlite3-wal"}
    assert {Path(name).name for name in found} >= {"journal.jsonl", "output"} | of_server
    assert not books.server() or any("/pg_wal/" in name for name in found)
    for name, text in found.items():
        for trace in TRACES:
            assert trace not in text.lower(), f"{name} holds {trace!r}"
        assert not POSTAL_CODE.search(text), f"{name} holds a postal code"
    assert sum(map(len, found.values())) > 4_000_000


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for parent, _, names in os.walk(folder):
        for name in names:
            file = Path(parent) / name
            yield str(file), books.unpacked(file) if file.suffix == ".dump" else file.read_bytes()
