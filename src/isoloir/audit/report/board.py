"""The table of all sites against their obligations, as the study of 2017 drew it: one for each pack of rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from isoloir.audit.report.markup import Html, badge, join, link, page, section, table, tag
from isoloir.audit.report.words import Words
from isoloir.audit.rules.packs import Pack, pack

Line = dict[str, Any]


def board_page(lines: Iterable[Line], folders: Mapping[str, str], words: Words) -> str:
    """Findings of several sites as a page; `folders` leads from an address to the folder of its own report."""
    lines = list(lines)
    by_rules: dict[str, list[Line]] = {}
    for line in lines:
        by_rules.setdefault(line["rules"], []).append(line)
    parts = [_pack(pack(name), found, folders, words) for name, found in by_rules.items()]
    days = sorted(words.day(line["observed"]) for line in lines if line["observed"])
    sites = len({line["url"] for line in lines})
    title = words("board-title")
    first, last = (min(days, default=""), max(days, default=""))
    lead = "board-lead" if first != last else "board-lead-day"
    return page(
        words,
        title,
        (
            tag("h1", title)
            + tag("p", words(lead, sites=sites, start=first, end=last), class_="lead")
            + tag("p", words("no-verdict-on-persons"), class_="soft")
            + join(parts)
            + section(words("data"), tag("p", words("data-text")))
        ),
    )


def _pack(chosen: Pack, lines: list[Line], folders: Mapping[str, str], words: Words) -> Html:
    counts = Counter(line["verdict"] for line in lines)
    title = getattr(chosen.title, words.language)
    told = words("board-counts", breach=counts["breach"], compliant=counts["compliant"], open=counts["not_established"])
    head = [
        words("h-site"),
        words("h-verdict"),
        words("h-met"),
        *(getattr(t, words.language) for t in chosen.titles.values()),
        words("h-why"),
    ]
    rows = [_row(chosen, line, folders.get(line["url"], ""), words) for line in lines]
    return section(
        title, tag("p", told), table(words("board-caption", title=title), head, rows, class_="board"), id_=chosen.name
    )


def _row(chosen: Pack, line: Line, folder: str, words: Words) -> list[object]:
    name = line["url"].removeprefix("https://").rstrip("/")
    verdicts = [line["obligations"][key]["verdict"] for key in chosen.titles]
    met = words("board-score", met=verdicts.count("respected"), count=sum(v != "not_applicable" for v in verdicts))
    return [
        link(f"{folder}/{_file(words)}", name) if folder else name,
        badge(line["verdict"], words),
        met,
        *(badge(verdict, words) for verdict in verdicts),
        words.of(line["why"]),
    ]


def _file(words: Words) -> str:
    return "rapport.html" if words.language == "fr" else "report.html"
