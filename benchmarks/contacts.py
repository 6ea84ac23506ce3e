"""The contact book at size: import with every check, lookups, searches, the figures of a dashboard, reading it all out.

    python benchmarks/contacts.py [--contacts 900000]

A throw-away SQLite book. The rows are those that a reader of a NationBuilder or Mailchimp export hands over: name,
e-mail, French mobile, postal code, one or two consents with their proof, each sealed with the contact's own key; one in
fifty is known already, one in a hundred objected before. Each lookup and search asks the law, opens what it finds and
writes its entry in the chained log, as from a page. Beside it, what CiviCRM's users report: a second a contact.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from isoloir.settings import settings

CIVICRM_SECONDS = 1.0  # a contact with custom fields, as its users report
FIRST = ["marie", "jean", "zoé", "luc", "anne", "paul", "julie", "karim", "léa", "nina", "hugo", "inès", "noé", "jade",
         "adam", "lina"]  # fmt: skip
LAST = ["martin", "bernard", "dubois", "thomas", "robert", "richard", "petit", "durand", "leroy", "moreau", "simon",
        "laurent", "lefebvre", "michel", "garcia"]  # fmt: skip
LOOKUPS, SEARCHES = 1000, 300


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=900_000)
    count = parser.parse_args().contacts
    with tempfile.TemporaryDirectory() as folder:
        for name in ("book", "keys", "master_key", "journal"):
            os.environ[f"ISOLOIR_{name.upper()}"] = str(Path(folder) / name)
        for name in ("DATABASE_URL", "KEYS_DATABASE_URL"):
            os.environ.pop(name, None)
        settings.cache_clear()
        from isoloir.web.book import open_book

        open_book(make=True)
        run(count, Path(folder))


def run(count: int, folder: Path) -> None:
    from isoloir.field import contacts, search
    from isoloir.field.campaigns import open_campaign
    from isoloir.field.channels import Channel
    from isoloir.field.models import Contact
    from isoloir.field.rights.register import assessment
    from isoloir.field.suppression import suppress_many

    campaign = open_campaign("x", name="x", controller="x", contact="a@example.org", vote_on=date(2027, 4, 25))
    suppress_many(campaign, Channel.EMAIL, (email(n) for n in range(0, count, 100)), how="unsubscribe")
    began, used = time.perf_counter(), time.process_time()
    done = contacts.add_many(campaign, rows(count), by=None, batch=uuid.uuid4())
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"import: {count:,} rows in {seconds:.0f} s ({cpu:.0f} s of processor), {memory:.0f} MB; "
          f"{done.created:,} created, {done.merged:,} merged, {done.suppressed:,} who object kept out")  # fmt: skip
    print(f"  {CIVICRM_SECONDS * count / seconds:,.0f} times CiviCRM's reported second a contact")
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    print(f"  on disk {size:,.0f} MB")
    draw = random.Random(1)
    pace(
        "exact lookup",
        99,
        LOOKUPS,
        lambda: contacts.find(campaign, Channel.EMAIL, email(draw.randrange(count)), by=None),
    )
    began = time.perf_counter()
    search.unlock(campaign)
    print(f"unlock: {time.perf_counter() - began:.1f} s")
    pace(
        "search by prefix",
        95,
        SEARCHES,
        lambda: contacts.search(campaign, draw.choice(LAST)[: draw.randint(2, 5)], by=None),
    )
    pace("figures of the assessment", 95, 20, lambda: assessment(campaign, "fr"))
    began, read = time.perf_counter(), 0
    ids = list(Contact.objects.of(campaign).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), 5000):
        read += len(contacts.open_people(campaign, Contact.objects.filter(pk__in=ids[start : start + 5000]), by=None))
    print(f"reading all out: {read:,} people with their consents in {time.perf_counter() - began:.0f} s")


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


def pace(what: str, percentile: int, times: int, act: Callable[[], object]) -> None:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        spent.append(1000 * (time.perf_counter() - began))
    spent.sort()
    worst = spent[min(times - 1, times * percentile // 100)]
    print(f"{what}: median {spent[times // 2]:.1f} ms, p{percentile} {worst:.1f} ms")


if __name__ == "__main__":
    main()
