"""The table of all sites against their obligations, as the study of 2017 drew it: one for each pack of rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from isoloir.audit.report.markup import REPORT, Html, badge, join, link, page, section, table, tag, text
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
            + _summary(by_rules, folders, words)
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
    return [
        _link(line, folder, words),
        badge(line["verdict"], words),
        _met(chosen, line, words),
        *(badge(line["obligations"][key]["verdict"], words) for key in chosen.titles),
        words.of(line["why"]),
    ]


def _summary(by_rules: Mapping[str, list[Line]], folders: Mapping[str, str], words: Words) -> Html:
    """Each site by each pack of rules, side by side; nothing where there is one pack only."""
    if len(by_rules) < 2:
        return Html("")
    packs = [pack(name) for name in by_rules]
    found = {name: {line["url"]: line for line in lines} for name, lines in by_rules.items()}
    urls = dict.fromkeys(line["url"] for lines in by_rules.values() for line in lines)
    rows = [
        [
            _link({"url": url}, folders.get(url, ""), words),
            *(_cell(chosen, found[chosen.name].get(url), words) for chosen in packs),
        ]
        for url in urls
    ]
    head = [words("h-site"), *(getattr(chosen.title, words.language) for chosen in packs)]
    return section(words("summary"), table(words("summary-caption"), head, rows), id_="summary")


def _cell(chosen: Pack, line: Line | None, words: Words) -> Html:
    if line is None:
        return text(words("not_judged"))
    return badge(line["verdict"], words) + " " + tag("span", _met(chosen, line, words), class_="soft")


def _met(chosen: Pack, line: Line, words: Words) -> str:
    """How many of the obligations that count and apply are respected."""
    verdicts = [line["obligations"][key]["verdict"] for key in chosen.scored]
    met, count = verdicts.count("respected"), sum(v != "not_applicable" for v in verdicts)
    return words("board-score", met=met, count=count) if count else "–"


def _link(line: Line, folder: str, words: Words) -> Html:
    name = line["url"].removeprefix("https://").rstrip("/")
    return link(f"{folder}/{_file(words)}", name) if folder else text(name)


def _file(words: Words) -> str:
    return f"{REPORT[words.language]}.html"
