"""Which sites are due, and keeping what their audits found. One runner at a time takes a site up."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from isoloir.audit.keep import read_evidence
from isoloir.audit.report.changes import Comparison, compare
from isoloir.settings import settings
from isoloir.watch.models import Run, Site

GIVEN_UP = timedelta(hours=6)  # after which a runner that took a site up is taken for dead
Line = dict[str, Any]


def folder() -> Path:
    """Where the evidence of all runs is."""
    return settings().watched.absolute()


def claim_due(now: datetime, most: int = 500) -> list[Site]:
    """The sites that are due and that no other runner has taken up."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - GIVEN_UP)
    due = Site.objects.filter(free, active=True, next_at__lte=now).order_by("next_at")[:most]
    return [site for site in due if Site.objects.filter(free, pk=site.pk).update(claimed_at=now)]


def release(sites: Iterable[Site]) -> None:
    """Give back what was taken up but not done."""
    Site.objects.filter(pk__in=[site.pk for site in sites]).update(claimed_at=None)


def next_due() -> datetime | None:
    """When the next site is due; None where none is watched."""
    return Site.objects.filter(active=True).order_by("next_at").values_list("next_at", flat=True).first()


def record(site: Site, where: Path, lines: Iterable[Line], now: datetime) -> Run:
    """Keep one audit of a site; `where` is its folder of evidence."""
    mine = [line for line in lines if line["rules"] in site.rules]
    run = Run.objects.create(
        site=site,
        started_at=parse_datetime(mine[0]["observed"]) or now,
        folder=where.relative_to(folder()).as_posix(),
        findings={line["rules"]: _short(line) for line in mine},
    )
    site.done(now)
    return run


def _short(line: Line) -> Line:
    obligations = {name: found["verdict"] for name, found in line["obligations"].items()}
    return {"verdict": line["verdict"], "why": line["why"], "obligations": obligations}


def remove(site: Site) -> None:
    """Forget a site with its runs, and the evidence that nobody else's runs rest on."""
    folders = set(site.runs.values_list("folder", flat=True))
    site.delete()
    for name in folders - set(Run.objects.filter(folder__in=folders).values_list("folder", flat=True)):
        shutil.rmtree(folder() / name, ignore_errors=True)


def difference(before: Run, after: Run, lines_of: Any) -> Comparison:
    """What changed between two runs of a site, from their evidence; `lines_of` judges a folder by rules."""
    sides = []
    for run in (before, after):
        where = folder() / run.folder
        sides.append({run.site.url: (read_evidence(where), lines_of(where, run.site.rules))})
    return compare(sides[0], sides[1])
