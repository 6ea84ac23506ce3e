"""The contact book at size: import with every check, lookups, searches, dashboard, export, fifty people at once.

    python benchmarks/contacts.py [--contacts 900000]

A throw-away SQLite book. The rows come from an export of NationBuilder and one of Mailchimp (`peers/contact_files.py`),
previewed and imported in a process of its own as `isoloir contacts import` does it; one in fifty is known already, one
in a hundred objected before. Each lookup and search asks the law, opens what it finds and writes its entry in the
chained log, as from a page; the pages and the fifty people are asked of a real server. Each figure stands beside its
goal. Beside the import, what CiviCRM's users report: a second a contact.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from isoloir.settings import settings

sys.path.insert(0, str(Path(__file__).parent / "peers"))
from contact_files import LAST, email, write_files

CIVICRM_SECONDS = 1.0  # a contact with custom fields, as its users report
LOOKUPS, SEARCHES = 1000, 300
PEOPLE, RATE, CROWD_SECONDS = 50, 20, 15
PAGES = (
    "contacts/",
    "messages/",
    "keeping/",
    "objections/",
    "exports/",
    "imports/",
    "rights/",
    "log/",
    "documents/register/",
)
# What `isoloir contacts import` does, with the time of each half of it.
IMPORT = """
import json, sys, time
from pathlib import Path
from isoloir.web.book import open_book
open_book()
from django.utils import timezone
from isoloir.field.imports.batches import run
from isoloir.field.imports.preview import preview
from isoloir.field.imports.proofs import read_proof
from isoloir.field.models import Campaign
file, proof = map(Path, sys.argv[1:])
began = time.perf_counter()
found = preview(Campaign.objects.get(slug="x"), file, "", read_proof(proof, timezone.localdate()))
middle = time.perf_counter()
batch = run(found, file, by=None)
print(json.dumps([middle - began, time.perf_counter() - middle, batch.counts]))
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=900_000)
    count = parser.parse_args().contacts
    with tempfile.TemporaryDirectory() as folder:
        for name in ("book", "keys", "master_key", "journal"):
            os.environ[f"ISOLOIR_{name.upper()}"] = str(Path(folder) / name)
        for name in ("DATABASE_URL", "KEYS_DATABASE_URL"):
            os.environ.pop(name, None)
        os.environ["ISOLOIR_SECRET_KEY"] = secrets.token_urlsafe(50)  # the server knows the sessions made here
        os.environ["ISOLOIR_EXPORT_ALONE"] = str(count)  # nobody else is there to approve
        settings.cache_clear()
        from isoloir.web.book import open_book

        open_book(make=True)
        run(count, Path(folder))


def run(count: int, folder: Path) -> None:
    from isoloir.field import contacts, search
    from isoloir.field.campaigns import open_campaign
    from isoloir.field.channels import Channel
    from isoloir.field.suppression import suppress_many

    campaign = open_campaign("x", name="x", controller="x", contact="a@example.org", vote_on=date(2027, 4, 25))
    suppress_many(campaign, Channel.EMAIL, (email(n) for n in range(0, count, 100)), how="unsubscribe")
    bring_in(count)
    print(f"  on disk {sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / 1e6:,.0f} MB")
    message(campaign)
    export(campaign, folder / "export.csv")
    draw = random.Random(1)
    find = lambda: contacts.find(campaign, Channel.EMAIL, email(draw.randrange(count)), by=None)  # noqa: E731
    pace("exact lookup", 99, LOOKUPS, 5, find)
    began = time.perf_counter()
    search.unlock(campaign)
    print(f"unlock: {time.perf_counter() - began:.1f} s", flush=True)
    look = lambda: contacts.search(campaign, draw.choice(LAST)[: draw.randint(2, 5)], by=None)  # noqa: E731
    pace("search by prefix", 95, SEARCHES, 50, look)
    search.lock(campaign)
    serve(campaign, count, folder)


