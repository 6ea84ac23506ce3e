"""The public page of a watched site: whoever knows its address sees its history; nobody else can find it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from isoloir.watch import answers
from isoloir.watch.models import Site


def _shared(token: str) -> Site:
    return get_object_or_404(Site, token=token)


@require_safe
def site(request: HttpRequest, token: str) -> HttpResponse:
    """Its history."""
    found = _shared(token)
    runs = answers.history(
        found,
        lambda *where: reverse("watch:shared_report", args=[token, *where]),
        lambda *where: reverse("watch:shared_changes", args=[token, *where]),
    )
    answer = render(request, "watch/shared.html", {"site": found, "runs": runs})
    answer["X-Robots-Tag"] = "noindex"
    return answer


@require_safe
def report(_: HttpRequest, token: str, run: int, name: str) -> HttpResponseBase:
    """A file of one of its reports."""
    return answers.report_file(_shared(token), run, name)


@require_safe
def up(_: HttpRequest, token: str, name: str) -> HttpResponse:  # noqa: ARG001 (a report links to the table above it)
    """From a report back to the history."""
    return redirect("watch:shared", token=_shared(token).token)


@require_safe
def changes(_: HttpRequest, token: str, before: int, after: int, name: str) -> HttpResponse:
    """What changed between two of its runs."""
    return answers.changes_page(_shared(token), before, after, name)
