"""The pages on which turfs are drawn: a map, or a file of outlines."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from isoloir.errors import SettingsError, SourceError
from isoloir.field.access import campaign_of
from isoloir.field.canvass import drawing
from isoloir.field.canvass.in_view import bounds, in_view, read_box
from isoloir.field.canvass.outlines import LARGEST, read_outlines
from isoloir.field.canvass.texts import texts
from isoloir.field.models import Campaign, Turf

_WORDS = ("draw_start", "draw_how", "draw_inside", "draw_near", "draw_map")  # what the map says by itself


@require_http_methods(["GET", "HEAD", "POST"])
def draw(request: HttpRequest, campaign: str) -> HttpResponse:
    """Draw turfs, or take a file of them."""
    found, said = campaign_of(request), texts()
    if request.method == "POST":
        try:
            made = _drawn(request, found)
        except (SourceError, SettingsError) as error:
            messages.error(request, str(error))
        else:
            for one in made:
                messages.success(request, drawing.told(one))
            if made:
                return redirect("field:canvass_board", campaign=campaign)
            messages.error(request, said["draw_nothing"])
    page: dict[str, Any] = {
        "c": said, "campaign": found, "words": {name: said[name] for name in _WORDS},
        "typed": {name: request.POST.get(name, "") for name in ("name", "outline")},
    }  # fmt: skip
    return render(request, "field/canvass/draw.html", page)


@require_safe
def buildings(request: HttpRequest, campaign: str) -> JsonResponse:  # noqa: ARG001 (the gate has read it)
    """Where the open pass is or, with `box`, what of it lies there (`in_view`)."""
    found, box = campaign_of(request), request.GET.get("box")
    try:
        response = JsonResponse({"bounds": bounds(found)} if box is None else in_view(found, read_box(box)),
                                json_dumps_params={"separators": (",", ":")})  # fmt: skip
    except SettingsError as error:
        response = JsonResponse({"error": {"status": 400, "code": "bad_request", "message": str(error)}}, status=400)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def undo(request: HttpRequest, campaign: str, turf: int) -> HttpResponse:
    """Take a drawing back."""
    found = get_object_or_404(Turf.objects.of(campaign_of(request)), pk=turf)
    try:
        drawing.undo(found)
    except SettingsError as error:
        messages.error(request, str(error))
        return redirect("field:canvass_turf_page", campaign=campaign, turf=turf)
    messages.success(request, texts()["undrawn"])
    return redirect("field:canvass_board", campaign=campaign)


def _drawn(request: HttpRequest, campaign: Campaign) -> list[drawing.NewlyDrawn]:
    if file := request.FILES.get("file"):
        name = str(file.name)
        return drawing.draw(campaign, read_outlines(file.read(LARGEST + 1), name), name)
    outline = request.POST.get("outline", "").strip()
    if not outline:
        return []
    name = texts()["draw_text"]
    return drawing.draw(campaign, read_outlines(_with_name(outline, request.POST.get("name", "")), name), name)


def _with_name(outline: str, name: str) -> str:
    """The outline as a feature of that name, where it is a bare geometry."""
    try:
        found = json.loads(outline)
    except ValueError:
        return outline
    if name and isinstance(found, dict) and found.get("type") in ("Polygon", "MultiPolygon"):
        return json.dumps({"type": "Feature", "properties": {"name": name}, "geometry": found})
    return outline
