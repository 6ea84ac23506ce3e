"""One book, many copies, a process killed in the middle of something in each: `python killed.py FOLDER NUMBER`.

Every work (import, expire, erase, undo) is done in a child that is killed with SIGKILL before its n-th statement,
commit or line of the journal; another child then opens the copy as any command would, and looks. Prints one JSON
object a line. Children are forks: Django is set up once. On PostgreSQL as many points as are asked for, spread.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import books

BATCH = uuid.UUID(int=7)
PEOPLE = 60
POINTS = [("import", 1 + 2 * n) for n in range(20)] + [("expire", n) for n in range(1, 13)]
POINTS += [("erase", n) for n in range(1, 13)] + [("undo", 2 * n) for n in range(1, 7)]


def prepare() -> None:
    """A campaign, an officer, ten people from an import."""
    from newcomers import newcomer

    from isoloir.field import contacts
    from isoloir.field.campaigns import open_campaign
    from isoloir.field.models import Membership, User

    campaign = open_campaign("nord", name="Nord", controller="x", contact="a@example.org", vote_on=date(2027, 4, 25))
    user = User.objects.create_user("o@example.org", "a long enough password")
    Membership.objects.create(user=user, campaign=campaign, role="officer")
    contacts.add_many(campaign, (newcomer(n) for n in range(10)), by=user, batch=BATCH)


def arm(point: int) -> None:
    """From now on, die before the step of that number, whichever database it goes to."""
    from django.db import connections

    from isoloir.field import journal

    counted = 0

    def step() -> None:
        nonlocal counted
        counted += 1
        if counted == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(act: Callable) -> Callable:  # type: ignore[type-arg]
        def acting(*args, **more):  # type: ignore[no-untyped-def]
            step()
            return act(*args, **more)

        return acting

    for connection in connections.all():
        connection.ensure_connection()
        connection.execute_wrappers.append(lambda execute, *given: before(execute)(*given))
        connection._commit = before(connection._commit)
    journal._append = before(journal._append)


def work(what: str, point: int) -> None:
    """Do it until the point."""
    from newcomers import newcomer

    from isoloir.field import bulk, contacts, retention
    from isoloir.field.models import Campaign, Contact, User

    bulk.CHUNK = 20
    campaign, officer = Campaign.objects.get(), User.objects.get()
    arm(point)
    match what:
        case "import":
            contacts.add_many(campaign, (newcomer(100 + n) for n in range(PEOPLE)), by=officer, batch=BATCH)
        case "expire":
            retention.expire(campaign, on=campaign.vote_on + timedelta(days=1))
        case "erase":
            contacts.erase(campaign, Contact.objects.of(campaign).order_by("pk")[0].pk, by=officer, why="request")
        case "undo":
            contacts.undo(campaign, BATCH, by=officer)


def look() -> dict[str, int]:
    """What any command would find in the book now, once it has opened it."""
    from isoloir.field import contacts, journal, log, recovery
    from isoloir.field.models import Campaign, ConsentEntry, Contact, LogEntry, Suppression
    from isoloir.web.book import open_book

    open_book()
    campaign, ids = Campaign.objects.get(), set(Contact.objects.values_list("pk", flat=True))
    people = contacts.open_people(campaign, Contact.objects.all(), by=None)
    told = list(LogEntry.objects.order_by("sequence").values("action", "counts"))
    return {
        "contacts": len(ids),
        "readable": len(people),
        "addresses": len({one.email for one in people}),
        "unreadable": len(recovery.unreadable(campaign)),
        "breaks": len(log.verify()),
        "consents": ConsentEntry.objects.filter(contact__in=ids, granted=True).count(),
        "suppressed": Suppression.objects.count(),
        "imported": sum(entry["counts"].get("created", 0) for entry in told if entry["action"] == "import"),
        "erased": sum(entry["counts"].get("contacts", 0) for entry in told if entry["action"] == "erase"),
        "journal": sum(len(entry["ids"]) for entry in journal.entries() if entry["what"] == "erased"),
    }


def child(folder: Path, act: Callable[[], object]) -> tuple[int, str]:
    """What a fork that works on the book of this folder printed, and the signal that ended it (0: none)."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            os.environ.update(books.environment(folder))
            _point_to(folder)
            os.write(writing, json.dumps(act()).encode())
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    status = os.waitpid(pid, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit(f"{folder.name}: failed")
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, said


def _point_to(folder: Path) -> None:
    from django.db import connections

    from isoloir.field import vault
    from isoloir.settings import settings

    settings.cache_clear()
    vault.forget()
    files = tuple(str(folder / books.FILES[name]) for name in ("BOOK", "KEYS"))
    for connection, name in zip(connections.all(), books.databases(folder) if books.server() else files, strict=True):
        connection.settings_dict["NAME"] = name


def main() -> None:
    """Prepare, then kill at every point."""
    home, number = Path(sys.argv[1]), int(sys.argv[2])
    first = books.make(home / "prepared")
    os.environ.update(books.environment(first))
    from isoloir.web.book import open_book, set_up

    set_up()
    books.load()
    child(first, lambda: (open_book(make=True), prepare())[1])
    for what, point in POINTS[:: len(POINTS) // number]:
        folder = home / f"{what}{point}"
        books.copy(first, folder)
        killed, _ = child(folder, lambda w=what, p=point: work(w, p))
        _, said = child(folder, look)
        print(
            json.dumps({"work": what, "point": point, "killed": killed == signal.SIGKILL} | json.loads(said)),
            flush=True,
        )
        books.remove(folder)


if __name__ == "__main__":
    main()
