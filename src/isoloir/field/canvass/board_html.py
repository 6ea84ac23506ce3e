"""The long parts of the board as HTML: joined rather than drawn by the template, which takes ten times as long.

A board of a thousand turfs is made again each second while phones come home.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from isoloir.field.canvass.board import Line
from isoloir.field.canvass.board_map import Mark
from isoloir.field.models import Campaign

_LINE = '<tr><th scope="row"><a href="{}{}{}">{} · {}</a></th><td>{} / {}</td><td>{}</td><td>{}</td></tr>'
_CIRCLE = '<circle class="done-{}" cx="{}" cy="{}" r="{}"><title>{} : {} / {}</title></circle>'
_ROW = '<tr><th scope="row">{}</th><td>{}</td><td>{} / {}</td></tr>'


def turf_rows(campaign: Campaign, lines: Iterable[Line]) -> SafeString:
    """The table of the turfs, each with a link to its page."""
    before, _, after = reverse("field:canvass_turf_page", args=[campaign.slug, 0]).rpartition("0")
    rows = ((before, line.id, after, line.number, line.name, line.visited, line.doors, line.left,
             ", ".join(line.people)) for line in lines)  # fmt: skip
    return format_html_join("\n", _LINE, rows)


def circles(marks: Iterable[Mark]) -> SafeString:
    """The drawing of the map."""
    return format_html_join("", _CIRCLE, ((m.done, m.x, m.y, m.r, m.name, m.visited, m.doors) for m in marks))


def mark_rows(marks: Iterable[Mark]) -> SafeString:
    """The same as a table."""
    return format_html_join("", _ROW, ((m.name, m.station, m.visited, m.doors) for m in marks))
