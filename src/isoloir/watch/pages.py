"""The pages of whoever watches sites: the list, a site, its history. A site of another is not there."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.field.access import account_of
from isoloir.watch import answers
from isoloir.watch.forms import WatchForm
from isoloir.watch.models import Site
from isoloir.watch.schedule import remove
from isoloir.watch.texts import texts


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sites(request: HttpRequest) -> HttpResponse:
    """The sites that this account watches; a post adds one."""
    account, named = account_of(request), texts()
    form = WatchForm(request.POST or None, owner=account)
    if request.method == "POST" and form.is_valid():
        return redirect("watch:site", site=form.save().pk)
    mine = Site.objects.filter(owner=account).prefetch_related("runs")
    shown = [
        (
            one,
            [
                (named[f["verdict"]], answers.LOOK[f["verdict"]])
                for f in (one.last.findings if one.last else {}).values()
            ],
        )
        for one in mine
    ]
    return render(request, "watch/sites.html", {"sites": shown, "form": form}, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def site(request: HttpRequest, site: int) -> HttpResponse:
    """A site and its history; a post changes how it is watched."""
    found = _mine(request, site)
    if request.method == "POST":
        return _change(found, request.POST.get("do", ""))
    runs = answers.history(
        found,
        lambda *where: reverse("watch:report", args=[site, *where]),
        lambda *where: reverse("watch:changes", args=[site, *where]),
    )
    public = request.build_absolute_uri(reverse("watch:shared", args=[found.token])) if found.token else ""
    return render(request, "watch/site.html", {"site": found, "runs": runs, "public": public})


def _change(found: Site, deed: str) -> HttpResponse:
    if deed == "remove":
        remove(found)
        return redirect("watch:sites")
    if deed in ("share", "unshare"):
        found.share(deed == "share")
    elif deed == "again":
        Site.objects.filter(pk=found.pk).update(next_at=timezone.now(), active=True)
    elif deed in ("stop", "resume"):
        Site.objects.filter(pk=found.pk).update(active=deed == "resume")
    return redirect("watch:site", site=found.pk)


@login_required
@require_safe
def report(request: HttpRequest, site: int, run: int, name: str) -> HttpResponseBase:
    """A file of one of its reports."""
    return answers.report_file(_mine(request, site), run, name)


@login_required
@require_safe
def up(request: HttpRequest, site: int, name: str) -> HttpResponse:  # noqa: ARG001 (a report links to the table above it)
    """From a report back to the history."""
    return redirect("watch:site", site=_mine(request, site).pk)


@login_required
@require_safe
def changes(request: HttpRequest, site: int, before: int, after: int, name: str) -> HttpResponse:
    """What changed between two of its runs."""
    return answers.changes_page(_mine(request, site), before, after, name)


def _mine(request: HttpRequest, site: int) -> Site:
    return get_object_or_404(Site, pk=site, owner=account_of(request))
