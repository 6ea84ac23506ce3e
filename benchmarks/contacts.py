"""The contact book at size: import with every check, lookups, searches, dashboard, export, fifty people at once.

    python benchmarks/contacts.py [--contacts 900000]

A throw-away SQLite book. The rows are those that a reader of a NationBuilder or Mailchimp export hands over: name,
e-mail, French mobile, postal code, one or two consents with their proof, each sealed with the contact's own key; one in
fifty is known already, one in a hundred objected before. Each lookup and search asks the law, opens what it finds and
writes its entry in the chained log, as from a page; the dashboard and the fifty people are asked of a real server.
Each figure stands beside its goal. Beside the import, what CiviCRM's users report: a second a contact.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

from isoloir.settings import settings

CIVICRM_SECONDS = 1.0  # a contact with custom fields, as its users report
FIRST = ["marie", "jean", "zoé", "luc", "anne", "paul", "julie", "karim", "léa", "nina", "hugo", "inès", "noé", "jade",
         "adam", "lina"]  # fmt: skip
LAST = ["martin", "bernard", "dubois", "thomas", "robert", "richard", "petit", "durand", "leroy", "moreau", "simon",
        "laurent", "lefebvre", "michel", "garcia"]  # fmt: skip
LOOKUPS, SEARCHES = 1000, 300
PEOPLE, RATE, CROWD_SECONDS = 50, 20, 15


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
    began, used = time.perf_counter(), time.process_time()
    done = contacts.add_many(campaign, rows(count), by=None, batch=uuid.uuid4())
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told(f"import of {count:,} rows ({cpu:.0f} s of processor)", seconds, 180, "s")
    told("memory of the import", memory, 1024, "MB")
    print(f"  {done.created:,} created, {done.merged:,} merged, {done.suppressed:,} who object kept out; "
          f"{CIVICRM_SECONDS * count / seconds:,.0f} times CiviCRM's reported second a contact")  # fmt: skip
    print(f"  on disk {sum(file.stat().st_size for file in folder.iterdir()) / 1e6:,.0f} MB", flush=True)
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
            crowd(people, count)
        finally:
            server.terminate()


def signed_in(campaign: Any, number: int) -> str:
    """The session of a new coordinator of the campaign, second factor given."""
    from allauth.account.internal.flows import login
    from allauth.mfa.totp.internal.auth import TOTP
    from django.test import Client

    from isoloir.field.models import Membership, User
    from isoloir.field.roles import Role

    user = User.objects.create_user(f"p{number}@example.org")
    Membership.objects.create(user=user, campaign=campaign, role=Role.COORDINATOR)
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


def rows(count: int) -> Iterator[object]:
    """What a reader of an export hands over."""
    from isoloir.field.channels import Channel
    from isoloir.field.consent import Consent
    from isoloir.field.person import NewContact

    at = datetime(2026, 11, 1, tzinfo=UTC)
    for n in range(count):
        who = n - 7 if n % 50 == 49 else n
        proof = f"row {n}: CONFIRM_TIME 2026-11-01 10:00, CONFIRM_IP 203.0.113.{n % 250}"
        agreed = [Consent("news", Channel.EMAIL, "J'accepte de recevoir des nouvelles", "1", "import", at, proof=proof)]
        if n % 2:
            agreed.append(
                Consent("events", Channel.SMS, "J'accepte d'être invité par SMS", "1", "import", at, proof=proof)
            )
        yield NewContact(
            f"{FIRST[who % 16].title()} {LAST[who // 16 % 15].title()}{who % 977}", email(who), f"06{who:08d}",
            f"{who % 95000:05d}", consents=tuple(agreed), act="newsletter_signup", origin="import",
        )  # fmt: skip


def email(n: int) -> str:
    return f"{FIRST[n % 16].replace('é', 'e').replace('è', 'e')}.{n}@exemple.fr"


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
