"""The campaign's pages of the canvass: the board, turfs, paper, files from phones, thanks."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from isoloir.errors import NotAllowed, SettingsError
from isoloir.field.access import account_of, campaign_of
from isoloir.field.canvass import counts, silence, surveys, turfs
from isoloir.field.canvass.board import board
from isoloir.field.canvass.board_html import circles, mark_rows, turf_rows
from isoloir.field.canvass.board_map import MOST, board_map
from isoloir.field.canvass.drawing import can_undo
from isoloir.field.canvass.history import past, units_csv
from isoloir.field.canvass.live import events
from isoloir.field.canvass.outcomes import COLUMNS
from isoloir.field.canvass.signups import take
from isoloir.field.canvass.sync import receive
from isoloir.field.canvass.texts import texts
from isoloir.field.canvass.wire import BATCH, Malformed, read_batch
from isoloir.field.models import Campaign, Membership, Pass, Question, Turf
from isoloir.language import language, say, speaking


@require_safe
def show(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001 (the gate has read it)
    """The board."""
    found = campaign_of(request)
    return _page(request, "board", _board(found) | {"earlier": past(found)})


@require_safe
def live(request: HttpRequest, campaign: str) -> StreamingHttpResponse:  # noqa: ARG001
    """The board again whenever it changes, as server-sent events."""
    found = events(campaign_of(request), language(), _fragment)
    response = StreamingHttpResponse(found, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@require_safe
def turf(request: HttpRequest, campaign: str, turf: int) -> HttpResponse:  # noqa: ARG001
    """One turf: its people, and its counts by unit."""
    found = _turf(request, turf)
    units = counts.shown_units(turf=found).order_by("station", "name")
    members = Membership.objects.filter(campaign=found.campaign).select_related("user")
    columns = _headings()
    shown = [{"unit": unit, "counts": list(zip(columns, unit.counts.values(), strict=True))} for unit in units]
    return _page(request, "turf", {"turf": found, "units": shown, "columns": columns, "members": members,
                                   "can_undo": can_undo(found)})  # fmt: skip


@require_POST
def assign(request: HttpRequest, campaign: str, turf: int) -> HttpResponse:
    """Give a turf to a member, or take it from them."""
    found = _turf(request, turf)
    member = Membership.objects.filter(campaign=found.campaign, user__pk=_number(request.POST.get("user"))).first()
    if member is None:
        raise Http404
    if "release" in request.POST:
        turfs.release(found, member.user, done=False)
    else:
        try:
            turfs.claim(found, member.user)
        except (NotAllowed, SettingsError) as refusal:
            messages.error(request, str(refusal))
    return redirect("field:canvass_turf_page", campaign=campaign, turf=turf)


@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, campaign: str, turf: int) -> HttpResponse:
    """The counts of a sheet of paper, one row a station."""
    found = _turf(request, turf)
    typed = {name: str(value) for name, value in request.POST.items()}
    if request.method == "POST":
        try:
            added = counts.add_sheet(found, counts.read_sheet(found, typed))
        except SettingsError:
            messages.error(request, texts()["paper_wrong"])
        else:
            messages.success(request, texts()["paper_kept"].format(n=added, turf=found.name))
            return redirect("field:canvass_paper", campaign=campaign, turf=turf)
    rows = [
        (station, [(f"{station}:{name}", typed.get(f"{station}:{name}", ""), texts()[name]) for name in COLUMNS])
        for station in counts.stations_of(found)
    ]
    return _page(request, "paper", {"turf": found, "rows": rows})


@require_POST
def file_in(request: HttpRequest, campaign: str) -> HttpResponse:
    """Take in the file that an application exported, as if it had been sent."""
    try:
        [file] = request.FILES.getlist("file")
        known = _take_file(request, json.loads(file.read().decode()))
    except (KeyError, ValueError, TypeError, Malformed):
        messages.error(request, texts()["file_wrong"])
    else:
        messages.success(request, texts()["file_kept"].format(n=known))
    return redirect("field:canvass_board", campaign=campaign)


@require_safe
def export(request: HttpRequest, campaign: str, what: str) -> HttpResponse:  # noqa: ARG001
    """Counts by station, as CSV."""
    found = campaign_of(request)
    if what == "surveys":
        return _download(surveys.results_csv(found), f"{what}-{found.slug}.csv")
    last = Pass.objects.of(found).order_by("-number").first()
    if last is None:
        raise Http404
    text = counts.counts_csv(last) if what == "counts" else counts.measure_csv(found)
    return _download(text, f"{what}-{found.slug}.csv")


@require_safe
def ended(request: HttpRequest, campaign: str, number: int) -> HttpResponse:  # noqa: ARG001
    """What a pass that has ended leaves: its counts by unit, as CSV."""
    found = campaign_of(request)
    of = Pass.objects.of(found).exclude(ended_at=None).filter(number=number).first()
    if of is None:
        raise Http404
    return _download(units_csv(of), f"pass-{of.number}-{found.slug}.csv")


@require_safe
def survey_results(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """What was answered to the anonymous questions, by station."""
    found = campaign_of(request)
    by_question: dict[int, list[dict[str, Any]]] = {}
    for row in surveys.results(found):
        by_question.setdefault(row["question"], []).append(row)
    shown = []
    for question in Question.objects.of(found).order_by("number"):
        rows = by_question.get(question.pk, [])
        names = [say(*pair) for pair in question.answers]
        counts = [[row["answers"].get(answer, 0) for answer in range(len(names))] for row in rows]
        whole = [sum(column) for column in zip(*counts, strict=True)]
        shown.append({
            "text": say(question.fr, question.en), "answers": names, "total": _of_all(names, whole),
            "rows": [(row["station"], _of_all(names, of)) for row, of in zip(rows, counts, strict=True)],
        })  # fmt: skip
    return _page(request, "surveys", {"questions": shown})


@require_safe
def thanks(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """What the team did together."""
    found = campaign_of(request)
    done = list(Turf.objects.of(found))
    contacts = sum(turf.visited - turf.absent - turf.inaccessible - turf.leaflet for turf in done)
    thanked = texts()["thanks_text"].format(doors=sum(turf.visited for turf in done), contacts=contacts)
    return _page(request, "thanks", {"said": thanked})


def _of_all(names: list[str], counts: list[int]) -> list[tuple[str, int, int]]:
    """Each answer with its count and that of all together."""
    return [(name, n, sum(counts)) for name, n in zip(names, counts, strict=False)]


def _download(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _take_file(request: HttpRequest, raw: dict[str, Any]) -> int:
    campaign, user = campaign_of(request), account_of(request)
    first, reports, received = raw["first"], raw["reports"], 0
    for start in range(0, max(len(reports), 1), BATCH):
        part = {**raw, "first": first + start, "reports": reports[start : start + BATCH], "turf": None}
        received = receive(campaign, user, read_batch(part)).received
    for sealed in raw.get("sealed", []):
        take(request, campaign, sealed)
    return received


def _fragment(campaign: Campaign, language: str) -> str:
    with override(language), speaking(language):
        return render_to_string("field/canvass/figures.html", {**_board(campaign), "c": texts(), "campaign": campaign})


def _board(campaign: Campaign) -> dict[str, Any]:
    found, words = board(campaign), texts()
    if found is None:
        return {"board": None}
    quiet = silence.told(campaign)
    doubts = [words[f"doubt_{d.kind}"].format(name=d.name, knocks=d.knocks, contacts=d.contacts) for d in found.doubts]
    end = words["finish_unknown"]
    if found.hours:
        end = words["finish_hours"].format(low=round(found.hours[0]), high=round(found.hours[1] + 0.5))
    drawn = board_map(found.of)
    marks = drawn.marks if drawn else ()
    return {"board": found, "doubts": doubts, "end": end, "silence": quiet, "map": drawn, "circles": circles(marks),
            "mark_rows": mark_rows(marks), "turf_rows": turf_rows(campaign, found.lines),
            "map_of": words[f"board_map_{drawn.of}"].format(n=drawn.whole, most=MOST) if drawn else "",
            "pass_name": words["pass_n"].format(n=found.number)}  # fmt: skip


def _headings() -> list[str]:
    return [texts()[name] for name in COLUMNS]


def _number(text: object) -> int:
    return int(str(text)) if str(text).isascii() and str(text).isdigit() else 0


def _turf(request: HttpRequest, pk: int) -> Turf:
    return get_object_or_404(Turf.objects.of(campaign_of(request)), pk=pk)


def _page(request: HttpRequest, name: str, what: dict[str, Any]) -> HttpResponse:
    return render(request, f"field/canvass/{name}.html", {**what, "c": texts(), "campaign": campaign_of(request)})
