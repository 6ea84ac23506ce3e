"""What the data-protection officer watches: opt-out list, requests, the end of keeping, the log."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from isoloir.errors import BadAddress
from isoloir.field import log, retention, suppression
from isoloir.field.access import account_of, campaign_of
from isoloir.field.adapter import within
from isoloir.field.channels import Channel, normalise
from isoloir.field.forms import Form
from isoloir.field.logged import in_words
from isoloir.field.models import Campaign, LogEntry, Request, Suppression
from isoloir.field.pages.answers import too_many
from isoloir.field.rights import archive, register, requests
from isoloir.field.texts import texts
from isoloir.language import language
from isoloir.law import cited

_ENTRIES = 100


class Check(Form):
    """One address."""

    address = forms.CharField(max_length=254)
    channel = forms.ChoiceField(choices=())

    texts: ClassVar = ("address", "channel")

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        said = texts()
        field = self.fields["channel"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.value, said[f"by_{one.value}"]) for one in (Channel.EMAIL, Channel.SMS, Channel.PHONE)]

    def normal(self) -> tuple[Channel, str] | None:
        """The channel and the address, None with an error where it is none."""
        channel = Channel(self.cleaned_data["channel"])
        try:
            return channel, normalise(channel, self.cleaned_data["address"])
        except BadAddress as wrong:
            self.add_error("address", f"{texts()['join_address']} {wrong.why}")
            return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def objections(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """How many objections there are, and whether one address objects; the list itself can be read by nobody."""
    mine = campaign_of(request)
    shown: dict[str, Any] = {"number": _objecting(mine), "form": Check(), "why": cited("SEC-02", language())}
    if request.method == "POST":
        if not within(request, "check"):
            return too_many(request)
        form = shown["form"] = Check(request.POST)
        if form.is_valid() and (asked := form.normal()):
            if "add" in request.POST:
                suppression.suppress_many(mine, asked[0], [asked[1]], how="told_to_staff", actor=account_of(request))
            shown["answer"] = "yes" if suppression.suppressed(mine, asked[0], [asked[1]]) else "no"
            log.write(mine, account_of(request), "check_suppression", asked[0].value)
    return render(request, "field/objections.html", shown)


def _objecting(campaign: Campaign) -> int:
    return Suppression.objects.of(campaign).values("mark").distinct().count()


@never_cache
@require_safe
def rights(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """What people asked for, with the days left of their month."""
    said = texts()
    rows = [
        {"request": one, "kind": said[f"right_{one.kind}"], "left": requests.days_left(one)}
        for one in requests.pending(campaign_of(request))
    ]
    return render(request, "field/rights.html", {"rows": rows})


def _request_of(request: HttpRequest, number: int) -> Request:
    found = Request.objects.of(campaign_of(request)).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@require_POST
def answer_right(request: HttpRequest, campaign: str, number: int) -> HttpResponse:  # noqa: ARG001
    """Do what was asked where doing it is the answer; give the archive where it is; else say that it was answered."""
    mine, asked = campaign_of(request), _request_of(request, number)
    if asked.kind in ("access", "portability") and asked.contact and "done" not in request.POST:
        content = archive.archive(mine, asked.contact, by=account_of(request))
        response = HttpResponse(content, content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{asked.kind}-{asked.pk}.zip"'
        return response
    if asked.kind in ("erasure", "objection", "restriction"):
        requests.carry_out(asked, by=account_of(request))
    else:
        requests.answered(asked, by=account_of(request), outcome="answered")
    return HttpResponseRedirect(reverse("field:rights", args=[mine.slug]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keeping(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """What ends soon and what is past its end; destroying it is one button, and a scheduled command."""
    mine = campaign_of(request)
    if request.method == "POST":
        done = retention.expire(mine)
        notices.success(request, texts()["keeping_done"].format(destroyed=done.destroyed), extra_tags="good")
        return HttpResponseRedirect(reverse("field:keeping", args=[mine.slug]))
    today = timezone.localdate()
    shown: dict[str, Any] = {"why": cited("RET-03", language())}
    shown |= {"ending": retention.ending(mine, today).count(), "overdue": retention.overdue(mine, today).count()}
    return render(request, "field/keeping.html", shown)


@never_cache
@require_safe
def audit_log(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """The last entries, and whether the chain holds."""
    mine = campaign_of(request)
    before = request.GET.get("before", "")
    rows = LogEntry.objects.filter(chain=str(mine.pk)).order_by("-sequence")
    if before.isdecimal() and len(before) < 15:
        rows = rows.filter(sequence__lt=int(before))
    entries = list(rows[:_ENTRIES])
    breaks = log.verify(mine) if "verify" in request.GET else None
    shown = {"breaks": breaks, "verified": breaks is not None, "last": entries[-1] if entries else None,
             "entries": [(one, in_words(one)) for one in entries]}  # fmt: skip
    return render(request, "field/log.html", shown)


@never_cache
@require_safe
def document(request: HttpRequest, campaign: str, name: str) -> HttpResponse:  # noqa: ARG001
    """The register (art. 30) or the facts of the impact assessment (art. 35), as a file to keep."""
    mine = campaign_of(request)
    made = {"register": register.register, "assessment": register.assessment}[name](mine, language())
    log.write(mine, account_of(request), f"document_{name}")
    response = HttpResponse(made, content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{mine.slug}.html"'
    return response
