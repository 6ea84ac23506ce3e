"""The long parts of the board as HTML: joined rather than drawn by the template, which takes ten times as long.

A board of a thousand turfs is made again each second while phones come home; a row is kept as long as it says the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from isoloir.field.canvass.board import Line
from isoloir.field.canvass.board_map import Mark
from isoloir.field.models import Campaign

_LINE = '<tr><th scope="row"><a href="{}{}{}">{} · {}</a></th><td>{} / {}</td><td>{}</td><td>{}</td></tr>'
_CIRCLE = '<circle class="done-{}" cx="{}" cy="{}" r="{}"><title>{} : {} / {}</title></circle>'
_ROW = '<tr><th scope="row">{}</th><td>{}</td><td>{} / {}</td></tr>'


_KEPT = 20_000  # rows: some boards of the largest campaigns


def turf_rows(campaign: Campaign, lines: Iterable[Line]) -> SafeString:
    """The table of the turfs, each with a link to its page."""
    before, _, after = reverse("field:canvass_turf_page", args=[campaign.slug, 0]).rpartition("0")
    return _joined(_turf_row(before, after, line) for line in lines)


def circles(marks: Iterable[Mark]) -> SafeString:
    """The drawing of the map."""
    return _joined(_circle(mark) for mark in marks)


def mark_rows(marks: Iterable[Mark]) -> SafeString:
    """The same as a table."""
    return _joined(_mark_row(mark) for mark in marks)


@lru_cache(_KEPT)
def _turf_row(before: str, after: str, line: Line) -> SafeString:
    people = ", ".join(line.people)
    return format_html(
        _LINE, before, line.id, after, line.number, line.name, line.visited, line.doors, line.left, people
    )


@lru_cache(_KEPT)
def _circle(mark: Mark) -> SafeString:
    return format_html(_CIRCLE, mark.done, mark.x, mark.y, mark.r, mark.name, mark.visited, mark.doors)


@lru_cache(_KEPT)
def _mark_row(mark: Mark) -> SafeString:
    return format_html(_ROW, mark.name, mark.station, mark.visited, mark.doors)


def _joined(rows: Iterable[SafeString]) -> SafeString:
    return mark_safe("".join(rows))
