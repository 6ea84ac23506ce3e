"""The comparison of two dates as a page."""

from __future__ import annotations

from isoloir.audit.report.changes import Change, Comparison
from isoloir.audit.report.markup import CHANGES, Html, badge, join, page, section, table, tag, text
from isoloir.audit.report.words import Words
from isoloir.audit.rules.packs import pack


def comparison_page(found: Comparison, words: Words) -> str:
    """What changed since, site by site."""
    title = words("compare-title")
    days = (words.day(day) if day else "–" for day in found.days)
    lead = words(
        "compare-lead", before=next(days), after=next(days), same=len(found.changes), added=len(found.added),
        gone=len(found.gone),
    )  # fmt: skip
    counts = [words(f"compare-{way}", count=count) for way, count in found.counts.items()]
    moved = [change for change in found.changes if change.any]
    parts = [
        tag("h1", title),
        tag("p", lead, class_="lead"),
        tag("ul", join(tag("li", told) for told in counts)),
        _verdicts(found, words),
        *(_site(change, words) for change in moved),
    ]
    if not moved:
        parts.append(tag("p", words("compare-none")))
    return page(words, title, join(parts), CHANGES)


def _verdicts(found: Comparison, words: Words) -> Html:
    rows: list[list[object]] = [
        [name, getattr(pack(rules).title, words.language), badge(pair[0], words), badge(pair[1], words)]
        for change in found.changes
        for name in [change.url.removeprefix("https://").rstrip("/")]
        for rules, pair in change.verdicts.items()
    ]
    rows += [[url, "–", "–", words("added")] for url in found.added]
    rows += [[url, "–", words("gone"), "–"] for url in found.gone]
    head = [words("h-site"), words("h-verdict"), words("h-before"), words("h-after")]
    return table(words("compare-title"), head, rows) if rows else Html("")


def _site(change: Change, words: Words) -> Html:
    parts = []
    if change.turns:
        head = [words("obligation"), words("h-before"), words("h-after"), words("h-why")]
        rows = [
            [
                getattr(pack(turn.rules).titles[turn.obligation], words.language),
                badge(turn.before, words), badge(turn.after, words), words.of(turn.why_after),
            ]
            for turn in change.turns
        ]  # fmt: skip
        parts.append(table(words("compare-caption"), head, rows))
    if change.come or change.gone:
        pairs = [[words("h-come"), ", ".join(change.come) or "–"], [words("h-gone"), ", ".join(change.gone) or "–"]]
        parts.append(table(words("compare-trackers"), [words("trackers"), words("h-name")], pairs))
    if change.banner:
        before, after = (tag("q", said) if said else text("–") for said in change.banner)
        told = Html(
            f"{text(words('h-before'))}{words('colon')}{before}<br>{text(words('h-after'))}{words('colon')}{after}"
        )
        parts.append(tag("h3", words("compare-banner")) + tag("p", told))
    return section(change.url.removeprefix("https://").rstrip("/"), *parts)