def bring_in(count: int) -> None:
    """Preview and import both files, each by a process of its own."""
    previews, imports, memory, total = 0.0, 0.0, 0, {"created": 0, "merged": 0, "suppressed": 0, "refused": 0}
    with tempfile.TemporaryDirectory() as exports:
        for file, proof in write_files(Path(exports), count):
            command = [sys.executable, "-c", IMPORT, str(file), str(proof)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as work:
                peak = Peak(work.pid)
                said, _ = work.communicate()
            if work.returncode:
                raise SystemExit("the import failed")
            before, after, counts = json.loads(said)
            previews, imports, memory = previews + before, imports + after, max(memory, peak.megabytes)
            total = {name: number + counts[name] for name, number in total.items()}
    told(f"import of {count:,} rows", imports, 180, "s")
    told("memory of the import, both processes", memory, 1024, "MB")
    print(f"  preview before it: {previews:,.0f} s")
    print(f"  {total['created']:,} created, {total['merged']:,} merged, {total['suppressed']:,} who object kept out; "
          f"{CIVICRM_SECONDS * count / imports:,.0f} times CiviCRM's second a contact", flush=True)  # fmt: skip


class Peak(threading.Thread):
    """The most memory that a process and those that it began have held together, looked at five times a second."""

    def __init__(self, process: int):
        super().__init__(daemon=True)
        self.process, self.megabytes = process, 0
        self.start()

    def run(self) -> None:  # noqa: D102
        while True:
            try:
                children = Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
                pages = [self._pages(one) for one in (str(self.process), *children)]
            except OSError:  # it ended
                return
            self.megabytes = max(self.megabytes, sum(pages) * os.sysconf("SC_PAGE_SIZE") // 2**20)
            time.sleep(0.2)

    def _pages(self, process: str) -> int:
        try:
            return int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except OSError:
            return 0


def message(campaign: Any) -> None:
    """A message to everybody, and one to those of a few postal codes, prepared as its page does it, and not sent."""
    from isoloir.field import preparing
    from isoloir.field.selection import Selection

    for what, chosen in (("everybody", Selection()), ("a selection", Selection(("94", "75011"), ""))):
        made, spent = preparing.draft(campaign, "news", "Réunion", "Bonjour.", by=None, selection=chosen), []
        while not made.prepared_at:
            began = time.perf_counter()
            preparing.gather(made)
            spent.append(time.perf_counter() - began)
        told(f"a message to {what} prepared for {made.deliveries.count():,} in {sum(spent):.0f} s; longest request",
             max(spent), 5, "s")  # fmt: skip
        began = time.perf_counter()
        preparing.delete(made, None)
        print(f"  deleted again: {time.perf_counter() - began:.1f} s", flush=True)


def export(campaign: Any, file: Path) -> None:
    """Everybody who may be written to with news by e-mail, as CSV, as `isoloir contacts export` does it."""
    from isoloir.field.channels import Channel
    from isoloir.field.exports.requests import request_export, write_export

    began = time.perf_counter()
    asked = request_export(
        campaign, None, purpose="news", channel=Channel.EMAIL, format="csv", recipient="campaign_heads"
    )
    counted = time.perf_counter() - began
    number = write_export(asked, file, None)
    seconds = time.perf_counter() - began
    told(f"export of {number:,} people ({counted:.0f} s of it to count them for who decides)", seconds, 60, "s")


def serve(campaign: Any, count: int, folder: Path) -> None:
    """A server of its own process: the dashboard alone, then fifty people at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "isoloir", "serve", "--port", str(port), "--no-browser",
               "--database", str(folder / "none.duckdb")]  # fmt: skip
    cookies = [signed_in(campaign, number) for number in range(PEOPLE)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            people = [httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies={"sessionid": one}, timeout=60)
                      for one in cookies]  # fmt: skip
            awake(people[0])
            ask(people[0], "/fr/field/x/contacts/?q=mart")  # unlocks the names
            pace("dashboard", 95, 20, 200, lambda: ask(people[0], "/fr/field/x/"))
            for page in PAGES:
                pace(f"page {page}", 95, 5, 1000, lambda page=page: ask(people[0], f"/fr/field/x/{page}"))
            crowd(people, count)
        finally:
            server.terminate()


def signed_in(campaign: Any, number: int) -> str:
    """The session of somebody new who works for the campaign, the first as its administrator, second factor given."""
    from allauth.account.internal.flows import login
    from allauth.mfa.totp.internal.auth import TOTP
    from django.test import Client

    from isoloir.field.models import Membership, User
    from isoloir.field.roles import Role

    user = User.objects.create_user(f"p{number}@example.org")
    Membership.objects.create(user=user, campaign=campaign, role=Role.COORDINATOR if number else Role.ADMINISTRATOR)
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": time.time()}, {"method": "mfa", "at": time.time(), "type": "totp"}
    ]  # fmt: skip
    session.save()
    return str(session.session_key)


def crowd(people: list[httpx.Client], count: int) -> None:
    """Twenty requests a second from fifty people in turn: first pages, searches by name, exact addresses."""
    draw, spent, faults = random.Random(2), [], []

    def one(number: int) -> None:
        words = ["", f"contacts/?q={draw.choice(LAST)[:4]}", f"contacts/?q={email(draw.randrange(count))}"]
        began = time.perf_counter()
        try:
            ask(people[number % PEOPLE], f"/fr/field/x/{words[number % 3]}")
        except Exception as fault:  # whatever it is, it is counted and shown
            faults.append(repr(fault)[:200])
        spent.append(1000 * (time.perf_counter() - began))

    began = time.perf_counter()
    with ThreadPoolExecutor(PEOPLE) as pool:
        for number in range(RATE * CROWD_SECONDS):
            time.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            pool.submit(one, number)
    seconds, middle = time.perf_counter() - began, sorted(spent)
    told(f"{PEOPLE} people signed in, {RATE} requests a second for {CROWD_SECONDS} s: errors", len(faults), 1, "")
    print(f"  answered at {len(spent) / seconds:.1f} a second; median {middle[len(middle) // 2]:.0f} ms, "
          f"p95 {middle[len(middle) * 95 // 100]:.0f} ms; {faults[:3] or 'no error'}")  # fmt: skip


def awake(client: httpx.Client) -> None:
    for _ in range(600):
        try:
            client.get("/fr/field/")
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("the server does not answer")


def ask(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.headers.get('location', '')}")


def pace(what: str, percentile: int, times: int, goal: float, act: Callable[[], object]) -> None:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        spent.append(1000 * (time.perf_counter() - began))
    spent.sort()
    told(f"{what} (median {spent[times // 2]:.1f} ms), p{percentile}",
         spent[min(times - 1, times * percentile // 100)], goal, "ms")  # fmt: skip


def told(what: str, figure: float, goal: float, unit: str) -> None:
    """One line: the figure, its goal, and whether it is below."""
    print(
        f"{what}: {figure:,.1f} {unit} (goal: below {goal:,} {unit}) {'met' if figure < goal else 'MISSED'}", flush=True
    )


if __name__ == "__main__":
    main()
