"""`isoloir audit watch`: audit the watched sites that are due, keep what was found, and wait for the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from isoloir.audit.queue import plan
from isoloir.audit.visit.browser import Options
from isoloir.commands.audit import audit

if TYPE_CHECKING:
    from isoloir.watch.models import Site

LONGEST_WAIT = 60.0  # seconds: somebody may ask for an audit at once

Report = Callable[[str, float], None]


def watch(options: Options, once: bool, report: Report, told: Callable[[int], None]) -> None:
    """Audit what is due; then wait and begin again, unless once is enough. `told` hears how many sites were audited."""
    prepare()
    while True:
        told(run_due(options, report))
        if once:
            return
        time.sleep(_wait())


def prepare() -> None:
    """Django, and the tables of the watched sites."""
    import os

    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isoloir.web.settings")
    django.setup()
    call_command("migrate", "watch", verbosity=0, interactive=False)


def run_due(options: Options, report: Report) -> int:
    """Audit every site that is due, an address that several people watch only once; how many there were."""
    from django.utils import timezone

    from isoloir.watch.schedule import claim_due, folder, release

    now = timezone.now()
    due = claim_due(now)
    if not due:
        return 0
    out = folder() / now.strftime("%Y%m%dT%H%M%SZ")
    try:
        _audit(due, out, options, now, report)
    except BaseException:
        release(site for site in due if not site.runs.filter(started_at__gte=now).exists())
        raise
    return len(due)


def _audit(due: list[Site], out: Path, options: Options, now: datetime, report: Report) -> None:
    from isoloir.watch.schedule import record

    urls = list(dict.fromkeys(site.url for site in due))
    rules = list(dict.fromkeys(name for site in due for name in site.rules))
    made = audit(urls, rules, out, options, None, False, report)
    folders = {job.url: job.folder for job in plan(urls, out)}
    for site in due:
        record(site, folders[site.url], [line for line in made.lines if line["url"] == site.url], now)


def _wait() -> float:
    from django.utils import timezone

    from isoloir.watch.schedule import next_due

    due = next_due()
    return LONGEST_WAIT if due is None else min(LONGEST_WAIT, max(1.0, (due - timezone.now()).total_seconds()))
