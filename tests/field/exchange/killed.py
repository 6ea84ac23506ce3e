"""Kills imports and purges with signal 9 between any two statements, and looks at what is left. Run by its test.

Each try is a fork of this process, which has no connection open, on a copy of the same book.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import books

from isoloir.web.book import open_book, set_up

ORIGIN = "nationbuilder-match"


def forked(work: Callable[[], None]) -> int:
    """Do it in a process of its own; the signal that killed it, 0 where it ended well; exit where it failed."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    if os.WEXITSTATUS(status):
        sys.exit(1)
    return 0


class Counted:
    """Counts statements, and kills this process before the one of a number."""

    def __init__(self, kill_at: int = 0):
        self.count, self.kill_at = 0, kill_at

    def __call__(self, execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
        self.count += 1
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    def __enter__(self) -> Counted:
        from django.db import connections

        self.stack = ExitStack()
        for name in connections:
            self.stack.enter_context(connections[name].execute_wrapper(self))
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()


def make_base() -> None:
    """A campaign with ten people."""
    from datetime import date

    from isoloir.field.models import Campaign

    open_book(make=True)
    campaign = Campaign.objects.create(slug="nord", name="Nord", controller="x", contact="x@example.org",
                                       vote_on=date(2199, 4, 25), nonprofit=True)  # fmt: skip
    imported(0, 10)
    assert campaign.pk


def imported(first: int, last: int, origin: str = "", kill_at: int = 0) -> int:
    """Import these people in chunks of seven, some of whom complete others; the number of statements."""
    from dataclasses import replace

    from foreign import BOTH, PROOF, table

    from isoloir.field import bulk
    from isoloir.field.imports.batches import run
    from isoloir.field.imports.preview import preview
    from isoloir.field.models import Campaign

    bulk.CHUNK = 7
    campaign = Campaign.objects.get()
    rows = [{"email": f"zoe{n}@exemple.fr", "tel": f"0612340{n:03}", "cp": "94400"} for n in range(first, last)]
    rows += [{"email": f"out{first}@exemple.fr", "stop": "oui"}]
    file = table(["email", "tel", "cp", "stop"], *rows)
    found = preview(campaign, file, proof=replace(PROOF, channels=BOTH if first else PROOF.channels), origin=origin)
    with Counted(kill_at) as counted:
        run(found, file, by=None)
    return counted.count


def purged(kill_at: int = 0) -> int:
    """Purge the origin; the number of statements."""
    from isoloir.field.imports.purge import origin_named, purge
    from isoloir.field.models import Campaign

    with Counted(kill_at) as counted:
        purge(Campaign.objects.get(), origin_named(ORIGIN), by=None)
    return counted.count


def book() -> dict[str, object]:
    """Everybody, with what they gave and agreed to; the log is whole and every contact has its key."""
    from isoloir.field import contacts, log
    from isoloir.field.models import Campaign, Contact, ImportBatch

    open_book()
    campaign = Campaign.objects.get()
    people = contacts.open_people(campaign, Contact.objects.of(campaign), by=None)
    assert len(people) == Contact.objects.count()
    assert log.verify() == []
    assert not ImportBatch.objects.filter(state__in=["running", "undoing"]).exists()
    return {
        one.email: (one.phone, one.postal_code, sorted(str(key) for key, s in one.consents.items() if s.granted))
        for one in people
    }


def is_base() -> None:
    """Ten people without telephone, and nobody else."""
    found = book()
    assert set(found) == {f"zoe{n}@exemple.fr" for n in range(10)}, sorted(found)
    assert {value[0] for value in found.values()} == {""}, found  # type: ignore[index]
    assert {len(value[2]) for value in found.values()} == {1}, found  # type: ignore[index]


def is_whole() -> None:
    """The second import can be done over, and is whole then."""
    imported(5, 30)
    found = book()
    assert set(found) == {f"zoe{n}@exemple.fr" for n in range(30)}
    assert sum(len(value[2]) == 2 for value in found.values()) == 25  # type: ignore[arg-type, misc, index]


def ends_purged() -> None:
    """A purge done over leaves what was there before the harvest."""
    book()
    purged()
    is_base()


def main(folder: Path, tries: int) -> None:
    """Kill `tries` imports and as many purges, spread over their statements."""
    set_up()
    books.load()
    forked(make_base)
    books.copy(folder / "book", folder / "base")
    _tries(folder / "base", tries, lambda at: imported(5, 30, "", at), lambda: (is_base(), is_whole()))
    restore(folder / "base")
    forked(lambda: imported(5, 30, ORIGIN) and None)
    books.copy(folder / "book", folder / "harvest")
    _tries(folder / "harvest", tries, purged, ends_purged)


def _tries(base: Path, tries: int, work: Callable[[int], int], check: Callable[[], object]) -> None:
    def whole() -> None:
        (base / "count").write_text(str(work(0)))

    restore(base)
    forked(whole)
    total = int((base / "count").read_text())
    points = sorted({1 + round(n * (total - 1) / max(1, tries - 1)) for n in range(tries)})
    for point in points:
        restore(base)
        assert forked(lambda at=point: work(at) and None) == signal.SIGKILL, point  # type: ignore[misc]
        forked(lambda: check() and None)
    print(f"{len(points)} of {total} statements")


def restore(base: Path) -> None:
    """Put that book where the work is done."""
    books.remove(base.parent / "book")
    books.copy(base, base.parent / "book")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
