"""What the owner's pages and the public one share: the history, files of a report, the comparison of two runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404

from isoloir.audit.findings import judge
from isoloir.audit.keep import read_evidence
from isoloir.audit.report.compared import comparison_page
from isoloir.audit.report.markup import CHANGES, REPORT
from isoloir.audit.report.words import LANGUAGES, Words
from isoloir.audit.rules.packs import pack
from isoloir.errors import AuditError
from isoloir.language import language
from isoloir.watch.models import Run, Site
from isoloir.watch.schedule import difference, folder
from isoloir.watch.texts import texts

# A report is one file without scripts that holds its style; what it shows are its own pictures.
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
PICTURE = re.compile(r"[a-z]+(-\d+)?/\d\d-[a-z0-9-]+\.jpg")
LOOK = {"compliant": "good", "breach": "bad", "not_established": "warn"}  # of the style sheet
Address = Callable[..., str]


def history(site: Site, report_at: Address, changes_at: Address) -> list[dict[str, Any]]:
    """The runs of a site, the latest first, each with its verdicts and the addresses of its report and changes."""
    runs, named, told = list(site.runs.all()[:200]), texts(), language()
    shown = []
    for run, older in zip(runs, [*runs[1:], None], strict=True):
        verdicts = [
            {
                "rules": getattr(pack(rules).title, told), "word": named[found["verdict"]],
                "look": LOOK[found["verdict"]], "why": found["why"][told],
            }
            for rules, found in run.findings.items()
        ]  # fmt: skip
        shown.append({
            "at": run.started_at, "verdicts": verdicts, "report": report_at(run.pk, _file(REPORT)),
            "changes": changes_at(older.pk, run.pk, _file(CHANGES)) if older else "",
        })  # fmt: skip
    return shown


def report_file(site: Site, run: int, name: str) -> HttpResponseBase:
    """A page of a report, or one of its pictures; never a document that a site sent."""
    found = get_object_or_404(Run, pk=run, site=site)
    page = name in {f"{stem}.html" for stem in REPORT.values()}
    if not page and not PICTURE.fullmatch(name):
        raise Http404
    file = folder() / found.folder / name
    try:
        opened = file.open("rb")
    except OSError:
        raise Http404 from None
    answer = FileResponse(opened, content_type="text/html; charset=utf-8" if page else "image/jpeg")
    answer["Content-Security-Policy"] = POLICY
    return answer


def changes_page(site: Site, before: int, after: int, name: str) -> HttpResponse:
    """What changed between two runs of a site."""
    language = next((code for code in LANGUAGES if f"{CHANGES[code]}.html" == name), None)
    if language is None:
        raise Http404
    older, newer = (get_object_or_404(Run, pk=key, site=site) for key in (before, after))
    try:
        found = difference(older, newer, _lines)
    except AuditError:
        raise Http404 from None
    answer = HttpResponse(comparison_page(found, Words(language)))
    answer["Content-Security-Policy"] = POLICY
    return answer


def _lines(where: Any, rules: list[str]) -> list[dict[str, Any]]:
    evidence = read_evidence(where)
    return [judge(evidence, name).line() for name in rules]


def _file(names: dict[str, str]) -> str:
    return f"{names[language()]}.html"
