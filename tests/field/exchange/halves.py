"""Exports of a book that two processes read in turn, in small parts: `python halves.py`, run by its test.

Prints one JSON object of what came of it.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from isoloir.errors import BookError
from isoloir.web.book import open_book

# A process that is killed when it begins with its third part.
DYING = """
import os, sys, django
django.setup()
from isoloir.field import beside, reachable
walk, begun = reachable.walk, []
def dying(*given, **more):
    begun.append(given)
    return walk(*given, **more) if len(begun) < 3 else os.kill(os.getpid(), 9)
reachable.walk = dying
beside._answer(sys.stdin.buffer, sys.stdout.buffer)
"""


def main(folder: Path) -> dict[str, Any]:
    """Write the same book by one process and by two; then whatever may go wrong."""
    open_book(make=True)
    from newcomers import consent, newcomer

    from isoloir.field import beside, contacts, parts, suppression
    from isoloir.field.campaigns import open_campaign
    from isoloir.field.channels import Channel
    from isoloir.field.exports import requests
    from isoloir.field.models import ExportRequest
    from isoloir.field.reachable import how_many

    def asked(format: str) -> ExportRequest:
        return requests.request_export(
            campaign, None, purpose="news", channel=Channel.EMAIL, format=format, recipient="campaign_heads"
        )

    def write(request: ExportRequest, name: str) -> int:
        return requests.write_export(request, folder / name, None)

    def refused(request: ExportRequest) -> list[Any]:
        try:
            write(request, "refused")
        except BookError as error:
            request.refresh_from_db()
            return [type(error).__name__, request.state, (folder / "refused").exists()]
        raise AssertionError

    campaign, other = (
        open_campaign(name, name=name, controller="x", contact="a@example.org", vote_on=date(2027, 4, 25))
        for name in ("nord", "sud")
    )
    add = partial(contacts.add_many, by=None, batch=uuid.uuid4())
    agreed = [consent("events" if n % 5 == 4 else "news") for n in range(60)]
    for some in (range(25), range(25, 60)):
        add(campaign, (newcomer(n, consents=(agreed[n],)) for n in some))
        add(other, [newcomer(n) for n in some[:3]])
    suppression.suppress(campaign, Channel.EMAIL, newcomer(7).email, how="unsubscribe")
    asks = {name: [asked(name), asked(name)] for name in ("csv", "vcard")}
    meanwhile, last = asked("csv"), asked("csv")
    one = {name: write(asks[name][0], f"one.{name}") for name in asks}

    parts.LARGE, parts.SIZE = 0, 7
    two = {name: write(asks[name][1], f"two.{name}") for name in asks}
    found = {"people": last.people, "counted": how_many(campaign, ["news"], Channel.EMAIL), "one": one, "two": two,
             "parts": len(parts.parts(campaign)),
             "hashes": {name: [ask.sha256 for ask in both] for name, both in asks.items()}}  # fmt: skip

    beside._COMMAND, command = (sys.executable, "-c", DYING), beside._COMMAND
    found["dying"] = refused(meanwhile)
    beside._COMMAND = command
    suppression.suppress(campaign, Channel.EMAIL, newcomer(10).email, how="unsubscribe")
    gone = contacts.find(campaign, Channel.EMAIL, newcomer(50).email, by=None)
    assert gone
    contacts.erase(campaign, gone.id, by=None, why="request")
    found["meanwhile"] = write(meanwhile, "meanwhile.csv")

    add(campaign, [newcomer(n) for n in (100, 101, 102)])
    return found | {"more": refused(last)}


if __name__ == "__main__":
    print(json.dumps(main(Path(os.environ["ISOLOIR_JOURNAL"]).parent)))
